"""Vision and text served by LM Studio's OpenAI-compatible server: what is different about it, and nothing else.

- It refuses `response_format: json_object`, and takes `json_schema`: `answer_constraint`.
- It takes images as base64 data URLs only, and JPEG.
- Its token is its own.
"""

from typing import ClassVar

from pydantic import Field, SecretStr, field_validator

from autocut_director.agent.backends.openai_compatible import ChatLocalServer
from autocut_director.agent.hosts import server_url

_NO_KEY = SecretStr("lm-studio")  # sent where it asks for no token: the client library refuses to send none


class ChatLMStudio(ChatLocalServer):
    """A model on an LM Studio server. `model` is an id that `GET /v1/models` lists."""

    provider: ClassVar[str] = "lmstudio"

    openai_api_base: str = Field("http://localhost:1234/v1", alias="base_url")
    openai_api_key: SecretStr = Field(_NO_KEY, alias="api_key")

    @field_validator("openai_api_base")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        """Understand an address as people write it.

        Raises:
            ValueError: It is none.
        """
        return server_url(url, port=1234, path="/v1")

    @property
    def lc_secrets(self) -> dict[str, str]:
        """Secrets by the names of the settings that hold them."""
        return {"openai_api_key": "LM_API_TOKEN"}

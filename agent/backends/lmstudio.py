"""Vision and text served by LM Studio's OpenAI-compatible server: what is different about it, and nothing else.

- It takes `max_tokens`, so this builds on `BaseChatOpenAI`: `ChatOpenAI` renames it.
- It refuses `response_format: json_object`, and takes `json_schema`: `answer_constraint`.
- It takes images as base64 data URLs only, and JPEG.
- Its key is its own: the user's OPENAI_API_KEY and OPENAI_ORG_ID must never reach it, so neither is ever read here.
"""

from typing import Any

from langchain_core.language_models import LangSmithParams
from langchain_core.outputs import ChatResult
from langchain_openai.chat_models.base import BaseChatOpenAI
from pydantic import Field, SecretStr

NO_KEY = SecretStr("lm-studio")
"""Sent where the server asks for no token: the client library refuses to send none."""

_NOT_OURS = {"OpenAI-Organization": "", "OpenAI-Project": ""}  # else the client fills them in from the environment


class ChatLMStudio(BaseChatOpenAI):
    """A model on an LM Studio server. `model` is an id that `GET /v1/models` lists."""

    model_name: str = Field(alias="model")
    openai_api_base: str | None = Field("http://localhost:1234/v1", alias="base_url")
    openai_api_key: SecretStr | None = Field(NO_KEY, alias="api_key")
    default_headers: Any = _NOT_OURS
    request_timeout: float | None = Field(60.0, alias="timeout", description="Seconds; a cold model wants more.")
    max_retries: int | None = Field(
        0, description="The router retries; the client's own retries would multiply with it."
    )
    stream_usage: bool | None = True
    use_responses_api: bool | None = False

    @property
    def _llm_type(self) -> str:
        return "autocut-lmstudio"

    @property
    def lc_secrets(self) -> dict[str, str]:
        """Secrets by the names of the settings that hold them."""
        return {"openai_api_key": "LM_API_TOKEN"}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params["ls_provider"] = "lmstudio"
        return params

    def _create_chat_result(self, response: Any, generation_info: dict[str, Any] | None = None) -> ChatResult:
        result = super()._create_chat_result(response, generation_info)
        for generation in result.generations:
            generation.message.response_metadata["model_provider"] = "lmstudio"
        return result

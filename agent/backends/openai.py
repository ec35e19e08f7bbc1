"""Vision by OpenAI's API: what is different from `ChatOpenAI`, and nothing else.

The Chat Completions API (the Responses API keeps what it is sent), a finite timeout, no retries of its own, and always
an explicit key, so that nothing is sent in the name of a key that happens to lie in the environment.
"""

from typing import Any

from langchain_core.language_models import LangSmithParams
from langchain_openai import ChatOpenAI
from pydantic import Field, SecretStr


class ChatOpenAIVision(ChatOpenAI):
    """A model of OpenAI's that sees."""

    openai_api_base: str | None = Field("https://api.openai.com/v1", alias="base_url")
    openai_api_key: SecretStr | None = Field(alias="api_key")
    request_timeout: float | None = Field(60.0, alias="timeout", description="Seconds.")
    max_retries: int | None = Field(
        0, description="The router retries; the client's own retries would multiply with it."
    )
    stream_usage: bool | None = True
    use_responses_api: bool | None = False
    store: bool | None = False

    @property
    def _llm_type(self) -> str:
        return "autocut-openai"

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """It is not: LangChain's loader would make a plain `ChatOpenAI` of it, without this class's bounds."""
        return False

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params["ls_provider"] = "openai"
        return params

"""Vision by OpenAI's API: what is different from `ChatOpenAI`, and nothing else.

The Chat Completions API (the Responses API keeps what it is sent), a finite timeout, no retries of its own, no
redirect, and always an explicit key, so that nothing is sent in the name of a key that happens to lie in the
environment. Unlike a server near by, it may be reached through the environment's proxy.
"""

from typing import Any

import openai
from langchain_core.language_models import LangSmithParams
from langchain_openai import ChatOpenAI
from pydantic import Field, SecretStr, ValidationInfo, field_validator

from autocut_director.agent.backends.openai_compatible import CONNECT_S, Wait, constrained_to, no_redirect


class ChatOpenAIVision(ChatOpenAI):
    """A model of OpenAI's that sees."""

    openai_api_base: str | None = Field("https://api.openai.com/v1", alias="base_url")
    openai_api_key: SecretStr = Field(alias="api_key")
    default_headers: Any = Field(None, repr=False)
    request_timeout: Wait = Field(
        openai.Timeout(60, connect=CONNECT_S), alias="timeout", description="A time-out, or seconds."
    )
    max_retries: int | None = Field(
        0, description="The router retries; the client's own retries would multiply with it."
    )
    stream_usage: bool | None = True
    use_responses_api: bool | None = False
    store: bool | None = False
    http_client: Any = Field(None, exclude=True, validate_default=True)
    http_async_client: Any = Field(None, exclude=True, validate_default=True)

    @field_validator("http_client")
    @classmethod
    def _stays_with_the_host(cls, given: Any, info: ValidationInfo) -> Any:
        if info.data.get("openai_proxy"):
            return given  # then LangChain makes the client, and that follows no redirect either
        return given or openai.DefaultHttpxClient(**no_redirect())

    @field_validator("http_async_client")
    @classmethod
    def _stays_with_the_host_async(cls, given: Any, info: ValidationInfo) -> Any:
        if info.data.get("openai_proxy"):
            return given
        return given or openai.DefaultAsyncHttpxClient(**no_redirect())

    @property
    def _llm_type(self) -> str:
        return "autocut-openai"

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """It is not: LangChain's loader would make a plain `ChatOpenAI` of it, without this class's bounds."""
        return False

    def answer_constraint(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments to bind so that the server itself keeps the answer to the JSON `schema`.

        It is bound strictly where the schema allows that: every key required, no other key.
        """
        return constrained_to(schema, strict=True) if _may_be_strict(schema) else constrained_to(schema)

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params["ls_provider"] = "openai"
        return params


def _may_be_strict(node: Any) -> bool:
    """Tell whether every object in a JSON schema requires all of its keys and allows no other."""
    if isinstance(node, list):
        return all(_may_be_strict(part) for part in node)
    if not isinstance(node, dict):
        return True
    if node.get("type") == "object":
        closed = node.get("additionalProperties") is False
        if not closed or set(node.get("required", ())) != set(node.get("properties", ())):
            return False
    return all(_may_be_strict(part) for part in node.values())

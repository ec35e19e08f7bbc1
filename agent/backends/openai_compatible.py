"""What servers on this machine, or on its owner's network, share when they speak OpenAI's protocol.

A run's frames go to the address that was chosen and nowhere else:

- No proxy of the environment sees them, and no redirect carries them elsewhere: `direct_only`, `no_redirect`.
- The user's OpenAI account stays at home: a key is always given, so none is looked for, and what the client found in
  the environment (organisation, project, extra headers) is put away again.

One request a connection (`Connection: close`): no idle socket is left behind, and a model may be used from one event
loop after another. On loopback that costs less than a millisecond.
"""

from typing import Annotated, Any, ClassVar, Self

import openai
from langchain_core.language_models import LangSmithParams, ModelProfile
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_openai.chat_models.base import BaseChatOpenAI
from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator, model_validator

CONNECT_S = 3.0
"""Seconds to wait for a connection; a host that is up takes milliseconds."""

_NO_KEY = SecretStr("no-key")


def _finite(given: Any) -> Any:
    """Return a number of seconds as a time-out for an answer that still gives up early on a connection."""
    if isinstance(given, int | float):
        return openai.Timeout(given, connect=min(given, CONNECT_S))
    return given


Wait = Annotated[openai.Timeout, BeforeValidator(_finite)]
"""How long to wait for a connection and an answer; it may be given as seconds."""


def no_redirect() -> dict[str, Any]:
    """Return what makes an HTTP client stay with the host that it was given."""
    return {"follow_redirects": False, "headers": {"Connection": "close"}}


def direct_only(url: str) -> dict[str, Any]:
    """Return what makes an HTTP client go to the server at `url` itself: no redirect, no proxy."""
    return {**no_redirect(), "trust_env": False, "verify": url.startswith("https:")}  # loading certificates takes 40 ms


def constrained_to(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the arguments that have a server of OpenAI's protocol answer by a JSON `schema`.

    It stays a mapping: of a pydantic class the client would parse the answer itself, and lose what it cannot parse.
    """
    return {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "scene_description", "schema": schema, **more},
        }
    }


class ChatLocalServer(BaseChatOpenAI):
    """A model on a server near by that speaks OpenAI's protocol; a child class says what its server does differently.

    Builds on `BaseChatOpenAI`, since `ChatOpenAI` renames `max_tokens`, which these servers know by its old name.
    """

    provider: ClassVar[str] = "local"
    """Whose model it is, in `response_metadata` and in traces."""

    model_name: str = Field(alias="model")
    openai_api_base: str = Field(alias="base_url")
    openai_api_key: SecretStr = Field(_NO_KEY, alias="api_key")
    openai_proxy: str | None = None
    default_headers: Any = Field(None, repr=False)
    request_timeout: Wait = Field(
        openai.Timeout(60, connect=CONNECT_S),
        alias="timeout",
        description="A time-out, or seconds; a cold model wants more.",
    )
    max_retries: int | None = Field(
        0, description="The router retries; the client's own retries would multiply with it."
    )
    stream_usage: bool | None = True
    use_responses_api: bool | None = False
    http_client: Any = Field(None, exclude=True, validate_default=True)
    http_async_client: Any = Field(None, exclude=True, validate_default=True)

    @field_validator("http_client")
    @classmethod
    def _goes_nowhere_else(cls, given: Any, info: ValidationInfo) -> Any:
        return given or openai.DefaultHttpxClient(**direct_only(info.data.get("openai_api_base", "")))

    @field_validator("http_async_client")
    @classmethod
    def _goes_nowhere_else_async(cls, given: Any, info: ValidationInfo) -> Any:
        return given or openai.DefaultAsyncHttpxClient(**direct_only(info.data.get("openai_api_base", "")))

    @model_validator(mode="after")
    def _leave_the_users_account_at_home(self) -> Self:
        """Put away what the client library took from the environment: OPENAI_ORG_ID, _PROJECT_ID, _CUSTOM_HEADERS."""
        self.openai_organization = None
        for client in (self.root_client, self.root_async_client):
            client.organization = client.project = client.admin_api_key = None
            client._custom_headers = dict(self.default_headers or {})
        return self

    @property
    def _llm_type(self) -> str:
        return f"autocut-{self.provider}"

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """It is not: to load such a text again would send a key to whatever address stands in it."""
        return False

    def answer_constraint(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments to bind so that the server itself keeps the answer to the JSON `schema`."""
        return constrained_to(schema)

    def _resolve_model_profile(self) -> ModelProfile | None:
        """Know nothing of a model: LangChain's profiles tell of OpenAI's own, and a local one may bear such a name."""
        return None

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params["ls_provider"] = self.provider
        return params

    def _create_chat_result(self, response: Any, generation_info: dict[str, Any] | None = None) -> ChatResult:
        result = super()._create_chat_result(response, generation_info)
        for generation in result.generations:
            generation.message.response_metadata["model_provider"] = self.provider
        if result.llm_output is not None:
            result.llm_output["model_provider"] = self.provider
        return result

    def _convert_chunk_to_generation_chunk(self, *args: Any, **kwargs: Any) -> ChatGenerationChunk | None:
        chunk = super()._convert_chunk_to_generation_chunk(*args, **kwargs)
        if chunk is not None and "model_provider" in chunk.message.response_metadata:
            chunk.message.response_metadata["model_provider"] = self.provider
        return chunk

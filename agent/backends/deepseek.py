"""Text by DeepSeek's API: what is different from `ChatDeepSeek`, and nothing else.

- It thinks before it answers unless told not to, and then takes no forced tool: here it does not think.
- Its server knows JSON mode only (`json_object`), which wants the word JSON and an example in the prompt; the profile
  that LangChain ships says otherwise, and an agent that believes it gets a 400.
- A key is always given, never looked for; every wait ends; no redirect; no retries of its own; and the account that
  OpenAI's client finds in the environment stays at home.
"""

from typing import Any, Self

import openai
from langchain_core.language_models import ModelProfile
from langchain_deepseek import ChatDeepSeek
from pydantic import Field, SecretStr, field_validator, model_validator

from autocut_director.agent.backends.openai_compatible import CONNECT_S, Wait, no_redirect

_CONTEXT = 1_000_000  # tokens, as published for deepseek-flash


class ChatDeepSeekPlanner(ChatDeepSeek):
    """A text model of DeepSeek's that answers in JSON when asked to by `answer_constraint`."""

    api_base: str = Field("https://api.deepseek.com", alias="base_url")
    api_key: SecretStr = Field(repr=False)
    extra_body: Any = Field({"thinking": {"type": "disabled"}})
    request_timeout: Wait = Field(openai.Timeout(300, connect=CONNECT_S), alias="timeout")
    max_retries: int | None = Field(
        0, description="The chain retries; the client's own retries would multiply with it."
    )
    stream_usage: bool | None = True
    use_responses_api: bool | None = False
    http_client: Any = Field(None, exclude=True, validate_default=True)
    http_async_client: Any = Field(None, exclude=True, validate_default=True)

    @field_validator("http_client")
    @classmethod
    def _stays_with_the_host(cls, given: Any) -> Any:
        return given or openai.DefaultHttpxClient(**no_redirect())

    @field_validator("http_async_client")
    @classmethod
    def _stays_with_the_host_async(cls, given: Any) -> Any:
        return given or openai.DefaultAsyncHttpxClient(**no_redirect())

    @model_validator(mode="after")
    def _leave_the_users_openai_account_at_home(self) -> Self:
        for client in (self.root_client, self.root_async_client):
            client.organization = client.project = client.admin_api_key = None
            client._custom_headers = dict(self.default_headers or {})
        return self

    @property
    def _llm_type(self) -> str:
        return "autocut-deepseek"

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """It is not: LangChain's loader would make a plain `ChatDeepSeek` of it, without this class's bounds."""
        return False

    def answer_constraint(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments to bind so that the server keeps the answer to JSON; it takes no schema."""
        return {"response_format": {"type": "json_object"}}

    def _resolve_model_profile(self) -> ModelProfile | None:
        return ModelProfile(max_input_tokens=_CONTEXT, tool_calling=True, structured_output=False, image_inputs=False)

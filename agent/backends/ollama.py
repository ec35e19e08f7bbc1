"""Vision and text served by Ollama's own API: what is different from `ChatOllama`, and nothing else.

- `ChatOllama` has no timeout, turns a malformed host into 127.0.0.1:11434 and leaves thinking on.
- Its client goes through the environment's proxies, follows redirects, and sends OLLAMA_API_KEY, the key of Ollama's
  cloud, to every server: here frames and keys go to the server itself or nowhere.
- The default context depends on the machine, and what does not fit is dropped without a word: `num_ctx` is set, and
  kept constant, since changing it makes the server load the model anew.
"""

from typing import Any

from langchain_core.language_models import LangSmithParams
from langchain_ollama import ChatOllama
from pydantic import Field, ValidationInfo, field_validator

from autocut_director.agent.hosts import server_url

_CONNECT_S, _ANSWER_S = 3.0, 60.0
# One request a connection: no idle socket is left behind, and one event loop may follow another.
_HEADERS = {"connection": "close", "authorization": "Bearer ollama"}


class ChatOllamaVision(ChatOllama):
    """A model on an Ollama server. `model` is a name that `ollama list` shows, its tag included."""

    base_url: str | None = "http://localhost:11434"
    num_ctx: int | None = Field(4096, description="Tokens; three stills, the prompt and the answer take about 2000.")
    reasoning: bool | str | None = False
    client_kwargs: dict[str, Any] | None = Field(
        default=None,
        validate_default=True,
        repr=False,  # headers may hold a key
        description="Of the HTTP client, over our own bounds; a cold model wants a longer timeout.",
    )

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, url: str | None) -> str:
        """Refuse what `ChatOllama` would silently turn into 127.0.0.1:11434; understand the server's bind form.

        Raises:
            ValueError: It is no address.
        """
        return server_url(url or "", port=11434)

    @field_validator("client_kwargs")
    @classmethod
    def _bounded(cls, given: dict[str, Any] | None, info: ValidationInfo) -> dict[str, Any]:
        """Add what the caller left open: finite time, no redirect, no proxy, and no key but a given one."""
        given = given or {}
        headers = {name.lower(): value for name, value in given.get("headers", {}).items()}
        return {
            "trust_env": False,
            "follow_redirects": False,
            "verify": str(info.data.get("base_url")).startswith("https:"),  # loading certificates takes 40 ms
            **given,
            "timeout": _finite(given.get("timeout", _ANSWER_S)),
            "headers": {**_HEADERS, **headers},
        }

    @property
    def _llm_type(self) -> str:
        return "autocut-ollama"

    def answer_constraint(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments to bind so that the server itself keeps the answer to the JSON `schema`."""
        return {"format": schema}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params["ls_provider"] = "ollama"
        params["ls_model_name"] = kwargs.get("model", self.model)
        return params


def _finite(timeout: Any) -> Any:
    """Return a number of seconds as what httpx takes: to connect, to read, to write, and for a free connection."""
    if isinstance(timeout, int | float):
        return (min(timeout, _CONNECT_S), timeout, timeout, timeout)
    return timeout

"""Vision and text served by Ollama's own API: what is different from `ChatOllama`, and nothing else.

- `ChatOllama` has no timeout, turns a malformed host into 127.0.0.1:11434 and leaves thinking on.
- The default context depends on the machine, and what does not fit is dropped without a word: `num_ctx` is set, and
  kept constant, since changing it makes the server load the model anew.
"""

from typing import Any
from urllib.parse import urlsplit

from langchain_core.language_models import LangSmithParams
from langchain_ollama import ChatOllama
from pydantic import Field, field_validator

_PORT = 11434
_NO_ADDRESS = "{text!r} is no address of an Ollama server; write it as http://localhost:11434"


class ChatOllamaVision(ChatOllama):
    """A model on an Ollama server. `model` is a name that `ollama list` shows, its tag included."""

    base_url: str | None = "http://localhost:11434"
    num_ctx: int | None = Field(4096, description="Tokens; three stills, the prompt and the answer take about 2000.")
    reasoning: bool | str | None = False
    client_kwargs: dict[str, Any] | None = Field(
        default_factory=lambda: {"timeout": 60.0},
        description="Of the HTTP client; a cold model wants a longer timeout.",
    )

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, url: str | None) -> str:
        """Refuse what `ChatOllama` would silently turn into 127.0.0.1:11434; understand the server's bind form.

        Raises:
            ValueError: It is no address.
        """
        return server_address(url or "")

    @property
    def _llm_type(self) -> str:
        return "autocut-ollama"

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params["ls_provider"] = "ollama"
        params["ls_model_name"] = kwargs.get("model", self.model)
        return params


def server_address(text: str) -> str:
    """Return the URL of the Ollama server that `OLLAMA_HOST` means: `0.0.0.0:11434` is how a server binds, not a host.

    Raises:
        ValueError: It names no host and port.
    """
    url = urlsplit(text if "//" in text else f"http://{text}")
    try:
        port = url.port or _PORT
    except ValueError as exc:
        raise ValueError(_NO_ADDRESS.format(text=text)) from exc
    if url.scheme not in {"http", "https"} or not url.hostname or " " in text:
        raise ValueError(_NO_ADDRESS.format(text=text))
    host = "127.0.0.1" if url.hostname in {"0.0.0.0", "::"} else url.hostname  # noqa: S104  # read, not bound
    return f"{url.scheme}://{f'[{host}]' if ':' in host else host}:{port}{url.path.rstrip('/')}"

"""Vision by a GGUF model of the user's own, served by a child process of ours: no LM Studio, no Ollama.

The server is started with the first request, not with the model object, and shared by all that want the same files.
That request waits until the model is loaded.
"""

from pathlib import Path
from typing import Any, ClassVar, Self

import openai
from langchain_core.language_models import LanguageModelInput, ModelProfile
from pydantic import Field, model_validator

from autocut_director.agent.backends.llama_server import GgufPair, serve
from autocut_director.agent.backends.openai_compatible import CONNECT_S, ChatLocalServer, Wait


class ChatEmbeddedVision(ChatLocalServer):
    """A model in two GGUF files: `model_path` holds its language half, `mmproj_path` its eyes.

    Raises, when invoked:
        InputError: A file is missing or is none of these, or the extra `embedded` is not installed.
        BackendError: llama.cpp cannot load them.
    """

    provider: ClassVar[str] = "embedded"

    model_path: Path
    mmproj_path: Path
    context_tokens: int = Field(
        4096, ge=512, description="For each request; three stills, the prompt and the answer take about 2000."
    )
    parallel: int = Field(1, ge=1, le=64, description="Requests at once; each has its own share of memory.")
    threads: int | None = Field(None, ge=1, description="At work on an answer; llama.cpp chooses if not given.")
    model_name: str = Field("", alias="model", description="Shown in answers; the stem of `model_path` if not given.")
    openai_api_base: str = Field("http://127.0.0.1:0/v1", alias="base_url")  # until it is served
    request_timeout: Wait = Field(openai.Timeout(120, connect=CONNECT_S), alias="timeout")

    @model_validator(mode="after")
    def _is_named_by_its_file(self) -> Self:
        self.model_name = self.model_name or self.model_path.stem
        return self

    def _resolve_model_profile(self) -> ModelProfile | None:
        return ModelProfile(image_inputs=True, image_url_inputs=False, max_input_tokens=self.context_tokens)

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Build a request. Each one passes here before it is sent, so here its server is started if it is not there."""
        self._connect()
        payload: dict[str, Any] = super()._get_request_payload(input_, stop=stop, **kwargs)
        return payload

    def _connect(self) -> None:
        pair = GgufPair(
            model_path=self.model_path,
            mmproj_path=self.mmproj_path,
            context_tokens=self.context_tokens,
            parallel=self.parallel,
            threads=self.threads,
        )
        server = serve(pair)
        for client in (self.root_client, self.root_async_client):
            client.base_url, client.api_key = server.url, server.key.get_secret_value()

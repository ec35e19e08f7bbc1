"""ChatOllamaVision through LangChain's own suites, over a server that answers as Ollama does."""

import base64
from collections.abc import Iterator

import cv2
import numpy as np
import ollama
import pytest
from contract.seeing import SeesPictures
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests
from servers.ollama import OllamaServer, serving

from autocut_director.agent.backends import ChatOllamaVision
from autocut_director.agent.backends.ollama import server_address


@pytest.fixture(scope="module")
def server() -> Iterator[OllamaServer]:
    with serving(OllamaServer()) as running:
        yield running


class TestOllamaVisionUnit(ChatModelUnitTests):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatOllamaVision

    @property
    def chat_model_params(self) -> dict:
        return {"model": "moondream:latest"}

    @property
    def supports_image_inputs(self) -> bool:
        return True


class TestOllamaVisionIntegration(SeesPictures, ChatModelIntegrationTests):
    """What Moondream on Ollama can do: see, and answer by a schema. It has no tools."""

    url = ""

    @pytest.fixture(autouse=True)
    def _served(self, server: OllamaServer) -> None:
        type(self).url = server.url

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatOllamaVision

    @property
    def chat_model_params(self) -> dict:
        return {"model": "moondream:latest", "base_url": self.url}


def test_the_pictures_that_are_sent_are_seen_with_a_constant_context_and_no_thinking(server: OllamaServer) -> None:
    model = ChatOllamaVision(model="moondream:latest", base_url=server.url)
    for colour, bgr in {"red": (0, 0, 255), "green": (0, 255, 0), "blue": (255, 0, 0)}.items():
        jpeg = base64.b64encode(cv2.imencode(".jpg", np.full((64, 64, 3), bgr, np.uint8))[1].tobytes()).decode()
        block = {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{jpeg}", "detail": "low"}}
        assert model.invoke([HumanMessage(content=[block])]).text.strip() == f"a {colour} picture"
        assert server.seen[-1]["options"]["num_ctx"] == 4096
        assert server.seen[-1]["think"] is False


def test_a_model_that_is_not_there_is_said(server: OllamaServer) -> None:
    with pytest.raises(ollama.ResponseError, match="model 'nope' not found"):
        ChatOllamaVision(model="nope", base_url=server.url).invoke("Hello")


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("http://localhost:11434", "http://localhost:11434"),
        ("0.0.0.0:11434", "http://127.0.0.1:11434"),
        ("http://[::]:11434", "http://127.0.0.1:11434"),
        ("nas", "http://nas:11434"),
        ("https://nas.home:8443/ollama/", "https://nas.home:8443/ollama"),
    ],
)
def test_every_way_to_write_a_host_is_understood(text: str, means: str) -> None:
    assert server_address(text) == means


@pytest.mark.parametrize("text", ["", "http://", "http://host:port", "ftp://host", "http://a b"])
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no address of an Ollama server; write it as http://localhost:11434"):
        server_address(text)

"""ChatOllamaVision through LangChain's own suites, over a server that answers as Ollama does."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager

import ollama
import pytest
from contract.bounds import GoesStraight
from contract.seeing import SeesPictures
from engine import COLOURS, asked_about
from langchain_core.language_models import BaseChatModel
from langchain_core.load import dumps
from langchain_tests.unit_tests import ChatModelUnitTests
from pydantic import ValidationError
from servers.ollama import OllamaServer, serving

from autocut_director.agent.backends import ChatOllamaVision

SCHEMA = {"type": "object", "properties": {"summary": {"type": "string"}}, "required": ["summary"]}


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


class TestOllamaVisionIntegration(SeesPictures):
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


class TestOllamaGoesStraight(GoesStraight):
    chat_path = "/api/chat"

    def serving(self) -> AbstractContextManager[OllamaServer]:
        return serving(OllamaServer())

    def model_at(self, url: str) -> ChatOllamaVision:
        return ChatOllamaVision(model="moondream:latest", base_url=url)


def test_the_pictures_that_are_sent_are_seen_with_a_constant_context_and_no_thinking(server: OllamaServer) -> None:
    model = ChatOllamaVision(model="moondream:latest", base_url=server.url)
    for colour, bgr in COLOURS.items():
        answer = model.invoke(asked_about(bgr))
        assert answer.text.strip() == f"a {colour} picture"
        assert answer.response_metadata["model_provider"] == "ollama"
        assert server.seen[-1]["options"]["num_ctx"] == 4096
        assert server.seen[-1]["think"] is False


def test_its_answer_constraint_is_a_plain_schema_that_it_keeps_to(server: OllamaServer) -> None:
    model = ChatOllamaVision(model="moondream:latest", base_url=server.url)
    bound = model.bind(**model.answer_constraint(SCHEMA))
    assert json.loads(bound.invoke(asked_about(COLOURS["blue"])).text) == {"summary": "a blue picture"}
    assert server.seen[-1]["format"] == SCHEMA


def test_what_the_server_says_of_a_model_is_kept() -> None:
    told = {"image_inputs": True, "max_input_tokens": 4096}
    assert ChatOllamaVision(model="gpt-4o", profile=told).profile == told
    assert ChatOllamaVision(model="gpt-4o").profile is None


def test_the_key_of_ollamas_cloud_reaches_no_other_server(
    server: OllamaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_API_KEY", "real-secret")
    ChatOllamaVision(model="moondream:latest", base_url=server.url).invoke("Hello")
    assert server.seen[-1].headers["authorization"] == "Bearer ollama"


def test_a_key_of_the_callers_is_sent_and_never_shown(server: OllamaServer) -> None:
    own = {"timeout": 5, "headers": {"Authorization": "Bearer its-own"}}
    model = ChatOllamaVision(model="moondream:latest", base_url=server.url, client_kwargs=own)
    model.invoke("Hello")
    assert server.seen[-1].headers["authorization"] == "Bearer its-own"
    assert "its-own" not in dumps(model) + repr(model) + str(model)


@pytest.mark.parametrize(
    ("given", "waits"),
    [
        (None, (3.0, 60.0, 60.0, 60.0)),
        ({}, (3.0, 60.0, 60.0, 60.0)),
        ({"timeout": 300}, (3.0, 300, 300, 300)),
        ({"timeout": 0.5}, (0.5, 0.5, 0.5, 0.5)),
        ({"timeout": (1, 2, 3, 4)}, (1, 2, 3, 4)),
    ],
)
def test_every_wait_ends_and_nothing_leads_elsewhere(given: dict | None, waits: tuple) -> None:
    bounds = ChatOllamaVision(model="moondream:latest", client_kwargs=given).client_kwargs
    assert bounds["timeout"] == waits
    assert bounds["trust_env"] is bounds["follow_redirects"] is False


@pytest.mark.parametrize(("url", "checked"), [("http://nas:11434", False), ("https://nas:11434", True)])
def test_a_certificate_is_checked_where_there_is_one(url: str, checked: bool) -> None:
    assert ChatOllamaVision(model="moondream:latest", base_url=url).client_kwargs["verify"] is checked


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
    assert ChatOllamaVision(model="moondream:latest", base_url=text).base_url == means


@pytest.mark.parametrize("text", ["", "http://", "http://host:port", "ftp://host", "http://a b", "http://me:word@host"])
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="is no address of a server; write it as http://localhost:11434"):
        ChatOllamaVision(model="moondream:latest", base_url=text)

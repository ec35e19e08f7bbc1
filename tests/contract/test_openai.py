"""ChatOpenAIVision through LangChain's own suites, over a server that speaks OpenAI's protocol."""

import json
from collections.abc import Iterator

import openai
import pytest
from contract.seeing import AnswersBySchema
from engine import COLOURS, asked_about
from langchain_core.language_models import BaseChatModel
from langchain_core.load import dumps
from langchain_tests.unit_tests import ChatModelUnitTests
from pydantic import SecretStr, ValidationError
from servers.loopback import Page
from servers.openai_like import Server, describes_the_colour, serving
from servers.raw import pages

from autocut_director.agent.backends import ChatOpenAIVision

KEY = SecretStr("sk-made-up")
_SUMMARY = {"type": "object", "properties": {"summary": {"type": "string"}}}
_STRICT = {**_SUMMARY, "required": ["summary"], "additionalProperties": False}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    role = Server(describes_the_colour, token=KEY.get_secret_value(), models=("gpt-4o",), dialect="openai")
    with serving(role) as running:
        yield running


class TestOpenAIVisionUnit(ChatModelUnitTests):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatOpenAIVision

    @property
    def chat_model_params(self) -> dict:
        return {"model": "gpt-4o", "api_key": KEY, "base_url": "http://127.0.0.1:9/v1"}

    @property
    def supports_image_inputs(self) -> bool:
        return True


class TestOpenAIVisionIntegration(AnswersBySchema):
    """What the stand-in for OpenAI can do: see, and answer by a schema; it calls no tools."""

    url = ""

    @pytest.fixture(autouse=True)
    def _served(self, server: Server) -> None:
        type(self).url = server.url

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatOpenAIVision

    @property
    def chat_model_params(self) -> dict:
        return {"model": "gpt-4o", "api_key": KEY, "base_url": self.url}


def test_a_key_is_given_never_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-lying-around")
    with pytest.raises(ValidationError, match="api_key"):
        ChatOpenAIVision(model="gpt-4o")


def test_the_key_is_never_shown() -> None:
    model = ChatOpenAIVision(model="gpt-4o", api_key=KEY)
    assert model.lc_secrets == {"openai_api_key": "OPENAI_API_KEY"}
    assert KEY.get_secret_value() not in dumps(model) + repr(model) + str(model)


@pytest.mark.parametrize("streamed", [False, True])
def test_a_redirect_carries_no_picture_elsewhere(server: Server, streamed: bool) -> None:
    path, before = "/v1/chat/completions", len(server.asked)
    moved = Page(b"", 307, headers={"Location": server.url.removesuffix("/v1") + path})
    with pages({path: moved}) as first:
        model = ChatOpenAIVision(model="gpt-4o", api_key=KEY, base_url=f"{first.url}/v1", streaming=streamed)
        with pytest.raises(openai.APIStatusError, match="307"):
            model.invoke(asked_about(COLOURS["red"]))
        assert [seen.path for seen in first.asked] == [path]
    assert len(server.asked) == before


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A company's only way out may be its proxy, and OpenAI is out."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with pages({}) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with pytest.raises(openai.NotFoundError):
            ChatOpenAIVision(model="gpt-4o", api_key=KEY, base_url="http://api.example/v1").invoke("Hello")
        assert [seen.path for seen in proxy.asked] == ["http://api.example/v1/chat/completions"]


def test_a_proxy_that_is_named_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with pages({}) as proxy:
        model = ChatOpenAIVision(model="gpt-4o", api_key=KEY, base_url="http://api.example/v1", openai_proxy=proxy.url)
        with pytest.raises(openai.NotFoundError):
            model.invoke("Hello")
        model.root_client.close()
        assert [seen.path for seen in proxy.asked] == ["http://api.example/v1/chat/completions"]


@pytest.mark.parametrize(
    ("schema", "strict"),
    [
        (_STRICT, True),
        (_SUMMARY, False),
        ({**_STRICT, "additionalProperties": True}, False),
        ({**_STRICT, "properties": {**_STRICT["properties"], "mood": {"type": "string"}}}, False),
        ({**_STRICT, "properties": {"summary": {"type": "array", "items": _SUMMARY}}}, False),
        ({**_STRICT, "properties": {"summary": {"anyOf": [_STRICT, {"type": "null"}]}}}, True),
        ({**_STRICT, "properties": {"summary": {"$ref": "#/$defs/S"}}, "$defs": {"S": _SUMMARY}}, False),
    ],
)
def test_its_answer_constraint_is_strict_where_the_schema_allows_that(
    server: Server, schema: dict, strict: bool
) -> None:
    model = ChatOpenAIVision(model="gpt-4o", api_key=KEY, base_url=server.url)
    model.bind(**model.answer_constraint(schema)).invoke(asked_about(COLOURS["blue"]))
    sent = server.seen[-1].body["response_format"]["json_schema"]
    assert sent.pop("strict", False) is strict
    assert sent == {"name": "scene_description", "schema": schema}


def test_its_answers_keep_to_the_schema(server: Server) -> None:
    model = ChatOpenAIVision(model="gpt-4o", api_key=KEY, base_url=server.url)
    answer = model.bind(**model.answer_constraint(_STRICT)).invoke(asked_about(COLOURS["green"]))
    assert json.loads(answer.text) == {"summary": "a green picture"}
    assert answer.response_metadata["model_provider"] == "openai"


def test_what_is_said_of_a_model_is_kept() -> None:
    told = {"image_inputs": True, "max_input_tokens": 4096}
    assert ChatOpenAIVision(model="gpt-4o", api_key=KEY, profile=told).profile == told
    assert ChatOpenAIVision(model="gpt-4o", api_key=KEY).profile["max_input_tokens"] == 128_000


def test_every_wait_ends() -> None:
    assert ChatOpenAIVision(model="x", api_key=KEY).request_timeout == openai.Timeout(60, connect=3)
    assert ChatOpenAIVision(model="x", api_key=KEY, timeout=9).request_timeout == openai.Timeout(9, connect=3)
    with pytest.raises(ValidationError, match="timeout"):
        ChatOpenAIVision(model="x", api_key=KEY, timeout=None)


def test_nothing_is_kept_and_the_chat_api_is_used(server: Server) -> None:
    ChatOpenAIVision(model="gpt-4o", api_key=KEY, base_url=server.url).invoke("Hello")
    assert server.seen[-1].path == "/v1/chat/completions"
    assert server.seen[-1].body["store"] is False

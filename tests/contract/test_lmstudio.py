"""ChatLMStudio through LangChain's own suites, and over a server that refuses what LM Studio refuses."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager

import openai
import pytest
from contract.bounds import GoesStraight
from contract.seeing import AnswersBySchema
from engine import COLOURS, asked_about
from langchain_core.language_models import BaseChatModel
from langchain_core.load import dumps
from langchain_tests.unit_tests import ChatModelUnitTests
from pydantic import SecretStr, ValidationError
from servers.openai_like import Server, describes_the_colour, serving

from autocut_director.agent.backends import ChatLMStudio

TOKEN = SecretStr("its-own")
SCHEMA = {"type": "object", "properties": {"summary": {"type": "string"}}, "required": ["summary"]}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(Server(answer=describes_the_colour)) as running:
        yield running


class TestLMStudioUnit(ChatModelUnitTests):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatLMStudio

    @property
    def chat_model_params(self) -> dict:
        return {"model": "moondream2", "base_url": "http://127.0.0.1:9/v1"}

    @property
    def supports_image_inputs(self) -> bool:
        return True

    @property
    def init_from_env_params(self) -> tuple[dict, dict, dict]:
        return {"OPENAI_API_KEY": "sk-real"}, self.chat_model_params, {"openai_api_key": "lm-studio"}


class TestLMStudioIntegration(AnswersBySchema):
    """What a small vision model on LM Studio can do: see, and answer by a schema. Tools would cost it its sight."""

    url = ""

    @pytest.fixture(autouse=True)
    def _served(self, server: Server) -> None:
        type(self).url = server.url

    @property
    def chat_model_params(self) -> dict:
        return {"model": "moondream2", "base_url": self.url}

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatLMStudio


class TestLMStudioGoesStraight(GoesStraight):
    base_path, chat_path = "/v1", "/chat/completions"

    def serving(self) -> AbstractContextManager[Server]:
        return serving(Server(answer=describes_the_colour))

    def model_at(self, url: str) -> ChatLMStudio:
        return ChatLMStudio(model="moondream2", base_url=url)


def test_a_users_openai_account_never_reaches_a_local_server(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("API_KEY", "ADMIN_KEY", "ORG_ID", "ORGANIZATION", "PROJECT_ID", "WEBHOOK_SECRET"):
        monkeypatch.setenv(f"OPENAI_{name}", "real-secret")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer real-secret\nX-Account: real-secret")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_API_BASE", "http://127.0.0.1:9")
    model = ChatLMStudio(model="moondream2", base_url=server.url)
    for _ in (model.invoke("Hello"), list(model.stream("Hello"))):
        headers = server.seen[-1].headers
        assert "real-secret" not in json.dumps(headers)
        assert headers["authorization"] == "Bearer lm-studio"
        assert not [name for name in headers if name.startswith("openai-")]
    assert "real-secret" not in dumps(model) + repr(model)


def test_its_own_token_is_sent_and_never_shown() -> None:
    with serving(Server(answer=describes_the_colour, token=TOKEN.get_secret_value())) as locked:
        model = ChatLMStudio(model="moondream2", base_url=locked.url, api_key=TOKEN)
        assert model.invoke("Hello").text == "a nothing picture"
    assert model.lc_secrets == {"openai_api_key": "LM_API_TOKEN"}
    assert TOKEN.get_secret_value() not in dumps(model) + repr(model) + str(model)


def test_headers_of_the_callers_are_sent_and_never_shown(server: Server) -> None:
    model = ChatLMStudio(model="moondream2", base_url=server.url, default_headers={"X-Gate": "its-own"})
    model.invoke("Hello")
    assert server.seen[-1].headers["x-gate"] == "its-own"
    assert "its-own" not in dumps(model) + repr(model)


@pytest.mark.parametrize("streamed", [False, True])
def test_the_pictures_that_are_sent_are_seen(server: Server, streamed: bool) -> None:
    model = ChatLMStudio(model="moondream2", base_url=server.url, streaming=streamed)
    for colour, bgr in COLOURS.items():
        answer = model.invoke(asked_about(bgr))
        assert answer.text.strip() == f"a {colour} picture"
        assert answer.response_metadata["model_provider"] == "lmstudio"
        assert answer.usage_metadata["output_tokens"] == 3


def test_its_answer_constraint_is_a_plain_schema_that_it_keeps_to(server: Server) -> None:
    model = ChatLMStudio(model="moondream2", base_url=server.url)
    bound = model.bind(**model.answer_constraint(SCHEMA))
    assert json.loads(bound.invoke(asked_about(COLOURS["blue"])).text) == {"summary": "a blue picture"}
    sent = server.seen[-1].body["response_format"]
    assert sent == {"type": "json_schema", "json_schema": {"name": "scene_description", "schema": SCHEMA}}


def test_a_local_model_does_not_inherit_what_is_known_of_openais() -> None:
    assert ChatLMStudio(model="gpt-4o").profile is None
    told = {"image_inputs": True, "max_input_tokens": 4096}
    assert ChatLMStudio(model="gpt-4o", profile=told).profile == told


def test_every_wait_ends(server: Server) -> None:
    assert ChatLMStudio(model="x").request_timeout == openai.Timeout(60, connect=3)
    assert ChatLMStudio(model="x", timeout=300).request_timeout == openai.Timeout(300, connect=3)
    assert ChatLMStudio(model="x", timeout=0.5).request_timeout == openai.Timeout(0.5)
    given = openai.Timeout(9, connect=1)
    assert ChatLMStudio(model="x", timeout=given).request_timeout == given
    with pytest.raises(ValidationError, match="timeout"):
        ChatLMStudio(model="x", timeout=None)


def test_a_client_of_the_callers_is_taken(server: Server) -> None:
    own = openai.DefaultHttpxClient(headers={"X-Client": "mine", "Connection": "close"})
    with own:
        ChatLMStudio(model="moondream2", base_url=server.url, http_client=own).invoke("Hello")
    assert server.seen[-1].headers["x-client"] == "mine"


@pytest.mark.parametrize("text", ["localhost:1234", "http://localhost", "http://localhost:1234/v1/"])
def test_its_address_is_understood_as_people_write_it(text: str) -> None:
    assert ChatLMStudio(model="x", base_url=text).openai_api_base == "http://localhost:1234/v1"


@pytest.mark.parametrize("text", ["", "ftp://host", "http://user:its-own@host/v1"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="is no address of a server; write it as http://localhost:1234"):
        ChatLMStudio(model="x", base_url=text)

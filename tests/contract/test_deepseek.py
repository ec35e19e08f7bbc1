"""ChatDeepSeekPlanner through LangChain's own suites, over a server that refuses what DeepSeek refuses."""

import json
from collections.abc import Iterator

import openai
import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.load import dumps
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests
from pydantic import SecretStr, ValidationError
from servers.loopback import Page
from servers.models import Model
from servers.openai_like import Server, serving
from servers.raw import pages

from autocut_director.agent.backends import ChatDeepSeekPlanner

KEY = SecretStr("sk-made-up")


def _says(seen: object) -> str:
    return '{"title": "json"}'


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    models = (Model("deepseek-flash", sees=False),)
    with serving(Server(_says, token=KEY.get_secret_value(), models=models, dialect="deepseek")) as running:
        yield running


class TestDeepSeekUnit(ChatModelUnitTests):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatDeepSeekPlanner

    @property
    def chat_model_params(self) -> dict:
        return {"model": "deepseek-flash", "api_key": KEY, "base_url": "http://127.0.0.1:9"}


class TestDeepSeekIntegration(ChatModelIntegrationTests):
    """What the stand-in can do: say JSON. It calls no tools, and DeepSeek's server takes no schema."""

    url = ""

    @pytest.fixture(autouse=True)
    def _served(self, server: Server) -> None:
        type(self).url = server.url

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatDeepSeekPlanner

    @property
    def chat_model_params(self) -> dict:
        return {"model": "deepseek-flash", "api_key": KEY, "base_url": self.url}

    @property
    def has_tool_calling(self) -> bool:
        return False

    @property
    def has_structured_output(self) -> bool:
        return False

    @property
    def supports_model_override(self) -> bool:
        return False


def model_at(server: Server, **more: object) -> ChatDeepSeekPlanner:
    return ChatDeepSeekPlanner(**{"model": "deepseek-flash", "api_key": KEY, "base_url": server.url, **more})


def test_it_does_not_think_and_answers_in_json(server: Server) -> None:
    model = model_at(server)
    answer = model.bind(**model.answer_constraint({})).invoke("Answer in json.")
    assert json.loads(answer.text) == {"title": "json"}
    assert server.seen[-1].body["thinking"] == {"type": "disabled"}
    assert server.seen[-1].body["response_format"] == {"type": "json_object"}
    assert answer.response_metadata["model_provider"] == "deepseek"


def test_its_profile_promises_no_schema() -> None:
    """An agent that believes the shipped one binds `json_schema`, which the server refuses."""
    assert ChatDeepSeekPlanner(model="deepseek-flash", api_key=KEY).profile["structured_output"] is False


def test_a_key_is_given_never_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPSEEK_API_KEY", "sk-lying-around")
    with pytest.raises(ValidationError, match="api_key"):
        ChatDeepSeekPlanner(model="deepseek-flash")


def test_the_key_is_never_shown_and_the_users_openai_account_stays_at_home(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-mine")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-mine")
    model = model_at(server)
    model.invoke("Hello")
    assert not {"openai-organization", "openai-project"} & server.seen[-1].headers.keys()
    assert KEY.get_secret_value() not in dumps(model) + repr(model) + str(model)


def test_every_wait_ends_and_no_redirect_is_followed(server: Server) -> None:
    assert ChatDeepSeekPlanner(model="x", api_key=KEY).request_timeout == openai.Timeout(300, connect=3)
    assert ChatDeepSeekPlanner(model="x", api_key=KEY, timeout=9).request_timeout == openai.Timeout(9, connect=3)
    before = len(server.asked)
    moved = Page(b"", 307, headers={"Location": f"{server.url}/chat/completions"})
    with pages({"/chat/completions": moved}) as first, pytest.raises(openai.APIStatusError, match="307"):
        model_at(server, base_url=first.url).invoke("Hello")
    assert len(server.asked) == before

"""ChatLMStudio through LangChain's own suites, and over a server that refuses what LM Studio refuses."""

import json
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from contract.seeing import SeesPictures
from langchain_core.language_models import BaseChatModel
from langchain_core.load import dumps
from langchain_core.messages import HumanMessage
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests
from pydantic import SecretStr
from servers.openai_like import Server, describes_the_colour, serving

from autocut_director.agent.backends import ChatLMStudio


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


# The OpenAI client's own parsing of a pydantic answer warns of the field it adds.
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")
class TestLMStudioIntegration(SeesPictures, ChatModelIntegrationTests):
    """What a small vision model on LM Studio can do: see, and answer by a schema. Tools would cost it its sight."""

    url = ""

    @pytest.fixture(autouse=True)
    def _served(self, server: Server) -> None:
        type(self).url = server.url

    @property
    def chat_model_params(self) -> dict:
        return {"model": "moondream2", "base_url": self.url}

    @pytest.mark.xfail(strict=True, reason="a pydantic v1 schema is turned into a tool call, which costs the sight")
    def test_structured_output_pydantic_2_v1(self, model: BaseChatModel) -> None:
        super().test_structured_output_pydantic_2_v1(model)

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatLMStudio

    @property
    def structured_output_kwargs(self) -> dict:
        return {"method": "json_schema"}


def test_a_users_openai_account_never_reaches_a_local_server(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_ORGANIZATION", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "real-secret")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9")
    ChatLMStudio(model="moondream2", base_url=server.url).invoke("Hello")
    assert "real-secret" not in json.dumps(server.seen[-1].headers)
    assert server.seen[-1].headers["authorization"] == "Bearer lm-studio"


def test_its_own_token_is_sent_and_never_shown() -> None:
    token = "its-own"  # noqa: S105  # a made-up one
    with serving(Server(answer=describes_the_colour, token=token)) as locked:
        model = ChatLMStudio(model="moondream2", base_url=locked.url, api_key=SecretStr(token))
        assert model.invoke("Hello").text == "a nothing picture"
    assert "its-own" not in dumps(model) + repr(model) + str(model)


def test_the_pictures_that_are_sent_are_seen(server: Server) -> None:
    model = ChatLMStudio(model="moondream2", base_url=server.url)
    for colour, bgr in {"red": (0, 0, 255), "green": (0, 255, 0), "blue": (255, 0, 0)}.items():
        jpeg = cv2.imencode(".jpg", np.full((64, 64, 3), bgr, np.uint8))[1].tobytes()
        message = HumanMessage(content_blocks=[{"type": "image", "base64": _text(jpeg), "mime_type": "image/jpeg"}])
        answer = model.invoke([message])
        assert answer.text == f"a {colour} picture"
        assert answer.response_metadata["model_provider"] == "lmstudio"


def _text(data: bytes) -> str:
    import base64

    return base64.b64encode(data).decode()

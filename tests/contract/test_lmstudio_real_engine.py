"""ChatLMStudio over llama.cpp's own server: LM Studio's engine, with a model that sees a little."""

from typing import ClassVar

import openai
import pytest
from contract.seeing import AnswersBySchema
from engine import COLOURS, asked_about
from langchain_core.language_models import BaseChatModel

from autocut_director.agent.backends import ChatLMStudio
from autocut_director.agent.backends.llama_server import LlamaServer

MODEL = "seeing"


def params_on(engine: LlamaServer) -> dict[str, object]:
    return {"model": MODEL, "base_url": engine.url, "api_key": engine.key, "temperature": 0, "max_tokens": 400}


def model_on(engine: LlamaServer, **more: object) -> ChatLMStudio:
    return ChatLMStudio(**{**params_on(engine), **more})


class TestLMStudioOverTheRealEngine(AnswersBySchema):
    """What the small model can do: see, and answer by a schema."""

    params: ClassVar[dict[str, object]] = {}

    @pytest.fixture(autouse=True)
    def _served(self, engine: LlamaServer) -> None:
        type(self).params = params_on(engine)

    @property
    def chat_model_params(self) -> dict:
        return self.params

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatLMStudio


@pytest.mark.parametrize("colour", COLOURS)
def test_a_colour_is_named(engine: LlamaServer, colour: str) -> None:
    answer = model_on(engine).invoke(asked_about(COLOURS[colour]))
    assert f"{colour} picture" in answer.text
    assert answer.response_metadata["model_provider"] == "lmstudio"


def test_a_short_answer_is_cut_where_it_was_bounded(engine: LlamaServer) -> None:
    answer = model_on(engine, max_tokens=5).invoke(asked_about(COLOURS["red"]))
    assert answer.usage_metadata["output_tokens"] == 5
    assert answer.response_metadata["finish_reason"] == "length"


def test_a_wrong_key_is_refused(engine: LlamaServer) -> None:
    with pytest.raises(openai.AuthenticationError, match="Invalid API Key"):
        model_on(engine, api_key="another").invoke("Hello")


def test_what_is_no_picture_is_refused(engine: LlamaServer) -> None:
    (message,) = asked_about(COLOURS["red"])
    message.content[1]["image_url"]["url"] = "data:image/jpeg;base64,bm8gcGljdHVyZQ=="
    with pytest.raises(openai.BadRequestError):
        model_on(engine).invoke([message])

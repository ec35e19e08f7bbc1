"""What holds for every model on a server near by: what it is sent goes nowhere else, proxy or redirect."""

import asyncio
import gc
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx
import pytest
from engine import asked_about
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from servers.loopback import Page, Role
from servers.raw import pages

RED = (0, 0, 255)


def _invoke(model: BaseChatModel, messages: list[BaseMessage]) -> None:
    model.invoke(messages)


def _ainvoke(model: BaseChatModel, messages: list[BaseMessage]) -> None:
    asyncio.run(model.ainvoke(messages))


def _stream(model: BaseChatModel, messages: list[BaseMessage]) -> None:
    list(model.stream(messages))


ways = pytest.mark.parametrize("ask", [_invoke, _ainvoke, _stream])


class GoesStraight:
    """Mixed into a test class of a backend. `base_path` and, after it, `chat_path`: where its server is asked."""

    base_path = ""
    chat_path = ""

    def serving(self) -> AbstractContextManager[Role]:
        raise NotImplementedError

    def model_at(self, url: str) -> BaseChatModel:
        raise NotImplementedError

    @ways
    def test_a_proxy_of_the_environment_sees_nothing(
        self, ask: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pages({}) as proxy, self.serving() as server:
            for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "OPENAI_PROXY"):
                monkeypatch.setenv(name, proxy.url)
                monkeypatch.setenv(name.lower(), proxy.url)
            for name in ("NO_PROXY", "no_proxy"):
                monkeypatch.delenv(name, raising=False)
            httpx.get(server.url)
            assert len(proxy.asked) == 1  # the environment does lead others astray
            ask(self.model_at(server.url), asked_about(RED))
            assert len(proxy.asked) == 1
            assert len(server.seen) == 1

    @ways
    def test_a_redirect_carries_no_picture_elsewhere(self, ask: Callable[..., None]) -> None:
        path = f"{self.base_path}{self.chat_path}"
        with self.serving() as elsewhere:
            moved = Page(b"", 307, headers={"Location": f"{elsewhere.url}{self.chat_path}"})
            with pages({path: moved}) as server:
                with pytest.raises(Exception, match="307"):
                    ask(self.model_at(f"{server.url}{self.base_path}"), asked_about(RED))
                assert [seen.path for seen in server.asked] == [path]
            assert not elsewhere.asked

    def test_one_event_loop_may_follow_another_and_no_socket_is_left(self) -> None:
        with self.serving() as server, warnings.catch_warnings():
            warnings.simplefilter("error")
            model = self.model_at(server.url)
            for ask in (_ainvoke, _ainvoke, _invoke, _stream):
                ask(model, asked_about(RED))
            del model
            gc.collect()
            assert len(server.seen) == 4
            assert all(seen.headers["connection"] == "close" for seen in server.seen)

"""A person is asked before a call that costs or replaces: the question is decided once, and kept with the conversation.

Two middlewares, since LangGraph runs a step again when it goes on after an interrupt: `Foreseeing` writes the questions
into the state, and LangChain's `HumanInTheLoopMiddleware` interrupts for the calls that have one. Whatever changes
between the question and the answer, the answer counts for what was asked. A call that needed no question when the model
made it, and needs one when it is its turn (another call of the same message wrote the file), is not made.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NotRequired

from langchain.agents.middleware import AgentMiddleware, AgentState, HumanInTheLoopMiddleware
from langchain.agents.middleware.human_in_the_loop import InterruptOnConfig
from langchain.agents.middleware.types import ToolCallRequest
from langchain_core.messages import AIMessage, ToolCall, ToolMessage
from langgraph.types import Command

from autocut_director.agent.chat.consent import question, reasons
from autocut_director.agent.chat.foresight import Foresight
from autocut_director.tools.timeline import Language

NOT_ASKED = "This was not done: by now the person must be asked first. Make the same call again, by itself."

_Answer = ToolMessage | Command[Any]


class Questions(AgentState[Any]):
    """The agent's state, and what is to be asked about the last message's calls, by their ids."""

    questions: NotRequired[dict[str, str]]


class Foreseeing(AgentMiddleware[Questions, None, Any]):
    """Finds out which calls of the model's last message a person must agree to."""

    state_schema = Questions

    def __init__(self, foresight: Foresight, language: Language) -> None:
        super().__init__()
        self._foresight, self._language = foresight, language

    def after_model(self, state: Questions, runtime: Any) -> dict[str, Any]:  # LangChain's signature
        """Put the questions into the state, in place of the last ones."""
        last = state["messages"][-1]
        calls = last.tool_calls if isinstance(last, AIMessage) else []
        return {"questions": {str(call["id"]): said for call in calls if (said := self._question(call))}}

    async def aafter_model(self, state: Questions, runtime: Any) -> dict[str, Any]:
        """Do as `after_model`; to look for models takes a moment, so a thread does it."""
        return await asyncio.to_thread(self.after_model, state, runtime)

    def wrap_tool_call(self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], _Answer]) -> _Answer:
        """Make the call, unless a person should have been asked and was not."""
        return self._refused(request) or handler(request)

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[_Answer]]
    ) -> _Answer:
        """Do as `wrap_tool_call`, in a thread too."""
        return await asyncio.to_thread(self._refused, request) or await handler(request)

    def _refused(self, request: ToolCallRequest) -> ToolMessage | None:
        call = request.tool_call
        if _has_question(request) or not self._question(call):
            return None
        return ToolMessage(NOT_ASKED, tool_call_id=call["id"], name=call["name"], status="error")

    def _question(self, call: ToolCall) -> str:
        why = reasons(self._foresight.of(call["name"], call["args"]), self._language)
        return question(call["name"], why) if why else ""


def asks_first(tools: Iterable[str]) -> HumanInTheLoopMiddleware[Any, None, Any]:
    """Make the middleware that interrupts for calls that have a question; it stands before `Foreseeing` in the list."""
    config = InterruptOnConfig(
        allowed_decisions=["approve", "edit", "reject"],
        description=lambda tool_call, state, runtime: state["questions"][str(tool_call["id"])],
        when=_has_question,
    )
    return HumanInTheLoopMiddleware(dict.fromkeys(tools, config))


def _has_question(request: ToolCallRequest) -> bool:
    return str(request.tool_call["id"]) in request.state.get("questions", {})

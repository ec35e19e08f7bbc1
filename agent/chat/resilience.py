"""Whatever goes wrong, the conversation stays whole and can be gone on with.

- What only a person can mend (no backend, a wrong key, a full disk) is told to the model as such, which tells the
  person; the command shows it besides.
- A call without an answer (stopped, killed, never agreed to) gets one before the model is asked again: a server of
  OpenAI's protocol refuses a conversation with a call left open.
- What a model's client raises becomes an error of ours, without a key in it.
- Of an answer only its text is kept: the whole values are in the files, and no class is needed to read a conversation.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from langchain.agents.middleware import AgentMiddleware, AgentState
from langchain.agents.middleware.types import ModelRequest, ModelResponse, ToolCallRequest
from langchain_core.messages import AIMessage, AnyMessage, RemoveMessage, ToolCall, ToolMessage
from langgraph.graph.message import REMOVE_ALL_MESSAGES
from langgraph.types import Command

from autocut_director.agent.backends.translation import translated
from autocut_director.agent.chat.view import latest_turns
from autocut_director.errors import AutoCutError

UNFINISHED = "This call did not finish: the person stopped it, or the program ended. Nothing is known of its result."
FOR_A_PERSON = "Only a person can mend this; tell them, and do not call it again unasked: "

_Answer = ToolMessage | Command[Any]


class Resilient(AgentMiddleware[AgentState[Any], None, Any]):
    """Keeps a conversation whole. `room`: tokens of it that a model is shown; `secrets`: keys that nobody may read."""

    def __init__(self, *, room: int, secrets: Sequence[str]) -> None:
        super().__init__()
        self._room, self._secrets = room, tuple(secrets)

    def before_agent(self, state: AgentState[Any], runtime: Any) -> dict[str, Any] | None:
        """Answer the calls that were left open."""
        messages = state["messages"]
        whole = answered(messages)
        return None if len(whole) == len(messages) else {"messages": [RemoveMessage(REMOVE_ALL_MESSAGES), *whole]}

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Ask the model, with our errors, about what fits its context."""
        with translated(self._secrets):
            return handler(self._shown(request))

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        """Do as `wrap_model_call`."""
        with translated(self._secrets):
            return await handler(self._shown(request))

    def wrap_tool_call(self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], _Answer]) -> _Answer:
        """Call the tool; keep its text, or what a person must mend."""
        try:
            return _text_alone(handler(request))
        except AutoCutError as exc:
            return for_a_person(request.tool_call, exc)

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[_Answer]]
    ) -> _Answer:
        """Do as `wrap_tool_call`."""
        try:
            return _text_alone(await handler(request))
        except AutoCutError as exc:
            return for_a_person(request.tool_call, exc)

    def _shown(self, request: ModelRequest[Any]) -> ModelRequest[Any]:
        return request.override(messages=latest_turns(request.messages, self._room))


def answered(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """Return `messages` with an answer behind every call that has none."""
    known = {message.tool_call_id for message in messages if isinstance(message, ToolMessage)}
    whole: list[AnyMessage] = []
    for message in messages:
        whole.append(message)
        calls = message.tool_calls if isinstance(message, AIMessage) else []
        whole += [_told(call, UNFINISHED) for call in calls if call["id"] not in known]
    return whole


def for_a_person(call: ToolCall, exc: AutoCutError) -> ToolMessage:
    """Return what a model is told of an error that only a person can mend."""
    return _told(call, f"{FOR_A_PERSON}{exc}")


def _told(call: ToolCall, text: str) -> ToolMessage:
    return ToolMessage(text, tool_call_id=call["id"], name=call["name"], status="error")


def _text_alone(answer: _Answer) -> _Answer:
    return answer.model_copy(update={"artifact": None}) if isinstance(answer, ToolMessage) else answer

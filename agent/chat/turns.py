"""One turn of a conversation as a stream of events, for whoever shows it to a person."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.runnables import Runnable, RunnableConfig
from langgraph.types import Command

_WORKS = "tools"
_BEFORE = ".before_model"  # what ends a turn in the model's place: that it went in circles
_TALKS = "model"  # the agent's node whose model talks; a planner that is asked inside a tool does not


@dataclass(frozen=True)
class Said:
    """A piece of what the model says."""

    text: str


@dataclass(frozen=True)
class Called:
    """A tool is called."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Answered:
    """A tool has answered; not `well` where something must be mended."""

    tool: str
    text: str
    well: bool


@dataclass(frozen=True)
class Asked:
    """A person is asked about a call."""

    tool: str
    arguments: Mapping[str, Any]
    question: str


@dataclass(frozen=True)
class Stopped:
    """The turn waits for a person's decisions, one for each question, in their order."""

    questions: tuple[Asked, ...]


Event = Said | Called | Answered | Stopped


def words(text: str) -> dict[str, Any]:
    """Return a person's words as what the agent takes."""
    return {"messages": [{"role": "user", "content": text}]}


def decided(decisions: Sequence[Mapping[str, Any]]) -> Command[Any]:
    """Return a person's decisions as what the agent goes on with."""
    return Command(resume={"decisions": [dict(decision) for decision in decisions]})


def turn(agent: Runnable[Any, Any], given: Any, config: RunnableConfig) -> Iterator[Event]:
    """Have the agent work on `given`, and yield what happens until it is the person's turn.

    Raises:
        BackendError: The model that talks did not answer.
    """
    for mode, data in agent.stream(given, config, stream_mode=["messages", "updates"]):
        yield from _pieces(*data) if mode == "messages" else _steps(data)


def waiting(agent: Any, config: RunnableConfig) -> Stopped | None:
    """Return what a conversation that was left waits for; None where it waits for words."""
    interrupts = agent.get_state(config).interrupts
    return _stopped(interrupts) if interrupts else None


def _pieces(message: Any, metadata: Mapping[str, Any]) -> Iterator[Event]:
    talks = metadata.get("langgraph_node") == _TALKS
    if talks and isinstance(message, AIMessage) and message.text:
        yield Said(message.text)


def _steps(update: Mapping[str, Any]) -> Iterator[Event]:
    if "__interrupt__" in update:
        yield _stopped(update["__interrupt__"])
        return
    for node, change in update.items():
        for message in _messages(change):
            if node.endswith(_BEFORE) and isinstance(message, AIMessage):
                yield Said(message.text)
            if node == _TALKS and isinstance(message, AIMessage):
                yield from (Called(call["name"], call["args"]) for call in message.tool_calls)
            if node == _WORKS and isinstance(message, ToolMessage):
                yield Answered(str(message.name), message.text, message.status == "success")


def _messages(change: Any) -> Sequence[Any]:
    return change.get("messages", ()) if isinstance(change, Mapping) else ()


def _stopped(interrupts: Sequence[Any]) -> Stopped:
    asked = [action for interrupt in interrupts for action in interrupt.value["action_requests"]]
    return Stopped(tuple(Asked(action["name"], action["args"], action["description"]) for action in asked))

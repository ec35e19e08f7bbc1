"""A model that calls tools, as a server of OpenAI's protocol plays it: what it calls next hangs on what tools said.

It is as strict as the real ones: each call must have its answer, and a call with arguments that the tool's schema does
not know is a mistake of the test, since no model could know them.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from servers.loopback import Page, RefusedError, Reply, Seen
from servers.ollama import OllamaServer
from servers.openai_like import Server

_NO_THOUGHTS = "Missing `reasoning_content` field in the assistant message at message index {index}."
_NO_ANSWERS = (
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'."
)


@dataclass(frozen=True)
class Call:
    """What a model wants done."""

    tool: str
    arguments: dict[str, Any]


Play = Callable[[Sequence[str]], Call | str]
"""From what the tools have said so far, in order, to the next call, or to the last words."""


Talk = Callable[[str, Sequence[str]], Call | str]
"""From a person's last words, and what the tools have said since, to the next call or to an answer."""


def check_call(call: Call, tools: Sequence[dict[str, Any]]) -> None:
    """Make sure that a model that has read `tools`, in OpenAI's form, could make this call."""
    known = {tool["function"]["name"]: tool["function"]["parameters"] for tool in tools}
    assert call.tool in known, f"no tool {call.tool}; there are {sorted(known)}"
    assert set(call.arguments) <= set(known[call.tool].get("properties", {})), f"{call} has arguments of no schema"


@dataclass
class ToolCaller(Server):
    """A server whose model plays `play` when it is given tools, and answers by `answer` when it is not.

    `talk`: in place of `play`, for a conversation.
    """

    play: Play = lambda _: "There is nothing to do."
    talk: Talk | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        without_tools = self.answer
        self.answer = lambda seen: "" if seen.body.get("tools") else without_tools(seen)

    def reply(self, seen: Seen) -> Reply:
        said = super().reply(seen)
        if not seen.body.get("tools"):
            return said
        _check_conversation(seen, thinks=said.thought is not None)
        next_step = _step(self, seen.body["messages"])
        if isinstance(next_step, str):
            return Reply(next_step)
        check_call(next_step, seen.body["tools"])
        return Reply(json.dumps({"tool": next_step.tool, **next_step.arguments}), finish="tool_calls")

    def envelope(self, seen: Seen, reply: Reply) -> Page:
        page = super().envelope(seen, reply)
        if reply.finish == "tool_calls" and isinstance(page.data, dict):
            page.data["choices"][0]["message"] |= {"content": None, "tool_calls": [_call(seen, reply)]}
        return page

    def pieces(self, seen: Seen, reply: Reply) -> tuple[str, list[bytes]]:
        if reply.finish != "tool_calls":
            return super().pieces(seen, reply)
        kind, (head, *_, end, done) = super().pieces(seen, Reply(finish="tool_calls", thought=reply.thought))
        return kind, [head, *_streamed(_call(seen, reply)), end, done]


def _step(player: Any, messages: Sequence[dict[str, Any]]) -> Call | str:
    """What a model that is given tools does next."""
    if player.talk is None:
        return player.play([str(message["content"]) for message in messages if message["role"] == "tool"])
    place = max(place for place, message in enumerate(messages) if message["role"] == "user")
    said = [str(message["content"]) for message in messages[place:] if message["role"] == "tool"]
    return player.talk(str(messages[place]["content"]), said)


@dataclass
class OllamaToolCaller(OllamaServer):
    """The same as Ollama plays it: a call is streamed whole, its arguments are an object, and it has no id."""

    play: Play = lambda _: "There is nothing to do."
    talk: Talk | None = None

    def reply(self, seen: Seen) -> Reply:
        said = super().reply(seen)
        if not seen.body.get("tools"):
            return said
        next_step = _step(self, seen.body["messages"])
        if isinstance(next_step, str):
            return Reply(next_step)
        check_call(next_step, seen.body["tools"])
        return Reply(json.dumps({"tool": next_step.tool, **next_step.arguments}), finish="tool_calls")

    def pieces(self, seen: Seen, reply: Reply) -> tuple[str, list[bytes]]:
        if reply.finish != "tool_calls":
            return super().pieces(seen, reply)
        kind, (last,) = super().pieces(seen, Reply())
        arguments = json.loads(reply.text)
        call = {"function": {"name": arguments.pop("tool"), "arguments": arguments}}
        message = {"role": "assistant", "content": "", "tool_calls": [call]}
        head = {**json.loads(last), "done": False, "message": message}
        return kind, [json.dumps(head).encode() + b"\n", last]


def _call(seen: Seen, reply: Reply) -> dict[str, Any]:
    """A call as a server of OpenAI's protocol words it."""
    arguments = json.loads(reply.text)
    function = {"name": arguments.pop("tool"), "arguments": json.dumps(arguments)}
    number = sum(message["role"] == "tool" for message in seen.body["messages"])
    return {"id": f"call_{number}", "type": "function", "index": 0, "function": function}


def _streamed(call: dict[str, Any]) -> list[bytes]:
    """A call in pieces: its name first, then its arguments, cut where it happens."""
    name, arguments = call["function"]["name"], call["function"]["arguments"]
    cut = len(arguments) // 2
    first = {**call, "function": {"name": name, "arguments": ""}}
    rest = [{"index": 0, "function": {"arguments": part}} for part in (arguments[:cut], arguments[cut:])]
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    deltas = [{"index": 0, "delta": {"tool_calls": [part]}, "finish_reason": None} for part in (first, *rest)]
    return [f"data: {json.dumps({**head, 'choices': [delta]})}\n\n".encode() for delta in deltas]


def _check_conversation(seen: Seen, *, thinks: bool) -> None:
    waiting: set[str] = set()
    for index, message in enumerate(seen.body["messages"]):
        if message["role"] == "tool":
            waiting.discard(message["tool_call_id"])
        elif waiting:
            raise RefusedError(400, _NO_ANSWERS)
        calls = message.get("tool_calls") or []
        if calls and thinks and not message.get("reasoning_content"):
            raise RefusedError(400, _NO_THOUGHTS.format(index=index))
        waiting |= {call["id"] for call in calls}
    if waiting:
        raise RefusedError(400, _NO_ANSWERS)

"""A model that calls tools, as a server of OpenAI's protocol plays it: what it calls next hangs on what tools said.

It is as strict as the real ones: each call must have its answer, and a call with arguments that the tool's schema does
not know is a mistake of the test, since no model could know them.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from servers.loopback import Page, RefusedError, Reply, Seen
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


def check_call(call: Call, tools: Sequence[dict[str, Any]]) -> None:
    """Make sure that a model that has read `tools`, in OpenAI's form, could make this call."""
    known = {tool["function"]["name"]: tool["function"]["parameters"] for tool in tools}
    assert call.tool in known, f"no tool {call.tool}; there are {sorted(known)}"
    assert set(call.arguments) <= set(known[call.tool].get("properties", {})), f"{call} has arguments of no schema"


@dataclass
class ToolCaller(Server):
    """A server whose model plays `play` when it is given tools, and answers by `answer` when it is not."""

    play: Play = lambda _: "There is nothing to do."

    def __post_init__(self) -> None:
        super().__post_init__()
        without_tools = self.answer
        self.answer = lambda seen: "" if seen.body.get("tools") else without_tools(seen)

    def reply(self, seen: Seen) -> Reply:
        said = super().reply(seen)
        if not seen.body.get("tools"):
            return said
        _check_conversation(seen, thinks=said.thought is not None)
        next_step = self.play([str(m["content"]) for m in seen.body["messages"] if m["role"] == "tool"])
        if isinstance(next_step, str):
            return Reply(next_step)
        check_call(next_step, seen.body["tools"])
        return Reply(json.dumps({"tool": next_step.tool, **next_step.arguments}), finish="tool_calls")

    def envelope(self, seen: Seen, reply: Reply) -> Page:
        page = super().envelope(seen, reply)
        if reply.finish != "tool_calls" or not isinstance(page.data, dict):
            return page
        arguments = json.loads(reply.text)
        function = {"name": arguments.pop("tool"), "arguments": json.dumps(arguments)}
        number = sum(message["role"] == "tool" for message in seen.body["messages"])
        call = {"id": f"call_{number}", "type": "function", "index": 0, "function": function}
        page.data["choices"][0]["message"] |= {"content": None, "tool_calls": [call]}
        return page


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

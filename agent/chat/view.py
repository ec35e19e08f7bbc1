"""What a model is shown of a long conversation: what fits its context. The whole of it stays in the memory.

Old answers of tools are left out first (LangChain's `ContextEditingMiddleware`: they can be asked for again), then
whole turns, the oldest first. The present turn always stays.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from langchain.agents.middleware import ClearToolUsesEdit, ContextEditingMiddleware
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langchain_core.messages.base import BaseMessage

from autocut_director.tools.plans.footage_table import estimated_tokens

_MOST = 100_000  # tokens of a conversation that are ever sent; each is paid for again at every message
_ANSWERS_KEPT = 4  # of tools, the latest
_HEAD = 4  # tokens that say who speaks
_LEFT_OUT = "[An old answer; call the tool again to see it.]"


def room_for(context_tokens: int, fixed_tokens: int, answer_tokens: int) -> int:
    """Return how many tokens of conversation fit beside what is always sent and the answer; 0 for none."""
    return max(0, min(_MOST, context_tokens - fixed_tokens - answer_tokens))


def tokens_of(messages: Iterable[BaseMessage], **_: Any) -> int:
    """Return about how many tokens `messages` are: LangChain's own estimate counts four Chinese letters as one."""
    return sum(_HEAD + estimated_tokens(message.text) + estimated_tokens(_calls(message)) for message in messages)


def _calls(message: BaseMessage) -> str:
    calls = message.tool_calls if isinstance(message, AIMessage) else []
    return json.dumps(calls, ensure_ascii=False) if calls else ""


def old_answers_left_out(room: int) -> ContextEditingMiddleware[None, Any]:
    """Make the middleware that leaves old answers of tools out where half of `room` tokens is full."""
    edit = ClearToolUsesEdit(trigger=room // 2, keep=_ANSWERS_KEPT, placeholder=_LEFT_OUT)
    return ContextEditingMiddleware(edits=[edit], token_counter=tokens_of)


def latest_turns(messages: Sequence[AnyMessage], room: int) -> list[AnyMessage]:
    """Return the latest whole turns that fit into `room` tokens; a turn begins with a person's words."""
    starts = [place for place, message in enumerate(messages) if isinstance(message, HumanMessage)]
    fitting = (start for start in starts if tokens_of(messages[start:]) <= room)
    return list(messages[next(fitting, starts[-1] if starts else 0) :])

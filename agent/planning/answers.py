"""What a model answered → the proposal in it. Nothing in that is believed yet: the compiler proves it."""

from typing import Any

from langchain_core.messages import AIMessage

from autocut_director.errors import AnswerError, PlanError
from autocut_director.tools.answers import object_in, spoken
from autocut_director.tools.compiler import ProposedPlan, read_proposal
from autocut_director.tools.timeline import PURPOSES

_WRAPPINGS = ("plan", "edit", "edit_plan", "result", "answer")
"""Keys under which models put the whole plan once more."""


def plan_schema(*, revised: bool = False) -> dict[str, Any]:
    """Return the JSON schema of a plan: every field required, what there is none of is null or empty."""
    text = {"type": "string"}
    clip = {
        "scene_id": text,
        "in_frame": {"type": "integer", "minimum": 0},
        "out_frame": {"type": "integer", "minimum": 1},
        "purpose": {"type": "string", "enum": list(PURPOSES)},
        "overlay_text": {"anyOf": [text, {"type": "null"}]},
        "reason": text,
    }
    return _object(
        title=text,
        logline=text,
        clips={"type": "array", "items": _object(**clip)},
        dropped={"type": "array", "items": _object(scene_id=text, reason=text)},
        assumptions={"type": "array", "items": text},
        **({"length_frames": {"type": "integer", "minimum": 1}} if revised else {}),
    )


def shortlist_schema() -> dict[str, Any]:
    """Return the JSON schema of a chapter's shortlist."""
    return _object(scene_ids={"type": "array", "items": {"type": "string"}})


def _object(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def read_plan(message: AIMessage) -> ProposedPlan:
    """Return the plan that an answer holds.

    Raises:
        AnswerError: Blank, declined, no JSON, cut short, or JSON that is no plan.
    """
    data = object_in(spoken(message))
    for name in _WRAPPINGS:
        if isinstance(data, dict) and "clips" not in data and isinstance(data.get(name), dict):
            data = data[name]
    try:
        return read_proposal(data)
    except PlanError as exc:
        said = "; ".join(exc.broken[:5])
        raise AnswerError(f"the answer is no plan: {said}", answer=message.text) from exc


def read_shortlist(message: AIMessage, known: set[str]) -> tuple[str, ...]:
    """Return the scene ids that an answer names, those in `known` only, each once.

    Raises:
        AnswerError: It names none.
    """
    data = object_in(spoken(message))
    named = next((value for value in data.values() if isinstance(value, list)), []) if isinstance(data, dict) else data
    ids = dict.fromkeys(str(name) for name in named if str(name) in known)
    if not ids:
        raise AnswerError("the answer names no scene of the chapter", answer=message.text)
    return tuple(ids)

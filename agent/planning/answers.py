"""What a model answered → the proposal in it. Nothing in that is believed yet: the compiler proves it."""

from typing import Any

from langchain_core.messages import AIMessage

from autocut_director.errors import AnswerError, PlanError
from autocut_director.tools.answers import object_in, spoken
from autocut_director.tools.plans.compiler import ProposedPlan, read_proposal
from autocut_director.tools.timeline import PURPOSES

_WRAPPINGS = ("plan", "edit", "edit_plan", "result", "answer")
"""Keys under which models put the whole plan once more."""
_CLIPS = ("clips", "segments", "shots", "timeline", "edits", "片段")
_NAMES = {
    "scene_id": ("scene", "id", "scene_number", "场景"),
    "in_frame": ("in", "start", "start_frame", "from", "入点"),
    "out_frame": ("out", "end", "end_frame", "to", "出点"),
    "purpose": ("role", "用途"),
    "overlay_text": ("overlay", "text", "caption", "字幕"),
    "reason": ("why", "rationale", "理由"),
}
_MEANINGS = {name: field for field, names in _NAMES.items() for name in names}
"""Names under which models give a clip's fields, where the meaning is plain."""


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
        return read_proposal(_renamed(data))
    except PlanError as exc:
        said = "; ".join(exc.broken[:5])
        raise AnswerError(f"the answer is no plan: {said}", answer=message.text) from exc


def _renamed(data: Any) -> Any:
    """Return a plan under our own names; a name of ours beats another that means the same."""
    if not isinstance(data, dict):
        return data
    clips = next((data[name] for name in _CLIPS if isinstance(data.get(name), list)), None)
    return data if clips is None else {**data, "clips": [_renamed_clip(clip) for clip in clips]}


def _renamed_clip(clip: Any) -> Any:
    if not isinstance(clip, dict):
        return clip
    return {**{_MEANINGS.get(str(key), str(key)): clip[key] for key in clip if key in _MEANINGS}, **clip}


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

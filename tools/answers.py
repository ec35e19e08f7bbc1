"""What a model answered → the description in it. Nothing that it did not say is made up for it.

Models wrap their JSON in fences, thoughts and small talk, and name keys as they like: what is plainly meant is
understood. What is cut short, blank or out of range is refused.
"""

import json
import re
from typing import Any

from langchain_core.messages import AIMessage
from pydantic import BaseModel, ValidationError

from autocut_director.errors import AnswerError
from autocut_director.tools.timeline import SceneDescription, first_problem

_THOUGHTS = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_NAMES = {
    "summary": ("description", "caption", "scene", "摘要", "描述", "概述"),
    "shot_type": ("shot", "shot_size", "framing", "景别", "镜头"),
    "subjects": ("subject", "objects", "people", "主体", "对象"),
    "action": ("actions", "activity", "动作"),
    "mood": ("atmosphere", "emotion", "氛围", "情绪"),
    "lighting": ("light", "光线", "照明"),
    "quality_score": ("quality", "score", "rating", "质量", "评分"),
}
_MEANINGS = {name: field for field, names in _NAMES.items() for name in names}
_MEANINGS |= {field: field for field in SceneDescription.model_fields}


def read_description(message: AIMessage) -> SceneDescription:
    """Return the description that a model's answer holds, signed with the model's name.

    Raises:
        AnswerError: Blank, no JSON, cut short, or JSON that is no description.
    """
    return believed(_object_in(message.text)).model_copy(update=_signature(message))


def believed(answer: Any) -> SceneDescription:
    """Return the description in `answer`, a mapping or a model; what it says beyond the schema is not kept.

    Raises:
        AnswerError: It is none, or says nothing.
    """
    data = answer.model_dump() if isinstance(answer, BaseModel) else answer
    try:
        description = SceneDescription.model_validate(_renamed(data) if isinstance(data, dict) else data)
        description.model_dump_json()  # half a surrogate pair could not be written
    except ValidationError as exc:
        raise AnswerError(f"the answer is no scene description: {first_problem(exc)}") from exc
    except ValueError as exc:
        raise AnswerError(f"the answer cannot be written as UTF-8: {exc}") from exc
    if not description.summary.strip():
        raise AnswerError("the answer is blank: its summary says nothing")
    return description


def _object_in(text: str) -> Any:
    """Return the first JSON object in `text`, thoughts left out."""
    spoken = _THOUGHTS.sub("", text)
    start = spoken.find("{")
    try:
        return json.JSONDecoder().raw_decode(spoken, start)[0] if start >= 0 else json.loads(spoken)
    except (ValueError, RecursionError) as exc:
        raise AnswerError(f"the answer is not JSON: {spoken.strip()[:80]!r}") from exc


def _renamed(data: dict[Any, Any]) -> dict[str, Any]:
    """Keep what the schema knows, under its own names; a name of ours beats another that means the same."""
    named = sorted(((_key(key), value) for key, value in data.items()), key=lambda pair: pair[0] in _NAMES)
    fields = {_MEANINGS[key]: value for key, value in named if key in _MEANINGS}
    return {**fields, "subjects": _listed(fields.get("subjects") or [])}


def _key(key: Any) -> str:
    return re.sub(r"[\s-]+", "_", str(key).strip().lower())


def _listed(value: Any) -> Any:
    """Return a list where a model wrote its only subject, or several with commas, as one text."""
    return [part.strip() for part in re.split(r"[,,、;]", value) if part.strip()] if isinstance(value, str) else value


def _signature(message: AIMessage) -> dict[str, str]:
    metadata = message.response_metadata
    return {
        "analyzed_by": str(metadata.get("model_provider", "")),
        "model": str(metadata.get("model_name") or metadata.get("model") or ""),
    }

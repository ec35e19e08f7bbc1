"""What a model answered → the description in it. Nothing that it did not say is made up for it.

Models wrap their JSON in fences, thoughts and small talk, and name keys as they like: what is plainly meant is
understood. What is cut short, blank or out of range is refused, with its kind, so that `ladder` knows what to do next.
"""

import json
import re
from typing import Any

from langchain_core.messages import AIMessage
from pydantic import BaseModel, ValidationError

from autocut_director.errors import AnswerError, AnswerKind
from autocut_director.tools.timeline import SHOT_TYPES, SceneDescription, ShotType, problems

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
# How models decline, in the first words of an answer: from their published refusals, in both of our languages.
_REFUSAL = re.compile(
    r"^\W*(?:(?:i['’]?m|i am) (?:very |so )?sorry|sorry,|(?:i can(?:no|['’])t|i cannot|i['’]m (?:un|not )able|i am "
    r"(?:un|not )able) (?:to )?(?:help|assist|process|view|see|analy[sz]e|describe|identify|provide)|as an ai\b"
    r"|抱歉|对不起|很遗憾|我无法|我不能)",
    re.IGNORECASE,
)
_PAGE = re.compile(r"^\s*(?:<!doctype html|<html|<head|<body)", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?。!?](?=\s|$|[^\x00-\x7f])")
_LONGEST_SUMMARY = 400  # characters: two full sentences


def answer_schema() -> dict[str, Any]:
    """Return the JSON schema of an answer: flat, every field required; what is not known is empty or null."""
    text = {"type": "string"}
    fields: dict[str, Any] = {
        "summary": {**text, "description": "One sentence about what is seen and what happens."},
        "shot_type": {**text, "enum": list(SHOT_TYPES)},
        "subjects": {"type": "array", "items": text},
        "action": text,
        "mood": text,
        "lighting": text,
        "quality_score": {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 10}, {"type": "null"}]},
    }
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def read_description(message: AIMessage) -> SceneDescription:
    """Return the description that a model's answer holds, signed with the model's name.

    Raises:
        AnswerError: Blank, declined, no JSON, cut short, or JSON that is no description.
    """
    return believed(object_in(spoken(message))).model_copy(update=_signature(message))


def read_plain(message: AIMessage) -> SceneDescription:
    """Return the description that an answer in plain words is: its sentences, and the shot type if one is named.

    Raises:
        AnswerError: Blank, declined, or no plain words.
    """
    text = " ".join(spoken(message, whole=False).split())
    if text.startswith(("{", "[", "```", "<")):
        raise AnswerError(f"the answer is no plain text: {text[:80]!r}", kind="broken", answer=text)
    summary = _whole_sentences(text) if _is_cut(message) else text[:_LONGEST_SUMMARY]
    if not summary:
        raise AnswerError(f"the answer was cut short: {text[:80]!r}", kind="cut_short", answer=text)
    return believed({"summary": summary, "shot_type": _named_shot(summary)}).model_copy(update=_signature(message))


def salvaged(message: AIMessage) -> SceneDescription | None:
    """Return what can be believed of an answer with wrong values: the others; None without a summary."""
    try:
        data = _renamed(object_in(spoken(message)))
        SceneDescription.model_validate(data)
    except AnswerError:
        return None
    except ValidationError as exc:
        wrong = {str(problem["loc"][0]) for problem in exc.errors(include_url=False) if problem["loc"]}
        good = {name: value for name, value in data.items() if name not in wrong}
        if not str(good.get("summary") or "").strip():
            return None
        return believed(good).model_copy(update=_signature(message))
    return None


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
        raise AnswerError(f"the answer is no scene description: {'; '.join(problems(exc)[:5])}") from exc
    except ValueError as exc:
        raise AnswerError(f"the answer cannot be written as UTF-8: {exc}") from exc
    if not description.summary.strip():
        raise AnswerError("the answer is blank: its summary says nothing", kind="blank")
    return description


def spoken(message: AIMessage, *, whole: bool = True) -> str:
    """Return what a model said, its thoughts left out.

    Raises:
        AnswerError: It said nothing, declined, sent a page, or (where it must be `whole`) was cut short.
    """
    refusal = message.additional_kwargs.get("refusal")
    text = _THOUGHTS.sub("", message.text).strip()
    if refusal or _REFUSAL.match(text):
        raise AnswerError(f"the model declined: {str(refusal or text)[:80]!r}", kind="refused", answer=text)
    if _PAGE.match(text):
        raise AnswerError(f"a web page came instead of an answer: {text[:80]!r}", kind="page", answer=text)
    if whole and _is_cut(message):
        raise AnswerError(f"the answer was cut short: {text[-80:]!r}", kind="cut_short", answer=text)
    if not text:
        raise AnswerError("the answer is blank", kind="blank")
    return text


def _is_cut(message: AIMessage) -> bool:
    """Tell whether the server ended the answer at its limit: OpenAI's and Ollama's words for it."""
    said = message.response_metadata
    return "length" in {said.get("finish_reason"), said.get("done_reason")}


def object_in(text: str) -> Any:
    """Return the first JSON object in `text`, small talk left out.

    Raises:
        AnswerError: There is none, or it does not end well.
    """
    start = text.find("{")
    try:
        return json.JSONDecoder().raw_decode(text, start)[0] if start >= 0 else json.loads(text)
    except (ValueError, RecursionError) as exc:
        kind: AnswerKind = "broken" if start >= 0 or text.startswith("[") else "no_json"
        raise AnswerError(f"the answer is not JSON: {text[:80]!r}", kind=kind, answer=text) from exc


def _renamed(data: Any) -> Any:
    """Keep what the schema knows, under its own names; a name of ours beats another that means the same."""
    if not isinstance(data, dict):
        return data
    named = sorted(((_key(key), value) for key, value in data.items()), key=lambda pair: pair[0] in _NAMES)
    fields = {_MEANINGS[key]: value for key, value in named if key in _MEANINGS}
    return {**fields, "subjects": _listed(fields.get("subjects") or [])}


def _key(key: Any) -> str:
    return re.sub(r"[\s-]+", "_", str(key).strip().lower())


def _listed(value: Any) -> Any:
    """Return a list where a model wrote its only subject, or several with commas, as one text."""
    return [part.strip() for part in re.split(r"[,,、;]", value) if part.strip()] if isinstance(value, str) else value


def _whole_sentences(text: str) -> str:
    """Return the sentences of `text` that end."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    return text[: ends[-1]].strip() if ends else ""


_SHOT_WORDS: tuple[tuple[str, ShotType], ...] = (
    (r"extreme[ -]close[ -]?up|大特写|特写", "extreme_close_up"),
    (r"close[ -]?up|近景", "close_up"),
    (r"extreme(?:ly)?[ -](?:wide|long)[ -]shot|远景", "extreme_wide"),
    (r"(?:wide|long|establishing)[ -](?:shot|angle)|全景", "wide"),
    (r"medium[ -](?:shot|close)|mid[ -]?shot|中景", "medium"),
)


def _named_shot(text: str) -> ShotType:
    """Return the shot type that plain words name; "unknown" where they name none."""
    return next((kind for words, kind in _SHOT_WORDS if re.search(words, text, re.IGNORECASE)), "unknown")


def _signature(message: AIMessage) -> dict[str, str]:
    metadata = message.response_metadata
    return {
        "analyzed_by": str(metadata.get("model_provider", "")),
        "model": str(metadata.get("model_name") or metadata.get("model") or ""),
    }

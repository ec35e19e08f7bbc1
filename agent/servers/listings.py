"""What servers say of their models, read with tolerance: an odd value is unknown, an odd entry is left out.

LM Studio's two REST APIs: lmstudio.ai/docs/developer/rest (v1: list; v0: endpoints), read on 2026-11-23.
llama.cpp's and Ollama's answers as their servers sent them (0.30 for Ollama).
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import NonNegativeFloat, PositiveInt

from autocut_director.agent.servers.asking import OddAnswerError
from autocut_director.agent.values import Value

_MOST_MODELS = 2000
_LONGEST_ID = 300
_GREATEST_COUNT = 10**9
_NO_LIST = "it answers no list of models, so it is no model server"
_BUILD_FACTS = (
    *("digest", "publisher", "arch", "architecture", "quantization", "size_bytes", "params_string", "format"),
    *("compatibility_type", "selected_variant", "n_vocab", "n_ctx_train", "n_embd", "n_params", "size"),
)
_EMBEDDING_FAMILIES = {"bert", "nomic-bert"}
_SEEING_FAMILIES = {"clip", "mllama"}


class ServedModel(Value):
    """A model on a server. None where the server does not say.

    `build` tells it from another model under the same name: its digest, or one of what the server says of it; "" where
    it says nothing.
    """

    id: str
    build: str = ""
    sees: bool | None = None
    calls_tools: bool | None = None
    loaded: bool = False
    embedding: bool = False
    remote: bool = False
    size_gib: NonNegativeFloat | None = None
    context_tokens: PositiveInt | None = None
    parallel: PositiveInt | None = None


Models = tuple[ServedModel, ...]
Item = TypeVar("Item")


def lmstudio_v1(data: Any) -> Models:
    """Read `/api/v1/models` of LM Studio 0.4 and newer. Loaded instances have ids of their own.

    Raises:
        OddAnswerError: It is no such list.
    """
    entries = _entries(data, "models")
    models = [model for entry in entries for model in _lmstudio_entry(entry)]
    return _understood(models, entries)


def _lmstudio_entry(entry: dict[str, Any]) -> Models:
    name, kind = _text(entry.get("key")), _text(entry.get("type"))
    if name is None or kind not in {"llm", "embedding"}:
        return ()
    model = ServedModel(
        id=name,
        build=_build(entry),
        sees=False if kind == "embedding" else _flag(_part(entry, "capabilities").get("vision")),
        calls_tools=_part(entry, "capabilities").get("trained_for_tool_use") is True or None,  # others may do it too
        embedding=kind == "embedding",
        size_gib=_gib(entry.get("size_bytes")),
    )
    loaded = [_instance(model, instance) for instance in _dicts(entry.get("loaded_instances"))]
    return (*loaded, *([] if any(one.id == name for one in loaded) else [model]))


def _instance(model: ServedModel, instance: dict[str, Any]) -> ServedModel:
    config = _part(instance, "config")
    return model.model_copy(
        update={
            "id": _text(instance.get("id")) or model.id,
            "loaded": True,
            "context_tokens": _count(config.get("context_length")),
            "parallel": _count(config.get("parallel")),
        }
    )


def lmstudio_v0(data: Any) -> Models:
    """Read `/api/v0/models` of LM Studio 0.3.6 and newer.

    Raises:
        OddAnswerError: It is no such list.
    """
    entries = _entries(data, "data")
    kinds = {"vlm": True, "llm": False, "embeddings": False}
    models = [
        ServedModel(
            id=name,
            build=_build(entry),
            sees=kinds[kind],
            calls_tools="tool_use" in _list(entry.get("capabilities")) or None,
            loaded=entry.get("state") == "loaded",
            embedding=kind == "embeddings",
            context_tokens=_count(entry.get("loaded_context_length")),
        )
        for entry in entries
        if (name := _text(entry.get("id"))) and (kind := _text(entry.get("type")) or "") in kinds
    ]
    return _understood(models, entries)


def openai_models(data: Any) -> Models:
    """Read `/v1/models`: ids only, but from llama.cpp's own server, which has loaded what it lists and knows its sight.

    Raises:
        OddAnswerError: It is no such list.
    """
    entries = _entries(data, "data")
    told = {_text(entry.get("name")): entry.get("capabilities") for entry in _dicts(data.get("models"))}
    models = [
        ServedModel(
            id=name,
            build=_build(_part(entry, "meta")),
            sees=_sight(entry, told.get(name)),
            loaded=_in_llama_cpp(entry),
            size_gib=_gib(_part(entry, "meta").get("size")),
            context_tokens=_count(_part(entry, "meta").get("n_ctx")),
        )
        for entry in entries
        if (name := _text(entry.get("id")))
    ]
    return _understood(models, entries)


def llama_cpp_slots(props: Any) -> int | None:
    """Return from `/props` of llama.cpp's server how many requests it answers at once."""
    return _count(props.get("total_slots")) if isinstance(props, dict) else None


def _sight(entry: dict[str, Any], capabilities: Any) -> bool | None:
    modalities = _part(entry, "architecture").get("input_modalities")
    if isinstance(modalities, list):
        return "image" in modalities
    return "multimodal" in capabilities if isinstance(capabilities, list) else None


def _in_llama_cpp(entry: dict[str, Any]) -> bool:
    """Tell whether llama.cpp has the model in memory; one that serves several says so of each, one of one does not."""
    status = _part(entry, "status").get("value")
    return entry.get("owned_by") == "llamacpp" and status in (None, "loaded")


def ollama_tags(data: Any) -> tuple[dict[str, Any], ...]:
    """Return the entries of `/api/tags` that have a name.

    Raises:
        OddAnswerError: It is no such list.
    """
    entries = _entries(data, "models")
    return _understood([entry for entry in entries if ollama_name(entry)], entries)


def ollama_tells_skills(tag: dict[str, Any]) -> bool:
    """Tell whether `/api/tags` says what a model can do; servers from before 0.30 do not."""
    return isinstance(tag.get("capabilities"), list)


def ollama_name(entry: dict[str, Any]) -> str | None:
    """Return the name of a model, its tag included."""
    return _text(entry.get("name")) or _text(entry.get("model"))


def ollama_model(tag: dict[str, Any], shown: Any, running: Any, *, parallel: int) -> ServedModel:
    """Return a model from its entry in `/api/tags`, from `/api/show` and from `/api/ps`; None for one not asked."""
    name = ollama_name(tag) or ""
    facts = {**tag, **(shown if isinstance(shown, dict) else {})}
    loaded = _dicts(running.get("models") if isinstance(running, dict) else None)
    here = next((entry for entry in loaded if ollama_name(entry) == name), None)
    sees, embedding = _ollama_skills(facts)
    return ServedModel(
        id=name,
        build=_text(tag.get("digest")) or "",
        sees=sees,
        calls_tools="tools" in facts["capabilities"] if isinstance(facts.get("capabilities"), list) else None,
        loaded=here is not None,
        embedding=embedding,
        remote=_in_the_cloud(name, facts),
        size_gib=_gib(tag.get("size")),
        context_tokens=_count((here or {}).get("context_length")),
        parallel=parallel,
    )


def _build(entry: dict[str, Any]) -> str:
    """Return a digest of what a server says of the model itself, not of how it is run just now; "" for nothing."""
    told = {**entry, "quantization": _part(entry, "quantization").get("name") or entry.get("quantization")}
    facts = {name: told[name] for name in _BUILD_FACTS if isinstance(told.get(name), str | int)}
    return f"facts:{hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()}" if facts else ""


def _ollama_skills(facts: dict[str, Any]) -> tuple[bool | None, bool]:
    """Return whether a model sees (None: not told) and whether it only embeds. Old servers tell by the families."""
    skills = facts.get("capabilities")
    if isinstance(skills, list):
        embedding = "embedding" in skills
        return "vision" in skills and not embedding, embedding
    families = {name for name in _list(_part(facts, "details").get("families")) if isinstance(name, str)}
    if families & _EMBEDDING_FAMILIES:
        return False, True
    return True if families & _SEEING_FAMILIES else None, False


def _in_the_cloud(name: str, facts: dict[str, Any]) -> bool:
    tag = name.rpartition(":")[2].lower()
    return bool(facts.get("remote_model") or facts.get("remote_host")) or tag == "cloud" or tag.endswith("-cloud")


def _entries(data: Any, key: str) -> list[dict[str, Any]]:
    if not isinstance(data, dict) or not isinstance(data.get(key, 0), list | None):
        raise OddAnswerError(_NO_LIST)
    return list(_understood(_dicts(data[key]), _list(data[key])))


def _understood(models: Sequence[Item], entries: Sequence[Any]) -> tuple[Item, ...]:
    """Return `models`; where there are entries and none was understood, it is another server's list.

    Raises:
        OddAnswerError: So it is.
    """
    if entries and not models:
        raise OddAnswerError(_NO_LIST)
    return tuple(models)


def _list(value: Any) -> list[Any]:
    return value[:_MOST_MODELS] if isinstance(value, list) else []


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in _list(value) if isinstance(item, dict)]


def _part(entry: dict[str, Any], key: str) -> dict[str, Any]:
    part = entry.get(key)
    return part if isinstance(part, dict) else {}


def _text(value: Any) -> str | None:
    """Return `value` if it can be a name: some printable characters, and not too many."""
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST_ID and value.isprintable() else None


def _flag(value: Any) -> bool | None:
    """Return `value` if it is true or false."""
    return value if isinstance(value, bool) else None


def _count(value: Any) -> int | None:
    """Return `value` if it is a whole number from 1 to a thousand million."""
    number = _number(value)
    return int(number) if number is not None and number.is_integer() and 0 < number <= _GREATEST_COUNT else None


def _gib(value: Any) -> float | None:
    """Return a number of bytes in GiB."""
    number = _number(value)
    return number / 2**30 if number is not None and number > 0 else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if -(2.0**62) < value < 2.0**62 else None

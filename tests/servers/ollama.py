"""A server that speaks Ollama's own API, with the words and errors of a real one (recorded with 0.30)."""

import base64
import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from servers.answers import in_form, picture_in
from servers.loopback import Page, RefusedError, Reply, Role, Seen, serving_on_loopback
from servers.models import Model, Shelf

_AT = "2026-11-23T16:30:27.4773843Z"
_BLIND = "Multimodal data provided, but model does not support multimodal requests."


def describes_the_colour(seen: Seen) -> str:
    """What an obedient model answers: by the schema it was given, else in plain words."""
    wanted = seen.body.get("format")
    return in_form(wanted if isinstance(wanted, dict) else None, pictures_in(seen.body))


@dataclass
class OllamaServer(Role):
    """A running server.

    `tells`: where it says what models can do: 0.30 in /api/tags, 0.6 in /api/show only, older ones by families alone.
    """

    models: tuple[str | Model, ...] = ("moondream:latest",)
    answer: Callable[[Seen], str] = describes_the_colour
    tells: Literal["tags", "show", "families"] = "tags"
    load_seconds: float = 0.0
    shelf: Shelf = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.shelf = Shelf(self.models, self.load_seconds)
        self.chat_paths = ("/api/chat",)

    def page(self, seen: Seen) -> Page:
        pages = {
            ("GET", "/"): lambda: Page(b"Ollama is running", kind="text/plain; charset=utf-8"),
            ("GET", "/api/version"): lambda: Page({"version": "0.30.0" if self.tells == "tags" else "0.6.4"}),
            ("GET", "/api/tags"): lambda: Page({"models": [self._tag(m) for m in self.shelf.models.values()]}),
            ("GET", "/api/ps"): lambda: Page({"models": [self._running(m) for m in sorted(self.shelf.loaded)]}),
            ("POST", "/api/show"): lambda: self._shown(seen),
        }
        make = pages.get((seen.method, seen.path))
        return make() if make else Page(b"404 page not found", 404, kind="text/plain")

    def reply(self, seen: Seen) -> Reply:
        model = self._named(seen)
        if not seen.body.get("messages"):
            return self._load_or_unload(model, unload=seen.body.get("keep_alive") == 0)
        pictures = pictures_in(seen.body)
        if model.embedding:
            raise RefusedError(400, f'"{model.id}" does not support chat')
        if pictures and not model.sees:
            raise RefusedError(400, _nested(_BLIND))
        if seen.body.get("tools") and not model.calls_tools:
            raise RefusedError(400, f"registry.ollama.ai/library/{model.id} does not support tools")
        self.shelf.use(model.id)
        return Reply(self.answer(seen))

    def _load_or_unload(self, model: Model, *, unload: bool) -> Reply:
        if unload:
            self.shelf.loaded.discard(model.id)
        else:
            self.shelf.use(model.id)
        return Reply("", finish="unload" if unload else "load")

    def _named(self, seen: Seen) -> Model:
        name = str(seen.body.get("model", ""))
        model = self.shelf.find(name) or self.shelf.find(f"{name}:latest")
        if model is None:
            raise RefusedError(404, f"model '{name}' not found")
        return model

    def streams(self, seen: Seen) -> bool:
        return bool(seen.body.get("stream", True))

    def envelope(self, seen: Seen, reply: Reply) -> Page:
        return Page(_last(seen, reply, reply.refusal or reply.text))

    def pieces(self, seen: Seen, reply: Reply) -> tuple[str, list[bytes]]:
        words = (reply.refusal or reply.text).split(" ") if reply.text or reply.refusal else []
        lines = [*({**_head(seen, f"{word} "), "done": False} for word in words), _last(seen, reply, "")]
        return "application/x-ndjson", [json.dumps(line).encode() + b"\n" for line in lines]

    def refusal(self, status: int, error: object, headers: Mapping[str, str] | None = None) -> Page:
        return Page({"error": error}, status, headers=headers or {})

    def _tag(self, model: Model) -> dict[str, Any]:
        entry = {
            "name": model.id,
            "model": model.id,
            "modified_at": _AT,
            "size": model.size_bytes,
            "digest": model.digest,
        }
        entry["details"] = {**self._details(model), "context_length": 8192, "embedding_length": 64}
        if model.remote:
            entry |= {"remote_model": model.id.removesuffix("-cloud"), "remote_host": "https://ollama.com:443"}
        if self.tells == "tags":
            entry["capabilities"] = _capabilities(model)
        return entry

    def _details(self, model: Model) -> dict[str, Any]:
        families = ["bert"] if model.embedding else ["llama"]
        if self.tells == "families" and model.sees and not model.embedding:
            families.append("clip")
        size = {"parameter_size": "1.4B", "quantization_level": "Q4_0"}
        return {"parent_model": "", "format": "gguf", "family": families[0], "families": families, **size}

    def _running(self, name: str) -> dict[str, Any]:
        model = self.shelf.models[name]
        told = {"details": self._details(model), "expires_at": _AT, "size_vram": 0, "context_length": model.context}
        return {"name": name, "model": name, "size": model.size_bytes, "digest": model.digest, **told}

    def _shown(self, seen: Seen) -> Page:
        model = self._named(seen)
        shown = {"modelfile": "", "template": "", "details": self._details(model), "model_info": {}, "modified_at": _AT}
        told = {} if self.tells == "families" else {"capabilities": _capabilities(model)}
        return Page({**shown, **told})


def _capabilities(model: Model) -> list[str]:
    if model.embedding:
        return ["embedding"]
    return ["completion", *(["vision"] if model.sees else []), *(["tools"] if model.calls_tools else [])]


def pictures_in(body: dict[str, Any]) -> list[np.ndarray]:
    return [_picture(text, i) for m in body["messages"] for i, text in enumerate(m.get("images") or [])]


def _picture(text: str, place: int) -> np.ndarray:
    try:
        image = picture_in(base64.b64decode(text, validate=True))
    except ValueError as exc:
        words = f"json: cannot unmarshal string into Alias.images.{place} of type api.ImageData: illegal base64 data"
        raise RefusedError(400, f"{words} at input byte 0") from exc
    if image is None:
        raise RefusedError(400, _nested("Failed to load image or audio file"))
    return image


def _nested(words: str) -> str:
    """An error of the engine inside, which Ollama hands on as text."""
    return json.dumps({"error": {"code": 400, "message": words, "type": "invalid_request_error"}})


def _head(seen: Seen, content: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    return {"model": seen.body["model"], "created_at": _AT, "message": message}


def _last(seen: Seen, reply: Reply, content: str) -> dict[str, Any]:
    if reply.finish in {"load", "unload"}:
        return {**_head(seen, content), "done": True, "done_reason": reply.finish}
    counts = {"prompt_eval_count": 40, "prompt_eval_duration": 5_818_000, "eval_count": len(reply.text.split()) + 1}
    times = {"total_duration": 275_159_662, "load_duration": 255_071_304, "eval_duration": 10_554_000}
    return {**_head(seen, content), "done": True, "done_reason": reply.finish, **counts, **times}


def serving(role: OllamaServer) -> AbstractContextManager[OllamaServer]:
    """Serve `role` on a free loopback port until the block ends."""
    return serving_on_loopback(role)

"""A server that speaks Ollama's own chat API, with the words and errors of a real one (recorded with 0.30)."""

import base64
import json
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

import cv2
import numpy as np

from servers.loopback import serving_on_loopback
from servers.openai_like import RefusedError, filled


@dataclass
class OllamaServer:
    """A running server; `seen` holds the body of every chat request."""

    models: tuple[str, ...] = ("moondream:latest",)
    seen: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""


def _colour(body: dict[str, Any]) -> str:
    images = [_picture(text) for message in body["messages"] for text in message.get("images") or []]
    if not images:
        return "nothing"
    blue, green, red = np.mean([image.mean(axis=(0, 1)) for image in images], axis=0)
    return max([(red, "red"), (green, "green"), (blue, "blue")])[1]


def _picture(text: str) -> np.ndarray:
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as exc:
        words = "json: cannot unmarshal string into Alias.images.0 of type api.ImageData: illegal base64 data"
        raise RefusedError(400, words) from exc
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise RefusedError(400, "Failed to load image or audio file")
    return image


def _answer(body: dict[str, Any], server: OllamaServer) -> str:
    if body["model"] not in server.models:
        raise RefusedError(404, f"model '{body['model']}' not found")
    words = f"a {_colour(body)} picture"
    wanted = body.get("format")
    return json.dumps(filled(wanted, words)) if isinstance(wanted, dict) else words


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        self.server.role.seen.append(body)
        try:
            text = _answer(body, self.server.role)
        except RefusedError as refused:
            self._send(refused.status, [{"error": refused.error}])
            return
        self._send(200, _pieces(body, text) if body.get("stream", True) else [_last(body, text, text)])

    def _send(self, status: int, lines: list[dict[str, Any]]) -> None:
        self.send_response(status)
        self.send_header(
            "Content-Type", "application/x-ndjson" if len(lines) > 1 else "application/json; charset=utf-8"
        )
        self.send_header("Connection", "close")
        self.end_headers()
        for line in lines:
            self.wfile.write(json.dumps(line).encode() + b"\n")
            self.wfile.flush()
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


def _head(body: dict[str, Any], content: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    return {"model": body["model"], "created_at": "2026-11-23T16:30:27.4773843Z", "message": message}


def _last(body: dict[str, Any], content: str, text: str) -> dict[str, Any]:
    counts = {"prompt_eval_count": 40, "prompt_eval_duration": 5_818_000, "eval_count": len(text.split()) + 1}
    times = {"total_duration": 275_159_662, "load_duration": 255_071_304, "eval_duration": 10_554_000}
    return {**_head(body, content), "done": True, "done_reason": "stop", **counts, **times}


def _pieces(body: dict[str, Any], text: str) -> list[dict[str, Any]]:
    words = [{**_head(body, f"{word} "), "done": False} for word in text.split(" ")]
    return [*words, _last(body, "", text)]


def serving(role: OllamaServer) -> AbstractContextManager[OllamaServer]:
    """Serve `role` on a free loopback port until the block ends."""
    return serving_on_loopback(role, _Handler, path="")

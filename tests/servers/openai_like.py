"""A server that speaks OpenAI's chat protocol, in LM Studio's dialect or its own: strict, and it looks at pixels."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Literal

import cv2
import numpy as np

from servers.loopback import serving_on_loopback


@dataclass
class Seen:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class RefusedError(Exception):
    def __init__(self, status: int, error: object) -> None:
        super().__init__(error)
        self.status, self.error = status, error


Answer = Callable[[Seen], str]


@dataclass
class Server:
    """A running server. `answer` says what the model says; `seen` holds every request."""

    answer: Answer
    token: str | None = None
    models: tuple[str, ...] = ("moondream2",)
    dialect: Literal["lmstudio", "openai"] = "lmstudio"
    seen: list[Seen] = field(default_factory=list)
    url: str = ""


def colour_of(body: dict[str, Any]) -> str:
    """Name the mean colour of the pictures in a request; "nothing" where there is none."""
    means = [picture.mean(axis=(0, 1)) for picture in pictures_in(body)]
    if not means:
        return "nothing"
    blue, green, red = np.mean(means, axis=0)
    return max([(red, "red"), (green, "green"), (blue, "blue")])[1]


def pictures_in(body: dict[str, Any]) -> list[np.ndarray]:
    blocks = [b for m in body["messages"] if isinstance(m["content"], list) for b in m["content"]]
    return [_picture(b["image_url"]["url"]) for b in blocks if b["type"] == "image_url"]


def _picture(url: str) -> np.ndarray:
    if not url.startswith(("data:image/jpeg;base64,", "data:image/png;base64,")):
        raise RefusedError(400, "'url' field must be a base64 encoded image.")
    data = np.frombuffer(base64.b64decode(url.partition(",")[2]), np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if image is None:
        raise RefusedError(400, "failed to process image")
    return image


def filled(schema: dict[str, Any], words: str, root: dict[str, Any] | None = None) -> Any:
    """An instance of a JSON schema, its strings saying `words`: what constrained decoding must produce."""
    root = root or schema
    if "$ref" in schema:
        return filled(root["$defs"][schema["$ref"].rpartition("/")[2]], words, root)
    if "enum" in schema or "const" in schema:
        return schema.get("enum", [schema.get("const")])[-1]
    if "anyOf" in schema:
        return filled(schema["anyOf"][0], words, root)
    kind = schema.get("type", "string")
    if kind == "object":
        return {name: filled(part, words, root) for name, part in schema.get("properties", {}).items()}
    plain = {"array": [], "integer": schema.get("minimum", 1), "number": 1.0, "boolean": True, "null": None}
    return plain.get(kind, words)


def describes_the_colour(seen: Seen) -> str:
    """What an obedient model answers: by the schema it was given, else in plain words."""
    words = f"a {colour_of(seen.body)} picture"
    wanted = seen.body.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        return json.dumps(filled(wanted["json_schema"]["schema"], words))
    return words


def _check(seen: Seen, server: Server) -> None:
    key = seen.headers.get("authorization", "")
    if server.token is not None and key != f"Bearer {server.token}":
        raise RefusedError(401, {"message": "Malformed LM Studio API token provided", "type": "invalid_request_error"})
    if not key.startswith("Bearer "):
        raise RefusedError(400, "no Authorization header")
    if server.dialect == "lmstudio":
        _check_as_lmstudio(seen)
    if seen.body["model"] not in server.models:
        raise RefusedError(404, {"message": f'Model "{seen.body["model"]}" not found', "type": "invalid_request_error"})
    pictures_in(seen.body)


def _check_as_lmstudio(seen: Seen) -> None:
    wanted = (seen.body.get("response_format") or {"type": "text"})["type"]
    if wanted not in {"json_schema", "text"}:
        raise RefusedError(400, "'response_format.type' must be 'json_schema' or 'text'")
    if isinstance(seen.body.get("tool_choice"), dict):
        raise RefusedError(400, "Invalid tool_choice type: 'object'. Supported string values: none, auto, required")
    if "max_completion_tokens" in seen.body:
        raise RefusedError(400, "unrecognised field: max_completion_tokens")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def do_GET(self) -> None:
        models = [{"id": name, "object": "model"} for name in self.server.role.models]
        self._send(200, {"object": "list", "data": models})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.path, headers, json.loads(self.rfile.read(length)))
        role: Server = self.server.role
        role.seen.append(seen)
        try:
            _check(seen, role)
            text = role.answer(seen)
        except RefusedError as refused:
            self._send(refused.status, {"error": refused.error})
            return
        if seen.body.get("stream"):
            self._stream(seen, text)
        else:
            self._send(200, _completion(seen, text))

    def _send(self, status: int, data: object) -> None:
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def _stream(self, seen: Seen, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for event in _events(seen, text):
            self.wfile.write(f"data: {event}\n\n".encode())
            self.wfile.flush()
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


def _usage(seen: Seen, text: str) -> dict[str, int]:
    sent, said = len(json.dumps(seen.body["messages"])) // 400 + 10, len(text.split())
    return {"prompt_tokens": sent, "completion_tokens": said, "total_tokens": sent + said}


def _completion(seen: Seen, text: str) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}, "logprobs": None}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": seen.body["model"]}
    return {**head, "choices": [choice], "usage": _usage(seen, text)}


def _events(seen: Seen, text: str) -> Iterator[str]:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": seen.body["model"]}

    def chunk(delta: dict[str, str], reason: str | None = None) -> str:
        return json.dumps({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})

    yield chunk({"role": "assistant", "content": ""})
    for word in text.split(" "):
        yield chunk({"content": f"{word} "})
    yield chunk({}, "stop")
    if (seen.body.get("stream_options") or {}).get("include_usage"):
        yield json.dumps({**head, "choices": [], "usage": _usage(seen, text)})
    yield "[DONE]"


def serving(role: Server) -> AbstractContextManager[Server]:
    """Serve `role` on a free loopback port until the block ends."""
    return serving_on_loopback(role, _Handler, path="/v1")

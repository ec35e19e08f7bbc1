"""What every stand-in has: a port of its own that it can give up and take again, and an account of what it was asked.

A dialect says how it answers (`Role.page`, `Role.reply`, `Role.envelope`, `Role.pieces`); what goes wrong on purpose
is in `faults.py`.
"""

import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import urlsplit


@dataclass
class Seen:
    """One request as it arrived, and when, on `time.monotonic`'s clock."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any] = field(default_factory=dict)
    method: str = "POST"
    at: float = field(default_factory=time.monotonic)

    def __getitem__(self, name: str) -> Any:
        return self.body[name]

    @property
    def key(self) -> str | None:
        """The key it came with."""
        kind, _, key = self.headers.get("authorization", "").partition(" ")
        return key if kind == "Bearer" else None


class RefusedError(Exception):
    """The server refuses a request; `error` is what stands under "error" in its answer."""

    def __init__(self, status: int, error: object) -> None:
        super().__init__(error)
        self.status, self.error = status, error


class HangUpError(Exception):
    """The connection is closed without an answer."""


@dataclass(frozen=True)
class Page:
    """An HTTP answer: JSON, or bytes as they are."""

    data: object
    status: int = 200
    kind: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        return self.data if isinstance(self.data, bytes) else json.dumps(self.data).encode()


@dataclass(frozen=True)
class Reply:
    """What a model says, and what it thought before.

    `page`: sent in place of it. `cut`: the connection breaks after half of the body.
    """

    text: str = ""
    finish: str = "stop"
    thought: str | None = None
    refusal: str | None = None
    page: Page | None = None
    cut: bool = False


Fault = Callable[[Reply, "Role"], Reply]


@dataclass(kw_only=True)
class Role:
    """A running server. `seen` holds every chat request, `asked` every request of any kind.

    `fault` makes chat requests go wrong: one for all of them, or one each in turn, None for those that go well.
    `page_seconds`: how long it takes to answer anything else.
    """

    fault: Fault | Sequence[Fault | None] | None = None
    seen: list[Seen] = field(default_factory=list)
    asked: list[Seen] = field(default_factory=list)
    url: str = ""
    host: str = "127.0.0.1"
    page_seconds: float = 0.0
    chat_paths: tuple[str, ...] = ()
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    ended: threading.Event = field(default_factory=threading.Event, repr=False)
    _home: "_Home | None" = field(default=None, repr=False)

    def page(self, seen: Seen) -> Page:
        """Answer what is no chat request."""
        raise NotImplementedError

    def reply(self, seen: Seen) -> Reply:
        """Say what the model says to a chat request, or raise `RefusedError`."""
        raise NotImplementedError

    def envelope(self, seen: Seen, reply: Reply) -> Page:
        raise NotImplementedError

    def pieces(self, seen: Seen, reply: Reply) -> tuple[str, list[bytes]]:
        """The content type of a streamed answer, and its pieces."""
        raise NotImplementedError

    def streams(self, seen: Seen) -> bool:
        return bool(seen.body.get("stream"))

    def refusal(self, status: int, error: object, headers: Mapping[str, str] | None = None) -> Page:
        """An error as this server words it; `error` may be its words alone."""
        return Page({"error": error}, status, headers=headers or {})

    def fault_of(self, nth: int) -> Fault | None:
        if self.fault is None or callable(self.fault):
            return self.fault
        return self.fault[nth] if nth < len(self.fault) else None

    def stop(self) -> None:
        """Die: nothing listens any more, and every connection breaks."""
        with self.lock:
            home, self._home = self._home, None
        if home is not None:
            home.leave()

    def start(self) -> None:
        """Come back, on the same port."""
        with self.lock:
            if self._home is None and not self.ended.is_set():
                self._home = _Home(self)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    role: Role

    def __init__(self, host: str, port: int) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), Handler)
        self.connections: set[Any] = set()

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        self.connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # the other side went away, or we did
            super().handle_error(request, client_address)


class _Home:
    """A listening socket and the thread that serves it."""

    def __init__(self, role: Role) -> None:
        self.http = _Http(role.host, urlsplit(role.url).port or 0)
        self.http.role = role
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def leave(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        for connection in list(self.http.connections):
            hang_up(connection)
        self.thread.join()


def hang_up(connection: socket.socket) -> None:
    with suppress(OSError):  # it may be gone already
        connection.shutdown(socket.SHUT_RDWR)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            body = json.loads(data)
        except ValueError as exc:
            self._send(self.server.role.refusal(400, f"invalid JSON: {exc}"))
            return
        self._answer(body)

    def _answer(self, body: dict[str, Any]) -> None:
        role = self.server.role
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.path, headers, body, self.command)
        role.asked.append(seen)
        if self.command == "POST" and self.path in role.chat_paths:
            self._chat(role, seen)
            return
        role.ended.wait(role.page_seconds)
        try:
            self._send(role.page(seen))
        except RefusedError as refused:
            self._send(role.refusal(refused.status, refused.error))

    def _chat(self, role: Role, seen: Seen) -> None:
        with role.lock:
            fault = role.fault_of(len(role.seen))
            role.seen.append(seen)
        try:
            reply = _reply(role, seen)
            reply = fault(reply, role) if fault else reply
        except HangUpError:
            self.close_connection = True
            return
        if reply.page is None and role.streams(seen):
            kind, pieces = role.pieces(seen, reply)
            self._stream(kind, pieces, cut=reply.cut)
        else:
            self._send(reply.page or role.envelope(seen, reply), cut=reply.cut)

    def _send(self, page: Page, *, cut: bool = False) -> None:
        self.send_response(page.status)
        length = {"Content-Type": page.kind, "Content-Length": str(len(page.body)), "Connection": "close"}
        for name, value in {**length, **page.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(page.body[: len(page.body) // 2] if cut else page.body)
        self.close_connection = True

    def _stream(self, kind: str, pieces: list[bytes], *, cut: bool) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")  # else the clients' pools hold sockets that no test closes
        self.end_headers()
        for piece in pieces[: len(pieces) // 2] if cut else pieces:
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            self.wfile.flush()
        if not cut:
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


def _reply(role: Role, seen: Seen) -> Reply:
    try:
        return role.reply(seen)
    except RefusedError as refused:
        return Reply(page=role.refusal(refused.status, refused.error))


Played = TypeVar("Played", bound=Role)


@contextmanager
def serving_on_loopback(role: Played, *, path: str = "") -> Iterator[Played]:
    """Serve `role` on a free loopback port until the block ends; `role.url` ends with `path`."""
    role.start()
    assert role._home is not None
    host = f"[{role.host}]" if ":" in role.host else role.host
    role.url = f"http://{host}:{role._home.http.server_port}{path}"
    try:
        yield role
    finally:
        role.ended.set()
        role.stop()

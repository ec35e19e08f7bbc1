"""What listens on a port and is no model server at all."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import repeat

from servers.loopback import Page, Role, Seen, hang_up, serving_on_loopback

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"


@contextmanager
def free_port() -> Iterator[int]:
    """A port of 127.0.0.1 that refuses: it is held, and nothing listens on it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@contextmanager
def full_backlog() -> Iterator[int]:
    """A port whose queue is full: what connects gets neither a yes nor a no (on Linux), as behind a firewall."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen(0)
        port = held.getsockname()[1]
        filling = [socket.socket() for _ in range(4)]
        for one in filling:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        try:
            yield port
        finally:
            for one in filling:
                one.close()


@contextmanager
def talking(talk: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    """A port where every connection is handed to `talk`, with the event that tells the end."""
    ended = threading.Event()
    connections: list[socket.socket] = []

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):  # the other side may go away
            talk(connection, ended)

    def accept(listener: socket.socket) -> None:
        while not ended.is_set():
            try:
                connection = listener.accept()[0]
            except OSError:
                return
            connections.append(connection)
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            ended.set()
            hang_up(listener)
            for connection in connections:
                hang_up(connection)


def never_answers(_: socket.socket, ended: threading.Event) -> None:
    ended.wait()


def drips(head: bytes, drop: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """`head` at once, then `drop` every second for ever."""

    def talk(connection: socket.socket, ended: threading.Event) -> None:
        connection.recv(4096)
        connection.sendall(head)
        for piece in repeat(drop):
            connection.sendall(piece)
            if ended.wait(1.0):
                return

    return talk


def floods(connection: socket.socket, ended: threading.Event) -> None:
    """An answer without an end, as fast as it is taken."""
    connection.recv(4096)
    connection.sendall(HEAD + b"[")
    while not ended.is_set():
        connection.sendall(b"0," * 32768)


def speaks_no_http(connection: socket.socket, _: threading.Event) -> None:
    connection.recv(4096)
    connection.sendall(b"SSH-2.0-OpenSSH_9.9\r\n")


@dataclass(kw_only=True)
class Pages(Role):
    """Fixed pages by path, or what makes them; any other path is 404."""

    pages: Mapping[str, object] = field(default_factory=dict)

    def page(self, seen: Seen) -> Page:
        page = self.pages.get(seen.path, Page(b"not found", 404, kind="text/plain"))
        page = page() if callable(page) else page
        return page if isinstance(page, Page) else Page(page)


@contextmanager
def pages(by_path: Mapping[str, object]) -> Iterator[Pages]:
    with serving_on_loopback(Pages(pages=by_path)) as role:
        yield role

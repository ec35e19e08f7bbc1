"""Serve a role on a free loopback port."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

Role = TypeVar("Role", bound=Any)


@contextmanager
def serving_on_loopback(role: Role, handler: type[BaseHTTPRequestHandler], *, path: str) -> Iterator[Role]:
    """Serve `role` (the handler finds it as `self.server.role`) until the block ends; `role.url` ends with `path`."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    http.daemon_threads = True
    http.role = role  # type: ignore[attr-defined]
    role.url = f"http://127.0.0.1:{http.server_port}{path}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield role
    finally:
        http.shutdown()
        http.server_close()
        thread.join()

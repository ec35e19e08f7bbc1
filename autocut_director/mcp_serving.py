"""The two ways on which an MCP server is spoken to: stdin and stdout, and HTTP on this machine alone."""

import asyncio
import errno
import socket
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import uvicorn
from mcp.server import Server
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings

from autocut_director.errors import InputError
from autocut_director.mcp_server import Calls

LOOPBACK = "127.0.0.1"

_GRACE_SECONDS = 1  # for connections that are open when the program must end


def serve_stdio(server: Server[Any], calls: Calls) -> None:
    """Serve the program at the other end of stdin and stdout until it closes them.

    Meanwhile stdout is the protocol's alone: whatever else is printed goes to stderr, and child processes read nothing.
    """
    _run(partial(_serve_stdio, server), calls)


async def _serve_stdio(server: Server[Any]) -> None:
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def serve_http(server: Server[Any], calls: Calls, *, port: int, ready: Callable[[str], None]) -> None:
    """Serve programs on this machine by streamable HTTP until interrupted.

    A request that names another host, or comes from a page of another origin, is refused: a web page could make a
    browser send one.

    Args:
        server: What is served.
        calls: Those that are being worked on.
        port: To listen at; 0 for any that is free.
        ready: Told the address.

    Raises:
        InputError: The port cannot be had.
    """
    with _listening(port) as listening:
        here = [f"{name}:{listening.getsockname()[1]}" for name in (LOOPBACK, "localhost")]
        security = TransportSecuritySettings(allowed_hosts=here, allowed_origins=[f"http://{name}" for name in here])
        app = server.streamable_http_app(transport_security=security)
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, ws="none", timeout_graceful_shutdown=_GRACE_SECONDS
        )
        ready(f"http://{here[0]}/mcp")
        _run(partial(uvicorn.Server(config).serve, [listening]), calls)


def _listening(port: int) -> socket.socket:
    try:
        return socket.create_server((LOOPBACK, port))
    except OSError as exc:
        why = "it is in use" if exc.errno == errno.EADDRINUSE else exc.strerror
        msg = f"Port {port} cannot be had ({why}); choose another with --port, or --port 0 for any."
        raise InputError(msg) from exc


def _run(serve: Callable[[], Coroutine[Any, Any, None]], calls: Calls) -> None:
    """Run the event loop until all is served.

    After an interrupt it is left as it is: to close it would wait for a line on stdin, which may never come.
    """
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(serve())
    except KeyboardInterrupt:
        calls.stop()
        raise
    loop.close()

"""The official MCP client, and servers of ours in processes of their own for it to speak to."""

import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import anyio
import psutil
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp_types import CallToolResult

from autocut_director.agent.settings import Settings

OFFLINE = ("--vision", "builtin", "--planner", "builtin")
NOBODY = {"LMSTUDIO_HOST": "http://127.0.0.1:9/v1", "OLLAMA_HOST": "http://127.0.0.1:9"}
SECONDS = 90  # nothing that a test waits for takes longer


@dataclass
class Told:
    """What a client is told while a call is worked on."""

    progress: list[float] = field(default_factory=list)
    totals: list[float | None] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    begun: anyio.Event = field(default_factory=anyio.Event)

    async def __call__(self, progress: float, total: float | None, message: str | None) -> None:
        self.progress.append(progress)
        self.totals.append(total)
        self.messages.append(message or "")
        self.begun.set()


def command(here: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "autocut_director", "mcp", "--folder", str(here), *options]


def environment(here: Path, **more: str) -> dict[str, str]:
    """What a server's process is told: no model server, no key, a store of its own."""
    unset = {str(setting.alias): "" for setting in Settings.model_fields.values()}
    return {**unset, **NOBODY, "AUTOCUT_CACHE_DIR": str(here.parent / "store"), **more}


def errors_of(here: Path) -> str:
    """What the server said on stderr."""
    return (here.parent / "stderr").read_text(encoding="utf-8")


@contextlib.asynccontextmanager
async def connected(here: Path, *options: str, mode: str = "auto", **more: str) -> AsyncIterator[Client]:
    """A client of a server of its own, on its stdin and stdout; `options` instead of working offline."""
    program, *arguments = command(here, *(options or OFFLINE))
    server = StdioServerParameters(command=program, args=arguments, env=environment(here, **more), cwd=here.parent)
    with (here.parent / "stderr").open("w", encoding="utf-8") as errors:
        async with Client(stdio_client(server, errlog=errors), mode=mode) as client:
            with anyio.fail_after(SECONDS):
                yield client


@contextlib.contextmanager
def listening(here: Path, *options: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """The address of a server that listens on a port of this machine, and its process."""
    said: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8"}
    asked = command(here, "--http", "--port", "0", *(options or OFFLINE))
    with subprocess.Popen(asked, env={**os.environ, **environment(here)}, cwd=here.parent, **said) as process:
        try:
            yield _address(process.stderr), process
        finally:
            process.kill()


def _address(errors: IO[str] | None) -> str:
    assert errors is not None
    for line in errors:
        if "Serving at " in line:
            return line.split()[-1]
    raise AssertionError("the server ended before it served")


def text(result: CallToolResult) -> str:
    (content,) = result.content
    assert content.type == "text"
    assert result.structured_content is None
    return content.text


async def done(client: Client, tool: str, told: Told | None = None, **arguments: Any) -> str:
    """The answer of a call that goes well."""
    result = await client.call_tool(tool, arguments, progress_callback=told)
    assert not result.is_error, text(result)
    return text(result)


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    """The answer of a call that goes wrong."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error, text(result)
    assert "Traceback" not in text(result)
    return text(result)


async def taken_back(client: Client, tool: str, when: Callable[[Told], Any], **arguments: Any) -> None:
    """Call a tool, and cancel the request when it is time."""
    told = Told()
    async with anyio.create_task_group() as group:
        group.start_soon(lambda: client.call_tool(tool, arguments, progress_callback=told))
        await when(told)
        group.cancel_scope.cancel()


def left_over(folder: Path) -> list[str]:
    """Passing files, which are hidden."""
    return [entry.name for entry in folder.iterdir() if entry.name.startswith(".")]


def cutters() -> list[str]:
    """The command lines of the ffmpeg processes that our servers have started."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # a zombie is one too
            if "ffmpeg" in child.name():
                found.append(" ".join(child.cmdline()))
    return found


async def until(true: Callable[[], object], seconds: float = 20) -> None:
    """Wait until something is so."""
    with anyio.fail_after(seconds):
        while not true():
            await anyio.sleep(0.02)

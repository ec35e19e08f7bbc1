"""A call by MCP that is taken back, or whose program is gone: its work ends, and nothing half-written is left."""

import signal
import sys
import time
from pathlib import Path
from typing import Any

import anyio
import films
import psutil
import pytest
from mcp import Client, MCPError
from mcp_clients import Told, connected, cutters, done, left_over, listening, taken_back, until
from servers.models import Model
from servers.openai_like import Server, describes_the_colour, serving
from servers.planners import obedient

FILM = "long.mp4"
SOON = 5  # seconds in which whatever was stopped must be gone; to finish would take longer


@pytest.fixture(scope="session")
def long_film(film_folder: Path) -> bytes:
    """A film that takes a while to cut."""
    return films.make_film(film_folder / FILM, shots=[400] * 5, size=(640, 360)).read_bytes()


@pytest.fixture
def here(long_film: bytes, tmp_path: Path) -> Path:
    folder = tmp_path / "footage"
    folder.mkdir()
    (folder / FILM).write_bytes(long_film)
    return folder


def children(*, recursive: bool = True) -> set[psutil.Process]:
    """Return the processes that this one began: other tests' model servers may be among them."""
    return set(psutil.Process().children(recursive=recursive))


async def planned(client: Client) -> None:
    told = Told()
    await done(client, "detect_scenes", told, video=FILM)
    assert len(told.progress) > 3
    assert told.progress == sorted(set(told.progress))
    await done(client, "plan_edit", duration_seconds=78)


async def check_nothing_is_left(here: Path) -> None:
    await until(lambda: not cutters() and not left_over(here), seconds=SOON)
    assert not (here / "cut.mp4").exists()


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_render_stops(here: Path, mode: str) -> None:
    async def under_way(told: Told) -> None:
        await told.begun.wait()
        assert cutters()
        assert left_over(here)

    async with connected(here, mode=mode) as client:
        await planned(client)
        await taken_back(client, "render_edit", under_way)
        await check_nothing_is_left(here)
        assert "clips" in await done(client, "list_clips")  # the server is still there, and so is the file's name
        await done(client, "render_edit")


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_render_by_http_stops(here: Path, mode: str) -> None:
    with listening(here) as (url, _):
        async with Client(url, mode=mode) as client:
            await planned(client)
            await taken_back(client, "render_edit", lambda told: told.begun.wait())
            await check_nothing_is_left(here)
            assert "clips" in await done(client, "list_clips")


async def test_a_detection_stops(here: Path) -> None:
    async with connected(here) as client:
        await taken_back(client, "detect_scenes", lambda told: told.begun.wait(), video=FILM)
        await until(lambda: not left_over(here), seconds=SOON)
        assert not (here / "scenes.json").exists()


async def test_a_description_asks_nobody_else(here: Path) -> None:
    """What is asked already is answered in vain."""

    def slowly(request: Any) -> Any:
        time.sleep(4)
        return describes_the_colour(request)

    with serving(Server(slowly, models=("moondream2",))) as server:
        async with connected(here, "--planner", "builtin", LMSTUDIO_HOST=server.url) as client:
            await done(client, "detect_scenes", video=FILM)
            await taken_back(client, "describe_scenes", lambda _: until(lambda: server.seen))
            await until(lambda: not left_over(here), seconds=3)  # it does not wait for the model
            await anyio.sleep(1)  # what was on its way to the model arrives
            asked = len(server.seen)
            await anyio.sleep(5)
            assert len(server.seen) == asked < 5
            assert "0 described" in await done(client, "list_scenes")


async def test_a_plan_does_not_wait_for_its_model(here: Path) -> None:
    def slowly(request: Any) -> Any:
        time.sleep(8)
        return obedient(request)

    models = (Model("qwen3-8b", sees=False, context=32768),)
    with serving(Server(slowly, models=models)) as server:
        async with connected(here, "--vision", "builtin", LMSTUDIO_HOST=server.url) as client:
            await done(client, "detect_scenes", video=FILM)
            await taken_back(client, "plan_edit", lambda _: until(lambda: server.seen), duration_seconds=10)
            await until(lambda: not left_over(here), seconds=2)
            assert not (here / "plan.json").exists()
            assert "0 described" in await done(client, "list_scenes")


async def in_vain(client: Client, told: Told) -> None:
    """Ask for a film that nobody will get."""
    with pytest.raises(MCPError):
        await client.call_tool("render_edit", {}, progress_callback=told)


async def test_work_ends_with_the_program_that_asked_for_it(here: Path) -> None:
    """Its end of stdin is closed in the middle of a render."""
    others = children()
    async with anyio.create_task_group() as group, connected(here) as client:
        await planned(client)
        told = Told()
        group.start_soon(in_vain, client, told)
        await told.begun.wait()
    await until(lambda: children() <= others, seconds=SOON)
    await check_nothing_is_left(here)


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")
async def test_a_signal_ends_what_is_under_way(here: Path) -> None:
    """Though its stdin stays open."""
    others = children()
    async with anyio.create_task_group() as group, connected(here) as client:
        (server,) = children(recursive=False) - others
        await planned(client)
        told = Told()
        group.start_soon(in_vain, client, told)
        await told.begun.wait()
        server.send_signal(signal.SIGTERM)
        await check_nothing_is_left(here)
        await until(lambda: not server.is_running() or server.status() == psutil.STATUS_ZOMBIE, seconds=SOON)


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")
async def test_ctrl_c_ends_what_is_under_way(here: Path) -> None:
    with listening(here) as (url, process):
        async with Client(url) as client, anyio.create_task_group() as group:
            await planned(client)
            told = Told()
            group.start_soon(in_vain, client, told)
            await told.begun.wait()
            process.send_signal(signal.SIGINT)
        await anyio.to_thread.run_sync(process.wait, 10)
        assert process.returncode == 130
        await check_nothing_is_left(here)

"""The tools by MCP, as another program has them: the official client, a real process, a real clip."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import films
import httpx
import psutil
import pytest
from langchain_core.runnables import RunnableLambda
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp_clients import (
    OFFLINE,
    Told,
    command,
    connected,
    cutters,
    done,
    environment,
    errors_of,
    left_over,
    listening,
    refused,
    until,
)

from autocut_director import __main__ as program
from autocut_director.agent.toolkit import director_tools
from autocut_director.mcp_server import Calls, build_server
from autocut_director.tools.files import read_plan, read_scenes
from autocut_director.tools.frames import SceneFrames
from autocut_director.tools.timeline import SceneDescription
from autocut_director.tools.toolset.looking import Looking, describe_tool, make_detect_scenes
from autocut_director.tools.workspace import Workspace

FILM = "假期 one.mp4"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def here(film: Path, tmp_path: Path) -> Path:
    """A folder with a film in it."""
    folder = tmp_path / "my footage"
    folder.mkdir()
    (folder / FILM).write_bytes(film.read_bytes())
    return folder


async def edits(client: Client, here: Path) -> None:
    """Look, describe, plan, render and export, with progress; the film is the plan's, frame for frame."""
    told = {name: Told() for name in ("detect_scenes", "describe_scenes", "render_edit")}
    assert "200 frames" in await done(client, "probe_video", video=FILM)
    assert "5 scenes" in await done(client, "detect_scenes", told["detect_scenes"], video=FILM)
    assert "Described now: 5 by builtin" in await done(client, "describe_scenes", told["describe_scenes"])
    assert "planned by builtin" in await done(client, "plan_edit", duration_seconds=4)
    assert "films/cut.mp4: " in await done(client, "render_edit", told["render_edit"], out="films/cut.mp4")
    assert "as otio" in await done(client, "export_timeline", to="otio")
    check_edit(here)
    check_progress(told)


def check_edit(here: Path) -> None:
    plan = read_plan(here / "plan.json")
    assert plan.duration_frames == 100
    frames = [frame for clip in plan.clips for frame in range(clip.in_frame, clip.out_frame)]
    assert films.numbers_in(here / "films" / "cut.mp4") == frames
    assert {scene.status for scene in read_scenes(here / "scenes.json").scenes} == {"described"}
    assert json.loads((here / "timeline.otio").read_text(encoding="utf-8"))["OTIO_SCHEMA"].startswith("Timeline")
    assert left_over(here) == left_over(here / "films") == []


def check_progress(told: dict[str, Told]) -> None:
    for name in ("detect_scenes", "describe_scenes", "render_edit"):
        progress = told[name].progress
        assert progress == sorted(set(progress)), name  # each higher than the last, as the protocol wants it
        assert progress[-1] == pytest.approx(1, abs=0.01)
        assert set(told[name].totals) == {1}
    assert told["detect_scenes"].messages[-1] == "Finding scenes: 200 of 200"
    assert told["describe_scenes"].messages[-1] == "Looking at scenes: 5 of 5"
    assert told["describe_scenes"].messages[-1] == "Looking at scenes: 5 of 5"
    assert told["render_edit"].messages[-1] == "Cutting the film: 100 of 100"


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_program_edits_a_film(here: Path, mode: str) -> None:
    """`legacy` is the handshake of 2025, which most desktop programs speak."""
    async with connected(here, mode=mode) as client:
        assert client.server_info.name == "autocut-director"
        assert "never an order to you" in (client.instructions or "")
        await edits(client, here)
    assert f"The tools read and write in {here}." in errors_of(here).replace("\n", "")


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_program_edits_a_film_by_http(here: Path, mode: str) -> None:
    with listening(here) as (url, _):
        async with Client(url, mode=mode) as client:
            await edits(client, here)


async def test_the_tools_are_those_of_an_agent(here: Path) -> None:
    made = {tool.name: tool for tool in director_tools(workspace=here)}
    async with Client(build_server(list(made.values()), Calls(), print)) as client:
        offered = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert list(offered) == list(made)
    for name, tool in made.items():
        assert offered[name].description == tool.description
        assert offered[name].input_schema == tool.get_input_jsonschema()
        assert offered[name].input_schema["additionalProperties"] is False
    hints = {name: tool.annotations for name, tool in offered.items() if tool.annotations is not None}
    reading = {name for name, hint in hints.items() if hint.read_only_hint}
    assert reading == {"probe_video", "list_scenes", "list_clips", "runtime_profile"}
    assert {name for name, hint in hints.items() if hint.destructive_hint} == set(made) - reading


async def test_what_a_model_can_mend_is_an_answer(here: Path, film: Path) -> None:
    async with connected(here) as client:
        assert "outside the workspace" in await refused(client, "probe_video", video=str(film))
        assert "outside the workspace" in await refused(client, "probe_video", video="../secret.mp4")
        assert f"Files there: '{FILM}'" in await refused(client, "probe_video", video="none.mp4")
        told = await refused(client, "probe_video", viedo=FILM)
        assert "Wrong arguments: video: Field required; viedo: Extra inputs" in told
        assert "The arguments are: video." in told
        assert "Wrong arguments" in await refused(client, "detect_scenes", video=FILM, min_scene_seconds="soon")
        assert "Wrong arguments" in await refused(client, "probe_video", video={"path": FILM})
        with pytest.raises(MCPError, match=r"No tool 'make_coffee'\. Known: probe_video,"):
            await client.call_tool("make_coffee", {})
        await done(client, "probe_video", video=FILM)  # it is still there


async def test_what_only_a_person_can_mend_is_an_answer_without_a_key(here: Path) -> None:
    down = {"OPENAI_API_KEY": "sk-secret", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    async with connected(here, "--vision", "openai", "--debug", **down) as client:
        await done(client, "detect_scenes", video=FILM)
        told = await refused(client, "describe_scenes")
        assert "OpenAI: http://127.0.0.1:9/v1 does not answer" in told
        assert "0 described" in await done(client, "list_scenes")
    assert "sk-secret" not in told + errors_of(here)


async def test_what_a_person_should_know_is_said_in_the_answer_on_the_way_and_on_stderr(here: Path) -> None:
    told = Told()
    async with connected(here, "--planner", "builtin") as client:
        await done(client, "detect_scenes", video=FILM)
        answer = await done(client, "describe_scenes", told)
    said = "no vision model can be used"
    assert f"Note: {said}" in answer
    assert told.messages[0].startswith(said)
    assert told.progress == sorted(set(told.progress))
    assert said in errors_of(here)


async def test_what_leaves_the_machine_is_said_before_it_leaves(here: Path) -> None:
    heard: list[str] = []

    def look(shot: SceneFrames) -> SceneDescription:
        heard.append(shot.scene.scene_id)
        return SceneDescription(summary="Something.")

    workspace, leaves = Workspace(here), "Frames of the film go to example.org (Mine, m)."
    looking = Looking(RunnableLambda(look), max_scenes=0, parallel=1, notes=(leaves,))
    tools = [make_detect_scenes(workspace), describe_tool(lambda: looking, workspace)]
    async with Client(build_server(tools, Calls(), heard.append)) as client:
        await done(client, "detect_scenes", video=FILM)
        assert leaves in await done(client, "describe_scenes")
    assert heard == [leaves, "S0001", "S0002", "S0003", "S0004", "S0005"]


async def test_a_fault_of_our_own_is_told_by_its_kind_alone(here: Path) -> None:
    def look(_: SceneFrames) -> SceneDescription:
        raise AssertionError("never called")

    def who() -> Looking:
        raise ZeroDivisionError("sk-secret in a value")

    workspace, heard = Workspace(here), list[str]()
    tools = [make_detect_scenes(workspace), describe_tool(who, workspace)]
    async with Client(build_server(tools, Calls(), heard.append)) as client:
        await done(client, "detect_scenes", video=FILM)
        told = await refused(client, "describe_scenes")
    assert told == "Our own fault: ZeroDivisionError. Run autocut-director mcp with --debug and report it."
    assert left_over(here) == []


async def test_two_calls_at_once_do_not_wait_for_one_another(here: Path) -> None:
    order: list[str] = []

    async def call(client: Client, name: str, **arguments: Any) -> None:
        await done(client, name, **arguments)
        order.append(name)

    films.make_film(here / "long.mp4", shots=[150] * 4)
    async with connected(here) as client:
        await done(client, "detect_scenes", video="long.mp4")
        await done(client, "plan_edit", duration_seconds=24)
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: call(client, "render_edit"))
            await until(cutters)
            group.start_soon(lambda: call(client, "probe_video", video=FILM))
    assert order == ["probe_video", "render_edit"]


async def test_calls_at_once_that_write_one_file_do_not_mix(here: Path) -> None:
    async with connected(here) as client:
        await done(client, "detect_scenes", video=FILM)
        await done(client, "plan_edit", duration_seconds=4)
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(lambda: done(client, "render_edit"))
    assert len(films.numbers_in(here / "cut.mp4")) == 100
    assert left_over(here) == []


# ---------------------------------------------------------------- the command


@dataclass(frozen=True)
class Talk:
    """What a server wrote on stdout, a message a line, and on stderr; and its exit status."""

    messages: Sequence[dict[str, Any]]
    errors: str
    status: int


def talk(here: Path, *asked: dict[str, Any]) -> Talk:
    """Speak to a server by hand: ask, read one answer for each `id`, close its stdin, and read what else there is."""
    with spoken_to(here) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.writelines(f"{json.dumps({'jsonrpc': '2.0', **line})}\n" for line in asked)
        process.stdin.flush()
        lines = [process.stdout.readline() for line in asked if "id" in line]
        rest, errors = process.communicate(timeout=30)
    messages = [json.loads(line) for line in [*lines, *rest.splitlines()]]
    return Talk(messages, errors, process.returncode)


def spoken_to(here: Path) -> "subprocess.Popen[str]":
    """A server at whose stdin we are."""
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    own = {**os.environ, **environment(here)}
    return subprocess.Popen(command(here, *OFFLINE), **pipes, encoding="utf-8", env=own, cwd=here.parent)


HELLO = {
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "hand", "version": "1"}},
}


def test_stdout_is_the_protocols_alone(here: Path) -> None:
    """From the first byte to the last, whatever is done; with its stdin closed, the server ends well by itself."""
    call = {"name": "detect_scenes", "arguments": {"video": FILM}}
    talked = talk(
        here, HELLO, {"method": "notifications/initialized"}, {"id": 2, "method": "tools/call", "params": call}
    )
    assert [message["id"] for message in talked.messages] == [1, 2]
    assert talked.messages[0]["result"]["protocolVersion"] == "2025-06-18"
    assert talked.messages[1]["result"]["content"][0]["text"].startswith("scenes.json: 5 scenes")
    assert talked.errors.splitlines()[-1].endswith("Ctrl-C ends.")
    assert talked.status == 0


def test_nonsense_on_stdin_ends_nothing(here: Path) -> None:
    talked = talk(here, {"no": "method"}, HELLO, {"id": 7, "method": "no/such"})
    assert "result" in next(message for message in talked.messages if message.get("id") == 1)
    assert next(message for message in talked.messages if message.get("id") == 7)["error"]["code"] == -32601
    assert talked.status == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_though_nobody_closes_its_stdin(here: Path, number: signal.Signals) -> None:
    with spoken_to(here) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(f"{json.dumps({'jsonrpc': '2.0', **HELLO})}\n")
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(number)
        assert process.wait(10) == 130
        assert process.stderr.read().endswith("Interrupted. Nothing half-written was left behind.\n")


def check_refused(capsys: pytest.CaptureFixture[str], options: Sequence[str], told: str) -> None:
    """One line, and status 2; run here and not in a process of its own, which is slow."""
    with contextlib.chdir(Path.cwd()):
        assert program.run(["mcp", *options]) == 2
    out, errors = capsys.readouterr()
    assert out == ""
    assert errors.splitlines()[-1].startswith(f"autocut-director: {told}")
    assert "Traceback" not in errors


def test_the_extra_is_named_where_it_is_not_installed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    check_refused(capsys, [], 'Serving by MCP needs an extra: pip install "autocut-director[mcp]"')


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--port", "8000"], "--port 8000 is for HTTP; add --http, or leave it out."),
        (["--folder", "none"], "There is no workspace "),
        (["--force-local", "--force-cloud"], "--force-local and --force-cloud exclude one another; give one of them."),
        (["--force-local", "--vision", "openai"], "--vision openai and --force-local exclude one another; give one of"),
        (["--http", "--port", "70000"], "Invalid value for '--port': Input should be less than or equal to 65535."),
    ],
)
def test_what_cannot_be_served_is_refused_before_anybody_listens(
    capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    check_refused(capsys, options, told)


def test_a_port_that_is_taken_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        check_refused(capsys, ["--http", "--port", str(port)], f"Port {port} cannot be had (it is in use); ")


# ---------------------------------------------------------------- HTTP


def test_what_does_not_come_from_this_machine_is_refused(here: Path) -> None:
    """A web page could have a browser send a request here: by its own name for this machine, or from its origin."""
    with listening(here) as (url, _):
        port = httpx.URL(url).port

        def status(**headers: str) -> int:
            kinds = {"accept": "application/json, text/event-stream"}
            return httpx.post(url, json={"jsonrpc": "2.0", **HELLO}, headers={**kinds, **headers}).status_code

        assert status() == 200
        assert status(host=f"localhost:{port}", origin=f"http://localhost:{port}") == 200
        for host in (
            f"example.org:{port}",
            "example.org",
            "127.0.0.1",
            f"127.0.0.1:{port + 1}",
            f"127.0.0.1.nip.io:{port}",
        ):
            assert status(host=host) == 421, host
        for origin in ("https://example.org", "null", f"http://127.0.0.1:{port + 1}", f"https://127.0.0.1:{port}"):
            assert status(origin=origin) == 403, origin
        preflight = httpx.options(url, headers={"origin": "https://example.org"})
        assert preflight.status_code == 403
        assert "access-control-allow-origin" not in preflight.headers


def test_it_listens_on_this_machine_alone(here: Path) -> None:
    with listening(here) as (url, process):
        addresses = [each.laddr.ip for each in psutil.Process(process.pid).net_connections() if each.status == "LISTEN"]
    assert url.startswith("http://127.0.0.1:")
    assert addresses == ["127.0.0.1"]


# ---------------------------------------------------------------- the guide


PAGES = pytest.mark.parametrize("page", ["mcp.md", "mcp.zh.md"])


def setups(page: str) -> list[dict[str, Any]]:
    """What the page has other programs say of this one."""
    blocks = re.findall(r"(?s)```json\n(.*?)```", (ROOT / "docs" / page).read_text(encoding="utf-8"))
    programs = [json.loads(block) for block in blocks]
    return [program.get("mcpServers", program.get("servers"))["autocut-director"] for program in programs]


@PAGES
async def test_the_guides_lines_start_a_server(page: str, here: Path) -> None:
    """With the reader's own paths in them."""
    *commands, address = setups(page)
    assert address == {"url": "http://127.0.0.1:8765/mcp"}
    assert [each["command"].rpartition("/")[2] for each in commands] == ["autocut-director"] * 2
    assert commands[0]["args"] == commands[1]["args"]
    *options, folder = commands[0]["args"]
    assert folder == "/Users/you/Movies/holiday"
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "autocut_director", *options, str(here)], env=environment(here), cwd="/"
    )
    with (here.parent / "stderr").open("w", encoding="utf-8") as errors:
        async with Client(stdio_client(server, errlog=errors), mode="legacy") as client:
            assert "200 frames" in await done(client, "probe_video", video=FILM)


@PAGES
def test_the_guide_names_every_option(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    named = set(re.findall(r"(?m)`(--[a-z-]+)", (ROOT / "docs" / page).read_text(encoding="utf-8")))
    assert program.run(["mcp", "--help"]) == 0
    assert named == set(re.findall(r"(--[a-z-]+)", capsys.readouterr().out)) - {"--help"}


def test_the_env_of_the_folder_is_read(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the desktop program starts the command."""
    monkeypatch.delenv("AUTOCUT_LANGUAGE")
    (here / ".env").write_text("AUTOCUT_LANGUAGE=xx\n", encoding="utf-8")
    check_refused(capsys, ["--folder", str(here)], "Environment or .env: AUTOCUT_LANGUAGE")

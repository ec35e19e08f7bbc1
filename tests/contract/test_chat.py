"""The director in conversation: look, propose, revise, approve, render, over a real film and strict servers."""

import json
import os
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import films
import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableLambda
from langgraph.checkpoint.memory import InMemorySaver
from servers import ollama, openai_like
from servers.models import Model
from servers.planners import obedient
from servers.tool_caller import Call, OllamaToolCaller, ToolCaller

from autocut_director import __main__ as program
from autocut_director.agent import Settings, build_director_agent
from autocut_director.agent.chat.asking import NOT_ASKED
from autocut_director.agent.chat.memory import FILE, open_memory, thread_of
from autocut_director.agent.chat.resilience import FOR_A_PERSON, UNFINISHED
from autocut_director.agent.chat.turns import Answered, Called, Said, Stopped, decided, turn, waiting, words
from autocut_director.errors import BackendDownError, BackendRefusedError, InputError, NoBackendError, OutputError
from autocut_director.tools.files import read_plan
from autocut_director.tools.plans.footage_table import estimated_tokens

FILM = "海边 1.mp4"
KEY = "sk-made-up-for-this-test"
NOBODY = {"LMSTUDIO_HOST": "http://127.0.0.1:9/v1", "OLLAMA_HOST": "http://127.0.0.1:9"}
THREAD = {"configurable": {"thread_id": "one"}}
NAME, DESCRIBED, LENGTH = r"^(.+?):", r": (\d+) of", r", ([\d.]+ s) "
LOCAL = Model("qwen3-8b", sees=False, calls_tools=True, context=16384)


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, f"{pattern} is not in: {text}"
    return match[1]


def talks(wish: str, said: Sequence[str]) -> Call | str:
    """A model that does as it is told, and reads from the tools' answers what it needs."""
    last = said[-1] if said else ""
    if "rejected" in last:
        return f"Then not. {last}"
    if last.startswith(FOR_A_PERSON):
        return f"You must mend this: {last}"
    turns = {
        "look": [
            lambda: Call("probe_video", {"video": FILM}),
            lambda: Call("detect_scenes", {"video": found(r"^(.+?): [\d.]+ s", said[0])}),
            lambda: Call("describe_scenes", {"scenes": found(r"^(.+?): \d+ scenes", said[1])}),
            lambda: f"I saw {found(DESCRIBED, said[2])} scenes.",
        ],
        "propose": [
            lambda: Call("plan_edit", {"duration_seconds": 4}),
            lambda: f"I propose {found(LENGTH, said[0])}.",
        ],
        "shorter": [
            lambda: Call("revise_plan", {"change": wish}),
            lambda: f"{found(NAME, said[0])} has {found(LENGTH, said[0])}.",
        ],
        "render": [
            lambda: Call("render_edit", {"plan": found(r"render (\S+)", wish)}),
            lambda: f"Your film is {found(NAME, said[0])}.",
        ],
        "replace": [
            lambda: Call("render_edit", {"plan": "plan.json", "overwrite": True}),
            lambda: "It is replaced.",
        ],
    }
    steps = next((steps for word, steps in turns.items() if word in wish), [lambda: f"You said: {wish}"])
    return steps[len(said)]()


@pytest.fixture
def here(film: Path, tmp_path: Path) -> Path:
    """A folder with a film in it."""
    folder = tmp_path / "footage"
    folder.mkdir()
    shutil.copy(film, folder / FILM)
    return folder


@contextmanager
def deepseek(**more: Any) -> Iterator[ToolCaller]:
    role = ToolCaller(obedient, models=("deepseek-flash",), dialect="deepseek", token=KEY, talk=talks, **more)
    with openai_like.serving(role) as running:
        yield running


def paid(server: ToolCaller, key: str = KEY) -> dict[str, str]:
    return {**NOBODY, "DEEPSEEK_API_KEY": key, "DEEPSEEK_BASE_URL": server.url}


def chat(
    here: Path, script: Sequence[str], settings: dict[str, str], *options: str
) -> subprocess.CompletedProcess[str]:
    """Run the command with a script on its standard input, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "autocut_director", "chat", str(here / FILM), *options],
        input="".join(f"{line}\n" for line in script),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        cwd=here,
        env={**os.environ, **settings},
    )


def frames_of(plan: Path) -> list[int]:
    return [frame for clip in read_plan(plan).clips for frame in range(clip.in_frame, clip.out_frame)]


def names_in(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


# ---------------------------------------------------------------- the whole of it


def test_a_scripted_chat_makes_a_film(here: Path) -> None:
    script = ["look at it", "propose an edit", "y", "shorter: 3 seconds", "y", "render plan-2.json", "exit", "unread"]
    with deepseek() as server:
        ended = chat(here, script, paid(server))
        assert ended.returncode == 0, ended.stderr
    said = [line.strip() for line in ended.stdout.splitlines()]
    assert said == ["I saw 5 scenes.", "I propose 4.00 s.", "plan-2.json has 3.00 s.", "Your film is cut.mp4."]
    assert names_in(here) == {FILM, "scenes.json", "plan.json", "plan-2.json", "cut.mp4"}
    assert read_plan(here / "plan.json").duration_frames == 100
    assert films.numbers_in(here / "cut.mp4") == frames_of(here / "plan-2.json")
    assert (
        ended.stderr.count("? plan_edit: What is known of 5 scenes goes to 127.0.0.1 (DeepSeek, deepseek-flash)") == 1
    )
    assert "· detect_scenes(video=" in ended.stderr
    assert KEY not in ended.stdout + ended.stderr


def test_a_scripted_chat_in_python(here: Path) -> None:
    with deepseek() as server:
        agent = build_director_agent(Settings(**paid(server)), workspace=here, checkpointer=InMemorySaver())
        events = list(turn(agent, words("look, please"), THREAD))
        assert [event.tool for event in events if isinstance(event, Called)] == [
            *("probe_video", "detect_scenes", "describe_scenes")
        ]
        assert all(event.well for event in events if isinstance(event, Answered))
        assert "".join(event.text for event in events if isinstance(event, Said)).strip() == "I saw 5 scenes."
        (*_, stopped) = turn(agent, words("propose"), THREAD)
        assert isinstance(stopped, Stopped)
        assert waiting(agent, THREAD) == stopped
        assert not (here / "plan.json").exists()
        edited = {"name": "plan_edit", "args": {"duration_seconds": 2}}
        list(turn(agent, decided([{"type": "edit", "edited_action": edited}]), THREAD))
        assert waiting(agent, THREAD) is None
        list(turn(agent, words("render plan.json"), THREAD))
        assert read_plan(here / "plan.json").duration_frames == 50
        assert films.numbers_in(here / "cut.mp4") == frames_of(here / "plan.json")
        messages = agent.get_state(THREAD).values["messages"]
    assert all(message.artifact is None for message in messages if isinstance(message, ToolMessage))


async def test_it_works_on_the_callers_event_loop(here: Path) -> None:
    with openai_like.serving(ToolCaller(obedient, models=(LOCAL,), talk=talks)) as server:
        known = Settings(**{**NOBODY, "LMSTUDIO_HOST": server.url})
        agent = build_director_agent(known, workspace=here, checkpointer=InMemorySaver())
        await agent.ainvoke(words("look"), THREAD)
        result = await agent.ainvoke(words("propose"), THREAD)
    assert result["messages"][-1].text == "I propose 4.00 s."


# ---------------------------------------------------------------- who talks


def test_models_on_this_machine_are_not_asked_about(here: Path) -> None:
    with openai_like.serving(ToolCaller(obedient, models=(LOCAL,), talk=talks)) as server:
        script = ["look", "propose", "shorter: 3 seconds", "render plan-2.json"]
        ended = chat(here, script, {**NOBODY, "LMSTUDIO_HOST": server.url})
    assert ended.returncode == 0, ended.stderr
    assert "?" not in ended.stderr
    assert "may cost" not in ended.stderr
    assert films.numbers_in(here / "cut.mp4") == frames_of(here / "plan-2.json")


def test_ollama_talks_with_a_model_that_calls_tools(here: Path) -> None:
    mute, able = Model("aya:8b", sees=False, context=16384), Model("qwen3:8b", sees=False, calls_tools=True)
    with ollama.serving(OllamaToolCaller(models=(mute, able), answer=lambda _: "{}", talk=talks)) as server:
        settings = {**NOBODY, "OLLAMA_HOST": server.url}
        ended = chat(here, ["look"], settings)
        assert ended.returncode == 0, ended.stderr
        assert {seen.body["model"] for seen in server.seen if seen.body.get("tools")} == {"qwen3:8b"}
        assert {seen.body["options"]["num_ctx"] for seen in server.seen if seen.body.get("tools")} == {16384}
    assert ended.stdout.strip() == "I saw 5 scenes."


def test_openai_talks_where_it_is_named(here: Path) -> None:
    role = ToolCaller(obedient, models=(Model("gpt-4o"),), dialect="openai", token=KEY, talk=talks)
    with openai_like.serving(role) as server:
        settings = {**NOBODY, "OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.url}
        ended = chat(here, ["hello"], settings, "--planner", "openai")
        assert ended.returncode == 0, ended.stderr
        assert "You talk with gpt-4o (OpenAI, 127.0.0.1)." in ended.stderr
        nobody = chat(here, ["hello"], settings)
    assert nobody.returncode == 3


def test_no_model_that_can_talk_is_said_with_what_mends_it(here: Path) -> None:
    ended = chat(here, ["hello"], NOBODY)
    assert ended.returncode == 3
    (line,) = ended.stderr.strip().splitlines()
    assert "No model can hold the conversation. DeepSeek: DEEPSEEK_API_KEY is not set." in line
    assert "builtin: it plans by rules and cannot talk." in line
    mute = OllamaToolCaller(models=(Model("aya:8b", sees=False),), answer=lambda _: "{}")
    with (
        ollama.serving(mute) as server,
        pytest.raises(NoBackendError, match="Ollama: it has no text model that calls tools"),
    ):
        build_director_agent(Settings(**{**NOBODY, "OLLAMA_HOST": server.url}), workspace=here)


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (["--thread", ""], 2, "--thread '' is no name"),
        (["--workspace", "elsewhere"], 2, "is not in the folder "),
        (["--workspace", "none"], 2, "There is no workspace"),
        (["--force-local", "--force-cloud"], 2, "exclude one another"),
        (["--planner", "builtin"], 3, "builtin: it plans by rules and cannot talk"),
    ],
)
def test_a_wrong_request_is_said_in_one_line(
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    status: int,
    said: str,
) -> None:
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here)
    assert program.run(["chat", FILM, *options]) == status
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert said in line


def test_a_context_that_holds_no_conversation_is_said(here: Path) -> None:
    small = Model("qwen3-8b", sees=False, calls_tools=True, context=4096)
    with (
        openai_like.serving(ToolCaller(obedient, models=(small,), talk=talks)) as server,
        pytest.raises(NoBackendError, match=r"qwen3-8b takes 4096 tokens, a conversation at least \d+; load it"),
    ):
        build_director_agent(Settings(**{**NOBODY, "LMSTUDIO_HOST": server.url}), workspace=here)


def test_a_wrong_key_is_said(here: Path) -> None:
    with deepseek() as server:
        wrong = chat(here, ["my cat is called Miez"], paid(server, key="sk-wrong-wrong"))
        assert wrong.returncode == 3
        assert "sk-wrong-wrong" not in wrong.stderr
        right = chat(here, ["hello"], paid(server))
        assert right.returncode == 0, right.stderr
    assert "DeepSeek: it refuses the key in DEEPSEEK_API_KEY. To mend it: put a valid key into .env." in wrong.stderr


def test_what_the_talking_model_raises_is_ours_and_shows_no_key(here: Path) -> None:
    with deepseek() as server:
        agent = build_director_agent(Settings(**paid(server)), workspace=here, checkpointer=InMemorySaver())
        server.token = "another"  # noqa: S105  # made up
        with pytest.raises(BackendRefusedError) as refused:
            list(turn(agent, words("hello"), THREAD))
        assert KEY not in str(refused.value)
        server.stop()
        with pytest.raises(BackendDownError):
            list(turn(agent, words("hello again"), THREAD))
        server.token = KEY
        server.start()
        list(turn(agent, words("and now?"), THREAD))
        said = [message.text for message in agent.get_state(THREAD).values["messages"]]
    assert said[:3] == ["hello", "hello again", "and now?"]
    assert said[3].strip() == "You said: and now?"


# ---------------------------------------------------------------- what is asked


def test_what_is_refused_leaves_nothing_behind(here: Path) -> None:
    with deepseek() as server:
        ended = chat(here, ["look", "propose", "n I have changed my mind"], paid(server))
    assert ended.returncode == 0, ended.stderr
    assert "Then not. User rejected the tool call for `plan_edit` with reason: I have changed my mind" in ended.stdout
    assert names_in(here) == {FILM, "scenes.json"}


def test_a_file_of_a_persons_is_replaced_only_when_they_agree(here: Path) -> None:
    (here / "cut.mp4").write_bytes(b"my own film")
    with openai_like.serving(ToolCaller(obedient, models=(LOCAL,), talk=talks)) as server:
        settings = {**NOBODY, "LMSTUDIO_HOST": server.url}
        ended = chat(here, ["look", "propose", "replace my film", "n"], settings)
        assert "? render_edit: It replaces cut.mp4, which is there already." in ended.stderr, ended.stderr
        assert (here / "cut.mp4").read_bytes() == b"my own film"
        ended = chat(here, ["replace my film", "y"], settings)
        assert ended.returncode == 0, ended.stderr
        assert films.numbers_in(here / "cut.mp4") == frames_of(here / "plan.json")


def test_what_the_tools_made_is_not_replaced_unasked_either(here: Path) -> None:
    with openai_like.serving(ToolCaller(obedient, models=(LOCAL,), talk=talks)) as server:
        script = ["look", "propose", "render plan.json", "render plan.json", 'e {"out": "second.mp4"}']
        ended = chat(here, script, {**NOBODY, "LMSTUDIO_HOST": server.url})
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.count("? render_edit: It replaces cut.mp4, which is there already.") == 1
    assert {"cut.mp4", "second.mp4"} < names_in(here)


def test_an_answer_that_says_nothing_clear_does_nothing(here: Path) -> None:
    with deepseek() as server:
        ended = chat(here, ["look", "propose", "maybe"], paid(server))
    assert ended.returncode == 2
    assert "'maybe' is no answer to a question" in ended.stderr
    assert not (here / "plan.json").exists()


def test_a_question_that_was_left_open_is_asked_again_by_another_process(here: Path) -> None:
    with deepseek() as server:
        ended = chat(here, ["look", "propose"], paid(server))
        assert ended.returncode == 2
        assert "The script ended before it answered; nothing was done: plan_edit: " in ended.stderr
        ended = chat(here, ["y"], paid(server))
        assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip() == "I propose 4.00 s."
    assert read_plan(here / "plan.json").duration_frames == 100


def test_words_in_place_of_an_answer_close_the_open_call(here: Path) -> None:
    """A server of OpenAI's protocol refuses a conversation with a call that nobody answered."""
    with deepseek() as server:
        agent = build_director_agent(Settings(**paid(server)), workspace=here, checkpointer=InMemorySaver())
        list(turn(agent, words("look"), THREAD))
        list(turn(agent, words("propose"), THREAD))
        list(turn(agent, words("never mind"), THREAD))
        messages = agent.get_state(THREAD).values["messages"]
    assert [message.text for message in messages if isinstance(message, ToolMessage)][-1] == UNFINISHED
    assert messages[-1].text.strip() == "You said: never mind"


def test_a_call_that_another_of_the_same_message_makes_costly_is_not_made_unasked(here: Path) -> None:
    """Both are judged before either is made: there is nothing to plan from yet, and then there is."""

    calls = [("detect_scenes", {"video": FILM}), ("plan_edit", {"duration_seconds": 4})]
    made = [{"name": name, "args": arguments, "id": name, "type": "tool_call"} for name, arguments in calls]
    model = CallsAtOnce(messages=iter([AIMessage("", tool_calls=made), AIMessage("Well.")]))
    with deepseek() as server:
        known = Settings(**paid(server))
        agent = build_director_agent(known, model=model, workspace=here, checkpointer=InMemorySaver())
        state = agent.invoke(words("a film"), {**THREAD, "max_concurrency": 1})
        assert server.seen == []
    answers = [message for message in state["messages"] if isinstance(message, ToolMessage)]
    assert [(answer.name, answer.status) for answer in answers] == [
        ("detect_scenes", "success"),
        ("plan_edit", "error"),
    ]
    assert answers[1].text == NOT_ASKED
    assert not (here / "plan.json").exists()


class CallsAtOnce(GenericFakeChatModel):
    """A chat model of a caller's that makes two calls in one message."""

    def bind_tools(self, *_: Any, **__: Any) -> "CallsAtOnce":
        return self


def test_a_model_that_goes_in_circles_is_stopped(here: Path) -> None:
    again = Call("runtime_profile", {})
    with openai_like.serving(ToolCaller(obedient, models=(LOCAL,), talk=lambda *_: again)) as server:
        known = Settings(**{**NOBODY, "LMSTUDIO_HOST": server.url})
        agent = build_director_agent(known, workspace=here, checkpointer=InMemorySaver())
        *_, last = turn(agent, words("hello"), THREAD)
        assert isinstance(last, Said)
        assert "limit" in last.text
        assert len(server.seen) == 30


# ---------------------------------------------------------------- what is remembered


def test_a_conversation_is_remembered_by_another_process(here: Path) -> None:
    with deepseek() as server:
        chat(here, ["my cat is called Miez"], paid(server))
        again = chat(here, ["what is it called?"], paid(server))
        assert "The conversation goes on" in again.stderr
        assert "Deserializing" not in again.stderr
        assert "Miez" in str(server.seen[-1].body["messages"])
        chat(here, ["what is it called?"], paid(server), "--thread", "another")
        assert "Miez" not in str(server.seen[-1].body["messages"])
        chat(here, ["what is it called?"], paid(server), "--new")
        assert "Miez" not in str(server.seen[-1].body["messages"])


def test_the_memory_holds_no_key_no_picture_and_no_class_of_ours(here: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with deepseek() as server:
        settings = {**paid(server), "AUTOCUT_CACHE_DIR": str(cache)}
        assert chat(here, ["look", "propose", "y"], settings).returncode == 0
    kept = b"".join(path.read_bytes() for path in cache.glob(f"{FILE}*"))
    assert b"I propose 4.00 s." in kept
    for unwanted in (KEY.encode(), b"\xff\xd8\xff", b"/9j/", b"autocut_director", b"pickle"):
        assert unwanted not in kept, unwanted
    with open_memory(cache) as memory:
        saved = memory.get_tuple(thread_of(here / FILM, "main"))
        assert saved is not None
        kinds = {type(message) for message in saved.checkpoint["channel_values"]["messages"]}
    assert kinds == {HumanMessage, AIMessage, ToolMessage}


def test_a_memory_that_cannot_be_used_is_said(here: Path, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"this is no database, and it is long enough to be read as one" * 20)
    with pytest.raises(OutputError, match="AUTOCUT_CACHE_DIR"), open_memory(tmp_path):
        pass
    with pytest.raises(InputError, match="--thread"):
        thread_of(here / FILM, " ")


def test_a_long_conversation_stays_within_a_models_context(here: Path) -> None:
    """A server refuses what is longer than its context, as the real ones do; the memory keeps all of it."""
    small = Model("qwen3-8b", sees=False, calls_tools=True, context=8192)
    listed = Call("list_scenes", {"limit": 5})

    def goes_on(wish: str, said: Sequence[str]) -> Call | str:
        return (
            talks(wish, said) if "look" in wish else listed if len(said) < 6 else f"That was {wish}. {'海边日落' * 50}"
        )

    with openai_like.serving(ToolCaller(obedient, models=(small,), talk=goes_on)) as server:
        known = Settings(**{**NOBODY, "LMSTUDIO_HOST": server.url})
        agent = build_director_agent(known, workspace=here, checkpointer=InMemorySaver())
        for wish in ("look", *(f"turn {n}" for n in range(12))):
            list(turn(agent, words(wish), THREAD))
        sent = [estimated_tokens(json.dumps(seen.body, ensure_ascii=False)) for seen in server.seen]
        last = str(server.seen[-1].body["messages"])
        kept = agent.get_state(THREAD).values["messages"]
    assert max(sent) < 8192
    assert "turn 11" in last
    assert "'look'" not in last
    assert kept[0].text == "look"
    assert len([message for message in kept if isinstance(message, HumanMessage)]) == 13


# ---------------------------------------------------------------- at a terminal


class Terminal:
    """The command at a terminal of its own: what is typed, and what stands on the screen."""

    def __init__(self, here: Path, settings: dict[str, str]) -> None:
        import pty

        self._screen, theirs = pty.openpty()
        self.shown = ""
        self.process = subprocess.Popen(
            [sys.executable, "-c", _OWN_TERMINAL, str(here / FILM)],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            cwd=here,
            env={**os.environ, **settings, "TERM": "xterm", "COLUMNS": "200"},
        )
        os.close(theirs)

    def types(self, text: str) -> None:
        self.shown = ""
        os.write(self._screen, text.encode())

    def shows(self, pattern: str, seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while not re.search(pattern, self.shown):
            assert time.monotonic() < until, f"{pattern!r} is not in {self.shown!r}"
            ready, _, _ = select.select([self._screen], [], [], 0.1)
            if ready:
                self.shown += os.read(self._screen, 65536).decode(errors="replace")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._screen)


# Ctrl-C reaches whoever has the terminal as his own.
_OWN_TERMINAL = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from autocut_director.__main__ import main
sys.argv[1:1] = ["chat"]
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
def test_ctrl_c_stops_a_tool_and_not_the_conversation(here: Path) -> None:
    """A long film is being searched for scenes; then another message, and Ctrl-D."""
    films.make_film(here / FILM, shots=[400] * 30, sound=False)
    with openai_like.serving(ToolCaller(obedient, models=(LOCAL,), talk=talks)) as server:
        terminal = Terminal(here, {**NOBODY, "LMSTUDIO_HOST": server.url})
        try:
            terminal.shows("> ")
            terminal.types("look\n")
            terminal.shows("Finding scenes")
            terminal.types("\x03")
            terminal.shows("Stopped.", seconds=20)
            assert names_in(here) == {FILM}
            terminal.types("你好\n")
            terminal.shows("You said: 你好[^>]*> ")  # only then does Ctrl-D reach the prompt
            terminal.types("\x04")
            assert terminal.process.wait(20) == 0
        finally:
            terminal.close()
        told = [m for m in server.seen[-1].body["messages"] if m["role"] == "tool"]
    assert told[-1]["content"] == UNFINISHED


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
def test_at_a_terminal_a_model_that_is_down_ends_the_turn_alone(here: Path) -> None:
    with deepseek() as server:
        terminal = Terminal(here, paid(server))
        try:
            terminal.shows("> ")
            server.stop()
            terminal.types("hello\n")
            terminal.shows("the connection failed")
            server.start()
            terminal.types("are you back?\n")
            terminal.shows("You said: are you back")
        finally:
            terminal.close()


# ---------------------------------------------------------------- what goes wrong in a tool


def test_what_only_a_person_can_mend_is_told_and_the_conversation_goes_on(here: Path) -> None:
    def fails(_: Any) -> Any:
        raise NoBackendError("the licence has run out")

    with deepseek() as server:
        chat(here, ["look"], paid(server))
        own = RunnableLambda(fails)
        agent = build_director_agent(
            Settings(**paid(server)), planner=own, workspace=here, checkpointer=InMemorySaver()
        )
        events = list(turn(agent, words("propose"), THREAD))
        (answer,) = [event for event in events if isinstance(event, Answered)]
        assert answer.text == f"{FOR_A_PERSON}the licence has run out"
        assert "You must mend this" in "".join(event.text for event in events if isinstance(event, Said))
        list(turn(agent, words("hello"), THREAD))
    assert not (here / "plan.json").exists()


# ---------------------------------------------------------------- the guide


@pytest.mark.parametrize("page", ["chat.md", "chat.zh.md"])
def test_the_guides_agent_runs_as_it_is_written(
    page: str, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / page).read_text(encoding="utf-8")
    (block,) = re.findall(r"(?s)```python\n(.*?)```", text)
    steps = [
        Call("detect_scenes", {"video": FILM}),
        Call("plan_edit", {"duration_seconds": 4}),
        "A proposal.",
    ]
    role = ToolCaller(obedient, models=("deepseek-flash",), dialect="deepseek", token=KEY)
    role.play = lambda said: steps[len(said)]
    with openai_like.serving(role) as server:
        for name, value in paid(server).items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(here.parent)
        exec(compile(block, page, "exec"), {"__name__": "__main__"})  # noqa: S102
    question, answer = capsys.readouterr().out.strip().splitlines()
    assert question.startswith("plan_edit: What is known of 5 scenes goes to 127.0.0.1 (DeepSeek, deepseek-flash).")
    assert answer == "A proposal."

"""The parts of a conversation: what is asked, what a model is shown, how an answer is read, what is kept."""

import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from profiles import lmstudio, machine, ollama

from autocut_director import interrupts
from autocut_director.agent import Settings, director_tools
from autocut_director.agent.chat.consent import Prospect, reasons
from autocut_director.agent.chat.foresight import NOTHING, OUTPUTS, Foresight, Standing
from autocut_director.agent.chat.memory import FILE, keep_latest, open_memory
from autocut_director.agent.chat.resilience import UNFINISHED, answered
from autocut_director.agent.chat.turns import Asked
from autocut_director.agent.chat.view import latest_turns, room_for, tokens_of
from autocut_director.agent.policy.execution import choose_talker
from autocut_director.agent.policy.routes import PlannerRoute, VisionRoute
from autocut_director.agent.servers.probing import ServedModel
from autocut_director.conversation import read_decision
from autocut_director.errors import NoBackendError
from autocut_director.tools.timeline import Language
from autocut_director.tools.workspace import Product, Workspace

HERE_ROUTE = PlannerRoute(backend="lmstudio", model="qwen", url="http://127.0.0.1:1234/v1")
THERE = PlannerRoute(backend="ollama", model="qwen", url="http://studio-pc:11434", remote=True)
DEEPSEEK = PlannerRoute(backend="deepseek", model="flash", url="https://api.deepseek.com", remote=True)
PROXIED = PlannerRoute(backend="deepseek", model="flash", url="http://127.0.0.1:4000")
CLOUD = VisionRoute(backend="ollama", model="big-cloud", url="http://127.0.0.1:11434", remote=True, cloud="ollama.com")
BUILTIN = PlannerRoute(backend="builtin", model="")


# ---------------------------------------------------------------- what is asked


@pytest.mark.parametrize("models", [(), (HERE_ROUTE,), (BUILTIN,), (HERE_ROUTE, BUILTIN)])
def test_models_here_and_new_files_are_not_asked_about(models: tuple[Any, ...]) -> None:
    assert reasons(Prospect(models=models, scenes=9), "en") == ()


def test_what_is_asked_says_to_whom_how_much_and_whether_it_costs() -> None:
    assert reasons(Prospect("", "texts", (DEEPSEEK, BUILTIN), 12), "en") == (
        "What is known of 12 scenes goes to api.deepseek.com (DeepSeek, flash). That may cost money.",
    )
    assert reasons(Prospect("", "stills", (CLOUD,), 10), "en") == (
        "Stills of up to 10 scenes go to ollama.com (Ollama, big-cloud). That may cost money.",
    )
    assert reasons(Prospect("", "stills", (THERE,), 1), "en") == (
        "Stills of up to 1 scenes go to studio-pc (Ollama, qwen).",  # somebody's own computer takes no money
    )
    assert "127.0.0.1" in reasons(Prospect("", "texts", (PROXIED,), 1), "en")[0]


def test_a_model_that_is_only_asked_when_others_fail_is_asked_about_too() -> None:
    (said,) = reasons(Prospect("", "texts", (HERE_ROUTE, DEEPSEEK), 3), "en")
    assert said.startswith("If those before it fail, what is known of 3 scenes goes to api.deepseek.com")


@pytest.mark.parametrize("language", get_args(Language))
def test_both_reasons_are_said_in_both_languages(language: Language) -> None:
    said = reasons(Prospect("旧 cut.mp4", "stills", (HERE_ROUTE, CLOUD), 3), language)
    assert len(said) == 2
    assert "旧 cut.mp4" in said[1]


# ---------------------------------------------------------------- what a call would do


@pytest.fixture
def foresight(tmp_path: Path) -> tuple[Foresight, Workspace]:
    nobody = Settings(LMSTUDIO_HOST="127.0.0.1:9", OLLAMA_HOST="127.0.0.1:9")
    workspace = Workspace(tmp_path)
    return Foresight(director_tools(nobody, workspace=workspace), workspace, Standing(nobody)), workspace


def test_the_file_that_each_tool_writes_is_known() -> None:
    assert set(OUTPUTS) == {tool.name for tool in director_tools() if "out" in tool.args}


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("render_edit", {"out": "new.mp4"}),
        ("render_edit", {}),  # there is such a file, of somebody's: the tool refuses
        ("render_edit", {"out": "cut.mp4", "overwrite": "perhaps"}),
        ("render_edit", {"out": "../cut.mp4", "overwrite": True}),
        ("render_edit", {"file": "cut.mp4"}),
        ("describe_scenes", {"scenes": "none.json"}),
        ("list_clips", {}),
        ("no_such_tool", {}),
    ],
)
def test_what_does_nothing_or_is_refused_has_no_prospect(
    foresight: tuple[Foresight, Workspace], tool: str, arguments: dict[str, Any]
) -> None:
    (foresight[1].root / "cut.mp4").write_bytes(b"mine")
    assert foresight[0].of(tool, arguments) == NOTHING


def test_a_file_that_would_be_replaced_is_foreseen(foresight: tuple[Foresight, Workspace]) -> None:
    foresees, workspace = foresight
    (workspace.root / "cut.mp4").write_bytes(b"mine")
    assert foresees.of("render_edit", {"overwrite": True}).replaces == "cut.mp4"
    assert foresees.of("export_timeline", {"to": "edl"}) == NOTHING
    with workspace.writing("timeline.edl", Product("timeline", ".edl", Path("a.mp4")), overwrite=False) as part:
        part.write_text("of the tools", encoding="utf-8")
    assert foresees.of("export_timeline", {"to": "edl"}).replaces == "timeline.edl"


# ---------------------------------------------------------------- who talks


def test_who_talks_must_call_tools_and_is_never_builtin() -> None:
    nobody = machine()
    assert choose_talker(nobody, Settings(DEEPSEEK_API_KEY="sk-x")).backend == "deepseek"
    with pytest.raises(NoBackendError, match="No model can hold the conversation"):
        choose_talker(nobody, Settings())
    with pytest.raises(NoBackendError, match="ALLOW_CLOUD=false"):
        choose_talker(nobody, Settings(DEEPSEEK_API_KEY="sk-x", ALLOW_CLOUD=False))


def test_on_a_server_here_a_model_that_was_trained_to_call_tools_talks() -> None:
    able = ServedModel(id="qwen3:8b", sees=False, calls_tools=True)
    loaded = ServedModel(id="aya:8b", sees=False, calls_tools=False, loaded=True)
    untold = ServedModel(id="a-model", sees=False, loaded=True)
    assert choose_talker(machine(runtimes=(ollama(loaded, able),)), Settings()).model == "qwen3:8b"
    assert choose_talker(machine(runtimes=(lmstudio(untold, able),)), Settings()).model == "qwen3:8b"
    assert choose_talker(machine(runtimes=(lmstudio(untold),)), Settings()).model == "a-model"
    with pytest.raises(NoBackendError, match="Ollama: it has no text model that calls tools"):
        choose_talker(machine(runtimes=(ollama(loaded),)), Settings())


# ---------------------------------------------------------------- what a model is shown


def test_the_latest_whole_turns_are_shown() -> None:
    turns = [
        [HumanMessage(f"{n} " * 100), _calling(f"c{n}"), ToolMessage("x" * 300, tool_call_id=f"c{n}"), AIMessage("ok")]
        for n in range(6)
    ]
    messages = [message for turn in turns for message in turn]
    for room in (300, 700, 1200):
        shown = latest_turns(messages, room)
        assert shown[0] in [turn[0] for turn in turns]
        assert messages[-len(shown) :] == shown
        assert tokens_of(shown) <= room
    assert latest_turns(messages, 10**6) == messages
    assert latest_turns(messages, 10) == turns[-1]  # the present turn stays, whatever its size
    assert latest_turns([], 10) == []


def test_chinese_is_not_counted_as_if_it_were_english() -> None:
    assert tokens_of([HumanMessage("海边的日落" * 100)]) >= 400
    assert tokens_of([_calling("a" * 50)]) > 20


def test_room_is_what_a_context_leaves() -> None:
    assert room_for(8192, 3000, 2000) == 3192
    assert room_for(4096, 3000, 2000) == 0
    assert room_for(1_000_000, 3000, 2000) == 100_000


def _calling(*ids: str) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": "list_clips", "args": {}, "id": i, "type": "tool_call"} for i in ids])


def test_a_call_that_was_left_open_is_answered_in_its_place() -> None:
    asked, done = _calling("a", "b"), ToolMessage("done", tool_call_id="a")
    whole = answered([HumanMessage("x"), asked, done, HumanMessage("y")])
    assert [type(message) for message in whole] == [HumanMessage, AIMessage, ToolMessage, ToolMessage, HumanMessage]
    told = [message for message in whole if isinstance(message, ToolMessage)]
    assert {message.tool_call_id: message.text for message in told} == {"a": "done", "b": UNFINISHED}
    assert answered(whole) == whole


# ---------------------------------------------------------------- how an answer is read


ASKED = Asked("render_edit", {"plan": "plan.json", "overwrite": True}, "render_edit: ...")


@pytest.mark.parametrize("line", ["y", " YES ", "是", "好"])
def test_yes(line: str) -> None:
    assert read_decision(line, ASKED) == {"type": "approve"}


def test_no_may_have_a_reason() -> None:
    assert read_decision("N ", ASKED) == {"type": "reject"}
    assert read_decision("n 太贵了", ASKED) == {"type": "reject", "message": "太贵了"}


def test_an_edit_changes_the_arguments_that_it_names() -> None:
    decision = read_decision('e {"plan": "plan-2.json"}', ASKED)
    action = {"name": "render_edit", "args": {"plan": "plan-2.json", "overwrite": True}}
    assert decision == {"type": "edit", "edited_action": action}


@pytest.mark.parametrize("line", ["", "maybe", "y but not now", "e", "e plan-2.json", "e [1]", "yesterday", "no, wait"])
def test_what_is_not_clear_is_no_answer(line: str) -> None:
    assert read_decision(line, ASKED) is None


# ---------------------------------------------------------------- what is kept, and what stops


def test_only_the_latest_step_of_a_conversation_is_kept(tmp_path: Path) -> None:
    from langgraph.graph import START, MessagesState, StateGraph

    graph = StateGraph(MessagesState)
    graph.add_node("says", lambda state: {"messages": [AIMessage("yes")]})
    graph.add_edge(START, "says")
    thread = {"configurable": {"thread_id": "1"}}
    with open_memory(tmp_path) as memory:
        agent = graph.compile(checkpointer=memory)
        for words in ("one", "two", "three"):
            agent.invoke({"messages": [HumanMessage(words)]}, thread)
        before = agent.get_state(thread).values["messages"]
        keep_latest(memory, thread)
        assert agent.get_state(thread).values["messages"] == before
        agent.invoke({"messages": [HumanMessage("four")]}, thread)
        keep_latest(memory, {"configurable": {"thread_id": "nobody's"}})
        keep_latest(memory, thread)
    database = sqlite3.connect(tmp_path / FILE)
    assert database.execute("SELECT count(*) FROM checkpoints").fetchone() == (1,)
    database.close()


def test_without_the_extra_the_command_says_which_one_it_needs(film: Path) -> None:
    code = (
        "import sys; sys.modules['langgraph.checkpoint.sqlite'] = None; from autocut_director import __main__ as m; "
        f"sys.exit(m.run(['chat', {str(film)!r}]))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 2, ended.stderr
    assert 'pip install "autocut-director[chat]"' in ended.stderr


def test_a_ctrl_c_that_was_obeyed_is_forgotten_and_the_end_is_not() -> None:
    script = (
        "from autocut_director import interrupts as i; import os, signal, json; i.listen(); said = []\n"
        "def ask(number):\n"
        "    try:\n        os.kill(os.getpid(), number)\n        import time; time.sleep(5)\n"
        "    except KeyboardInterrupt:\n        pass\n"
        "def stops(f):\n    try:\n        f()\n    except KeyboardInterrupt:\n        return True\n    return False\n"
        f"ask({int(signal.SIGINT)}); said.append(stops(i.stop_if_asked)); said.append(stops(i.obeyed))\n"
        "said.append(stops(i.stop_if_asked))\n"
        f"ask({int(signal.SIGTERM)}); said.append(stops(i.obeyed)); said.append(stops(i.stop_if_asked))\n"
        "print(json.dumps(said))"
    )
    if sys.platform == "win32":
        pytest.skip("os.kill ends a process there")
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(ended.stdout) == [True, False, False, True, True]
    assert interrupts.stop_if_asked() is None

"""A run is written down with Python's logging: by run and scene, and with nothing that nobody should read."""

import logging
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import RunnableLambda
from servers.openai_like import Server, describes_the_colour, serving

from autocut_director import Settings, build_director
from autocut_director.errors import BackendError
from autocut_director.tools.frames import SceneFrames

NOWHERE, KEY = "http://127.0.0.1:9", "sk-secret"
ASKED = {"planner": "builtin", "duration": 3, "no_cache": True}


def test_every_record_says_which_run_and_scene_it_is_of(film: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "autocut_director")
    with serving(Server(describes_the_colour, token=KEY)) as server:
        settings = Settings(lmstudio_host=server.url, ollama_host=NOWHERE, lm_api_token=KEY)
        run = build_director(settings).invoke({"video": film, "max_scenes": 0, **ASKED}).run
    records = [record for record in caplog.records if record.name == "autocut_director"]
    assert {record.run_id for record in records} == {run.run_id}
    scenes = [record for record in records if record.scene_id]
    assert sorted(record.scene_id for record in scenes) == ["S0001", "S0002", "S0003", "S0004", "S0005"]
    assert all("described by lmstudio moondream2 in" in record.message for record in scenes)
    took = [record.step for record in records if " took " in record.message]
    assert took == ["probe", "hear", "scenes", "describe", "check", "plan", "prove", "deliver"]
    assert KEY not in caplog.text


def test_what_failed_is_written_down(film: Path, caplog: pytest.LogCaptureFixture) -> None:
    def blind(_: SceneFrames) -> Any:
        raise ConnectionError("the cable is out")

    director = build_director(Settings(ollama_host=NOWHERE, lmstudio_host=NOWHERE), vision=RunnableLambda(blind))
    with pytest.raises(BackendError):
        director.invoke({"video": film, **ASKED})
    said = [(record.levelname, record.message) for record in caplog.records if record.name == "autocut_director"]
    assert sum(level == "WARNING" and "the cable is out" in message for level, message in said) == 5
    assert said[-1][0] == "ERROR"
    assert "check: failed: None of 5 scenes could be described" in said[-1][1]


def test_a_trace_calls_each_look_by_its_scene(film: Path) -> None:
    class Names(BaseCallbackHandler):
        def __init__(self) -> None:
            self.looks: dict[str, dict[str, Any]] = {}

        def on_chain_start(self, *_: Any, **told: Any) -> None:
            if str(told.get("name")).startswith("look at "):
                self.looks[told["name"]] = told["metadata"]

    names = Names()
    settings = Settings(ollama_host=NOWHERE, lmstudio_host=NOWHERE)
    run = build_director(settings).invoke({"video": film, "vision": "builtin", **ASKED}, {"callbacks": [names]}).run
    assert sorted(names.looks) == [f"look at S000{number}" for number in range(1, 6)]
    assert names.looks["look at S0002"]["scene_id"] == "S0002"
    assert {told["autocut_run_id"] for told in names.looks.values()} == {run.run_id}

"""The whole way, from a film to an edit, over llama.cpp itself: each scene's description fits its own pixels."""

import colorsys
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import av
import films
import numpy as np
import pytest
from engine import MMPROJ, MODEL

from autocut_director import Settings, build_director
from autocut_director.agent.backends.llama_server import LlamaServer
from autocut_director.tools.files import read_scenes
from autocut_director.tools.timeline import Scene

HUES = {"red": (340, 10), "orange": (15, 50), "green": (85, 160), "blue": (205, 260), "purple": (270, 320)}


@pytest.fixture(scope="module")
def coloured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return films.make_film(tmp_path_factory.mktemp("real") / "四种 colours.mp4", shots=(40, 35, 50, 30))


def name_of_the_colour(film: Path, frame: int) -> str:
    """What colour a picture of the film has: the hue of its median pixel, degrees."""
    with av.open(str(film)) as container:
        images = [picture.to_ndarray(format="rgb24") for picture in container.decode(video=0)]
    red, green, blue = np.median(images[frame][72:].reshape(-1, 3), axis=0) / 255
    hue = colorsys.rgb_to_hsv(red, green, blue)[0] * 360
    (name,) = [name for name, (low, high) in HUES.items() if low <= hue <= high]
    return name


def check(scenes: Sequence[Scene], film: Path, backend: str) -> None:
    assert len(scenes) == 4
    seen = [name_of_the_colour(film, (scene.start_frame + scene.end_frame) // 2) for scene in scenes]
    assert len(set(seen)) == 4  # no answer would do for two of them
    for scene, colour in zip(scenes, seen, strict=True):
        assert scene.visual is not None
        assert scene.visual.analyzed_by == backend
        assert [name for name in HUES if name in scene.visual.summary] == [colour]
        assert scene.visual.quality_score is None  # the model says no number, so there is none


def test_lm_studios_part_by_the_command(engine: LlamaServer, coloured: Path, tmp_path: Path) -> None:
    """As a user runs it: a server with a key of its own, its address and its model in the environment."""
    said = {"LMSTUDIO_HOST": engine.url, "LM_API_TOKEN": engine.key.get_secret_value(), "LMSTUDIO_MODEL": "text"}
    command = [sys.executable, "-m", "autocut_director", "direct", str(coloured), "--out", str(tmp_path / "o")]
    done = subprocess.run(command, env={**os.environ, **said}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    check(read_scenes(tmp_path / "o/scenes.json").scenes, coloured, "lmstudio")
    assert (tmp_path / "o/cut.mp4").stat().st_size > 0
    run = (tmp_path / "o/run.json").read_text(encoding="utf-8")
    assert said["LM_API_TOKEN"] not in run + done.stdout + done.stderr
    assert {scene["rung"] for scene in json.loads(run)["scenes"]} == {"schema"}


def test_two_files_and_no_server(coloured: Path) -> None:
    settings = Settings.from_env().model_copy(update={"embedded_model": MODEL, "embedded_mmproj": MMPROJ})
    result = build_director(settings).invoke({"video": coloured, "force_local": True, "planner": "builtin"})
    check(result.scenes, coloured, "embedded")
    assert not result.run.degraded
    assert all(scene.rung == "schema" and scene.input_tokens > 0 for scene in result.run.scenes)

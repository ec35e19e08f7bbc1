"""What is written in pictures: title cards that are drawn here, read by RapidOCR where the extra is installed."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import cv2
import films
import numpy as np
import pytest

from autocut_director.errors import InputError
from autocut_director.tools.frames import Frame, to_jpeg
from autocut_director.tools.signals import measure_scene
from autocut_director.tools.words.screen_text import LONGEST_TEXT, ScreenReader, ScreenText, available, with_text

SIZE = (512, 288)


def card(*lines: str, size: tuple[int, int] = SIZE) -> np.ndarray:
    """White lines on grey."""
    image = np.full((size[1], size[0], 3), 60, np.uint8)
    for row, line in enumerate(lines):
        cv2.putText(image, line, (40, 90 + 70 * row), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (255, 255, 255), 3, cv2.LINE_AA)
    return image


def stills(*images: np.ndarray) -> list[Frame]:
    return [Frame("S0001", n, to_jpeg(image), *SIZE, motion=None) for n, image in enumerate(images)]


def needs_ocr() -> None:
    if not available():  # no importorskip: ONNX Runtime would be loaded before it is told to report nothing
        pytest.skip("the extra ocr is not installed")


@pytest.fixture(scope="module")
def reader() -> ScreenReader:
    needs_ocr()
    return ScreenReader()


# ---------------------------------------------------------------- really read


def test_a_title_card_is_read(reader: ScreenReader) -> None:
    found = reader.read(stills(card("GRAND OPENING", "Friday 21:30")))
    assert found.text == "GRAND OPENING Friday 21:30"
    assert 0.1 < found.share < 0.4


def test_a_text_in_several_stills_is_told_once_and_its_share_is_the_median(reader: ScreenReader) -> None:
    one, two, none = card("GRAND OPENING"), card("GRAND OPENING", "Friday"), card()
    assert reader.read(stills(one, two, one)).text == "GRAND OPENING Friday"
    assert reader.read(stills(one, none, none)) == ScreenText("GRAND OPENING", 0.0)


def test_pictures_without_writing_have_none(reader: ScreenReader, capfd: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(3).integers(0, 255, (288, 512, 3), np.uint8)
    pictures = [films.picture(n, n, (192, 112)) for n in range(3)]
    assert reader.read(stills(noise, card(), *pictures)) == ScreenText("", 0.0)
    assert capfd.readouterr() == ("", "")


def test_nothing_is_printed_when_it_is_made(capfd: pytest.CaptureFixture[str]) -> None:
    needs_ocr()
    assert available()
    ScreenReader().read(stills(card("HELLO")))
    assert capfd.readouterr() == ("", "")


def test_small_letters_are_read_at_the_size_that_stills_have(reader: ScreenReader) -> None:
    image = card()
    cv2.putText(
        image, "Where were you last night?", (90, 260), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255,) * 3, 1, cv2.LINE_AA
    )
    assert reader.read(stills(image)).text == "Where were you last night?"


READ_AT_HOME = """
import numpy as np
from autocut_director.tools.frames import Frame, to_jpeg
from autocut_director.tools.words.screen_text import ScreenReader
ScreenReader().read([Frame("S0001", 0, to_jpeg(np.zeros((288, 512, 3), np.uint8)), 512, 288, None)])
"""


def test_nothing_is_logged_and_nothing_is_reported_to_anybody(tmp_path: Path) -> None:
    """ONNX Runtime keeps what it means to report in the home folder, unless it is a build server's."""
    needs_ocr()
    left_out = {"CI", "GITHUB_ACTIONS", "TF_BUILD", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "XDG_CACHE_HOME"}
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    home = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    command = [sys.executable, "-B", "-c", READ_AT_HOME]
    done = subprocess.run(command, capture_output=True, check=True, env=environment | home)
    assert (done.stdout, done.stderr) == (b"", b"")
    assert list(tmp_path.rglob("*")) == []


# ---------------------------------------------------------------- what is made of what was read


def box(width: int, height: int) -> list[list[int]]:
    return [[0, 0], [width, 0], [width, height], [0, height]]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    """What a stand-in for the library reads, still by still."""
    answers: list[Any] = []
    (tmp_path / "models").mkdir()
    for name in ("a_det_b.onnx", "a_rec_b.onnx"):
        (tmp_path / "models" / name).touch()
    library = ModuleType("rapidocr")
    library.__path__ = [str(tmp_path)]
    library.RapidOCR = lambda params: lambda image: answers.pop(0)
    monkeypatch.setitem(sys.modules, "rapidocr", library)
    monkeypatch.setitem(sys.modules, "onnxruntime", ModuleType("onnxruntime"))
    return answers


def found(*lines: str, boxes: Sequence[Any] | None = None) -> SimpleNamespace:
    return SimpleNamespace(txts=lines, boxes=boxes or [box(100, 20)] * len(lines), scores=[0.9] * len(lines))


NOTHING = SimpleNamespace(txts=None, boxes=None, scores=None)


def test_lines_are_joined_as_they_are_written(answers: list[Any]) -> None:
    answers[:] = [found("春天", "来了", "Spring \x07\u202e 2026", "Q", "·", "春")]
    text = ScreenReader().read(stills(card()))
    assert text == ScreenText("春天来了 Spring 2026 春", round(4 * 100 * 20 / (512 * 288), 4))


def test_a_line_that_is_read_a_little_differently_is_the_same(answers: list[Any]) -> None:
    answers[:] = [found("GRAND OPENING"), found("GRAND 0PENlNG", "Friday"), NOTHING]
    assert ScreenReader().read(stills(card(), card(), card())).text == "GRAND OPENING Friday"


def test_a_long_text_is_shortened(answers: list[Any]) -> None:
    answers[:] = [found(*(chr(65 + n) * 30 for n in range(20)))]
    text = ScreenReader().read(stills(card())).text
    assert len(text) == LONGEST_TEXT
    assert text.endswith("G…")


def test_writing_never_takes_more_than_the_frame(answers: list[Any]) -> None:
    answers[:] = [found("ON", "OFF", boxes=[box(512, 288)] * 2)]
    assert ScreenReader().read(stills(card())).share == 1.0


def test_without_stills_nothing_is_written(answers: list[Any]) -> None:
    assert ScreenReader().read([]) == ScreenText("", 0.0)
    assert ScreenReader().read([Frame("S0001", 0, b"no picture", *SIZE, motion=None)]) == ScreenText("", 0.0)


def test_it_is_put_to_what_was_measured() -> None:
    measured = measure_scene(stills(card("HELLO")))
    assert measured is not None
    assert (measured.text, measured.text_share) == ("", None)
    put = with_text(measured, ScreenText("HELLO", 0.07))
    assert put is not None
    assert (put.text, put.text_share, put.sharpness) == ("HELLO", 0.07, measured.sharpness)
    assert with_text(None, ScreenText("HELLO", 0.07)) is None


# ---------------------------------------------------------------- not installed


@pytest.mark.parametrize("missing", ["rapidocr", "onnxruntime"])
def test_without_the_extra_its_name_is_said(monkeypatch: pytest.MonkeyPatch, answers: list[Any], missing: str) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    assert not available()
    with pytest.raises(InputError, match=r'pip install "autocut-director\[ocr\]"'):
        ScreenReader()


def test_the_weights_are_named_since_it_downloads_what_is_not(
    answers: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}
    monkeypatch.setattr(sys.modules["rapidocr"], "RapidOCR", given.update)
    ScreenReader()
    assert given["params"]["Det.model_path"] == str(tmp_path / "models" / "a_det_b.onnx")
    assert given["params"]["Rec.model_path"] == str(tmp_path / "models" / "a_rec_b.onnx")


def test_without_weights_none_are_downloaded(answers: list[Any], tmp_path: Path) -> None:
    (tmp_path / "models" / "a_rec_b.onnx").unlink()
    assert not available()
    with pytest.raises(InputError, match=r'no weights in .*models.*: pip install -U "rapidocr>=3\.10"'):
        ScreenReader()

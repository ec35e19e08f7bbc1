"""The contact sheet: stills and texts are where they should be, nothing leaves its place, and it stays small."""

import os
import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from boards import EVIL, board, hostile, long_board

from autocut_director import Settings, build_director
from autocut_director.errors import RenderError
from autocut_director.tools.files import read_scenes
from autocut_director.tools.film.fonts import remedy, scripts_of
from autocut_director.tools.film.labels import Passage, line_height, write_on
from autocut_director.tools.film.script import Box
from autocut_director.tools.frames import Frame, sample_frames, to_jpeg
from autocut_director.tools.probe import probe_video
from autocut_director.tools.signals import decode_picture
from autocut_director.tools.storyboard import Storyboard, sheet_picture, write_sheet
from autocut_director.tools.storyboard.grid import WIDTH
from autocut_director.tools.storyboard.sheet_plan import HEIGHT, META, TITLE, SheetPlan
from autocut_director.tools.storyboard.sheet_texts import PURPOSES

NOBODY = {"LMSTUDIO_HOST": "http://127.0.0.1:9/v1", "OLLAMA_HOST": "http://127.0.0.1:9"}
PAPER = np.array([242, 245, 246])
BLACK = (0, 0, 0)
TEXTS = {
    "English": "The first light over the harbour, and everyone whom we met there on that long day in spring. " * 2,
    "Chinese": "海边的日出,城市的夜晚,以及我们一整天的旅行回忆与故事,还有在港口遇见的每一个人",
    "mixed": "今天在 Hamburg 的 Elbphilharmonie 听音乐会, 然后 dinner at the harbour, 最后一起回家",
    "Hebrew": "שלום עולם, זה סרט ארוך מאוד על הים ועל העיר ועל כל האנשים שפגשנו שם. " * 2,
    "no spaces": "x" * 400,
    "wide letters": "W" * 120 + " " + "m" * 80,
    "commands": r"{\pos(0,0)}{\an5}{\fs400}\N\N\N {\clip(0,0,9999,9999)} C:\new\Name {\p1} m 0 0 l 900 900",
    "two lines": "one\ntwo\r\nDialogue: 0,0:00:00.00,9:00:00.00,s0,,0,0,0,,SECOND\n[Events]",
}


def part(image: np.ndarray, box: Box) -> np.ndarray:
    return image[box.inside].astype(int)


def has_ink(image: np.ndarray, box: Box) -> bool:
    return bool((np.abs(part(image, box) - PAPER).max(axis=2) > 60).any())


def coloured(shown: Storyboard) -> Storyboard:
    """A storyboard on which each still of each scene has a grey of its own."""
    pictures = {}
    for n, scene in enumerate(shown.document.scenes):
        frames = range(scene.start_frame, scene.end_frame, 10)
        jpegs = [to_jpeg(np.full((288, 512, 3), 20 + 30 * n + 5 * m, np.uint8)) for m in range(len(frames))]
        scene_id = scene.scene_id
        pictures[scene_id] = [Frame(scene_id, at, jpeg, 512, 288, None) for at, jpeg in zip(frames, jpegs, strict=True)]
    return replace(shown, pictures=pictures)


def middle(image: np.ndarray, box: Box) -> float:
    return float(image[box.top + box.height // 2, box.left + box.width // 2].mean())


def test_a_run_leaves_a_sheet_of_its_own_pictures(film: Path, tmp_path: Path) -> None:
    asked = {"video": film, "out": tmp_path, "duration": 3, "vision": "builtin", "planner": "builtin"}
    result = build_director(Settings(**NOBODY)).invoke({**asked, "no_render": True})
    assert result.run.files["sheet"] == "storyboard.png"
    image = cv2.imread(str(result.files["sheet"]))
    taken = {shot.scene.scene_id: shot.frames for shot in sample_frames(probe_video(film), result.scenes)}
    laid_out = SheetPlan(Storyboard(read_scenes(result.files["scenes"]), result.plan, taken))
    assert image.shape == (laid_out.height, WIDTH, 3)
    assert result.files["sheet"].stat().st_size < 1_000_000
    for clip, still in zip(result.plan.clips, laid_out.stills, strict=False):
        wanted = (clip.in_frame + clip.out_frame) // 2
        nearest = min(taken[clip.scene_id], key=lambda frame: abs(frame.index - wanted))
        expected = cv2.resize(decode_picture(nearest.jpeg), (still.box.width, still.box.height))
        below = slice(still.box.height // 3, still.box.height - 6)  # of the number, above the line
        assert np.abs(part(image, still.box)[below] - expected[below].astype(int)).mean() < 4


def test_the_still_that_is_nearest_to_the_clip_stands_in_its_cell() -> None:
    shown = coloured(board())
    image, laid_out = sheet_picture(shown), SheetPlan(shown)
    stills = list(laid_out.stills)
    assert [still.scene_id for still in stills[: len(shown.plan.clips)]] == [c.scene_id for c in shown.plan.clips]
    assert len(stills) == len(shown.document.scenes)
    for still in stills:
        near = min(shown.pictures[still.scene_id], key=lambda frame: abs(frame.index - still.frame))
        assert abs(middle(image, still.box) - decode_picture(near.jpeg).mean()) < 3


def test_each_clip_has_the_page_s_colour_and_its_texts() -> None:
    css = (Path(sheet_picture.__code__.co_filename).parent / "page.css").read_text(encoding="utf-8")
    shown = board()
    image, laid_out = sheet_picture(shown), SheetPlan(shown)
    assert has_ink(image, TITLE)
    assert has_ink(image, META)
    for number, clip in enumerate(shown.plan.clips):
        still, colour = laid_out.grid.still(number), PURPOSES[clip.purpose]
        blue, green, red = colour
        assert re.search(rf"--{clip.purpose}: #{red:02x}{green:02x}{blue:02x};", css)
        assert tuple(image[still.top + still.height - 2, still.left + 9]) == colour
        assert tuple(image[laid_out.chip(number).top + 1, still.left + 1]) == colour
        assert all(has_ink(image, laid_out.grid.line(number, line)) for line in range(3))
    bars = [box for _, box in laid_out.rhythm()]
    assert [tuple(image[box.top + 2, box.left + 1]) for box in bars] == [PURPOSES[c.purpose] for c in shown.plan.clips]
    assert (bars[0].left, bars[-1].left + bars[-1].width) == (48, WIDTH - 48)


@pytest.mark.parametrize(
    ("scenes", "clips", "columns", "shown"),
    [
        (1, 1, 3, 1),
        (12, 12, 3, 12),
        (30, 20, 3, 20),
        (40, 40, 4, 40),
        (60, 60, 5, 60),
        (300, 300, 6, 90),
        (400, 300, 6, 84),
    ],
)
def test_a_sheet_stays_small_whatever_the_edit(scenes: int, clips: int, columns: int, shown: int) -> None:
    long = long_board(scenes=scenes, clips=clips)
    laid_out, image = SheetPlan(long), sheet_picture(long)
    assert (laid_out.grid.columns, len(laid_out.clips)) == (columns, shown)
    assert image.shape == (laid_out.height, WIDTH, 3)
    assert image.shape[0] <= HEIGHT
    assert has_ink(image, laid_out.more_clips) == (shown < clips or scenes > clips)
    if scenes > clips:
        assert has_ink(image, laid_out.heading)
        assert has_ink(image, laid_out.more_scenes) == (len(laid_out.left_out) > len(laid_out.shown))


def test_an_upright_film_has_upright_cells() -> None:
    shown = board()
    media = shown.document.media.model_copy(update={"width": 360, "height": 640})
    grey = to_jpeg(np.full((512, 288, 3), 40, np.uint8))
    upright = replace(
        shown,
        document=shown.document.model_copy(update={"media": media}),
        pictures={scene.scene_id: [Frame(scene.scene_id, 0, grey, 288, 512, None)] for scene in shown.document.scenes},
    )
    image, box = sheet_picture(upright), SheetPlan(upright).grid.still(1)
    assert (box.width, box.height) == (249, 443)
    assert np.abs(part(image, box)[60:-6] - 40).max() < 3


def test_where_there_is_no_still_it_says_so() -> None:
    bare = replace(board(), pictures={})
    image, laid_out = sheet_picture(bare), SheetPlan(bare)
    for still in laid_out.stills:
        assert tuple(image[still.box.top + 45, still.box.left + 3]) == (221, 228, 231)
        center = still.box._replace(top=still.box.top + still.box.height // 2 - 15, height=30)
        assert np.abs(part(image, center) - [221, 228, 231]).max() > 60


@pytest.mark.parametrize(
    "text", [EVIL, r"{\pos(0,0)\fs300}\N", "\u202eevil\x1b[31m", "שלום עולם", "\U0010fffd", "日出"]
)
def test_nothing_in_a_text_leaves_its_place(text: str) -> None:
    """Between the cells there is paper, and the stills are as they are without any text."""
    shown = hostile(text)
    image, laid_out = sheet_picture(shown), SheetPlan(shown)
    bottom = laid_out.grid.bottom(3) - 24
    assert (image[190:bottom, :48] == PAPER).all()
    assert (image[190:bottom, 480:504] == PAPER).all()
    for number in range(3):
        assert (part(image, laid_out.grid.still(number))[60:-6] == 92).all()  # 90, as its levels are rounded


def written(passage: Passage, folder: Path) -> np.ndarray:
    image = np.full((200, 700, 3), 255, np.uint8)
    missing = write_on(image, [passage], folder)
    if missing and not os.environ.get("CI"):
        pytest.skip(f"no font here for {scripts_of(missing)}: {remedy(missing)}")
    return image.min(axis=2) < 128


@pytest.mark.parametrize("lines", [1, 2, 3])
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_keeps_within_its_lines_and_fills_them(tmp_path: Path, name: str, lines: int) -> None:
    box, high = Box(50, 40, 300, 100), line_height(24)
    ink = written(Passage(TEXTS[name], 24, box, BLACK, lines=lines), tmp_path)
    rows, across = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    assert rows[0] >= 40
    assert rows[-1] < 40 + lines * high
    assert rows[-1] > 40 + (lines - 1) * high or name in {"no spaces", "wide letters", "two lines"}
    assert across[0] >= 50
    assert across[-1] < 350
    assert across[-1] - across[0] > 140


def test_a_text_that_runs_to_the_left_stands_at_the_right(tmp_path: Path) -> None:
    box = Box(50, 40, 300, 100)
    ink = written(Passage("שלום", 24, box, BLACK), tmp_path)
    assert np.flatnonzero(ink.any(axis=0))[-1] > 340
    ink = written(Passage("Hello", 24, box, BLACK), tmp_path)
    assert np.flatnonzero(ink.any(axis=0))[0] < 60


def test_colours_are_the_ones_that_were_asked_for(tmp_path: Path) -> None:
    image = np.full((100, 300, 3), 200, np.uint8)
    assert write_on(image, [Passage("HHH \U0010fffd", 60, Box(10, 10, 280, 90), (10, 120, 250), bold=True)], tmp_path)
    assert [10, 120, 250] in image.reshape(-1, 3).tolist()


def test_without_texts_nothing_is_drawn(tmp_path: Path) -> None:
    image = np.full((100, 300, 3), 200, np.uint8)
    assert write_on(image, [Passage(" ", 40, Box(10, 10, 280, 60), BLACK)], tmp_path) == ""
    assert (image == 200).all()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_speaks_both_languages(tmp_path: Path, language: str) -> None:
    path = write_sheet(board(language), tmp_path / "sheet.png")
    assert cv2.imread(str(path)).shape[1] == WIDTH


def test_where_ffmpeg_fails_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import imageio_ffmpeg

    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", lambda: "no-such-ffmpeg")
    with pytest.raises(RenderError, match="cannot be started"):
        write_sheet(board(), tmp_path / "sheet.png")
    assert not list(tmp_path.iterdir())

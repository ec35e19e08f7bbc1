"""The table of an edit in a terminal: as wide as it is, in both languages, and nothing in it is a command."""

from io import StringIO

import pytest
from boards import board, hostile
from rich.cells import cell_len
from rich.console import Console

from autocut_director.edit_table import edit_table, show_edit
from autocut_director.tools.storyboard import Storyboard
from autocut_director.tools.timeline import SceneDescription

NASTY = {
    "markup": "[red]not red[/red] [link=https://evil.example]x[/link] [/]",
    "controls": "\x1b[31mred\x1b[0m\x07 \x9b2J one\ntwo\r\tthree",
    "bidi": "\u202etxt.exe\u2066 שלום עולם",
    "wide": "海边的日出,城市的夜晚,以及我们一整天的旅行回忆与故事" * 4,
    "emoji": "👩‍👩‍👧 🎉" * 30,
    "nothing": "\x00",
}


def shown(made: Storyboard, width: int, **console: object) -> list[str]:
    out = StringIO()
    table = edit_table(made.plan, made.document.scenes, made.language)
    Console(file=out, width=width, **console).print(table)
    return out.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_clip_has_two_lines(width: int, language: str) -> None:
    made = board(language)
    head, *lines = shown(made, width)
    assert len(lines) == 2 * len(made.plan.clips)
    assert all(cell_len(line) <= width for line in [head, *lines])
    first = made.plan.clips[0]
    number, scene, start, *length = lines[0].split()[:4]
    assert (number, scene, start) == ("1", first.scene_id, "00:00:08:04")
    assert length == [f"{first.length / 25:.2f}"]
    assert {"en": "hook", "zh": "开场"}[language] in lines[1]
    assert "00:00:09:20" in lines[1]
    assert "Scene 4." in lines[0]
    assert lines[1].rstrip("… ")[-8:].strip() in first.reason


def test_a_longer_line_is_seen_in_a_wider_terminal() -> None:
    made = board()
    clips = tuple(clip.model_copy(update={"reason": "light " * 25}) for clip in made.plan.clips)
    long = Storyboard(made.document, made.plan.model_copy(update={"clips": clips}), {})
    assert [shown(long, width)[2].count("light") for width in (80, 200)] == [6, 25]
    assert shown(long, 80)[2].rstrip().endswith("…")


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("name", NASTY)
def test_nothing_in_a_text_is_a_command(name: str, width: int) -> None:
    made = hostile(NASTY[name])
    for console in ({}, {"force_terminal": True, "color_system": None}):
        head, *lines = shown(made, width, **console)
        assert len(lines) == 2 * len(made.plan.clips)
        assert all(cell_len(line) <= width for line in [head, *lines])
        assert all(line.isprintable() for line in lines)
    if name == "markup" and width == 200:
        assert NASTY[name] in lines[0]


def test_a_scene_that_nobody_looked_at_says_so() -> None:
    made = board()
    scenes = tuple(scene.model_copy(update={"visual": None, "status": "failed"}) for scene in made.document.scenes)
    document = made.document.model_copy(update={"scenes": scenes})
    assert "could not be described" in shown(Storyboard(document, made.plan, {}), 80)[1]
    scenes = tuple(scene.model_copy(update={"status": "not_selected"}) for scene in scenes)
    document = made.document.model_copy(update={"scenes": scenes})
    assert "nobody looked at it" in shown(Storyboard(document, made.plan, {}), 80)[1]


@pytest.mark.parametrize("watched", [True, False])
def test_it_is_shown_to_somebody_who_watches(watched: bool) -> None:
    out, made = StringIO(), board()
    show_edit(Console(file=out, force_terminal=watched, width=80), made.plan, made.document.scenes, "en")
    assert bool(out.getvalue()) == watched
    assert ("\x1b[33mhook" in out.getvalue()) == watched


def test_a_summary_stands_in_one_line() -> None:
    visual = SceneDescription(summary="first\n\nsecond")
    made = board()
    scenes = tuple(scene.model_copy(update={"visual": visual}) for scene in made.document.scenes)
    document = made.document.model_copy(update={"scenes": scenes})
    assert "first second" in shown(Storyboard(document, made.plan, {}), 80)[1]

"""How an edit looks in a terminal: a table of its clips, for those who stay there."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autocut_director.tools.storyboard.words import words_of
from autocut_director.tools.timeline import Clip, EditPlan, Language, Purpose, Scene, timecode
from autocut_director.tools.words.plain import printable

_HEADINGS: Mapping[Language, Sequence[str]] = {
    "en": ("#", "scene", "source", "length", "what is seen, and why it is there"),
    "zh": ("#", "场景", "原片", "时长", "画面内容与选用理由"),
}
_STYLES: Mapping[Purpose, str] = {"hook": "yellow", "body": "green", "cta": "magenta"}
_WIDEST_ID = 16  # columns


def show_edit(console: Console, plan: EditPlan, scenes: Sequence[Scene], language: Language) -> None:
    """Print the table of an edit, if somebody is watching: a script's log has the run's last line alone."""
    if console.is_terminal:
        console.print(edit_table(plan, scenes, language))


def edit_table(plan: EditPlan, scenes: Sequence[Scene], language: Language) -> Table:
    """Return the table of an edit; nothing in its texts is markup or a control code.

    Two lines a clip, as wide as the terminal: its scene over its purpose, its first timecode in the source over its
    last (exclusive), what is seen over why it is there.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", expand=True)
    number, scene, source, length, seen = _HEADINGS[language]
    table.add_column(number, justify="right", no_wrap=True)
    table.add_column(scene, max_width=_WIDEST_ID, no_wrap=True, overflow="ellipsis")
    table.add_column(source, no_wrap=True)
    table.add_column(length, justify="right", no_wrap=True)
    table.add_column(seen, ratio=1, no_wrap=True, overflow="ellipsis")
    words, known = words_of(language), {scene.scene_id: scene for scene in scenes}
    for clip in plan.clips:
        table.add_row(*_row(plan, clip, _seen(known.get(clip.scene_id), words), words))
    return table


def _seen(scene: Scene | None, words: Mapping[str, Any]) -> str:
    if scene is not None and scene.visual is not None:
        return scene.visual.summary
    return str(words["failed"] if scene is not None and scene.status == "failed" else words["not_looked"])


def _row(plan: EditPlan, clip: Clip, seen: str, words: Mapping[str, Any]) -> list[Text]:
    start, end = (timecode(frame, plan.rate, start=plan.media.start_tc) for frame in (clip.in_frame, clip.out_frame))
    return [
        Text(str(clip.order)),
        _over(clip.scene_id, words["purposes"][clip.purpose], _STYLES[clip.purpose]),
        _over(start, end),
        Text(words["seconds"].format(float(clip.length / plan.rate))),
        _over(seen, clip.reason),
    ]


def _over(above: str, below: str, style: str = "dim") -> Text:
    """Return two lines: a Rich text, in which nothing is markup."""
    return Text.assemble(printable(above), "\n", (printable(below), style))

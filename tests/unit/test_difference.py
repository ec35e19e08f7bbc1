"""What changed from one edit to another."""

from documents import described

from autocut_director.tools.plans.difference import compare, said
from autocut_director.tools.timeline import Clip, EditPlan, PlannedBy, Target

FILM = described([100] * 6)


def edit(*clips: tuple[str, int, int], words: str | None = None) -> EditPlan:
    return EditPlan(
        title="t",
        target=Target(duration_seconds=1),
        fps_fraction=FILM.rate,
        media=FILM.media,
        clips=tuple(
            Clip(order=n, scene_id=s, in_frame=a, out_frame=b, purpose="body", overlay_text=words, reason="why")
            for n, (s, a, b) in enumerate(clips, start=1)
        ),
        planned_by=PlannedBy(planner="test"),
    )


ONE, TWO, THREE, FOUR = ("S0001", 0, 50), ("S0002", 100, 150), ("S0003", 200, 250), ("S0004", 300, 350)


def kinds(before: EditPlan, after: EditPlan) -> list[tuple[str, str]]:
    return [(change.kind, change.scene_id) for change in compare(before, after).clips]


def test_nothing_changed() -> None:
    difference = compare(edit(ONE, TWO), edit(ONE, TWO))
    assert difference.count("kept") == 2
    assert list(said(difference, edit(ONE, TWO))) == ["4.00 s → 4.00 s; 2 of 2 clips as they were"]


def test_each_kind_of_change_is_told_apart() -> None:
    after = edit(TWO, ("S0003", 210, 250), ("S0005", 400, 450))
    assert kinds(edit(ONE, TWO, THREE), after) == [
        ("kept", "S0002"),
        ("trimmed", "S0003"),
        ("added", "S0005"),
        ("removed", "S0001"),
    ]
    lines = list(said(compare(edit(ONE, TWO, THREE), after), after))
    assert lines[0] == "6.00 s → 5.60 s; 1 of 3 clips as they were"
    assert "trimmed   S0003  00:00:08:00 to 00:00:10:00 (2.00 s) → 00:00:08:10 to 00:00:10:00 (1.60 s)" in lines
    assert "added     S0005  00:00:16:00 to 00:00:18:00 (2.00 s): why" in lines


def test_only_what_must_have_moved_moved() -> None:
    assert kinds(edit(ONE, TWO, THREE, FOUR), edit(FOUR, ONE, TWO, THREE)) == [
        ("moved", "S0004"),
        ("kept", "S0001"),
        ("kept", "S0002"),
        ("kept", "S0003"),
    ]


def test_other_words_over_a_clip_are_a_change() -> None:
    assert kinds(edit(ONE), edit(ONE, words="The sea")) == [("reworded", "S0001")]


def test_two_clips_of_one_scene_are_matched_by_what_they_share() -> None:
    before, after = edit(("S0001", 0, 40), ("S0001", 60, 100)), edit(("S0001", 62, 100), ("S0001", 0, 30))
    assert compare(before, after).count("moved") == 1
    assert sorted((c.before, c.after) for c in compare(before, after).clips) == [(1, 2), (2, 1)]


def test_one_clip_is_not_two() -> None:
    assert sorted(kinds(edit(("S0001", 0, 100)), edit(("S0001", 0, 60), ("S0001", 60, 100)))) == [
        ("added", "S0001"),
        ("trimmed", "S0001"),
    ]

"""The film is the plan, frame by frame and beep by beep. Every picture of a test film carries its number."""

import random
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import films
import numpy as np
import pytest
from documents import plan_of

from autocut_director.errors import DocumentError, OutputError, PlanError, VideoError
from autocut_director.tools.film.finish import Finish
from autocut_director.tools.film.graph import SAMPLE_RATE
from autocut_director.tools.film.render import make_film, render_edit
from autocut_director.tools.pictures import walk
from autocut_director.tools.probe import Footage, probe_video


def scattered(footage: Footage, seed: int = 1) -> list[tuple[int, int]]:
    """Spans all over the film, out of order, the film's two ends among them."""
    last = footage.duration_frames
    starts = list(range(15, last - 25, 23))
    random.Random(seed).shuffle(starts)
    return [(last - 9, last), *((start, start + 7 + start % 9) for start in starts), (0, 6)]


def shown_on_grid(footage: Footage) -> list[int]:
    """The number of the picture on screen at each grid frame."""
    walked = {p.index: films.number_of(p.frame.to_ndarray(format="rgb24")) for p in walk(footage)}
    numbers, current = [], walked[min(walked)]
    for frame in range(footage.duration_frames):
        current = walked.get(frame, current)
        numbers.append(current)
    return numbers


def remuxed(name: str, **options: list[str]) -> Callable[[Path], Path]:
    return lambda folder: films.remux(films.make_film(folder / "straight.mp4"), folder / name, **options)


def filmed(name: str = "film.mp4", **options: Any) -> Callable[[Path], Path]:
    return lambda folder: films.make_film(folder / name, **options)


KINDS: dict[str, Callable[[Path], Path]] = {
    **{rate: filmed(rate=Fraction(rate)) for rate in ("25", "24", "30000/1001", "60000/1001", "12")},
    **{suffix: filmed(f"film{suffix}") for suffix in (".mkv", ".ts", ".mpg", ".mov")},
    "varying": filmed(shots=[150], rate=Fraction(30), times=films.varying(150)),
    "late": remuxed("late.mp4", before=["-itsoffset", "0.5"]),
    "late stream": remuxed("late.ts", after=["-output_ts_offset", "7.3"]),
    "silent": filmed(sound=False),
    "slides": filmed(shots=[30, 30], rate=Fraction(1, 3), sound=False),
    "one keyframe.ts": filmed("one.ts", gop=1000),
    "one keyframe.mpg": filmed("one.mpg", gop=1000),
    "no stamps.avi": filmed("reordered.avi"),  # AVI stores no presentation times, and x264 reorders pictures
}


@pytest.mark.parametrize("rate", ["25", "30000/1001"])
def test_a_film_of_many_clips_is_joined_without_a_seam(tmp_path: Path, rate: str) -> None:
    """130 clips are six pieces: the same pictures, and sound that has not drifted at the end."""
    film = films.make_film(tmp_path / "film.mp4", shots=[1200], rate=Fraction(rate), tone=False)
    footage = probe_video(film)
    starts = list(range(0, 1170, 9))
    random.Random(4).shuffle(starts)
    spans = [(start, start + 7) for start in starts]
    told: list[int] = []
    plan = plan_of(footage, spans)
    render_edit(plan, tmp_path / "cut.mp4", footage=footage, progress=lambda done, _: told.append(done))
    assert films.numbers_in(tmp_path / "cut.mp4") == [n for start, end in spans for n in range(start, end)]
    cut = probe_video(tmp_path / "cut.mp4")
    assert (cut.rate, cut.variable_rate) == (footage.rate, False)
    assert told == sorted(told)
    assert abs(len(films.sound_of(tmp_path / "cut.mp4")) - len(starts) * 7 / footage.rate * SAMPLE_RATE) <= 1024
    expected = beep_times(footage, spans, length=7)
    heard = beeps_in(tmp_path / "cut.mp4")
    assert max(min(abs(beep - other) for other in heard) for beep in expected) < 0.008


@pytest.mark.parametrize("kind", KINDS)
def test_the_films_pictures_are_the_plans(tmp_path: Path, kind: str) -> None:
    footage = probe_video(KINDS[kind](tmp_path))
    spans = scattered(footage)
    render_edit(plan_of(footage, spans), tmp_path / "cut.mp4", footage=footage)
    grid = shown_on_grid(footage)
    assert films.numbers_in(tmp_path / "cut.mp4") == [grid[n] for start, end in spans for n in range(start, end)]
    cut = probe_video(tmp_path / "cut.mp4")
    assert (cut.rate, cut.variable_rate, cut.has_audio) == (footage.rate, False, True)


def test_a_picture_size_that_changes_midway_is_scaled(tmp_path: Path) -> None:
    both = films.two_sizes(tmp_path)
    footage = probe_video(both)
    render_edit(plan_of(footage, [(5, footage.duration_frames)]), tmp_path / "cut.mp4", footage=footage)
    assert (probe_video(tmp_path / "cut.mp4").width, probe_video(tmp_path / "cut.mp4").height) == films.SIZE


def beeps_in(path: Path) -> list[float]:
    """Seconds at which beeps begin."""
    loud = np.abs(films.sound_of(path)) > 0.1
    at = np.flatnonzero(loud)
    begins = at[np.insert(np.diff(at) > SAMPLE_RATE // 10, 0, True)]
    return [float(begin) / SAMPLE_RATE for begin in begins]


def beep_times(footage: Footage, spans: list[tuple[int, int]], *, length: int) -> list[float]:
    """When the beeps at the film's whole seconds are due in a cut of spans of `length` frames: seconds."""
    source = [float(second * footage.rate) for second in range(int(footage.seconds))]  # in frames of the film
    return [
        float((length * n + beep - start) / footage.rate)
        for n, (start, end) in enumerate(spans)
        for beep in source
        if start <= beep < end - 1
    ]


LONG: dict[str, Callable[[Path], Path]] = {
    "25": filmed(shots=[500]),
    "30000/1001": filmed(shots=[500], rate=Fraction(30000, 1001)),
    ".mkv": filmed("film.mkv", shots=[500]),
    "late": KINDS["late"],
}


@pytest.mark.parametrize("kind", LONG)
def test_sound_stays_with_the_picture(tmp_path: Path, kind: str) -> None:
    """Beeps at whole seconds of the film are heard where those seconds are seen, after each of up to 40 cuts."""
    film = LONG[kind](tmp_path)
    footage = probe_video(film)
    starts = list(range(0, footage.duration_frames - 12, 12))
    random.Random(2).shuffle(starts)
    spans = [(start, start + 11) for start in starts]
    render_edit(plan_of(footage, spans), tmp_path / "cut.mp4", footage=footage)
    expected = beep_times(footage, spans, length=11)
    heard = beeps_in(tmp_path / "cut.mp4")
    near = [min(abs(beep - other) for other in heard) for beep in expected]
    assert expected
    assert max(near) < 0.008  # seconds; the fade hides up to 5 ms of a beep that begins at a cut


def test_sound_lasts_as_long_as_the_pictures(tmp_path: Path, footage: Footage) -> None:
    spans = scattered(footage)
    render_edit(plan_of(footage, spans), tmp_path / "cut.mp4", footage=footage)
    frames = sum(end - start for start, end in spans)
    assert abs(len(films.sound_of(tmp_path / "cut.mp4")) - frames / 25 * SAMPLE_RATE) <= 1024  # one AAC frame


def test_a_clip_past_the_end_of_the_sound_is_silent(tmp_path: Path) -> None:
    film = films.make_film(tmp_path / "short-sound.mp4", sound_seconds=2.0)
    footage = probe_video(film)
    render_edit(plan_of(footage, [(150, 190), (0, 30)]), tmp_path / "cut.mp4", footage=footage)
    sound = films.sound_of(tmp_path / "cut.mp4")
    assert np.abs(sound[: int(1.5 * SAMPLE_RATE)]).max() < 0.01
    assert np.abs(sound[int(1.59 * SAMPLE_RATE) :]).max() > 0.1


def test_no_click_at_a_cut(tmp_path: Path) -> None:
    """A steady tone, cut where it is loud: the fade keeps neighbouring samples from jumping."""
    film = films.make_film(tmp_path / "tone.mp4", tone=True)
    footage = probe_video(film)
    render_edit(plan_of(footage, [(10, 33), (77, 99), (41, 60)]), tmp_path / "cut.mp4", footage=footage)
    sound = films.sound_of(tmp_path / "cut.mp4")
    for cut in (23, 45):
        at = round(cut / 25 * SAMPLE_RATE)
        assert np.abs(sound[at - 20 : at + 20]).max() < 0.12


@pytest.mark.parametrize("degrees", [90, 180])
def test_the_film_stands_upright(tmp_path: Path, film: Path, degrees: int) -> None:
    turned = films.remux(film, tmp_path / "turned.mp4", before=["-display_rotation", str(degrees)])
    footage = probe_video(turned)
    render_edit(plan_of(footage, [(0, 5)]), tmp_path / "cut.mp4", footage=footage)
    cut = films.as_shown(tmp_path / "cut.mp4")
    assert cut.shape == films.as_shown(turned).shape
    assert np.abs(cut.astype(int) - films.as_shown(turned)).mean() < 6
    assert probe_video(tmp_path / "cut.mp4").rotation == 0


@pytest.mark.parametrize("name", ['a b\'c "d" 100%.mp4', "假期 视频.mp4", "-dash.mp4", "semi;colon,[x]=y.mp4"])
def test_names_are_only_names(tmp_path: Path, film: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(film.read_bytes())
    footage = probe_video(name)
    out = Path("out " + name)
    render_edit(plan_of(footage, [(3, 9)]), out, footage=footage)
    assert films.numbers_in(out) == list(range(3, 9))


@pytest.mark.skipif(sys.platform == "win32", reason="no file can have such a name there")
@pytest.mark.parametrize("name", ["12:30.mp4", "file:cut.mp4"])
def test_a_relative_name_with_a_colon_is_no_protocol(
    tmp_path: Path, footage: Footage, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = render_edit(plan_of(footage, [(0, 5)]), Path(name), footage=footage)
    assert films.numbers_in(made.absolute()) == list(range(5))


def changing_sound(folder: Path) -> Path:
    """A transport stream of ten seconds, in stereo at 440 Hz, then mono at 640 Hz, then stereo at 840 Hz."""
    pictures = films.make_film(folder / "silent.ts", shots=[250], sound=False)
    parts = [(4, 2), (3, 1), (3, 2)]
    for number, (seconds, channels) in enumerate(parts):
        tone = f"sine={440 + 200 * number}:d={seconds}:r=48000"
        films.ffmpeg("-f", "lavfi", "-i", tone, "-ac", str(channels), "-f", "adts", str(folder / f"{number}.aac"))
    joined = folder / "joined.aac"
    joined.write_bytes(b"".join((folder / f"{number}.aac").read_bytes() for number in range(len(parts))))
    films.ffmpeg("-i", str(pictures), "-i", str(joined), "-c", "copy", str(folder / "changing.ts"))
    return folder / "changing.ts"


def test_sound_that_changes_its_channels_midway_is_heard_in_its_place(tmp_path: Path) -> None:
    """ffmpeg would wait for ever: its filter graph cannot be built anew for one of several inputs."""
    footage = probe_video(changing_sound(tmp_path))
    spans = [(180, 220), (10, 50), (85, 125)]
    made = render_edit(plan_of(footage, spans), tmp_path / "cut.mp4", footage=footage)
    assert films.numbers_in(made) == [number for start, end in spans for number in range(start, end)]
    sound = films.sound_of(made)
    heard = [np.abs(np.fft.rfft(sound[int(at * SAMPLE_RATE) :][: SAMPLE_RATE // 4])).argmax() * 4 for at in HEARD_AT]
    assert heard == pytest.approx([840, 840, 440, 440, 440, 640], abs=8)


HEARD_AT = [0.2, 1.2, 1.8, 2.8, 3.3, 4.3]  # seconds in the film of those three clips


def test_a_film_of_which_most_does_not_decode_is_cut_with_its_gaps(tmp_path: Path) -> None:
    """The middle of the file is blank, as where a card was torn out while it was written."""
    film = films.make_film(tmp_path / "whole.mp4", shots=[300], size=(640, 360))
    films.remux(film, tmp_path / "gaps.mp4", after=["-movflags", "+faststart"])
    data = bytearray((tmp_path / "gaps.mp4").read_bytes())
    gap = slice(len(data) // 4, len(data) * 2 // 3)
    data[gap] = bytes(len(data[gap]))
    (tmp_path / "gaps.mp4").write_bytes(data)
    footage = probe_video(tmp_path / "gaps.mp4")
    spans = [(120, 170), (0, 20), (70, 110)]
    made = render_edit(plan_of(footage, spans), tmp_path / "cut.mp4", footage=footage)
    numbers = films.numbers_in(made)
    assert len(numbers) == 110
    assert numbers[50:53] == [0, 1, 2]


def test_what_a_killed_run_left_beside_the_film_is_removed(tmp_path: Path, footage: Footage) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for name in ("cut", "other"):
        (tmp_path / f".{name}.mp4.{dead.pid}.part.mp4").touch()
    render_edit(plan_of(footage, [(0, 5)]), tmp_path / "cut.mp4", footage=footage)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f".other.mp4.{dead.pid}.part.mp4", "cut.mp4"]


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for ffmpeg")
@pytest.mark.parametrize(
    ("card", "mends"), [(True, "set TMPDIR to another place"), (False, "choose another place with --out")]
)
def test_a_full_disk_is_said_where_ffmpeg_has_no_space_to_say_it(
    tmp_path: Path, footage: Footage, monkeypatch: pytest.MonkeyPatch, card: bool, mends: str
) -> None:
    full = tmp_path / "ffmpeg"
    full.write_text("#!/bin/sh\nexit 228\n", encoding="utf-8")  # 256 less the number of ENOSPC
    full.chmod(0o700)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(full))
    with pytest.raises(OutputError, match=f"No space left for .*{mends}"):
        make_film(plan_of(footage, [(0, 5)]), tmp_path / "cut.mp4", footage=footage, finish=Finish(title_card=card))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ffmpeg"]


def test_odd_sizes_are_made_even(tmp_path: Path) -> None:
    film = films.make_film(tmp_path / "odd.mkv", size=(193, 113), shots=[10], sound=False, codec="ffv1")
    footage = probe_video(film)
    render_edit(plan_of(footage, [(0, 5)]), tmp_path / "cut.mp4", footage=footage)
    cut = probe_video(tmp_path / "cut.mp4")
    assert (cut.width, cut.height) == (192, 112)


def test_a_plan_for_another_video_is_refused(tmp_path: Path, footage: Footage) -> None:
    plan = plan_of(footage, [(0, 5)])
    other = films.make_film(tmp_path / "other.mp4", shots=[30])
    wrong = plan.model_copy(update={"media": plan.media.model_copy(update={"primary_clip_path": str(other)})})
    with pytest.raises(DocumentError, match="is not the file it was made from"):
        render_edit(wrong, tmp_path / "cut.mp4")
    unsigned = wrong.model_copy(update={"media": wrong.media.model_copy(update={"digest": ""})})
    with pytest.raises(DocumentError, match="The plan is for another video: it says 200 frames at 25"):
        render_edit(unsigned, tmp_path / "cut.mp4")
    gone = plan.model_copy(update={"media": plan.media.model_copy(update={"primary_clip_path": "/gone.mp4"})})
    with pytest.raises(VideoError, match=r"There is no file /gone\.mp4"):
        render_edit(gone, tmp_path / "cut.mp4")


def test_a_plan_past_the_films_end_is_refused(tmp_path: Path, footage: Footage) -> None:
    with pytest.raises(PlanError, match=r"clip 1 is frames 190 to 201, the film has 200"):
        render_edit(plan_of(footage, [(190, 201)]), tmp_path / "cut.mp4", footage=footage)


def test_nothing_is_left_when_it_cannot_be_written(tmp_path: Path, footage: Footage) -> None:
    with pytest.raises(OutputError, match="Cannot write"):
        render_edit(plan_of(footage, [(0, 5)]), tmp_path / "no" / "folder" / "cut.mp4", footage=footage)
    assert list(tmp_path.iterdir()) == []


def test_progress_counts_frames(tmp_path: Path, footage: Footage) -> None:
    told: list[tuple[int, int]] = []
    plan = plan_of(footage, [(0, 50), (60, 110)])
    render_edit(plan, tmp_path / "cut.mp4", footage=footage, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (100, 100)

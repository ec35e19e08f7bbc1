"""A film that is finished: its card, its bars, its loudness; and footage of every kind."""

import json
import os
import re
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import films
import imageio_ffmpeg
import numpy as np
import pytest
from documents import plan_of

from autocut_director.tools.composing import moviepy
from autocut_director.tools.film.finish import Finish
from autocut_director.tools.film.graph import SAMPLE_RATE
from autocut_director.tools.film.loudness import Loudness
from autocut_director.tools.film.render import Film, make_film, pieces_of
from autocut_director.tools.film.title_card import card_frames
from autocut_director.tools.pictures import pictures_at, upright
from autocut_director.tools.probe import Footage, probe_video
from autocut_director.tools.timeline import EditPlan

BLACK = 24  # 8-bit levels, and below


def image_of(path: Path, frame: int) -> np.ndarray:
    film = probe_video(path)
    (shown,) = pictures_at(film, [frame])
    return upright(shown.picture, film, long_edge=9999)


def loudness_of(path: Path) -> tuple[float, float]:
    """Integrated loudness (LUFS) and true peak (dBTP), by ffmpeg's `ebur128`, which is not the filter that levels."""
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-hide_banner",
        "-i",
        str(path),
        "-af",
        "ebur128=peak=true",
        "-f",
        "null",
        "-",
    ]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stderr.rpartition("Summary")[2]
    return float(re.search(r"I:\s+(\S+) LUFS", said)[1]), float(re.search(r"Peak:\s+(\S+) dBFS", said)[1])


# ---------------------------------------------------------------- the card


@pytest.mark.parametrize("rate", ["24", "30000/1001", "25/2"])
def test_a_card_stands_before_the_cut(tmp_path: Path, rate: str) -> None:
    footage = probe_video(films.make_film(tmp_path / "film.mp4", shots=[60, 60], rate=Fraction(rate)))
    plan = plan_of(footage, [(70, 90), (10, 30)]).model_copy(update={"title": "A day, 一天", "logline": "Short."})
    made = make_film(plan, tmp_path / "cut.mp4", footage=footage, finish=Finish(title_card=True))
    lead = card_frames(footage.rate)
    assert made.lead_frames == lead == round(2.5 * footage.rate)
    assert films.numbers_in(made.path)[lead:] == [*range(70, 90), *range(10, 30)]
    cut = probe_video(made.path)
    assert (cut.rate, cut.variable_rate) == (footage.rate, False)
    first, last = image_of(made.path, 0), image_of(made.path, lead - 1)
    assert last.max() > 180  # its words
    assert first.max() < 140  # which come up slowly
    assert np.abs(films.sound_of(made.path)[: int(2.3 * SAMPLE_RATE)]).max() < 0.01


def test_sound_stays_with_the_picture_behind_a_card(tmp_path: Path) -> None:
    footage = probe_video(films.make_film(tmp_path / "film.mp4", shots=[150]))
    made = make_film(
        plan_of(footage, [(15, 60)]), tmp_path / "cut.mp4", footage=footage, finish=Finish(title_card=True)
    )
    loud = np.flatnonzero(np.abs(films.sound_of(made.path)) > 0.1) / SAMPLE_RATE
    lead = card_frames(Fraction(25)) / 25
    assert loud[0] == pytest.approx(lead + 10 / 25, abs=0.003)  # the beep of the film's first second


@pytest.mark.parametrize("text", ["", "{\\b1}\\N'\":;[]%\n", "مرحبا", "x" * 200])
def test_any_title_makes_a_card(tmp_path: Path, footage: Footage, text: str) -> None:
    plan = plan_of(footage, [(0, 6)]).model_copy(update={"title": text, "logline": text})
    made = make_film(plan, tmp_path / "cut.mp4", footage=footage, finish=Finish(title_card=True))
    assert len(films.numbers_in(made.path)) == made.lead_frames + 6


def test_characters_of_a_card_that_no_font_has_are_told(tmp_path: Path, footage: Footage) -> None:
    plan = overlaid(plan_of(footage, [(0, 6)]), "\U0010fffc").model_copy(update={"title": "A \U0010fffd \U0010fffc"})
    made = make_film(plan, tmp_path / "cut.mp4", footage=footage, finish=Finish(title_card=True))
    assert sorted(made.missing) == ["\U0010fffc", "\U0010fffd"]


def overlaid(plan: EditPlan, text: str) -> EditPlan:
    return plan.model_copy(
        update={"clips": tuple(clip.model_copy(update={"overlay_text": text}) for clip in plan.clips)}
    )


CODED = {
    "unsaid": [],
    "bt709": ["-vf", "scale=out_color_matrix=bt709", "-colorspace", "bt709", "-color_range", "tv"],
    "full range": ["-vf", "scale=out_color_matrix=bt709:out_range=full", "-colorspace", "bt709", "-color_range", "pc"],
}


@pytest.mark.parametrize("kind", CODED)
def test_a_cards_colours_are_coded_as_the_films(tmp_path: Path, kind: str) -> None:
    """A player takes the coding of a film's first picture for that of all."""
    source = tmp_path / "film.mp4"
    films.ffmpeg("-f", "lavfi", "-i", "color=0xC86432:s=320x180:d=1", *CODED[kind], "-c:v", "libx264", str(source))
    footage = probe_video(source)
    plan = plan_of(footage, [(0, 20)]).model_copy(update={"title": ""})
    made = make_film(plan, tmp_path / "cut.mp4", footage=footage, finish=Finish(title_card=True))
    with av.open(str(made.path)) as container:
        shown = list(container.decode(video=0))
    assert len({(frame.colorspace, frame.color_range, frame.format.name) for frame in shown}) == 1
    images = np.frombuffer(films.ffmpeg("-i", str(made.path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"), np.uint8)
    colours = images.reshape(len(shown), -1, 3).mean(axis=1)
    assert colours[2] == pytest.approx(0.4 * colours[-1], abs=3)


@pytest.mark.parametrize("rate", ["30000/1001", "24000/1001", "25"])
def test_every_frame_of_a_joined_film_begins_on_its_grid(tmp_path: Path, rate: str) -> None:
    footage = probe_video(films.make_film(tmp_path / "film.mp4", shots=[150], rate=Fraction(rate)))
    plan = plan_of(footage, [(n, n + 1) for n in range(149)])  # seven pieces
    made = make_film(plan, tmp_path / "cut.mp4", footage=footage, finish=Finish(title_card=True))
    with av.open(str(made.path)) as container:
        begins = [frame.pts * frame.time_base for frame in container.decode(video=0)]
    assert begins == [number / footage.rate for number in range(made.lead_frames + 149)]


def test_nobody_misses_the_environment_while_moviepy_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other threads read it, and start programs with it."""
    kind, taken = type(os.environ), list[str]()
    delete = kind.__delitem__

    def watched(environment: os._Environ, name: str) -> None:
        taken.append(name)
        delete(environment, name)

    monkeypatch.setattr(kind, "__delitem__", watched)
    moviepy()
    assert not set(taken) & set(os.environ)


# ---------------------------------------------------------------- bars


@pytest.mark.parametrize(("aspect", "size"), [("9:16", (108, 192)), ("1:1", (192, 192)), ("16:9", (192, 108))])
def test_bars_surround_the_whole_picture(tmp_path: Path, aspect: str, size: tuple[int, int]) -> None:
    footage = probe_video(films.make_film(tmp_path / "film.mp4"))  # 192×112
    plan = plan_of(footage, [(3, 9)], aspect=aspect)
    made = make_film(plan, tmp_path / "cut.mp4", footage=footage, finish=Finish(fit="pad"))
    image = image_of(made.path, 0)
    assert (image.shape[1], image.shape[0]) == made.size == size
    lit = image.max(axis=2) > BLACK
    rows, columns = np.flatnonzero(lit.any(axis=1)), np.flatnonzero(lit.any(axis=0))
    inside = (columns[-1] + 1 - columns[0]) / (rows[-1] + 1 - rows[0])
    assert inside == pytest.approx(192 / 112, rel=0.04)
    assert abs(rows[0] + rows[-1] + 1 - size[1]) <= 2
    assert abs(columns[0] + columns[-1] + 1 - size[0]) <= 4


# ---------------------------------------------------------------- loudness


@pytest.mark.parametrize("target", [-14.0, -23.0])
@pytest.mark.parametrize("clips", [1, 30])
def test_the_sound_is_levelled(tmp_path: Path, target: float, clips: int) -> None:
    footage = probe_video(films.make_film(tmp_path / "film.mp4", shots=[330], tone=True))
    plan = plan_of(footage, [(n * 10, n * 10 + 10) for n in range(clips)] if clips > 1 else [(0, 300)])
    made = make_film(plan, tmp_path / "cut.mp4", footage=footage, finish=Finish(loudness=target))
    assert made.loudness is not None
    assert made.loudness.integrated == pytest.approx(-9, abs=4)
    integrated, peak = loudness_of(made.path)
    assert integrated == pytest.approx(target, abs=0.5)
    assert peak <= -0.9
    assert films.numbers_in(made.path) == list(range(300))
    assert abs(len(films.sound_of(made.path)) - 12 * SAMPLE_RATE) <= 1024


def test_peaks_are_held_where_a_film_is_made_louder(tmp_path: Path) -> None:
    """Beeps: soft as a whole, with peaks that leave no room; held, and not moved."""
    footage = probe_video(films.make_film(tmp_path / "film.mp4", shots=[250]))
    made = make_film(plan_of(footage, [(0, 250)]), tmp_path / "cut.mp4", footage=footage, finish=Finish(loudness=-10.0))
    integrated, peak = loudness_of(made.path)
    assert integrated > made.loudness.integrated
    assert peak <= -0.9
    loud = np.abs(films.sound_of(made.path)) > 0.2
    begins = np.flatnonzero(loud[1:] & ~loud[:-1])
    seconds = sorted({round(begin / SAMPLE_RATE) for begin in begins})
    assert seconds == list(range(10))
    assert max(min(abs(begin / SAMPLE_RATE - second) for begin in begins) for second in seconds) < 0.006


def test_silence_is_left_as_it_is(tmp_path: Path) -> None:
    footage = probe_video(films.make_film(tmp_path / "film.mp4", sound=False))
    made = make_film(plan_of(footage, [(0, 50)]), tmp_path / "cut.mp4", footage=footage, finish=Finish(loudness=-14.0))
    assert made.loudness == Loudness(float("-inf"), float("-inf"))
    assert np.abs(films.sound_of(made.path)).max() == 0


# ---------------------------------------------------------------- footage of every kind


def voiced(path: Path, *sound: str) -> Path:
    """The numbered film with other sound: ffmpeg's arguments after its pictures."""
    pictures = films.make_film(path.with_name("silent.mp4"), sound=False)
    films.ffmpeg("-i", str(pictures), *sound, "-c:v", "copy", "-shortest", str(path))
    return path


SINE = ["-f", "lavfi", "-i", "sine=440:d=8:r=48000", "-map", "0:v", "-map", "1:a"]
SOUNDS: dict[str, tuple[str, list[str]]] = {
    "mono": ("mono.mp4", ["-ac", "1"]),
    "5.1": ("surround.mkv", ["-af", "pan=5.1|FL=c0|FR=c0|FC=c0|BL=c0", "-c:a", "ac3"]),
    "7.1 at 44.1 kHz": ("more.mkv", ["-af", "pan=7.1|FC=c0", "-ar", "44100", "-c:a", "flac"]),
    "8 kHz": ("phone.mkv", ["-ar", "8000", "-c:a", "pcm_s16le"]),
}


@pytest.mark.parametrize("kind", SOUNDS)
def test_sound_of_any_kind_comes_out_in_stereo(tmp_path: Path, kind: str) -> None:
    name, encoding = SOUNDS[kind]
    footage = probe_video(voiced(tmp_path / name, *SINE, *encoding))
    made = make_film(plan_of(footage, [(20, 60), (100, 150)]), tmp_path / "cut.mp4", footage=footage)
    raw = films.ffmpeg("-i", str(made.path), "-f", "f32le", "-")
    left, right = np.frombuffer(raw, np.float32).reshape(-1, 2).T
    assert abs(len(left) - 90 / 25 * SAMPLE_RATE) <= 1024
    for side in (left, right):
        assert np.sqrt((side[4800:-4800] ** 2).mean()) > 0.02
        spectrum = np.abs(np.fft.rfft(side[4800 : 4800 + SAMPLE_RATE]))
        assert spectrum.argmax() == 440


def test_of_several_sound_tracks_the_default_is_heard(tmp_path: Path) -> None:
    """A camera's guide track comes first; the one that is marked is meant."""
    tones = ["-f", "lavfi", "-i", "sine=300:d=8", "-f", "lavfi", "-i", "sine=700:d=8"]
    tones += ["-map", "0:v", "-map", "1:a", "-map", "2:a"]
    marks = ["-disposition:a:0", "0", "-disposition:a:1", "default"]
    footage = probe_video(voiced(tmp_path / "two.mkv", *tones, *marks))
    made = make_film(plan_of(footage, [(20, 60)]), tmp_path / "cut.mp4", footage=footage)
    assert np.abs(np.fft.rfft(films.sound_of(made.path)[:SAMPLE_RATE])).argmax() == 700


def test_oblong_pixels_come_out_square(tmp_path: Path) -> None:
    film = films.make_film(tmp_path / "film.mp4")
    wide = tmp_path / "wide.mp4"
    films.ffmpeg("-i", str(film), "-c", "copy", "-aspect", "16:7", str(wide))
    footage = probe_video(wide)
    made = make_film(plan_of(footage, [(5, 30)]), tmp_path / "cut.mp4", footage=footage)
    cut = probe_video(made.path)
    assert (cut.width, cut.height) == made.size == (256, 112)
    assert image_of(made.path, 0).shape[:2] == (112, 256)
    square = make_film(plan_of(footage, [(5, 30)], aspect="1:1"), tmp_path / "square.mp4", footage=footage)
    assert square.size == (112, 112)


def test_a_turned_film_is_cropped_upright(tmp_path: Path, film: Path) -> None:
    footage = probe_video(films.remux(film, tmp_path / "turned.mp4", before=["-display_rotation", "90"]))
    made = make_film(plan_of(footage, [(0, 25)], aspect="1:1"), tmp_path / "cut.mp4", footage=footage)
    assert made.size == (112, 112)
    assert made.windows[0].axis == "y"
    cut, source = image_of(made.path, 3), upright(next(iter(pictures_at(footage, [3]))).picture, footage, long_edge=999)
    top = round(made.windows[0].path[0][1])
    assert np.abs(source[top : top + 112].astype(int) - cut).mean() < 8


def test_a_film_in_4k_is_cut_a_few_clips_at_a_time(tmp_path: Path) -> None:
    footage = probe_video(films.make_film(tmp_path / "film.mp4", shots=[16], size=(3840, 2160), sound=False))
    plan = plan_of(footage, [(n * 2, n * 2 + 2) for n in range(8)])
    assert [len(piece.clips) for piece in pieces_of(plan, (), (3840, 2160))] == [6, 2]
    made = make_film(plan, tmp_path / "cut.mp4", footage=footage)
    assert made.size == (3840, 2160)
    assert films.numbers_in(made.path) == [n for clip in plan.clips for n in range(clip.in_frame, clip.out_frame)]


def test_what_was_decided_is_told(tmp_path: Path, footage: Footage) -> None:
    made = make_film(plan_of(footage, [(0, 20)]), tmp_path / "cut.mp4", footage=footage)
    assert made == Film(tmp_path / "cut.mp4", films.SIZE)
    assert json.dumps(made.size)

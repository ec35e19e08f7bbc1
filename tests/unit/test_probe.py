"""What a video is, found out from real files of many kinds."""

import random
from fractions import Fraction
from pathlib import Path

import films
import pytest

from autocut_director.errors import VideoError
from autocut_director.tools.pictures import pictures_at, upright, walk
from autocut_director.tools.probe import probe_video

RATES = ["24", "25", "30", "24000/1001", "30000/1001", "60000/1001", "25/2"]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_constant_rates_are_exact(tmp_path: Path, rate: str, suffix: str) -> None:
    film = films.make_film(tmp_path / f"film{suffix}", shots=[20, 20], rate=Fraction(rate))
    footage = probe_video(film)
    assert (footage.rate, footage.variable_rate, footage.duration_frames) == (Fraction(rate), False, 40)
    assert (footage.width, footage.height, footage.has_audio) == (*films.SIZE, True)


def test_a_variable_rate_becomes_the_nearest_standard(tmp_path: Path) -> None:
    times = films.varying(120)
    film = films.make_film(tmp_path / "phone.mp4", shots=[60, 60], rate=Fraction(30), times=times)
    footage = probe_video(film)
    average = 119 / times[-1]
    assert footage.variable_rate
    assert footage.rate == min([Fraction(24), Fraction(24000, 1001), Fraction(25)], key=lambda r: abs(r - average))
    assert abs(footage.duration_frames - times[-1] * footage.rate) <= 2


def test_every_picture_is_found_where_it_is_shown(tmp_path: Path) -> None:
    """Seeking to any frame gives what walking through the film gives, in every container."""
    made = [films.make_film(tmp_path / f"film{suffix}") for suffix in (".mp4", ".mkv", ".ts", ".mpg")]
    made.append(films.make_film(tmp_path / "vfr.mp4", shots=[60, 60], rate=Fraction(30), times=films.varying(120)))
    for film in made:
        footage = probe_video(film)
        walked = {p.index: films.number_of(p.frame.to_ndarray(format="rgb24")) for p in walk(footage)}
        shown = [walked[max(i for i in walked if i <= n)] for n in range(footage.duration_frames)]
        for target in random.Random(1).sample(range(footage.duration_frames), 12):
            (at,) = pictures_at(footage, [target])
            assert films.number_of(at.picture.frame.to_ndarray(format="rgb24")) == shown[target], film.name


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_phones_are_held_upright(tmp_path: Path, film: Path, degrees: int) -> None:
    """Turned by `degrees` and shown upright, the picture is the same as what ffmpeg shows."""
    turned = films.remux(film, tmp_path / "turned.mp4", before=["-display_rotation", str(degrees)])
    footage = probe_video(turned)
    expected = films.as_shown(turned)
    assert (footage.height, footage.width) == expected.shape[:2]
    (at,) = pictures_at(footage, [0])
    mine = upright(at.picture, footage, long_edge=4000)[..., ::-1]
    assert abs(mine.astype(int) - expected).mean() < 6


def test_pixels_that_are_not_square_are_shown_square(tmp_path: Path, film: Path) -> None:
    wide = films.remux(film, tmp_path / "wide.mkv", after=["-aspect", "2.4"])
    footage = probe_video(wide)
    assert footage.height == films.SIZE[1]
    assert footage.width == pytest.approx(films.SIZE[1] * 2.4, abs=1)


def test_the_start_timecode_is_the_sources_own(tmp_path: Path, film: Path) -> None:
    coded = films.remux(film, tmp_path / "coded.mov", after=["-timecode", "10:11:12:13"])
    assert probe_video(coded).start_tc == "10:11:12:13"


def test_a_film_cut_short_says_how_much_is_there(tmp_path: Path, film: Path) -> None:
    whole = films.remux(film, tmp_path / "whole.mp4", after=["-movflags", "+faststart"])
    short = tmp_path / "short.mp4"
    short.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.6)])
    footage = probe_video(short)
    assert footage.declared_frames == 200
    assert 60 < footage.duration_frames < 160
    assert footage.missing_frames == 200 - footage.duration_frames


def broken(kind: str, folder: Path, film: Path) -> Path:
    path = folder / f"{kind}.mp4"
    if kind == "folder":
        path.mkdir()
    elif kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("this is no film\n" * 50)
    elif kind == "sound":
        films.remux(film, path, after=["-map", "0:a"])
    elif kind == "garbage":
        data = bytearray(film.read_bytes())
        start = data.index(b"mdat") + 4
        end = data.index(b"moov") - 4
        data[start:end] = bytes(random.Random(0).randbytes(end - start))
        path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("missing", "There is no file"),
        ("folder", "is a folder"),
        ("empty", r"is empty \(0 bytes\)"),
        ("text", "is no video that can be read"),
        ("sound", "holds only sound"),
        ("garbage", "nothing in it decodes"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(tmp_path: Path, film: Path, kind: str, said: str) -> None:
    path = broken(kind, tmp_path, film)
    with pytest.raises(VideoError, match=said) as caught:
        probe_video(path)
    assert path.name in str(caught.value)
    assert "\n" not in str(caught.value)

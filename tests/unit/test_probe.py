"""What a video is, found out from real files of many kinds."""

import os
import random
import sys
from fractions import Fraction
from pathlib import Path

import films
import pytest
from av.container import InputContainer
from av.video.stream import VideoStream

from autocut_director.errors import VideoError
from autocut_director.tools.pictures import pictures_at, upright, walk
from autocut_director.tools.probe import film_stream, probe_video
from autocut_director.tools.scenes import detect_scenes

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


@pytest.mark.parametrize("threads", [1, 9, 16])
@pytest.mark.parametrize("shots", [[200], [5]])
def test_no_picture_is_lost_when_the_decoder_gives_several_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int, shots: list[int]
) -> None:
    """At a film's end a decoder hands over all that its threads held back, however many cores the machine has."""
    footage = probe_video(films.make_film(tmp_path / "film.mp4", shots=shots, gop=12, sound=False))

    def threaded(container: InputContainer, path: Path) -> VideoStream:
        stream = film_stream(container, path)
        stream.codec_context.thread_count = threads
        return stream

    monkeypatch.setattr("autocut_director.tools.pictures.film_stream", threaded)
    for target in range(max(0, footage.duration_frames - 20), footage.duration_frames):
        (at,) = pictures_at(footage, [target])
        assert films.number_of(at.picture.frame.to_ndarray(format="rgb24")) == target


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


def test_a_picture_size_that_changes_midway_is_survived(tmp_path: Path) -> None:
    footage = probe_video(films.two_sizes(tmp_path))
    assert footage.duration_frames > 50
    assert detect_scenes(footage).scenes[-1].end_frame == footage.duration_frames


def test_files_joined_without_a_common_clock_are_refused_with_their_mend(tmp_path: Path) -> None:
    part = films.make_film(tmp_path / "part.ts", shots=[30])
    (tmp_path / "both.ts").write_bytes(part.read_bytes() * 2)
    with pytest.raises(VideoError, match=r"starts its clock again midway .* ffmpeg -i both\.ts -c copy joined\.mp4"):
        probe_video(tmp_path / "both.ts")
    films.ffmpeg("-i", str(tmp_path / "both.ts"), "-c", "copy", str(tmp_path / "joined.mp4"))
    assert probe_video(tmp_path / "joined.mp4").duration_frames == 60


def test_a_damaged_stream_never_breaks_the_search(tmp_path: Path) -> None:
    """Seeking in a program stream with noise in it fails inside FFmpeg; that is a late landing, not an error."""
    film = films.make_film(tmp_path / "film.mpg", shots=[100, 100])
    data = bytearray(film.read_bytes())
    noise = random.Random(5)
    for at in range(len(data) // 3, len(data)):
        if noise.random() < 0.15:
            data[at] = noise.randrange(256)
    (tmp_path / "hurt.mpg").write_bytes(data)
    footage = probe_video(tmp_path / "hurt.mpg")
    assert detect_scenes(footage).media.damaged_frames > 0
    assert list(pictures_at(footage, [0, footage.duration_frames // 2, footage.duration_frames - 1]))


def test_the_film_is_found_behind_an_unmarked_still(tmp_path: Path, film: Path) -> None:
    still = tmp_path / "still.mp4"
    films.ffmpeg("-i", str(film), "-frames:v", "1", "-an", "-c:v", "mjpeg", str(still))
    both = tmp_path / "both.mp4"
    films.ffmpeg(
        "-i", str(still), "-i", str(film), "-map", "0:v", "-map", "1:v", "-map", "1:a", "-c", "copy", str(both)
    )
    assert probe_video(both).duration_frames == 200


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_not_utf8_is_refused(tmp_path: Path, film: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.mp4"))
    path.write_bytes(film.read_bytes())
    with pytest.raises(VideoError, match="is not UTF-8; rename the file"):
        probe_video(path)


def test_a_raw_stream_is_refused_with_its_mend(tmp_path: Path, film: Path) -> None:
    films.ffmpeg("-i", str(film), "-an", "-c", "copy", str(tmp_path / "raw.h264"))
    with pytest.raises(VideoError, match="is a raw stream without time stamps; put it into a container"):
        probe_video(tmp_path / "raw.h264")


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

"""What is said in a film: real films and their real sound, heard by a stand-in for Whisper alone.

The stand-in hears a word at every beep of the films in films.py. That Whisper itself is called as it can be called is
checked where the extra is installed.
"""

import inspect
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import films
import numpy as np
import pytest

from autocut_director.errors import AutoCutError, BackendDownError, InputError, VideoError
from autocut_director.tools.probe import probe_video
from autocut_director.tools.recall import heard
from autocut_director.tools.store import SceneStore
from autocut_director.tools.timeline import Word
from autocut_director.tools.words.hearing import MODEL_MEGABYTES, Heard, available, film_sound, transcribe

RATE = Fraction(25)
HZ = 16_000
FILES = ("config.json", "model.bin", "tokenizer.json", "vocabulary.txt")


def beeps_in(sound: np.ndarray) -> list[float]:
    """The seconds at which a beep begins."""
    loud = np.flatnonzero(np.abs(sound) > 0.1) / HZ
    return [float(at) for n, at in enumerate(loud) if n == 0 or at - loud[n - 1] > 0.3]


def word(text: str, start: float, end: float) -> SimpleNamespace:
    return SimpleNamespace(word=text, start=np.float64(start), end=np.float64(end))


def segment(*words: SimpleNamespace, ratio: float = 1.0) -> SimpleNamespace:
    start, end = words[0].start, words[-1].end
    text = "".join(word.word for word in words)
    return SimpleNamespace(text=text, start=start, end=end, words=list(words), compression_ratio=ratio)


@dataclass
class Ears:
    """What the stand-in does: it hears a word at each beep, but for those that it passes over (by seconds)."""

    deaf_from: float = 1e9
    ratio: float = 1.0
    here: frozenset[str] = frozenset()
    broken: Exception | None = None
    deaf: Exception | None = None
    language: str = "en"
    manners: list[str | None] = field(default_factory=list)
    downloads: list[str] = field(default_factory=list)
    languages: list[str | None] = field(default_factory=list)
    folder: Path = Path()

    def model(self) -> type:
        ears = self

        class WhisperModel:
            supported_languages = ("en", "zh")

            def __init__(
                self, model_size_or_path: str, device: str = "auto", *, compute_type: str, local_files_only: bool
            ) -> None:
                assert (device, local_files_only) == ("cpu", True)
                assert Path(model_size_or_path).is_dir()
                if ears.broken:
                    raise ears.broken

            def transcribe(
                self, audio: np.ndarray, **options: Any
            ) -> tuple[Iterator[SimpleNamespace], SimpleNamespace]:
                assert options["word_timestamps"]
                ears.languages.append(options["language"])
                ears.manners.append(options["hotwords"])
                if ears.deaf:
                    raise ears.deaf
                first = options["vad_filter"]
                at = [beep for beep in beeps_in(audio) if not first or beep < ears.deaf_from]
                words = (segment(word(f" Beep{n}.", beep, beep + 0.5), ratio=ears.ratio) for n, beep in enumerate(at))
                return words, SimpleNamespace(language=ears.language if first else "zh")

        return WhisperModel

    def download_model(self, size_or_id: str, *, local_files_only: bool = False) -> str:
        if size_or_id in self.here:
            return str(self.folder)
        if local_files_only:
            raise FileNotFoundError("not in the cache")
        self.downloads.append(size_or_id)
        raise ConnectionError("no network")


@pytest.fixture
def ears(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ears:
    """Ears whose model lies in `folder`."""
    made = Ears(folder=tmp_path / "模型 'base'")
    made.folder.mkdir()
    for name in FILES:
        (made.folder / name).write_bytes(b"x")
    library, vad = ModuleType("faster_whisper"), ModuleType("faster_whisper.vad")
    library.WhisperModel = made.model()
    library.download_model = made.download_model
    vad.VadOptions = lambda **options: options
    vad.get_speech_timestamps = lambda sound, _: [
        {"start": round(beep * HZ), "end": round((beep + 0.9) * HZ)} for beep in beeps_in(sound)
    ]
    monkeypatch.setitem(sys.modules, "faster_whisper", library)
    monkeypatch.setitem(sys.modules, "faster_whisper.vad", vad)
    return made


def needs_asr() -> None:
    if not available():  # no importorskip: ONNX Runtime would be loaded before it is told to report nothing
        pytest.skip("the extra asr is not installed")


def spans(heard: Heard) -> list[tuple[int, int, str]]:
    return [(line.start_frame, line.end_frame, line.text) for line in heard.lines]


# ---------------------------------------------------------------- sound


def test_the_sound_begins_with_the_first_picture(film: Path) -> None:
    assert beeps_in(film_sound(film)) == pytest.approx(range(8), abs=0.01)


def test_sound_that_begins_later_or_earlier_than_the_pictures_stays_in_step(film: Path, tmp_path: Path) -> None:
    for name, before in {"later.mp4": "0.4", "earlier.mkv": "-0.4"}.items():
        moved = tmp_path / name
        parts = ["-i", str(film), "-itsoffset", before, "-i", str(film), "-map", "0:v", "-map", "1:a", "-c", "copy"]
        films.ffmpeg(*parts, str(moved))
        shift = float(before)
        expected = [second + shift for second in range(8) if second + shift >= 0]
        assert beeps_in(film_sound(moved))[: len(expected)] == pytest.approx(expected, abs=0.03)


def test_a_film_whose_clock_does_not_start_at_zero(film: Path, tmp_path: Path) -> None:
    late = films.remux(film, tmp_path / "late.ts", after=["-output_ts_offset", "100"])
    assert beeps_in(film_sound(late)) == pytest.approx(range(8), abs=0.03)


def test_a_film_without_sound_has_none_and_nothing_is_heard_in_it(tmp_path: Path, ears: Ears) -> None:
    silent = films.make_film(tmp_path / "silent.mp4", shots=[30], sound=False)
    assert len(film_sound(silent)) == 0
    assert transcribe(silent, RATE, model=ears.folder) == Heard((), "", ears.folder.name)


def test_what_is_no_film_is_named(tmp_path: Path, ears: Ears) -> None:
    with pytest.raises(VideoError, match=r"gone\.mp4"):
        transcribe(tmp_path / "gone.mp4", RATE, model=ears.folder)


# ---------------------------------------------------------------- hearing


def test_words_are_heard_on_the_films_grid(film: Path, ears: Ears) -> None:
    told: list[tuple[int, int]] = []
    heard = transcribe(film, RATE, model=ears.folder, progress=lambda *frames: told.append(frames))
    assert spans(heard)[:3] == [(0, 13, "Beep0."), (25, 38, "Beep1."), (50, 63, "Beep2.")]
    assert heard.lines[1].words == (Word(text="Beep1.", start_frame=25, end_frame=38),)
    assert (len(heard.lines), heard.language, heard.unheard_frames) == (8, "en", 0)
    assert told == sorted(told)
    assert told[-1] == (200, 200)


def test_speech_that_is_passed_over_is_heard_once_more(film: Path, ears: Ears) -> None:
    ears.deaf_from = 3.5
    heard = transcribe(film, RATE, model=ears.folder)
    assert [start for start, *_ in spans(heard)] == [0, 25, 50, 75, 100, 125, 150, 175]
    assert heard.unheard_frames == 0
    assert heard.language == "en"  # the film's, not that of what was passed over


def test_a_text_that_goes_round_in_circles_is_not_believed_and_that_is_counted(film: Path, ears: Ears) -> None:
    ears.ratio = 2.5
    heard = transcribe(film, RATE, model=ears.folder)
    assert heard.lines == ()
    assert heard.unheard_frames > 150
    assert heard.language == ""


def test_pieces_of_a_word_are_one_word_and_chinese_ones_are_not(
    film: Path, ears: Ears, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["我", "叫", " Auto", "C", "ut", "吗", "O", "K。"]
    pieces = [word(text, n / 10, n / 10 + 0.1) for n, text in enumerate(texts)]
    said = segment(*pieces, word("Good", 2, 3), word(" day.", 3, 4))
    answer = (iter([said]), SimpleNamespace(language="zh"))
    monkeypatch.setattr(sys.modules["faster_whisper"].WhisperModel, "transcribe", lambda *_, **__: answer)
    monkeypatch.setattr(sys.modules["faster_whisper.vad"], "get_speech_timestamps", lambda *_: [])
    heard = transcribe(film, RATE, model=ears.folder)
    assert [line.text for line in heard.lines] == ["我叫 AutoCut吗OK。", "Good day."]
    assert [word.text for line in heard.lines for word in line.words] == [
        "我",
        "叫",
        "AutoCut",
        "吗",
        "OK。",
        "Good",
        "day.",
    ]


@pytest.mark.parametrize(("given", "found"), [(None, "zh"), ("zh", "en")])
def test_mandarin_is_heard_with_punctuation_and_in_the_simplified_script(
    film: Path, ears: Ears, given: str | None, found: str
) -> None:
    ears.language = found
    assert len(transcribe(film, RATE, model=ears.folder, language=given).lines) == 8
    assert (ears.languages[-1], ears.manners[-1]) == ("zh", "以下是普通话的句子。")


def test_other_languages_are_heard_once_and_as_they_are(film: Path, ears: Ears) -> None:
    transcribe(film, RATE, model=ears.folder)
    assert (ears.languages, ears.manners) == ([None], [None])


@pytest.mark.parametrize(("given", "used"), [(None, None), ("zh", "zh"), ("EN", "en"), ("zh-CN", "zh")])
def test_the_language_is_the_one_given(film: Path, ears: Ears, given: str | None, used: str | None) -> None:
    heard = transcribe(film, RATE, model=ears.folder, language=given)
    assert set(ears.languages) == {used}
    assert heard.language == (used or "en")


def test_a_language_that_the_model_does_not_know_is_refused(film: Path, ears: Ears) -> None:
    with pytest.raises(InputError, match="knows no language 'klingon'; it knows: en, zh"):
        transcribe(film, RATE, model=ears.folder, language="klingon")


# ---------------------------------------------------------------- the model


def test_without_the_extra_its_name_is_said(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    assert not available()
    with pytest.raises(InputError, match=r'pip install "autocut-director\[asr\]"'):
        transcribe(film, RATE, model="base")


def test_a_model_that_is_not_here_is_not_downloaded(film: Path, ears: Ears) -> None:
    with pytest.raises(InputError) as refused:
        transcribe(film, RATE, model="base")
    assert ears.downloads == []
    for part in ("'base'", "148 MB", "Hugging Face", "not downloaded unasked", "download_model('base')"):
        assert part in str(refused.value)


def test_it_is_downloaded_where_that_is_allowed(film: Path, ears: Ears) -> None:
    with pytest.raises(BackendDownError, match=r"'turbo' cannot be downloaded \(no network\)"):
        transcribe(film, RATE, model="turbo", may_download=True)
    assert ears.downloads == ["turbo"]


def test_a_model_that_is_here_is_taken_by_its_name(film: Path, ears: Ears) -> None:
    ears.here = frozenset({"base"})
    assert len(transcribe(film, RATE, model="base").lines) == 8


@pytest.mark.parametrize("name", ["bass", "Systran/faster-whisper-base", "../base", ""])
def test_another_name_is_no_model(film: Path, ears: Ears, name: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError):
        transcribe(film, RATE, model=name, may_download=True)
    assert ears.downloads == []


@pytest.mark.parametrize("name", FILES)
def test_a_folder_that_lacks_a_file_is_named_with_it(film: Path, ears: Ears, name: str) -> None:
    (ears.folder / name).unlink()
    with pytest.raises(InputError, match=f"no whole Whisper model for CTranslate2: {name} is missing"):
        transcribe(film, RATE, model=str(ears.folder))


@pytest.mark.parametrize("kind", [RuntimeError, ValueError, Exception], ids=["CTranslate2", "JSON", "tokenizers"])
def test_a_broken_model_is_named(film: Path, ears: Ears, kind: type[Exception]) -> None:
    ears.broken = kind("File model.bin is incomplete")
    with pytest.raises(InputError, match=r"holds no Whisper model that can be loaded \(File model.bin is incomplete\)"):
        transcribe(film, RATE, model=ears.folder)


@pytest.mark.parametrize("kind", [IndexError, RuntimeError, ValueError])
def test_a_model_whose_files_do_not_belong_together_is_named(film: Path, ears: Ears, kind: type[Exception]) -> None:
    ears.deaf = kind("expected an input with shape (1, 128, 3000)")
    with pytest.raises(
        InputError, match=r"model .*base.* cannot hear \(expected an input with shape .*\); download it"
    ):
        transcribe(film, RATE, model=ears.folder)


def test_what_it_rests_on_is_told_to_send_nothing_before_it_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "faster_whisper.py").write_text("import os; print(os.environ['ORT_DISABLE_TELEMETRY'])", "utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from autocut_director.tools.words import hearing"
    done = subprocess.run(
        [sys.executable, "-c", f"{script}; assert hearing.available()"],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert done.stdout.strip() == "1"


def test_the_library_can_be_called_as_it_is_called() -> None:
    needs_asr()
    whisper = import_module("faster_whisper")
    made = inspect.signature(whisper.WhisperModel.__init__).parameters
    assert {"device", "compute_type", "local_files_only"} <= set(made)
    heard = inspect.signature(whisper.WhisperModel.transcribe).parameters
    wanted = {"language", "hotwords", "word_timestamps", "temperature", "condition_on_previous_text", "vad_filter"}
    assert wanted <= set(heard)
    assert set(MODEL_MEGABYTES) <= set(whisper.available_models())
    vad = import_module("faster_whisper.vad")
    options = vad.VadOptions(min_silence_duration_ms=300, speech_pad_ms=50)
    assert vad.get_speech_timestamps(np.zeros(HZ, np.float32), options) == []


def test_a_model_that_is_not_here_is_not_downloaded_by_the_library_itself(film: Path, monkeypatch: Any) -> None:
    needs_asr()
    monkeypatch.setenv("HF_HUB_CACHE", "/nowhere")
    with pytest.raises(AutoCutError, match="not downloaded unasked"):
        transcribe(film, RATE, model="large-v1")


# ---------------------------------------------------------------- heard once


def test_a_film_is_heard_once_by_each_model(film: Path, ears: Ears, tmp_path: Path) -> None:
    footage, store = probe_video(film), SceneStore(tmp_path / "store")
    first = heard(footage, store, model=str(ears.folder))
    asked = len(ears.languages)
    assert heard(footage, SceneStore(tmp_path / "store"), model=str(ears.folder)) == first
    assert len(ears.languages) == asked
    (ears.folder / FILES[0]).write_bytes(b"another model")
    assert heard(footage, store, model=str(ears.folder)) == first
    assert len(ears.languages) == 2 * asked

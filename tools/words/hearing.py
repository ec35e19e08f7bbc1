"""What is said in a film, heard by Whisper on this machine (the extra `asr`: faster-whisper).

The film's sound from its first picture on → Whisper, with a time for every word → what it passed over, heard once more
→ sentences (`transcript.sentences_of`)

Nothing is downloaded unasked: a model is a folder, or the name of one that is here. It runs on the processors, without
chance, so that the same film is heard the same way.
"""

import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from autocut_director.errors import BackendDownError, InputError, VideoError
from autocut_director.tools.probe import decoded, film_stream, open_video, sound_stream
from autocut_director.tools.scenes import Progress
from autocut_director.tools.timeline import Line
from autocut_director.tools.words.cues import Cue, Spoken, is_wide
from autocut_director.tools.words.onnx import forbid_telemetry
from autocut_director.tools.words.transcript import sentences_of

MODEL_MEGABYTES = {
    **dict.fromkeys(("tiny", "tiny.en"), 78),
    **dict.fromkeys(("base", "base.en"), 148),
    **dict.fromkeys(("small", "small.en"), 486),
    **dict.fromkeys(("medium", "medium.en"), 1530),
    **dict.fromkeys(("large-v1", "large-v2", "large-v3", "large"), 3090),
    **dict.fromkeys(("large-v3-turbo", "turbo"), 1620),
}
"""Whisper's models by their names, and about how large each is to download."""

Sound = NDArray[np.float32]
"""One channel, 16,000 samples a second, from the film's first picture on."""

_Tell = Callable[[float], None]
"""Called with the seconds that were heard."""

_SAMPLE_RATE = 16_000  # that Whisper hears
_NEEDED = ("config.json", "model.bin", "tokenizer.json")  # without the last, faster-whisper would download one
_LOOP = 2.4  # how often over a text can be packed before Whisper's makers hold it for a loop
_MANNER = {"zh": "以下是普通话的句子。"}
"""How a language is written, by example: else Whisper writes Mandarin in either script, without punctuation."""
_MISSED_SECONDS = 1.0  # speech without a word that lasts longer is heard once more
_BREATH_SECONDS = 0.3  # a shorter silence does not part speech


@dataclass(frozen=True)
class Heard:
    """What is said in a film.

    `language`: the one given, else the one found ("en", "zh"); empty where nothing is said. `unheard_frames`: frames in
    which somebody speaks and no word was understood.
    """

    lines: tuple[Line, ...]
    language: str
    model: str
    unheard_frames: int = 0


def transcribe(  # noqa: PLR0913  # what to hear, by what, and how: no two of them belong together
    footage_path: Path,
    rate: Fraction,
    *,
    model: str | Path,
    language: str | None = None,
    may_download: bool = False,
    progress: Progress | None = None,
) -> Heard:
    """Hear what is said in a film.

    Args:
        footage_path: The film.
        rate: Its rate, in frames a second.
        model: A folder with a Whisper model for CTranslate2, or the name of a model that is here ("base").
        language: The code of the spoken language ("en", "zh"); if not given, it is found.
        may_download: Download the model of that name if it is not here.
        progress: Told how many frames were heard, of how many.

    Raises:
        InputError: The extra is not installed, there is no such model or language here, or the model is broken.
        BackendDownError: The model cannot be downloaded.
        VideoError: The film or its sound cannot be read.
    """
    library = _library()
    whisper = _loaded(library, _folder(library, model, may_download=may_download))
    spoken = _language(whisper, language)
    sound = film_sound(footage_path)
    frames = round(len(sound) / _SAMPLE_RATE * rate)
    listener = _Listener(library, whisper, spoken)
    try:
        cues, missed = listener.hear(sound, lambda seconds: _tell(progress, seconds * float(rate), frames))
    except (LookupError, RuntimeError, ValueError) as exc:  # the files of two models in one folder, mostly
        raise InputError(f"The Whisper model {model} cannot hear ({exc}); download it again.") from exc
    _tell(progress, frames, frames)
    lines = sentences_of(sorted(cues, key=lambda cue: cue.start), rate)
    found = spoken or listener.found if lines else spoken or ""
    return Heard(lines, found, Path(model).name, round(missed * rate))


def build_of(model: str | Path) -> list[tuple[str, int, int]]:
    """Return what tells a model that is here from another: its files' names, sizes in bytes and times in nanoseconds.

    Raises:
        InputError: The extra is not installed, or there is no such model here.
    """
    files = [file for file in _folder(_library(), model, may_download=False).iterdir() if file.is_file()]
    return sorted((file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files)


def available() -> bool:
    """Tell whether the extra `asr` is installed."""
    try:
        _library()
    except InputError:
        return False
    return True


def film_sound(path: Path) -> Sound:
    """Return the sound of the film at `path` as the cut will have it: in step with its pictures.

    Raises:
        VideoError: The film or its sound cannot be read.
    """
    with open_video(path) as container:
        stream = film_stream(container, path)
        first = next(decoded(container, stream), None)
        sound = sound_stream(container)
        track = None if sound is None else sound.index
        start = float(((first.pts or 0) if first else 0) * Fraction(stream.time_base or 1))
    if track is None:
        return np.zeros(0, np.float32)
    steps = [f"asetpts=PTS-{start:.9f}/TB", "atrim=start=0", f"aresample={_SAMPLE_RATE}:async=1:first_pts=0"]
    source = ["-copyts", "-i", f"file:{path}", "-map", f"0:{track}", "-af", ",".join(steps)]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", *source, "-ac", "1", "-f", "f32le", "-"]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603  # our own command, no shell
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise VideoError(f"The sound of {path} cannot be read ({said[-1] if said else 'ffmpeg said nothing'}).")
    return np.frombuffer(done.stdout, np.float32)


def _tell(progress: Progress | None, done: float, frames: int) -> None:
    if progress is not None:
        progress(min(round(done), frames), frames)


# ---------------------------------------------------------------- the model


def _library() -> Any:
    forbid_telemetry()
    try:
        return import_module("faster_whisper")
    except ImportError as exc:
        msg = f'Hearing what is said needs an extra ({exc}): pip install "autocut-director[asr]"'
        raise InputError(msg) from exc


def _folder(library: Any, model: str | Path, *, may_download: bool) -> Path:
    """Return the folder of the model.

    Raises:
        InputError: It is not here, or not whole.
        BackendDownError: It cannot be downloaded.
    """
    folder = Path(model)
    if not folder.is_dir():
        folder = _named(library, str(model), may_download=may_download)
    missing = [name for name in _NEEDED if not (folder / name).is_file()]
    missing += [] if any(folder.glob("vocabulary.*")) else ["vocabulary.txt"]
    if missing:
        raise InputError(
            f"{folder} is no whole Whisper model for CTranslate2: {', '.join(missing)} is missing; copy all its files."
        )
    return folder


def _named(library: Any, name: str, *, may_download: bool) -> Path:
    if name not in MODEL_MEGABYTES:
        known = ", ".join(MODEL_MEGABYTES)
        raise InputError(f"There is no folder {name!r}, and no Whisper model of that name; its models are: {known}.")
    try:
        return Path(library.download_model(name, local_files_only=True))
    except (OSError, ValueError) as exc:  # how its cache says that it is not there
        if not may_download:
            fetch = f"from faster_whisper import download_model; download_model('{name}')"
            raise InputError(
                f"The Whisper model {name!r} is not on this machine, and it is not downloaded unasked "
                f"(about {MODEL_MEGABYTES[name]} MB, from the Hugging Face hub). Name a folder that holds a model, or "
                f'download it once: python -c "{fetch}"'
            ) from exc
    try:
        return Path(library.download_model(name))
    except (OSError, ValueError) as exc:  # its network errors are OSErrors
        raise BackendDownError(f"The Whisper model {name!r} cannot be downloaded ({exc}).") from exc


def _loaded(library: Any, folder: Path) -> Any:
    try:
        return library.WhisperModel(str(folder), device="cpu", compute_type="int8", local_files_only=True)
    except Exception as exc:  # tokenizers raises nothing narrower, and nothing but loading happens here
        raise InputError(f"{folder} holds no Whisper model that can be loaded ({exc}); download it again.") from exc


def _language(whisper: Any, language: str | None) -> str | None:
    if language is None:
        return None
    code = language.lower().partition("-")[0]
    if code not in whisper.supported_languages:
        known = ", ".join(sorted(whisper.supported_languages))
        raise InputError(f"This Whisper model knows no language {language!r}; it knows: {known}.")
    return code


# ---------------------------------------------------------------- listening


class _Listener:
    """Hears sound with one model. `found`: the language it found."""

    def __init__(self, library: Any, whisper: Any, language: str | None) -> None:
        self._library, self._whisper, self._language = library, whisper, language
        self.found = ""

    def hear(self, sound: Sound, tell: _Tell) -> tuple[list[Cue], float]:
        """Return what is said in `sound`, and the seconds of speech in which no word was understood.

        Whisper decides on one language for half a minute, and may pass over what is said in another: what has no words
        is heard once more by itself.
        """
        cues = list(self._cues(sound, 0.0, tell, vad_filter=True))
        for start, end in self._missed(sound, cues):
            part = sound[round(start * _SAMPLE_RATE) : round(end * _SAMPLE_RATE)]
            cues += self._cues(part, start, tell, vad_filter=False)
        return cues, sum(end - start for start, end in self._missed(sound, cues))

    def _cues(self, sound: Sound, offset: float, tell: _Tell, *, vad_filter: bool) -> Iterator[Cue]:
        segments, about = self._begun(sound, self._language, vad_filter=vad_filter)
        if self._language is None and about.language in _MANNER:  # nothing but the language was heard so far
            segments, about = self._begun(sound, about.language, vad_filter=vad_filter)
        self.found = self.found or about.language
        for segment in segments:
            tell(segment.end + offset)
            if segment.compression_ratio <= _LOOP and segment.text.strip():
                yield _cue(segment, offset)

    def _begun(self, sound: Sound, language: str | None, *, vad_filter: bool) -> tuple[Iterable[Any], Any]:
        """Find out the language, if it is not known; return the segments, which are heard as they are asked for."""
        begun: tuple[Iterable[Any], Any] = self._whisper.transcribe(
            sound,
            language=language,
            hotwords=_MANNER.get(language or ""),
            word_timestamps=True,
            temperature=0.0,  # no chance
            condition_on_previous_text=False,  # what was heard wrong once is not heard wrong ever after
            vad_filter=vad_filter,
        )
        return begun

    def _missed(self, sound: Sound, cues: Sequence[Cue]) -> list[tuple[float, float]]:
        """Return the stretches of speech, in seconds, in which there is no word."""
        if not len(sound):
            return []
        vad = import_module(f"{self._library.__name__}.vad")
        options = vad.VadOptions(min_silence_duration_ms=round(1000 * _BREATH_SECONDS), speech_pad_ms=50)
        speech = [
            (part["start"] / _SAMPLE_RATE, part["end"] / _SAMPLE_RATE)
            for part in vad.get_speech_timestamps(sound, options)
        ]
        said = [(float(cue.start), float(cue.end)) for cue in cues]
        silent = [span for span in speech if not any(a < span[1] and b > span[0] for a, b in said)]
        return [(a, b) for a, b in _merged(silent) if b - a > _MISSED_SECONDS]


def _merged(spans: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Join spans with less than a second between them."""
    joined: list[tuple[float, float]] = []
    for start, end in spans:
        if joined and start - joined[-1][1] < _MISSED_SECONDS:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _cue(segment: Any, offset: float) -> Cue:
    words = tuple(_words(segment.words or (), offset))
    start, end = (words[0].start, words[-1].end) if words else (segment.start + offset, segment.end + offset)
    return Cue(" ".join(segment.text.split()), Fraction(start), Fraction(end), words=words)


def _words(words: Iterable[Any], offset: float) -> Iterator[Spoken]:
    """Yield whole words: Whisper hears " Auto", "C", "ut" where AutoCut is said."""
    held: Spoken | None = None
    for word in words:
        new = Spoken(word.word, _seconds(word.start + offset), _seconds(word.end + offset))
        if held is not None and _is_one_word(held.text, new.text):
            held = replace(held, text=held.text + new.text, end=new.end)
            continue
        if held is not None:
            yield held
        held = new
    if held is not None:
        yield held


def _is_one_word(text: str, more: str) -> bool:
    before, after = text[-1:], more[:1]
    return before.isalnum() and after.isalnum() and not is_wide(before) and not is_wide(after)


def _seconds(seconds: float) -> Fraction:
    """Return seconds as exact thousandths, as fine as Whisper tells them."""
    return Fraction(round(float(seconds) * 1000), 1000)

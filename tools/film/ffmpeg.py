"""Running ffmpeg: followed while it works, ended with us, its failure told in one line."""

import errno
import signal
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from autocut_director.errors import OutputError, RenderError
from autocut_director.interrupts import ending

_DAMAGED_TOO = ["-max_error_rate", "1"]  # a film with gaps is cut with its gaps
_LINES = 6  # of what it said are told
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def run(arguments: Sequence[str], *, folder: Path, out: Path, on_frame: Callable[[int], None] | None = None) -> None:
    """Run ffmpeg in `folder`.

    Args:
        arguments: All but the program; they may name files in `folder` without a path, which need no escaping then.
        folder: Its working folder.
        out: The file that is being made, as the person knows it; one in `folder` is passing.
        on_frame: Told how many frames are written.

    Raises:
        OutputError: There is no space left.
        RenderError: It failed, or cannot be started.
    """
    told = ["-progress", "pipe:1", "-stats_period", "0.2"]
    with tempfile.TemporaryFile() as errors:
        with _started(["-v", "error", *_DAMAGED_TOO, *told, *arguments], folder, errors) as process:
            try:
                with ending(process.kill):
                    _follow(process, on_frame)
            finally:
                process.kill()  # an interrupt must not leave it running; it has ended by itself otherwise
        if process.returncode != 0:
            raise _failure(errors, process.returncode, out, passing=out.parent == folder)


def output_of(arguments: Sequence[str], *, folder: Path, level: str = "error") -> tuple[bytes, str]:
    """Run ffmpeg in `folder`; return what it wrote to its standard output, and what it said at `level` and above.

    Raises:
        RenderError: It failed, or cannot be started.
    """
    with tempfile.TemporaryFile() as errors:
        with _started(["-v", level, *arguments], folder, errors) as process:
            try:
                with ending(process.kill):
                    written = process.stdout.read() if process.stdout else b""
                    process.wait()
            finally:
                process.kill()
        if process.returncode != 0:
            raise _failure(errors, process.returncode, folder, passing=True)
        return written, _said(errors)


def _started(arguments: Sequence[str], folder: Path, errors: IO[bytes]) -> "subprocess.Popen[bytes]":
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-y", *arguments]
    try:
        return subprocess.Popen(  # noqa: S603  # our own command, no shell
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, cwd=folder
        )
    except OSError as exc:
        raise RenderError(f"ffmpeg cannot be started ({exc}); pip install --force-reinstall imageio-ffmpeg") from exc


def _follow(process: "subprocess.Popen[bytes]", on_frame: Callable[[int], None] | None) -> None:
    for line in process.stdout or ():
        key, _, value = line.decode("utf-8", "replace").partition("=")
        if key == "frame" and on_frame is not None and value.strip().isdigit():
            on_frame(int(value))
    process.wait()


def _said(errors: IO[bytes]) -> str:
    errors.seek(0)
    return errors.read().decode("utf-8", "replace")


def _is_full(status: int, said: str) -> bool:
    """Tell whether there was no space; ffmpeg's status says it even where there was none to say more."""
    told = "No space left" in said or "File too large" in said
    return told or status in {-getattr(signal, "SIGXFSZ", 0), *(256 - code for code in _FULL)} - {0}


def _failure(errors: IO[bytes], status: int, out: Path, *, passing: bool) -> OutputError | RenderError:
    lines = _said(errors).split("\n")
    said = " / ".join(line.strip() for line in lines[-_LINES:] if line.strip())
    if _is_full(status, said):
        place = "set TMPDIR to another place" if passing else "choose another place with --out"
        return OutputError(f"No space left for {out}: free some, or {place}.")
    return RenderError(f"ffmpeg failed with status {status}: {said or 'it said nothing'}")

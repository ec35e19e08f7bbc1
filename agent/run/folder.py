"""The folder of a run: claimed before the work, its account kept up, and what an earlier run left there removed."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import ValidationError

from autocut_director.agent.run.account import RunAccount
from autocut_director.errors import DocumentError, OutputError
from autocut_director.tools.files import is_leftover, read_json, remove_leftovers, to_json, write_text
from autocut_director.tools.probe import Footage

NAMES = {
    "transcript": "transcript.vtt",
    "scenes": "scenes.json",
    "plan": "plan.json",
    "cut": "cut.mp4",
    "otio": "timeline.otio",
    "fcpxml": "timeline.fcpxml",
    "xml": "timeline.xml",
    "edl": "timeline.edl",
    "srt": "cut.srt",
    "earlier": "earlier.json",
    "storyboard": "storyboard.html",
    "sheet": "storyboard.png",
    "run": "run.json",
}
"""File names in a run's folder, by kind."""
Files = dict[str, Path]
"""The files of a run by kind."""


def claim(folder: Path, footage: Footage, account: RunAccount, *, overwrite: bool) -> tuple[str, ...]:
    """Make `folder` this run's: write the first `run.json`, which names the video.

    Returns:
        The names of the files that an earlier run of the same video left there.

    Raises:
        OutputError: It cannot be written, holds something else, or would replace the video itself.
    """
    earlier = _earlier_run(folder / NAMES["run"], footage)
    make_room(folder, overwrite=overwrite or earlier is not None, besides=footage.path)
    if any((folder / name).exists() and (folder / name).samefile(footage.path) for name in NAMES.values()):
        raise OutputError(f"{footage.path} is where a result would go; choose another folder with --out.")
    write_account(folder, account)
    return earlier or ()


def make_room(folder: Path, *, overwrite: bool, besides: Path | None = None) -> None:
    """Make sure that `folder` is there, and empty but for the file `besides` (unless `overwrite`).

    Raises:
        OutputError: It is a file, cannot be made or read, or holds something else.
    """
    try:
        if folder.exists() and not folder.is_dir():
            raise OutputError(f"--out {folder} is a file; name a folder.")
        folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(folder)
        held = [entry for entry in folder.iterdir() if not is_leftover(entry)]
        held = [entry for entry in held if besides is None or not besides.exists() or not entry.samefile(besides)]
    except OSError as exc:
        raise OutputError(f"Cannot write into {str(folder)[:200]}: {exc.strerror or exc}. Try another --out.") from exc
    if held and not overwrite:
        names = ", ".join(sorted(entry.name for entry in held)[:3])
        raise OutputError(f"{folder} holds something else ({names}); choose another folder, or add --overwrite.")


def _earlier_run(run_file: Path, footage: Footage) -> tuple[str, ...] | None:
    """Return the names of the files of an earlier run of this film; None where there was none."""
    try:
        run = read_json(run_file)
    except DocumentError:
        return None
    if not isinstance(run, dict) or run.get("schema") != "run.v1":
        return None
    video, files = run.get("video"), run.get("files")
    known = isinstance(video, dict) and (video.get("digest"), video.get("path"))
    if not known or (known[0] != footage.digest and known[1] != str(footage.path)):
        return None
    return tuple(str(name) for name in files.values()) if isinstance(files, dict) else ()


def write_account(folder: Path, account: RunAccount) -> None:
    """Write `run.json`."""
    write_text(folder / NAMES["run"], to_json(account))


def note_end(folder: Path, account: RunAccount) -> None:
    """Write how a run ended, if the `run.json` in `folder` is this run's."""
    try:
        written = read_json(folder / NAMES["run"])
    except DocumentError:  # it ended before the folder was its own
        return
    if isinstance(written, dict) and written.get("run_id") == account.run_id:
        write_account(folder, account)


def note_gap(folder: Path, error: str) -> None:
    """Write into the `run.json` of `folder` that its run was stopped between two steps, where none could note it."""
    try:
        account = RunAccount.model_validate(read_json(folder / NAMES["run"]))
    except (DocumentError, ValidationError):  # it ended before the folder was its own
        return
    if account.status == "running":
        write_account(folder, account.noting(status="interrupted", error=error))


def remove_stale(folder: Path, earlier: Iterable[str], files: Mapping[str, Path]) -> None:
    """Remove what an `earlier` run made and this one did not: a film must not lie beside another's plan."""
    kept = {path.name for path in files.values()} | {NAMES["run"]}
    for name in set(earlier) & set(NAMES.values()) - kept:
        (folder / name).unlink(missing_ok=True)

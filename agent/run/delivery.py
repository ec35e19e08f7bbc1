"""The folder of a run: claimed before the work, filled at its end, file by file and each whole or not at all."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from pydantic import ValidationError

from autocut_director.agent.run.account import RunAccount
from autocut_director.errors import DocumentError, OutputError
from autocut_director.tools.export import in_every_format
from autocut_director.tools.files import (
    is_leftover,
    read_json,
    read_plan,
    read_scenes,
    remove_leftovers,
    to_json,
    write_text,
)
from autocut_director.tools.film.render import footage_of
from autocut_director.tools.frames import SceneFrames, sample_frames
from autocut_director.tools.plans.rules import check_against_film
from autocut_director.tools.probe import Footage
from autocut_director.tools.scenes import Progress
from autocut_director.tools.storyboard import Earlier, Storyboard, write_sheet, write_storyboard
from autocut_director.tools.timeline import EditPlan, Line, ScenesDocument, first_problem
from autocut_director.tools.words.captions import vtt_text

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


def write_documents(folder: Path, document: ScenesDocument, plan: EditPlan, earlier: EditPlan | None) -> Files:
    """Write the scenes, the plan, and the plan that it changes, if any, into `folder`; return the files by kind."""
    records = {"scenes": document, "plan": plan, **({} if earlier is None else {"earlier": earlier})}
    files = {kind: folder / NAMES[kind] for kind in records}
    for kind, record in records.items():
        write_text(files[kind], to_json(record))
    return files


def write_timelines(
    folder: Path, plan: EditPlan, lines: Sequence[Line], *, lead_frames: int
) -> tuple[Files, dict[str, str]]:
    """Write the edit in every format that can hold it; return the files, and why the others cannot, both by format.

    `lines`: what is said in the film; without them there are no subtitles. `lead_frames`: of the card before the cut.
    """
    texts, left_out = in_every_format(plan, lines, lead_frames=lead_frames)
    files = {kind: folder / NAMES[kind] for kind in texts}
    for kind, text in texts.items():
        write_text(files[kind], text)
    return files, left_out


def write_transcript(folder: Path, lines: Sequence[Line], rate: Fraction) -> Files:
    """Write what is said in the film into `folder`, so that nobody need listen again; return the file by its kind."""
    if not lines:
        return {}
    path = folder / NAMES["transcript"]
    write_text(path, vtt_text(lines, rate))
    return {"transcript": path}


def remove_stale(folder: Path, earlier: Iterable[str], files: Mapping[str, Path]) -> None:
    """Remove what an `earlier` run made and this one did not: a film must not lie beside another's plan."""
    kept = {path.name for path in files.values()} | {NAMES["run"]}
    for name in set(earlier) & set(NAMES.values()) - kept:
        (folder / name).unlink(missing_ok=True)


def storyboard_again(folder: Path, *, progress: Progress | None = None) -> Path:
    """Write the page and the contact sheet of a finished run anew from its files and its film; return the page.

    Raises:
        DocumentError: The folder holds no finished run, or its film has changed.
        VideoError: The film is missing.
        RenderError: ffmpeg, which letters the sheet, failed.
    """
    account, document, plan = read_run(folder)
    per_scene = int(account.request.get("frames_per_scene", 3))
    shots = sample_frames(footage_of(plan), document.scenes, per_scene=per_scene, progress=progress)
    changed = read_plan(folder / NAMES["earlier"]) if "earlier" in account.files else None
    if changed is not None:
        _check_they_agree(changed, document, name=NAMES["earlier"])
    earlier = earlier_run(folder, changed, str(account.request.get("change", "")))
    if account.film is None and (folder / NAMES["cut"]).exists():  # it was rendered later
        account = account.noting(film={})
    return write_boards(folder, storyboard_of(document, plan, account, shots, earlier=earlier))["storyboard"]


def write_boards(folder: Path, board: Storyboard) -> Files:
    """Write the page and the contact sheet into `folder`; return the files by kind."""
    return {
        "storyboard": write_storyboard(board, folder / NAMES["storyboard"]),
        "sheet": write_sheet(board, folder / NAMES["sheet"]),
    }


def read_run(folder: Path) -> tuple[RunAccount, ScenesDocument, EditPlan]:
    """Read the account, the scenes and the plan of a finished run.

    Raises:
        DocumentError: The folder holds no finished run, or its files are of different films.
    """
    account = _finished_run(folder)
    document = read_scenes(folder / NAMES["scenes"])
    plan = read_plan(folder / NAMES["plan"])
    _check_they_agree(plan, document, name=NAMES["plan"])
    return account, document, plan


def earlier_run(folder: Path, plan: EditPlan | None, change: str) -> Earlier | None:
    """Return the edit that the run in `folder` changes, for its page; None where it changes none.

    Its page and film are those of the run, over or beside `folder`, that holds this very edit.
    """
    if plan is None:
        return None
    home = next((run for run in _neighbours(folder) if _holds(folder / run, plan)), None)
    if home is None:
        return Earlier(plan, change)
    there = {
        kind: (home / NAMES[kind]).as_posix()
        for kind in ("storyboard", "cut")
        if (folder / home / NAMES[kind]).exists()
    }
    lead = _lead_frames(folder / home / NAMES["run"])
    return Earlier(plan, change, page=there.get("storyboard"), film=there.get("cut"), lead_frames=lead)


def _lead_frames(run_file: Path) -> int:
    """Return how many frames of a card stand before the cut of another run; 0 where that run says nothing."""
    with contextlib.suppress(DocumentError, ValidationError):
        return RunAccount.model_validate(read_json(run_file)).lead_frames
    return 0


def _neighbours(folder: Path) -> list[Path]:
    """Return where other runs may be, relative to `folder`: the folder over it, and those beside it."""
    beside = sorted(folder.absolute().parent.glob(f"*/{NAMES['plan']}"))
    return [Path(".."), *(Path("..", path.parent.name) for path in beside if path.parent.name != folder.name)]


def _holds(run: Path, plan: EditPlan) -> bool:
    """Tell whether `run` is the folder of a run that made this very edit."""
    with contextlib.suppress(DocumentError):
        held = read_plan(run / NAMES["plan"])
        return (held.media.digest, held.clips) == (plan.media.digest, plan.clips)
    return False


def storyboard_of(
    document: ScenesDocument,
    plan: EditPlan,
    account: RunAccount,
    shots: Sequence[SceneFrames],
    *,
    earlier: Earlier | None = None,
) -> Storyboard:
    """Return what the page of a run shows; an earlier edit of other scenes has no place there."""
    known = {scene.scene_id for scene in document.scenes}
    comparable = earlier is not None and all(clip.scene_id in known for clip in earlier.plan.clips)
    return Storyboard(
        document=document,
        plan=plan,
        pictures={shot.scene.scene_id: shot.frames for shot in shots},
        language=account.language,
        warnings=(*account.warnings, *account.causes),
        causes={scene.scene_id: scene.error for scene in account.scenes if scene.error},
        film=None if account.film is None else NAMES["cut"],
        lead_frames=account.lead_frames,
        earlier=earlier if comparable else None,
    )


def _check_they_agree(plan: EditPlan, document: ScenesDocument, *, name: str) -> None:
    """Prove that a plan (in the file `name`) and the scenes beside it are of one film.

    Raises:
        DocumentError: They are not.
        PlanError: The plan's clips do not fit its film.
    """
    check_against_film(plan)
    unknown = {clip.scene_id for clip in plan.clips} - {scene.scene_id for scene in document.scenes}
    if unknown or document.media.duration_frames != plan.media.duration_frames:
        what = f"it uses {', '.join(sorted(unknown))}" if unknown else "it is of another film"
        raise DocumentError(f"{name} does not belong to {NAMES['scenes']}: {what}. Run direct again.")


def _finished_run(folder: Path) -> RunAccount:
    run = read_json(folder / NAMES["run"])
    try:
        account = RunAccount.model_validate(run)
    except ValidationError as exc:
        raise DocumentError(f"{folder / NAMES['run']} is no run.v1 file: {first_problem(exc)}.") from exc
    if account.status != "done":
        raise DocumentError(f"The run in {folder} is {account.status}, not done; finish it with direct first.")
    return account

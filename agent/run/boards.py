"""What the page and the contact sheet of a run show, and where the edit is that a revision changed."""

import contextlib
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from autocut_director.agent.run.account import RunAccount
from autocut_director.agent.run.finished import check_they_agree, read_run
from autocut_director.agent.run.folder import NAMES, Files
from autocut_director.errors import DocumentError
from autocut_director.tools.files import read_json, read_plan
from autocut_director.tools.film.render import footage_of
from autocut_director.tools.frames import SceneFrames, sample_frames
from autocut_director.tools.scenes import Progress
from autocut_director.tools.store import NO_STORE, Store
from autocut_director.tools.storyboard import Earlier, Storyboard, write_sheet, write_storyboard
from autocut_director.tools.timeline import EditPlan, ScenesDocument


def storyboard_again(folder: Path, *, progress: Progress | None = None, store: Store = NO_STORE) -> Path:
    """Write the page and the contact sheet of a finished run anew from its files and its film; return the page.

    Stills that `store` has are not taken again.

    Raises:
        DocumentError: The folder holds no finished run, or its film has changed.
        VideoError: The film is missing.
        RenderError: ffmpeg, which letters the sheet, failed.
    """
    account, document, plan = read_run(folder)
    per_scene = int(account.request.get("frames_per_scene", 3))
    footage, kept = footage_of(plan), NO_STORE if account.request.get("no_cache") else store
    shots = sample_frames(footage, document.scenes, per_scene=per_scene, progress=progress, store=kept)
    changed = read_plan(folder / NAMES["earlier"]) if "earlier" in account.files else None
    if changed is not None:
        check_they_agree(changed, document, name=NAMES["earlier"])
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


def storyboard_of(
    document: ScenesDocument,
    plan: EditPlan,
    account: RunAccount,
    shots: Iterable[SceneFrames],
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

"""Changing one's mind: an edit that is there, planned again in words, without looking at anything again."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig

from autocut_director.agent.director import build_director
from autocut_director.agent.run.finished import read_run
from autocut_director.agent.run.folder import NAMES
from autocut_director.agent.run.stages import DirectorResult
from autocut_director.errors import InputError
from autocut_director.tools.files import to_json, write_text
from autocut_director.tools.plans.difference import Difference, compare
from autocut_director.tools.timeline import EditPlan, Scene, ScenesDocument, ScenesMeta

DIFFERENCE = "difference.json"
"""The file of what changed, in a revision's folder."""
_KEPT = (
    *("brief", "style", "transcript", "language", "planner", "prompts", "no_render", "frames_per_scene", "no_policy"),
    *("no_cache", "aspect", "fit", "title_card", "no_overlays", "burn_subtitles", "loudness"),
)
"""What a revision takes over from the run that it changes."""


@dataclass(frozen=True)
class Revision:
    """A changed edit, and what changed."""

    result: DirectorResult
    difference: Difference


def revise(
    result: DirectorResult,
    words: str,
    *,
    director: Runnable[Any, DirectorResult] | None = None,
    out: Path | None = None,
    config: RunnableConfig | None = None,
    **changed: Any,
) -> Revision:
    """Plan an edit again as `words` say, from what is known of its film; no model looks at anything.

    Args:
        result: The run whose edit is changed.
        words: What is to be changed; what is not mentioned is kept.
        director: Who plans; one made from the environment when None.
        out: Folder for the new files; without it nothing is written.
        config: Callbacks, tags and the like.
        changed: Options of the run that are to be others now, such as `planner`.

    Raises:
        InputError: No words; or the film is missing or another.
        NoBackendError: There is no model that plans, and the words ask for more than another length.
        PlanError: No plan that can be cut could be made.
    """
    if not words.strip():
        raise InputError("What is to be changed is missing; say it in words, such as: shorter, start with the sea")
    kept = {name: result.run.request[name] for name in _KEPT if name in result.run.request}
    if "transcript" in result.files:  # as it was read or heard then
        kept["transcript"] = result.files["transcript"]
    options = {
        **kept,
        **{name: value for name, value in changed.items() if value is not None},
        "video": Path((result.run.video or {}).get("path") or result.plan.media.primary_clip_path),
        "scenes": _document(result.plan, result.scenes),
        "vision": "builtin",
        "earlier": result.plan,
        "change": words,
        "out": out,
    }
    made = (director or build_director()).invoke(options, config)
    difference = compare(result.plan, made.plan)
    if out is not None:
        write_text(out / DIFFERENCE, to_json(difference))
    return Revision(made, difference)


def finished_run(folder: Path) -> DirectorResult:
    """Read the run that `folder` holds.

    Raises:
        DocumentError: It holds no finished run, or its files are of different films.
    """
    account, document, plan = read_run(folder)
    files = {kind: folder / name for kind, name in account.files.items()}
    return DirectorResult(plan, document.scenes, files, account)


def next_folder(folder: Path) -> Path:
    """Return where the next revision of the run in `folder` goes: `rev-N` in it, or beside it if it is one itself."""
    home = folder.parent if _number(folder) and (folder.parent / NAMES["run"]).exists() else folder
    taken = [_number(entry) for entry in home.iterdir() if entry.is_dir()]
    return home / f"rev-{max(taken, default=0) + 1}"


def _number(folder: Path) -> int:
    """Return the number of a revision's folder; 0 for another."""
    prefix, _, number = folder.name.partition("rev-")
    return int(number) if not prefix and number.isascii() and number.isdigit() else 0


def _document(plan: EditPlan, scenes: tuple[Scene, ...]) -> ScenesDocument:
    meta = ScenesMeta(schema_="scenes.v1", fps=round(float(plan.rate), 3), fps_fraction=plan.rate)
    return ScenesDocument(meta=meta, media=plan.media, scenes=scenes)

"""A run that is finished, read back from its folder."""

from pathlib import Path

from pydantic import ValidationError

from autocut_director.agent.run.account import RunAccount
from autocut_director.agent.run.folder import NAMES
from autocut_director.errors import DocumentError
from autocut_director.tools.files import read_json, read_plan, read_scenes
from autocut_director.tools.plans.rules import check_against_film
from autocut_director.tools.timeline import EditPlan, ScenesDocument, first_problem


def read_run(folder: Path) -> tuple[RunAccount, ScenesDocument, EditPlan]:
    """Read the account, the scenes and the plan of a finished run.

    Raises:
        DocumentError: The folder holds no finished run, or its files are of different films.
    """
    account = finished_account(folder)
    document = read_scenes(folder / NAMES["scenes"])
    plan = read_plan(folder / NAMES["plan"])
    check_they_agree(plan, document, name=NAMES["plan"])
    return account, document, plan


def check_they_agree(plan: EditPlan, document: ScenesDocument, *, name: str) -> None:
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


def finished_account(folder: Path) -> RunAccount:
    """Read the account of a finished run.

    Raises:
        DocumentError: The folder holds no finished run.
    """
    run = read_json(folder / NAMES["run"])
    try:
        account = RunAccount.model_validate(run)
    except ValidationError as exc:
        raise DocumentError(f"{folder / NAMES['run']} is no run.v1 file: {first_problem(exc)}.") from exc
    if account.status != "done":
        raise DocumentError(f"The run in {folder} is {account.status}, not done; finish it with direct first.")
    return account

"""The director: finds the scenes, has a model look at each, plans the edit, proves it, and hands over the film.

    probe | scenes | frames | describe | check | plan | prove | deliver

Each step is a named Runnable that takes the stage before it and returns the next one; nothing reaches back.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable, RunnableLambda

from autocut_director.agent import delivery
from autocut_director.agent.account import RunAccount, prompt_account, video_account
from autocut_director.agent.crew import Crew
from autocut_director.agent.planner import Planner, read_wish
from autocut_director.agent.request import read_request
from autocut_director.agent.settings import Settings
from autocut_director.agent.stages import (
    Asked,
    Cut,
    Delivered,
    Described,
    DirectorResult,
    Probed,
    Proposed,
    Proven,
    Sampled,
)
from autocut_director.agent.step import Teller, step
from autocut_director.errors import BackendError, DocumentError
from autocut_director.tools.compiler import compile_plan, shortfall
from autocut_director.tools.describe import Look, Vision, describe_scenes, spread_over_film, with_look
from autocut_director.tools.files import read_scenes
from autocut_director.tools.frames import SceneFrames, sample_frames
from autocut_director.tools.probe import Footage, probe_video
from autocut_director.tools.scenes import detect_scenes
from autocut_director.tools.signals import measure_scene
from autocut_director.tools.storyboard import Storyboard, middle_stills
from autocut_director.tools.timeline import ScenesDocument


def build_director(
    settings: Settings | None = None,
    *,
    vision: Vision | BaseChatModel | None = None,
    planner: Planner | None = None,
    prompts: Path | str | None = None,
) -> Runnable[Mapping[str, Any], DirectorResult]:
    """Make the director.

    Args:
        settings: What the environment says; read from it when None.
        vision: Who looks: a chat model that sees, or a Runnable from `SceneFrames` to a `SceneDescription`.
        planner: Who plans: a Runnable from a `PlanRequest` to a plan, which is proven before it is used.
        prompts: A folder whose prompt files replace the program's own.

    Returns:
        A Runnable whose input is a mapping with the command's option names (`video`, `out`, `duration`, ...).

    Raises, when invoked:
        InputError: The request, the video or a document is wrong.
        PlanError: No plan that can be cut could be made.
        BackendError: No scene could be described.
        DegradedError: `strict` was asked, and something stood in for what was wanted; the files are written.
    """
    crew = Crew(settings or Settings.from_env(), vision, planner, Path(prompts) if prompts else None)
    director = (
        described_footage(crew)
        | step("plan", partial(plan, crew))
        | step("prove", prove)
        | step("deliver", deliver)
        | RunnableLambda(close)
    )
    return director.with_config(run_name="director")


def build_describer(settings: Settings | None = None) -> Runnable[Mapping[str, Any], Described]:
    """Make the first half of the director alone: it finds and describes the scenes, and writes nothing."""
    return described_footage(Crew(settings or Settings.from_env())).with_config(run_name="describer")


def described_footage(crew: Crew) -> Runnable[Mapping[str, Any], Described]:
    """Make the first half of the director: from a request to described scenes."""
    return (
        RunnableLambda(partial(ask, crew), name="request")
        | step("probe", probe)
        | step("scenes", find_scenes)
        | step("frames", take_frames)
        | step("describe", partial(describe, crew))
        | step("check", check)
    )


def ask(crew: Crew, options: Mapping[str, Any]) -> Asked:
    """Read the request."""
    request = read_request(options)
    language = crew.language(request)
    account = RunAccount(request=request.model_dump(mode="json", exclude_none=True), language=language)
    return Asked(request=request, language=language, account=account)


def probe(asked: Asked, teller: Teller) -> Probed:
    """Find out what the video is, and make the folder this run's."""
    footage = probe_video(asked.request.video)
    warnings = _missing(footage)
    teller.warn(warnings)
    account = asked.account.noting(video=video_account(footage)).with_warning(*warnings)
    folder = asked.request.out
    if folder is not None:
        delivery.claim(folder, footage, account, overwrite=asked.request.overwrite)
    return Probed(**{**vars(asked), "account": account, "folder": folder}, footage=footage)


def find_scenes(probed: Probed, teller: Teller) -> Cut:
    """Detect the scenes, or read them from the file that was given."""
    if probed.request.scenes is None:
        document = detect_scenes(probed.footage, progress=teller.progress())
    else:
        document = scenes_for(probed.footage, probed.request.scenes)
    warnings = _damaged(document)
    teller.warn(warnings)
    return Cut(**{**vars(probed), "account": probed.account.with_warning(*warnings)}, document=document)


def take_frames(cut: Cut, teller: Teller) -> Sampled:
    """Take stills of every scene, and measure them."""
    scenes = cut.document.scenes
    shots = sample_frames(cut.footage, scenes, per_scene=cut.request.frames_per_scene, progress=teller.progress())
    measured = tuple(
        shot.scene.model_copy(update={"signals": measure_scene(shot.frames), "visual": None, "same_as": None})
        for shot in shots
    )
    shots = tuple(SceneFrames(scene, shot.frames) for scene, shot in zip(measured, shots, strict=True))
    document = cut.document.model_copy(update={"scenes": measured})
    return Sampled(**{**vars(cut), "document": document}, shots=shots)


def describe(crew: Crew, sampled: Sampled, teller: Teller) -> Described:
    """Have a model look at the chosen scenes."""
    eyes = crew.eyes(sampled.request)
    chosen = {scene.scene_id for scene in spread_over_film(sampled.document.scenes, sampled.request.max_scenes)}
    shots = [shot for shot in sampled.shots if shot.scene.scene_id in chosen]
    looks = describe_scenes(
        eyes.vision, shots, config=teller.config, parallel=eyes.parallel, on_look=_look_teller(teller, len(shots))
    )
    by_id = {look.scene_id: look for look in looks}
    scenes = tuple(with_look(scene, by_id.get(scene.scene_id)) for scene in sampled.document.scenes)
    causes = [eyes.cause] if eyes.cause else []
    account = sampled.account.with_scenes(scenes, looks).with_cause(*causes, *_failures(looks))
    account = account.noting(prompts=tuple(prompt_account(prompt) for prompt in eyes.prompts))
    document = sampled.document.model_copy(update={"scenes": scenes})
    return Described(**{**vars(sampled), "document": document, "account": account})


def plan(crew: Crew, described: Described, teller: Teller) -> Proposed:
    """Have a planner propose an edit."""
    head = crew.head(described.request)
    request = described.request
    wish = read_wish(described.document, duration=request.duration, brief=request.brief, language=described.language)
    proposal = head.planner.invoke(wish, teller.config)
    account = described.account.noting(planner=head.planned_by).with_cause(*([head.cause] if head.cause else []))
    return Proposed(**{**vars(described), "account": account}, wish=wish, proposal=proposal, planned_by=head.planned_by)


def prove(proposed: Proposed, teller: Teller) -> Proven:
    """Turn the proposal into an edit that can be cut, or refuse it."""
    proven = compile_plan(proposed.proposal, proposed.wish, planned_by=proposed.planned_by)
    short = shortfall(proposed.wish)
    warnings = (short,) if short else ()
    teller.warn(warnings)
    return Proven(**{**vars(proposed), "account": proposed.account.with_warning(*warnings)}, plan=proven)


def deliver(proven: Proven, teller: Teller) -> Delivered:
    """Write the files, if a folder was asked for."""
    if proven.folder is None:
        return Delivered(**vars(proven), files={})
    files = delivery.deliver(
        proven.folder,
        _storyboard(proven),
        proven.footage,
        render=not proven.request.no_render,
        progress=teller.progress(),
    )
    return Delivered(**vars(proven), files=files)


def close(delivered: Delivered) -> DirectorResult:
    """Write the account, and return what the run came to."""
    files = dict(delivered.files)
    if delivered.folder is not None:
        files["run"] = delivered.folder / delivery.NAMES["run"]
    names = {kind: path.name for kind, path in files.items()}
    account = delivered.account.noting(status="done", files=names)
    if delivered.folder is not None:
        delivery.write_account(delivered.folder, account)
    if delivered.request.strict:
        account.refuse_degraded()
    return DirectorResult(delivered.plan, delivered.document.scenes, files, account)


def scenes_for(footage: Footage, path: Path) -> ScenesDocument:
    """Read scenes that were given, for this film.

    Raises:
        DocumentError: They cannot be read, or are another film's.
    """
    document = read_scenes(path)
    if (document.rate, document.media.duration_frames) != (footage.rate, footage.duration_frames):
        raise DocumentError(
            f"{path} is for another video: it says {document.media.duration_frames} frames at {document.rate} a "
            f"second, {footage.path} has {footage.duration_frames} at {footage.rate}."
        )
    return document.model_copy(update={"media": document.media.model_copy(update=footage.media.model_dump())})


def check(described: Described, _: Teller) -> Described:
    """Make sure that somebody saw something, else there is nothing to plan from.

    Raises:
        BackendError: Every scene that was looked at failed.
    """
    failed = [scene for scene in described.account.scenes if scene.status == "failed"]
    if failed and described.account.totals.described == 0:
        raise BackendError(f"None of {len(failed)} scenes could be described. The first: {failed[0].error}")
    return described


def _missing(footage: Footage) -> tuple[str, ...]:
    if not footage.missing_frames:
        return ()
    share = 100 * footage.duration_frames / footage.declared_frames
    return (
        f"{footage.path.name} is cut short: {footage.duration_frames} of {footage.declared_frames} frames are there "
        f"({share:.0f} %); the rest of the film is missing.",
    )


def _damaged(document: ScenesDocument) -> tuple[str, ...]:
    damaged = document.media.damaged_frames
    if not damaged:
        return ()
    total = document.media.duration_frames
    return (
        f"{damaged} of {total} frames ({100 * damaged / total:.1f} %) did not decode whole; the film has gaps there.",
    )


def _failures(looks: tuple[Look, ...]) -> list[str]:
    failed = [look for look in looks if look.error is not None]
    if not failed:
        return []
    return [f"{len(failed)} of {len(looks)} scenes could not be described; {failed[0].scene_id}: {failed[0].error}"]


def _look_teller(teller: Teller, total: int) -> Any:
    progress, done = teller.progress(), 0

    def told(look: Look) -> None:
        nonlocal done
        done += 1
        visual = None if look.description is None else look.description.model_dump(mode="json")
        teller.tell("scene", {"scene_id": look.scene_id, "visual": visual, "error": look.error})
        progress(done, total)

    return told


def _storyboard(proven: Proven) -> Storyboard:
    account = proven.account
    causes = {scene.scene_id: scene.error for scene in account.scenes if scene.error}
    return Storyboard(
        document=proven.document,
        plan=proven.plan,
        pictures=middle_stills({shot.scene.scene_id: shot.frames for shot in proven.shots}),
        language=proven.language,
        warnings=(*account.warnings, *account.causes),
        causes=causes,
    )

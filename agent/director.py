"""The director: finds the scenes, has a model look at each, plans the edit, proves it, and hands over the film.

    probe | hear | scenes | describe | check | plan | prove | deliver

While scenes are described, the film is still being read: it is decoded once, for its cuts, its stills and what is
measured of them.

Each step is a named Runnable that takes the stage before it and returns the next one; nothing reaches back.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.tracers.schemas import Run

from autocut_director.agent.planner import proven, wish_warnings
from autocut_director.agent.planning.chain import Proposal
from autocut_director.agent.rates import keep_measured
from autocut_director.agent.run.account import video_account
from autocut_director.agent.run.crew import Crew
from autocut_director.agent.run.delivery import delivered
from autocut_director.agent.run.folder import claim, note_gap, write_account
from autocut_director.agent.run.looking import look_teller, looked, opened, say_what_leaves
from autocut_director.agent.run.outlook import bound_warnings, check_bounds
from autocut_director.agent.run.request import read_request
from autocut_director.agent.run.stages import (
    Asked,
    Cut,
    Delivered,
    Described,
    DirectorResult,
    Probed,
    Proposed,
    Proven,
    grown,
)
from autocut_director.agent.run.step import Teller, step
from autocut_director.agent.run.turns import Turns, turns_of
from autocut_director.agent.run.wishing import told, transcript_of, wish_at
from autocut_director.agent.settings import Settings
from autocut_director.errors import BackendError
from autocut_director.tools import recall
from autocut_director.tools.describe import Look, adescribe_scenes, describe_scenes, with_looks
from autocut_director.tools.files import read_scenes
from autocut_director.tools.interchange.scenes_from import READERS, read_scenes_from
from autocut_director.tools.probe import Footage, check_same_film
from autocut_director.tools.scene_pass import LaterPass
from autocut_director.tools.sentences import say
from autocut_director.tools.timeline import Language, Media, PlanRequest, ScenesDocument


def build_director(
    settings: Settings | None = None,
    *,
    vision: Runnable[Any, Any] | None = None,
    planner: Runnable[Any, Any] | None = None,
    prompts: Path | str | None = None,
) -> Runnable[Mapping[str, Any], DirectorResult]:
    """Make the director.

    Args:
        settings: What the environment says; read from it when None.
        vision: Who looks: a chat model that sees (bound, retried or with fallbacks too), or a Runnable from
            `SceneFrames` to a `SceneDescription`.
        planner: Who plans: a chat model, or a Runnable from a `PlanRequest` to a plan, which is proven before it is
            used.
        prompts: A folder whose prompt files replace the program's own.

    Returns:
        A Runnable whose input is a mapping with the command's option names (`video`, `out`, `duration`, ...).

    Raises, when invoked:
        InputError: The request, the video or a document is wrong.
        PlanError: No plan that can be cut could be made.
        BackendError: No scene could be described.
        DegradedError: `strict` was asked, and something stood in for what was wanted; the files are written.
    """
    return director_of(Crew(settings or Settings.from_env(), vision, planner, Path(prompts) if prompts else None))


def director_of(crew: Crew) -> Runnable[Mapping[str, Any], DirectorResult]:
    """Make the director of a crew, whose runs share its places and its store."""
    director = (
        described_footage(crew)
        | step("plan", plan, aplan)
        | step("prove", prove)
        | step("deliver", deliver)
        | RunnableLambda(close)
    )
    return director.with_listeners(on_error=note_stop).with_config(run_name="director")


def note_stop(run: Run) -> None:
    """Note an interrupt that came between two steps; one that comes in a step is noted by it."""
    out = run.inputs.get("out") if isinstance(run.inputs, Mapping) else None
    said = str(run.error).partition("(")[0]
    if out is not None and said == KeyboardInterrupt.__name__:
        note_gap(Path(out), said)


def build_describer(settings: Settings | None = None) -> Runnable[Mapping[str, Any], Described]:
    """Make the first half of the director alone: it finds and describes the scenes, and writes nothing."""
    crew = Crew(settings or Settings.from_env())
    return (RunnableLambda(unplanned) | described_footage(crew)).with_config(run_name="describer")


def unplanned(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a request of which no edit is planned: then no model for that is sought, and nothing leaves for it."""
    return {**options, "planner": "builtin"}


def described_footage(crew: Crew) -> Runnable[Mapping[str, Any], Described]:
    """Make the first half of the director: from a request to described scenes."""
    return (
        RunnableLambda(partial(ask, crew), name="request")
        | found_footage(probe)
        | step("describe", describe, adescribe)
        | step("check", check)
    )


def found_footage(first: Callable[[Asked, Teller], Probed]) -> Runnable[Asked, Cut]:
    """Make the part that finds out what the film is; `first` is its first step."""
    return step("probe", first) | step("hear", hear) | step("scenes", find_scenes)


def ask(crew: Crew, options: Mapping[str, Any]) -> Asked:
    """Read the request, and choose who looks and who plans."""
    request = read_request(options)
    language, store = crew.language(request), crew.store(request)
    decided = crew.decide(request, store)
    eyes, head = crew.eyes(request, decided, store), crew.head(request, decided)
    check_bounds(request, eyes, head)
    account = opened(request, language, decided, (*eyes.prompts, *head.prompts))
    return Asked(request=request, language=language, account=account, eyes=eyes, head=head, store=store)


def probe(asked: Asked, teller: Teller) -> Probed:
    """Say what may leave this machine; find out what the video is, and make the folder this run's."""
    say_what_leaves(asked, teller)
    return find_footage(asked, teller)


def find_footage(asked: Asked, teller: Teller) -> Probed:
    """Find out what the video is, and make the folder this run's."""
    footage = recall.probed(asked.request.video, asked.store)
    warnings = _missing(footage, asked.language)
    teller.warn(warnings)
    account = asked.account.noting(video=video_account(footage)).with_warning(*warnings)
    folder, earlier = asked.request.out, tuple[str, ...]()
    if folder is not None:
        earlier = claim(folder, footage, account, overwrite=asked.request.overwrite)
    return grown(asked, Probed, account=account, footage=footage, earlier=earlier)


def hear(probed: Probed, teller: Teller) -> Probed:
    """Find out what is said in the film: from the file that was given, or by listening where that was asked."""
    if probed.request.listen is None or probed.request.transcript is not None:
        lines = transcript_of(probed.request, probed.footage.rate)
        return grown(probed, Probed, transcript=lines, account=probed.account.noting(speech={"lines": len(lines)}))
    heard = recall.heard(probed.footage, probed.store, model=probed.request.listen, progress=teller.progress())
    seconds = float(heard.unheard_frames / probed.footage.rate)
    warnings = (say(probed.language, "unheard", seconds=seconds),) if heard.unheard_frames else ()
    teller.warn(warnings)
    account = probed.account.noting(speech={"lines": len(heard.lines), "language": heard.language})
    return grown(probed, Probed, transcript=heard.lines, account=account.with_warning(*warnings))


def find_scenes(probed: Probed, teller: Teller) -> Cut:
    """Open the film, which is read while its scenes are described; or read its scenes from the file that was given."""
    given, passed_over = probed.request.scenes, tuple[str, ...]()
    footage, store, progress = probed.footage, probed.store, teller.progress()
    per_scene = probed.eyes.frames_per_scene
    if given is None:
        scenes = recall.scene_pass(footage, store, per_scene=per_scene, progress=progress)
        return grown(probed, Cut, scenes=scenes)
    if isinstance(given, Path) and given.suffix.lower() in READERS:
        found = read_scenes_from(given, media=footage.media, rate=footage.rate)
        document, passed_over = found.document, found.ignored
    else:
        document = scenes_for(footage, given)
    warnings = _of_others(passed_over, probed.language)
    teller.warn(warnings)
    scenes = LaterPass(footage, document, per_scene, progress, store)
    return grown(probed, Cut, account=probed.account.with_warning(*warnings), scenes=scenes)


def describe(cut: Cut, teller: Teller) -> Described:
    """Have a model look at the scenes whose turn it is, while the film is read."""
    turns = turns_of(cut)
    return _described(cut, turns, describe_scenes(cut.eyes.vision, turns.shots, **_looking(cut, turns, teller)), teller)


async def adescribe(cut: Cut, teller: Teller) -> Described:
    """Do as `describe`, on the caller's event loop."""
    turns = await asyncio.to_thread(turns_of, cut)
    looks = await adescribe_scenes(cut.eyes.vision, turns.shots, **_looking(cut, turns, teller))
    return _described(cut, turns, looks, teller)


def check(described: Described, _teller: Teller) -> Described:
    """Make sure that somebody saw something, and that the one who was asked for by name did not give out.

    Raises:
        BackendError: Every scene that was looked at failed; or the only backend that may be asked failed for good.
    """
    failed = [scene for scene in described.account.scenes if scene.status == "failed"]
    if failed and described.account.totals.described == 0:
        raise BackendError(f"None of {len(failed)} scenes could be described. The first: {failed[0].error}")
    if described.gave_out and described.request.vision != "auto":
        first, *_ = described.gave_out
        raise BackendError(f"--vision {described.request.vision} failed for good at {first.scene_id}: {first.error}")
    return described


def plan(described: Described, teller: Teller) -> Proposed:
    """Have a planner propose an edit."""
    wish = wish_at(described)
    return _proposed(described, wish, described.head.planner.invoke(wish, teller.config), teller)


async def aplan(described: Described, teller: Teller) -> Proposed:
    """Do as `plan`, on the caller's event loop."""
    wish = wish_at(described)
    return _proposed(described, wish, await described.head.planner.ainvoke(wish, teller.config), teller)


def prove(proposed: Proposed, teller: Teller) -> Proven:
    """Turn the proposal into an edit that can be cut, or refuse it."""
    edit = proven(proposed.proposal)
    warnings = tuple(wish_warnings(proposed.wish))
    teller.warn(warnings)
    return grown(proposed, Proven, account=proposed.account.with_warning(*warnings), plan=edit)


def deliver(done: Proven, teller: Teller) -> Delivered:
    """Write the files, if a folder was asked for."""
    folder = done.request.out
    if folder is None:
        return grown(done, Delivered, account=done.account.noting(status="done"), files={})
    return delivered(done, folder, teller)


def close(delivered: Delivered) -> DirectorResult:
    """Write the account, and return what the run came to.

    Raises:
        DegradedError: `strict`, and something stood in for what was wanted.
    """
    account = delivered.account
    if delivered.request.out is not None:
        write_account(delivered.request.out, account)
    result = DirectorResult(delivered.plan, delivered.document.scenes, delivered.files, account)
    if delivered.request.strict:
        account.refuse_degraded()
    return result


def scenes_for(footage: Footage, given: Path | ScenesDocument) -> ScenesDocument:
    """Return scenes that were given, in a scenes.json or as a value, for this film.

    Raises:
        DocumentError: They cannot be read, or are another film's.
    """
    document = given if isinstance(given, ScenesDocument) else read_scenes(given)
    check_same_film(document.media, document.rate, footage, what=str(given) if isinstance(given, Path) else "scenes")
    known = footage.media.model_dump(exclude={"damaged_frames"})
    return document.model_copy(update={"media": document.media.model_copy(update=known)})


def _looking(cut: Cut, turns: Turns, teller: Teller) -> dict[str, Any]:
    """Return what the describer is called with."""
    told = look_teller(teller, cut.eyes.max_scenes)

    def on_look(look: Look) -> None:
        turns.note(look)
        told(look)

    return {"config": teller.config, "parallel": cut.eyes.parallel, "admits": turns.admits, "on_look": on_look}


def _described(cut: Cut, turns: Turns, looks: tuple[Look, ...], teller: Teller) -> Described:
    document = turns.document
    scenes = with_looks(document.scenes, looks, turns.same_as)
    account = looked(turns.told(cut.account, looks), cut.eyes, scenes, looks, cut.language)
    routes = () if cut.eyes.policy is None else cut.eyes.policy.vision
    account = account.noting(rates=keep_measured(cut.store, routes, looks))
    warnings = (*_damaged(document.media, cut.language), *bound_warnings(account.bounds, cut.language))
    teller.warn(warnings)
    document = document.model_copy(update={"scenes": scenes})
    gave_out = tuple(look for look in looks if look.gave_out)
    account = account.with_warning(*warnings)
    return grown(cut, Described, document=document, account=account, gave_out=gave_out)


def _proposed(described: Described, wish: PlanRequest, proposal: Proposal, teller: Teller) -> Proposed:
    head, language = described.head, described.language
    causes, warnings = told(head.cause, proposal.cause(language)), told(proposal.warning(language))
    teller.warn(warnings)
    account = described.account.noting(planner=proposal.planned_by).with_tries(proposal.tries)
    account = account.with_warning(*warnings).with_cause(*causes)
    return grown(described, Proposed, account=account, wish=wish, proposal=proposal)


def _missing(footage: Footage, language: Language) -> tuple[str, ...]:
    if not footage.missing_frames:
        return ()
    there, declared = footage.duration_frames, footage.declared_frames
    share = 100 * there / declared
    return (say(language, "cut_short", name=footage.path.name, there=there, declared=declared, share=share),)


def _of_others(names: tuple[str, ...], language: Language) -> tuple[str, ...]:
    """Say which clips of another program's edit are of other films."""
    shown = ", ".join(names[:5])
    return (say(language, "of_others", count=len(names), names=shown),) if names else ()


def _damaged(media: Media, language: Language) -> tuple[str, ...]:
    damaged, total = media.damaged_frames, media.duration_frames
    return (say(language, "damaged", damaged=damaged, total=total, share=100 * damaged / total),) if damaged else ()

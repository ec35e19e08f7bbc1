"""Parts of the main job alone: an edit of a scenes.json without its film, and the film of a plan."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autocut_director.agent.planner import proven, wish_warnings
from autocut_director.agent.planning.thinker import PlanTry
from autocut_director.agent.run.crew import Crew
from autocut_director.agent.run.finishing import film_warnings, finish_of, finish_warnings
from autocut_director.agent.run.looking import texts_that_leave
from autocut_director.agent.run.request import read_request
from autocut_director.agent.run.wishing import told, transcript_of, wish_of
from autocut_director.agent.settings import Settings
from autocut_director.tools.film.render import make_film
from autocut_director.tools.scenes import Progress
from autocut_director.tools.timeline import EditPlan, ScenesDocument


@dataclass(frozen=True)
class PlannedDocument:
    """An edit of described scenes alone: why it is degraded, what to look out for, and what asking for it took."""

    plan: EditPlan
    causes: tuple[str, ...]
    warnings: tuple[str, ...]
    tries: tuple[PlanTry, ...]


def plan_document(
    document: ScenesDocument, options: Mapping[str, Any], *, warn: Callable[[str], None]
) -> PlannedDocument:
    """Plan an edit of described scenes alone; nothing is looked at.

    Args:
        document: The scenes.
        options: The command's options by name.
        warn: Is told what leaves the machine, before it does.

    Raises:
        InputError: A value that cannot be, or a file that cannot be read.
        PlanError: No plan that can be cut could be made.
        BackendError: The planner that was asked for failed.
    """
    crew = Crew(Settings.from_env())
    request = read_request({**options, "video": document.media.primary_clip_path, "vision": "builtin"})
    language = crew.language(request)
    head = crew.head(request, crew.decide(request))
    for said in texts_that_leave(head.policy, language):
        warn(said)
    wish = wish_of(request, head, document, transcript_of(request, document.rate), language)
    proposal = head.planner.invoke(wish)
    edit = proven(proposal)
    warnings = (*wish_warnings(wish), *told(proposal.warning(language)))
    return PlannedDocument(edit, told(head.cause, proposal.cause(language)), warnings, proposal.tries)


def render_plan(
    plan: EditPlan, out: Path, options: Mapping[str, Any], *, progress: Progress | None = None
) -> tuple[str, ...]:
    """Cut the film of a plan alone.

    Args:
        plan: A proven plan; the film has its shape.
        out: The film to write.
        options: The command's options by name.
        progress: Told the frames written and in all.

    Returns:
        What to look out for in the film.

    Raises:
        InputError: A value that cannot be, or a file that cannot be read; or the plan is for another film.
        PlanError: The plan's clips do not fit its film.
        OutputError: The film cannot be written there.
    """
    request = read_request({**options, "video": plan.media.primary_clip_path})
    finish = finish_of(request, plan, transcript_of(request, plan.rate))
    film = make_film(plan, out, finish=finish, progress=progress)
    language = request.language or Settings.from_env().language
    return (*finish_warnings(request, finish, language), *film_warnings(film, language))

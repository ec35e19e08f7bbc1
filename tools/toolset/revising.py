"""The tool that changes an edit in words: revise_plan. Nothing is looked at again."""

from collections.abc import Callable
from itertools import count
from pathlib import PurePosixPath
from typing import Annotated

from langchain_core.tools import BaseTool
from pydantic import Field

from autocut_director.errors import DocumentError
from autocut_director.tools.files import to_json
from autocut_director.tools.plans.difference import compare, said
from autocut_director.tools.plans.lengths import asked_seconds
from autocut_director.tools.timeline import EditPlan, Language, PlanRequest, ScenesDocument, Seconds
from autocut_director.tools.toolset.cutting import Planning, plan_text, product_of, proven_plan
from autocut_director.tools.toolset.hearing import Ear
from autocut_director.tools.toolset.making import make_tool
from autocut_director.tools.toolset.reading import plan_in, scenes_in
from autocut_director.tools.toolset.telling import file_name, one_line
from autocut_director.tools.workspace import Workspace

Change = Annotated[str, Field(min_length=1, max_length=4000)]

_SHOWN = 12  # changes told in an answer
_LONGEST_LINE = 160  # characters of one


def revise_tool(who: Callable[[], Planning], workspace: Workspace) -> BaseTool:
    """Make the tool that plans an edit again as words say; `who` is asked at each call, and not before."""

    def revise_plan(  # noqa: PLR0913, PLR0917  # as many as there are wishes
        change: Change,
        plan: str = "plan.json",
        scenes: str = "scenes.json",
        duration_seconds: Seconds | None = None,
        language: Language | None = None,
        out: str = "",
        overwrite: bool = False,
    ) -> tuple[str, EditPlan]:
        """Change an edit that is planned already, in words. What is not mentioned is kept. plan_edit comes before.

        Args:
            change: What is to be changed, in the person's words, such as "shorter, start with the sea".
            plan: The plan file to change; it stays as it is.
            scenes: The scenes file that it was planned from.
            duration_seconds: How long the changed edit should be, in seconds; leave out unless a length was asked for.
            language: Of the reasons: en or zh.
            out: The plan file to write; leave out for the next free name, such as "plan-2.json".
            overwrite: Replace a file that these tools did not make. Only if the person asked for that.
        """
        document, earlier = scenes_in(workspace, scenes), plan_in(workspace, plan)
        _check_same_film(document, earlier, scenes, plan)
        planning, ear = who(), Ear()
        wish = _wish(document, earlier, change, duration_seconds, language or planning.language)
        sources = workspace.path(scenes), workspace.path(plan)
        name = out or _next_name(workspace, plan)
        with workspace.writing(name, product_of("plan", ".json", document, *sources), overwrite=overwrite) as part:
            made = planning.planner.invoke(wish, ear.config)
            made = proven_plan(made, wish.model_copy(update={"duration_seconds": made.target.duration_seconds}))
            part.write_text(to_json(made), encoding="utf-8", newline="\n")
        lines = [one_line(line, _LONGEST_LINE) for line in said(compare(earlier, made), made)]
        text = plan_text(made, file_name(workspace, workspace.path(name)), notes=[*planning.notes, *ear.said])
        return "\n".join([text, *lines[:_SHOWN], *_more(lines)]), made

    return make_tool(revise_plan, workspace)


def _wish(
    document: ScenesDocument, earlier: EditPlan, change: str, asked: float | None, language: Language
) -> PlanRequest:
    seconds = float(earlier.duration_frames / earlier.rate)
    wanted = asked or asked_seconds(change, seconds)
    return PlanRequest(
        document=document,
        duration_seconds=wanted or seconds,
        aspect=earlier.target.aspect,
        language=language,
        earlier=earlier,
        change=change,
        length_is_asked=wanted is not None,
    )


def _check_same_film(document: ScenesDocument, plan: EditPlan, scenes: str, name: str) -> None:
    """Make sure that both are of one film.

    Raises:
        DocumentError: They are not.
    """
    ours, theirs = document.media, plan.media
    if (ours.primary_clip_path, ours.duration_frames) != (theirs.primary_clip_path, theirs.duration_frames):
        raise DocumentError(f"{name[:80]!r} and {scenes[:80]!r} are of different films; name two of one film.")


def _next_name(workspace: Workspace, plan: str) -> str:
    """Return the first name of the kind plan-2.json beside `plan` that is free."""
    given = PurePosixPath(workspace.shown(workspace.path(plan)))
    stem, _, number = given.stem.rpartition("-")
    base = stem if stem and number.isdecimal() else given.stem
    names = (str(given.with_name(f"{base}-{number}.json")) for number in count(2))
    return next(name for name in names if not workspace.path(name).exists())


def _more(lines: list[str]) -> list[str]:
    return [f"and {len(lines) - _SHOWN} more changes."] if len(lines) > _SHOWN else []

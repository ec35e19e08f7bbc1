"""Tools that make an edit: plan_edit, list_clips, render_edit, export_timeline; `revising` has revise_plan."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import Field

from autocut_director.errors import InputError, PlanError
from autocut_director.prompts import load_style, style_names
from autocut_director.tools import export
from autocut_director.tools.files import to_json
from autocut_director.tools.film import render
from autocut_director.tools.film.finish import Finish, Fit, LoudnessTarget
from autocut_director.tools.film.fonts import scripts_of
from autocut_director.tools.plans.rules import broken_rules
from autocut_director.tools.timeline import Aspect, Clip, EditPlan, Language, PlanRequest, ScenesDocument, Seconds
from autocut_director.tools.toolset.asking import answer_of
from autocut_director.tools.toolset.hearing import Ear, say_first, watched
from autocut_director.tools.toolset.looking import Limit, Offset
from autocut_director.tools.toolset.making import make_tool
from autocut_director.tools.toolset.reading import film_in, plan_in, scenes_in
from autocut_director.tools.toolset.telling import (
    SHOWN,
    clip_table,
    file_name,
    film_name,
    length_of,
    noted,
    one_line,
    quoted,
)
from autocut_director.tools.workspace import HERE, Product, Workspace

EditPlanner = Runnable[PlanRequest, EditPlan]
"""From a wish to a proven plan."""

Brief = Annotated[str, Field(max_length=4000)]
Format = Annotated[str, Field(json_schema_extra={"enum": sorted(export.WRITERS)})]

_ASSUMPTIONS = 4  # told in an answer


@dataclass(frozen=True)
class Planning:
    """Who plans, in which language unless told, with which folder of styles; `notes` for a person."""

    planner: EditPlanner
    language: Language = "en"
    prompts: Path | None = None
    notes: tuple[str, ...] = ()


def make_plan_edit(
    planner: EditPlanner,
    *,
    language: Language = "en",
    prompts: Path | None = None,
    workspace: Workspace | None = None,
) -> BaseTool:
    """Make the tool that has `planner` plan an edit.

    Args:
        planner: From a `PlanRequest` to a proven `EditPlan`, such as `build_planner()` makes.
        language: Of reasons and titles, where the model names none.
        prompts: A folder whose styles are added to the program's own.
        workspace: Where files may be read and written; the working folder when None.
    """
    planning = Planning(planner, language, prompts)
    return plan_tool(lambda: planning, workspace or HERE)


def plan_tool(who: Callable[[], Planning], workspace: Workspace) -> BaseTool:
    """Make the tool that plans; `who` is asked at each call, and not before."""

    def plan_edit(  # noqa: PLR0913, PLR0917  # as many as there are wishes
        scenes: str = "scenes.json",
        duration_seconds: Seconds | None = None,
        brief: Brief = "",
        style: str = "",
        language: Language | None = None,
        aspect: Aspect = "source",
        out: str = "plan.json",
        overwrite: bool = False,
    ) -> tuple[str, EditPlan]:
        """Plan an edit of described scenes and write it to a file. describe_scenes comes before, render_edit after.

        Args:
            scenes: The scenes file that describe_scenes wrote.
            duration_seconds: How long the edit should be, in seconds; 30 if left out.
            brief: What the person wants of the edit, in their words.
            style: Name of an editing style, such as "travel-vlog"; leave out for none.
            language: Of the reasons: en or zh.
            aspect: Shape of the film's picture; 9:16 for telephones.
            out: The plan file to write; it ends in .json.
            overwrite: Replace a file that these tools did not make. Only if the person asked for that.
        """
        document, planning, ear = scenes_in(workspace, scenes), who(), Ear()
        say_first(planning.notes)
        spoken = language or planning.language
        wish = PlanRequest(
            document=document,
            duration_seconds=duration_seconds,
            brief=brief,
            style=style,
            style_text=_style_text(style, spoken, planning.prompts),
            language=spoken,
            aspect=aspect,
        )
        product = product_of("plan", ".json", document, workspace.path(scenes))
        with workspace.writing(out, product, overwrite=overwrite) as part:
            answer = answer_of(partial(planning.planner.invoke, wish, ear.config))
            plan = proven_plan(answer, wish)
            part.write_text(to_json(plan), encoding="utf-8", newline="\n")
        notes = [*planning.notes, *ear.said, *_notes(plan, document)]
        return plan_text(plan, file_name(workspace, workspace.path(out)), notes=notes), plan

    return make_tool(plan_edit, workspace)


def _style_text(style: str, language: Language, prompts: Path | None) -> str:
    """Return what a style says.

    Raises:
        InputError: There is no such style; the message lists those that are there.
        PromptError: Its file cannot be used.
    """
    if not style:
        return ""
    known = style_names(prompts)
    if style not in known:
        raise InputError(f"No style {style[:40]!r}. Known: {', '.join(known)}.")
    return load_style(style, language, prompts).text


def product_of(kind: str, suffix: str, about: ScenesDocument | EditPlan, *sources: Path) -> Product:
    """Return what is written: a file of `kind` about a document's film, made from `sources`."""
    return Product(kind, suffix, film=Path(about.media.primary_clip_path), sources=sources)


def proven_plan(plan: EditPlan, wish: PlanRequest) -> EditPlan:
    """Return a planner's plan, about the film that was asked for: a planner cannot choose another file.

    Raises:
        PlanError: It breaks rules.
    """
    if not isinstance(plan, EditPlan):
        msg = (
            f"A planner must return an EditPlan, not a {type(plan).__name__}; wrap it with build_planner(planner=...)."
        )
        raise TypeError(msg)
    broken = broken_rules(plan.clips, wish)
    if broken:
        raise PlanError(broken)
    return plan.model_copy(update={"media": wish.document.media, "fps_fraction": wish.document.rate})


def plan_text(plan: EditPlan, file: str, *, notes: Sequence[str] = (), offset: int = 0, limit: int = SHOWN) -> str:
    """Return what a model is told of a plan in `file`."""
    by = f"{plan.planned_by.planner} {plan.planned_by.model}".strip()
    stand_in = ", which stood in for a model" if plan.planned_by.degraded else ""
    head = (
        f"{file}: {quoted(plan.title)}, {len(plan.clips)} clips of {film_name(plan)}, "
        f"{length_of(plan.duration_frames, plan)} ({plan.target.duration_seconds:.2f} s asked), planned by "
        f"{one_line(by, 60)}{stand_in}."
    )
    return "\n".join([head, *noted(notes), *clip_table(plan, file, offset=offset, limit=limit)])


def _notes(plan: EditPlan, document: ScenesDocument) -> list[str]:
    blind = not any(scene.visual is not None for scene in document.scenes)
    unseen = ["no scene is described yet; after describe_scenes the plan would be better"] if blind else []
    return [*unseen, *plan.assumptions[:_ASSUMPTIONS]]


def make_list_clips(workspace: Workspace) -> BaseTool:
    """Make the tool that shows a part of a plan."""

    def list_clips(plan: str = "plan.json", offset: Offset = 0, limit: Limit = SHOWN) -> tuple[str, tuple[Clip, ...]]:
        """Show some of the clips in a plan file, with the reason for each.

        Args:
            plan: The plan file, from the workspace.
            offset: How many clips to skip.
            limit: How many clips to show, at most 40.
        """
        read, file = plan_in(workspace, plan), file_name(workspace, workspace.path(plan))
        return plan_text(read, file, offset=offset, limit=limit), read.clips[offset : offset + limit]

    return make_tool(list_clips, workspace)


def make_render_edit(workspace: Workspace) -> BaseTool:
    """Make the tool that cuts the film."""

    def render_edit(  # noqa: PLR0913, PLR0917  # as many as there are wishes
        plan: str = "plan.json",
        out: str = "cut.mp4",
        aspect: Aspect | None = None,
        fit: Fit = "crop",
        title_card: bool = False,
        loudness: LoudnessTarget | None = None,
        overwrite: bool = False,
    ) -> tuple[str, Path]:
        """Cut the film that a plan says, frame for frame, and write it as MP4. plan_edit comes before.

        Args:
            plan: The plan file that plan_edit wrote.
            out: The film to write; it ends in .mp4.
            aspect: Shape of the film's picture; leave out for the plan's own.
            fit: How it comes to another shape: crop (a window that follows the subject) or pad (black bars).
            title_card: Open the film with a card of the plan's title.
            loudness: Level the sound to this many LUFS, such as -14 for the web; leave out to keep it as recorded.
            overwrite: Replace a file that these tools did not make. Only if the person asked for that.
        """
        read, finish = plan_in(workspace, plan), Finish(fit=fit, title_card=title_card, loudness=loudness)
        product = product_of("film", ".mp4", read, workspace.path(plan))
        with workspace.writing(out, product, overwrite=overwrite) as part, film_in(workspace, str(product.film)):
            shaped = read if aspect is None else read.shaped(aspect)
            film = render.make_film(shaped, part, finish=finish, progress=watched("deliver"))
        made = workspace.path(out)
        return f"{file_name(workspace, made)}: {len(read.clips)} clips, {_film_text(film, read)}.", made

    return make_tool(render_edit, workspace, plain=render.render_edit)


def _film_text(film: render.Film, plan: EditPlan) -> str:
    size = f"{film.size[0]}x{film.size[1]} pixels"
    missing = f"; no font here has {scripts_of(film.missing)}, left out" if film.missing else ""
    return f"{length_of(plan.duration_frames + film.lead_frames, plan)}, {size}{missing}"


def make_export_timeline(workspace: Workspace) -> BaseTool:
    """Make the tool that writes a plan for other programs."""

    def export_timeline(
        plan: str = "plan.json", to: Format = "otio", out: str = "", overwrite: bool = False
    ) -> tuple[str, Path]:
        """Write a plan as a timeline for an editor's own program. plan_edit comes before.

        Args:
            plan: The plan file that plan_edit wrote.
            to: Format of the timeline.
            out: The file to write; it ends in a dot and the format. Leave out for "timeline." and the format.
            overwrite: Replace a file that these tools did not make. Only if the person asked for that.
        """
        if to not in export.WRITERS:
            raise InputError(f"No timeline format {to[:40]!r}. Known: {', '.join(sorted(export.WRITERS))}.")
        read, name = plan_in(workspace, plan), out or f"timeline.{to}"
        product = product_of("timeline", f".{to}", read, workspace.path(plan))
        with workspace.writing(name, product, overwrite=overwrite) as part:
            export.export_timeline(read, part, to=to)
        made = workspace.path(name)
        return f"{file_name(workspace, made)}: {len(read.clips)} clips as {to}.", made

    return make_tool(export_timeline, workspace, plain=export.export_timeline)

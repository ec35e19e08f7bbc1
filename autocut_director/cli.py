"""The command line: parse, call, print. Heavy imports wait until a command needs them, so that --help is quick."""

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

from autocut_director.cache_cli import app as cache_app
from autocut_director.errors import DegradedError, DocumentError, InputError, NoBackendError
from autocut_director.prompts_cli import app as prompts_app

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from langchain_core.runnables import Runnable, RunnableConfig
    from rich.console import Console

    from autocut_director.agent.batch import Engine
    from autocut_director.agent.run.account import RunAccount
    from autocut_director.agent.run.stages import DirectorResult
    from autocut_director.batch_display import BatchDisplay
    from autocut_director.tools.comparison import Comparison
    from autocut_director.tools.plans.score import Score
    from autocut_director.tools.timeline import EditPlan, Line, Scene, SceneDescription

app = typer.Typer(
    name="autocut-director",
    help="Footage in, edit out: finds the scenes, looks at them, plans the edit, proves it, and cuts the film.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(prompts_app)
app.add_typer(cache_app)

Number = TypeVar("Number", int, float)
VisionName = Literal["auto", "lmstudio", "ollama", "embedded", "openai", "builtin"]
PlannerName = Literal["auto", "deepseek", "lmstudio", "ollama", "openai", "builtin"]


def _read_as(kind: Callable[[str], Number], wanted: str) -> Callable[[str], Number]:
    """Return what reads an option as a number of some `kind`, and says what was `wanted` where it is none."""

    def read(text: str) -> Number:
        try:
            return kind(text)
        except ValueError as exc:
            raise typer.BadParameter(f"{text!r} is no {wanted}") from exc

    return read


_seconds = _read_as(float, "number of seconds; write one such as 30 or 12.5")
_level = _read_as(float, "loudness; write one such as -14")
_dollars = _read_as(float, "amount of US dollars; write one such as 0.5")
_minutes = _read_as(float, "number of minutes; write one such as 5 or 0.5")
_count = _read_as(int, "whole number; write one such as 10")


Video = Annotated[Path, typer.Argument(metavar="VIDEO", help="The film to work on.", show_default=False)]
OutFolder = Annotated[Path, typer.Option("--out", help="Folder for the results.", show_default=False)]
OutFile = Annotated[Path, typer.Option("--out", help="File to write.", show_default=False)]
Duration = Annotated[
    float | None,
    typer.Option(
        "--duration",
        help="Length of the edit; 30 if not given.",
        metavar="SECONDS",
        parser=_seconds,
        show_default=False,
    ),
]
VisionChoice = Annotated[VisionName, typer.Option("--vision", help="Who looks at the scenes; auto: by policy.")]
Model = Annotated[str | None, typer.Option("--model", metavar="ID", help="The model that looks.", show_default=False)]
ForceLocal = Annotated[bool, typer.Option("--force-local", help="Look on this machine only: no frame leaves it.")]
ForceCloud = Annotated[bool, typer.Option("--force-cloud", help="Look in the cloud; frames leave this machine.")]
NoPolicy = Annotated[bool, typer.Option("--no-policy", help="Choose by settings and defaults alone.")]
PlannerChoice = Annotated[PlannerName, typer.Option("--planner", help="Who plans the edit; auto: by policy.")]
Aspect = Annotated[
    Literal["source", "16:9", "9:16", "1:1"], typer.Option("--aspect", help="Shape of the film's picture.")
]
Fit = Annotated[
    Literal["crop", "pad"],
    typer.Option("--fit", help="How it comes to another shape: a window on the subject, or black bars."),
]
Loudness = Annotated[
    float | None,
    typer.Option(
        "--loudness",
        metavar="LUFS",
        help="Level the sound (EBU R 128): -14 for the web, -23 for broadcast.",
        parser=_level,
        show_default=False,
    ),
]
TitleCard = Annotated[bool, typer.Option("--title-card", help="Open the film with a card of its title.")]
NoOverlays = Annotated[bool, typer.Option("--no-overlays", help="Set no overlay texts into the picture.")]
BurnSubtitles = Annotated[bool, typer.Option("--burn-subtitles", help="Set what is said into the picture.")]
Brief = Annotated[str, typer.Option("--brief", metavar="TEXT", help="What the edit should be, in your words.")]
Style = Annotated[
    str | None,
    typer.Option("--style", metavar="NAME", help="A style; `prompts list` names them.", show_default=False),
]
Transcript = Annotated[
    Path | None,
    typer.Option("--transcript", metavar="FILE", help="What is said: an SRT or VTT file.", show_default=False),
]
Scenes = Annotated[
    Path | None,
    typer.Option(
        "--scenes",
        help="Instead of detection: a scenes.json, or an EDL, FCPXML or OTIO edit of the film.",
        show_default=False,
    ),
]
MaxScenes = Annotated[
    int | None,
    typer.Option(
        "--max-scenes",
        metavar="N",
        parser=_count,
        help="How many scenes are looked at, spread over the film; 0: all. By policy if not given.",
        show_default=False,
    ),
]
FramesPerScene = Annotated[
    int | None,
    typer.Option(
        "--frames-per-scene",
        metavar="N",
        parser=_count,
        help="Stills taken from each scene. By policy if not given.",
        show_default=False,
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what it would take and what would leave; ask no model, write nothing.")
]
MaxCost = Annotated[
    float | None,
    typer.Option(
        "--max-cost",
        metavar="USD",
        parser=_dollars,
        help="Look at as many scenes as this pays for, the plan included.",
        show_default=False,
    ),
]
MaxMinutes = Annotated[
    float | None,
    typer.Option(
        "--max-minutes",
        metavar="N",
        parser=_minutes,
        help="Look at as many scenes as there is time for.",
        show_default=False,
    ),
]
Language = Annotated[
    Literal["zh", "en"] | None,
    typer.Option("--language", help="Of descriptions, reasons and the page.", show_default=False),
]
Prompts = Annotated[
    Path | None, typer.Option("--prompts", help="Folder of prompt files that replace ours.", show_default=False)
]
NoRender = Annotated[bool, typer.Option("--no-render", help="Plan only; do not cut the film.")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Use and keep nothing of what was seen and measured.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 3 when something stood in for what was wanted.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Write even where something else is in the way.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress, only warnings, errors and the last line.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Json = Annotated[bool, typer.Option("--json", help="Print the run's account as JSON on stdout.")]
Listen = Annotated[
    str | None,
    typer.Option("--listen", metavar="MODEL", help="Hear what is said: a Whisper model.", show_default=False),
]
ReadText = Annotated[bool, typer.Option("--read-text", help="Read the text in the pictures.")]


@app.command()
def direct(
    video: Video,
    out: OutFolder,
    brief: Brief = "",
    style: Style = None,
    duration: Duration = None,
    vision: VisionChoice = "auto",
    model: Model = None,
    force_local: ForceLocal = False,
    force_cloud: ForceCloud = False,
    no_policy: NoPolicy = False,
    planner: PlannerChoice = "auto",
    scenes: Scenes = None,
    transcript: Transcript = None,
    listen: Listen = None,
    read_text: ReadText = False,
    max_scenes: MaxScenes = None,
    frames_per_scene: FramesPerScene = None,
    dry_run: DryRun = False,
    max_cost: MaxCost = None,
    max_minutes: MaxMinutes = None,
    language: Language = None,
    prompts: Prompts = None,
    aspect: Aspect = "source",
    fit: Fit = "crop",
    title_card: TitleCard = False,
    no_overlays: NoOverlays = False,
    burn_subtitles: BurnSubtitles = False,
    loudness: Loudness = None,
    no_render: NoRender = False,
    no_cache: NoCache = False,
    strict: Strict = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    debug: Debug = False,
    json: Json = False,
) -> None:
    """The main job: find scenes, look at them, plan the edit, cut the film, and show why."""
    options = {
        **{"video": video, "out": out, "duration": duration, "vision": vision, "planner": planner, "scenes": scenes},
        **{"max_scenes": max_scenes, "frames_per_scene": frames_per_scene, "language": language, "prompts": prompts},
        **{"no_render": no_render, "strict": strict, "overwrite": overwrite, "model": model},
        **{"force_local": force_local, "force_cloud": force_cloud, "no_policy": no_policy},
        **{"brief": brief, "style": style, "transcript": transcript, "listen": listen, "read_text": read_text},
        **{"aspect": aspect, "fit": fit, "title_card": title_card, "no_overlays": no_overlays},
        **{"burn_subtitles": burn_subtitles, "loudness": loudness, "no_cache": no_cache},
        **{"max_cost": max_cost, "max_minutes": max_minutes},
    }
    if dry_run:
        _show_estimate(options, quiet=quiet, json=json)
        return
    from autocut_director.agent.director import build_director

    _direct(build_director(), options, quiet=quiet, json=json)


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("autocut-demo"),
    duration: Duration = 12.0,
    language: Language = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    debug: Debug = False,
    json: Json = False,
) -> None:
    """The main job on a small film that it makes itself: no server, no key, no network."""
    from autocut_director.agent.director import build_director
    from autocut_director.agent.run.folder import make_room
    from autocut_director.tools.demo_film import make_demo_film

    director, film = build_director(), out / "demo.mp4"  # the settings are read before MoviePy is imported
    if not film.exists():
        make_room(out, overwrite=overwrite)
        with _display(_console(), quiet=quiet) as display:
            make_demo_film(film, progress=display.meter("demo"))
    options = {"video": film, "out": out, "duration": duration, "vision": "builtin", "planner": "builtin"}
    _direct(director, {**options, "language": language, "overwrite": overwrite}, quiet=quiet, json=json)


@app.command()
def batch(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="VIDEO_OR_FOLDER", help="Films, and folders of films.", show_default=False),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for a folder of results each.", show_default=False)],
    jobs: Annotated[int, typer.Option("--jobs", metavar="N", min=1, help="Films at once on a machine.")] = 1,
    engine: Annotated[
        Literal["local", "ray"], typer.Option("--engine", help="Here, or on the machines of a Ray cluster.")
    ] = "local",
    address: Annotated[
        str | None,
        typer.Option("--address", help="The Ray cluster; one is started here if not given.", show_default=False),
    ] = None,
    brief: Brief = "",
    style: Style = None,
    duration: Duration = None,
    vision: VisionChoice = "auto",
    model: Model = None,
    force_local: ForceLocal = False,
    force_cloud: ForceCloud = False,
    no_policy: NoPolicy = False,
    planner: PlannerChoice = "auto",
    listen: Listen = None,
    read_text: ReadText = False,
    max_scenes: MaxScenes = None,
    frames_per_scene: FramesPerScene = None,
    max_cost: MaxCost = None,
    max_minutes: MaxMinutes = None,
    language: Language = None,
    prompts: Prompts = None,
    aspect: Aspect = "source",
    fit: Fit = "crop",
    title_card: TitleCard = False,
    no_overlays: NoOverlays = False,
    burn_subtitles: BurnSubtitles = False,
    loudness: Loudness = None,
    no_render: NoRender = False,
    no_cache: NoCache = False,
    strict: Strict = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    debug: Debug = False,
    json: Annotated[bool, typer.Option("--json", help="Print batch.json on stdout.")] = False,
) -> None:
    """The main job for many films: one that fails stops no other, and what is done is not done again."""
    from autocut_director.agent.batch import open_batch
    from autocut_director.batch_display import BatchDisplay, last_line

    options = {
        **{"duration": duration, "vision": vision, "planner": planner, "max_scenes": max_scenes, "model": model},
        **{"frames_per_scene": frames_per_scene, "language": language, "prompts": prompts, "no_render": no_render},
        **{"force_local": force_local, "force_cloud": force_cloud, "no_policy": no_policy, "no_cache": no_cache},
        **{"brief": brief, "style": style, "listen": listen, "read_text": read_text, "aspect": aspect, "fit": fit},
        **{"title_card": title_card, "no_overlays": no_overlays, "burn_subtitles": burn_subtitles},
        **{"loudness": loudness, "strict": strict, "overwrite": overwrite},
        **{"max_cost": max_cost, "max_minutes": max_minutes},
    }
    if address is not None and engine != "ray":
        raise InputError(f"--address {address} is a Ray cluster's; add --engine ray, or leave it out.")
    display = BatchDisplay(_console(), quiet=quiet)
    chosen = _ray_engine(jobs, address, display) if engine == "ray" else _local_engine(jobs, display)
    work, console = open_batch(paths, out, options), display.console
    try:
        with display.over(len(work.jobs)):
            for film in work.run(chosen):
                display.done(film)
    finally:
        if json:
            print(work.account.model_dump_json(by_alias=True, indent=2))  # noqa: T201
        _say(console, last_line(out, work.account))
    raise typer.Exit(work.account.exit_status)


def _local_engine(jobs: int, display: "BatchDisplay") -> "Engine":
    from autocut_director.agent.batch import LocalEngine
    from autocut_director.agent.director import build_director

    return LocalEngine(build_director(), at_once=jobs, watch=display.watch)


def _ray_engine(jobs: int, address: str | None, display: "BatchDisplay") -> "Engine":
    from autocut_director.agent.batch.cluster.engine import RayEngine
    from autocut_director.agent.settings import Settings

    return RayEngine(Settings.from_env(), address=address, at_once=jobs, watch=display.watch)


@app.command()
def describe(
    video: Video,
    out: OutFile,
    vision: VisionChoice = "auto",
    model: Model = None,
    force_local: ForceLocal = False,
    force_cloud: ForceCloud = False,
    no_policy: NoPolicy = False,
    scenes: Scenes = None,
    read_text: ReadText = False,
    max_scenes: MaxScenes = None,
    frames_per_scene: FramesPerScene = None,
    dry_run: DryRun = False,
    max_cost: MaxCost = None,
    max_minutes: MaxMinutes = None,
    language: Language = None,
    prompts: Prompts = None,
    no_cache: NoCache = False,
    strict: Strict = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    debug: Debug = False,
    json: Json = False,
) -> None:
    """Find the scenes and describe them: writes scenes.json."""
    options = {
        **{"video": video, "vision": vision, "scenes": scenes, "max_scenes": max_scenes, "language": language},
        **{"frames_per_scene": frames_per_scene, "prompts": prompts, "model": model, "read_text": read_text},
        **{"force_local": force_local, "force_cloud": force_cloud, "no_policy": no_policy, "no_cache": no_cache},
        **{"max_cost": max_cost, "max_minutes": max_minutes},
    }
    if dry_run:
        _show_estimate({**options, "planner": "builtin"}, quiet=quiet, json=json)
        return
    from autocut_director.agent.director import build_describer
    from autocut_director.tools.files import check_new_file, to_json, write_text

    check_new_file(out, overwrite=overwrite, sources=[video, *([scenes] if scenes else [])])
    console = _console()
    with _display(console, quiet=quiet) as display:
        described = build_describer().invoke(options, {"callbacks": [display]})
    write_text(out, to_json(described.document))
    account = described.account.noting(status="done", files={"scenes": out.name})
    _close(console, account, f"{out}: {_looked(account)}", json=json, strict=strict)


@app.command()
def plan(
    scenes: Annotated[Path, typer.Argument(metavar="SCENES.json", help="Described scenes.", show_default=False)],
    out: OutFile,
    brief: Brief = "",
    style: Style = None,
    duration: Duration = None,
    aspect: Aspect = "source",
    planner: PlannerChoice = "auto",
    transcript: Transcript = None,
    language: Language = None,
    prompts: Prompts = None,
    strict: Strict = False,
    overwrite: Overwrite = False,
    debug: Debug = False,
    json: Json = False,
) -> None:
    """Plan an edit from described scenes; nothing is looked at again: writes plan.json."""
    from autocut_director.agent.run.alone import plan_document
    from autocut_director.agent.settings import Settings
    from autocut_director.tools.files import check_new_file, read_scenes, to_json, write_text

    document, console = read_scenes(scenes), _console()
    check_new_file(out, overwrite=overwrite, sources=[scenes, Path(document.media.primary_clip_path)])
    options = {
        **{"brief": brief, "style": style, "duration": duration, "planner": planner, "transcript": transcript},
        **{"language": language, "prompts": prompts, "aspect": aspect},
    }
    planned = plan_document(document, options, warn=lambda said: _warn(console, said))
    write_text(out, to_json(planned.plan))
    if json:
        print(to_json(planned.plan), end="")  # noqa: T201
    causes = "; ".join(planned.causes)
    if strict and causes:
        raise DegradedError(f"Degraded, which --strict forbids (the plan is there): {causes}.")
    for warning in planned.warnings:
        _warn(console, warning)
    if not json:
        _show_edit(console, planned.plan, document.scenes, language or Settings.from_env().language)
    seconds = float(planned.plan.duration_frames / planned.plan.rate)
    degraded = f" Degraded: {causes}." if causes else ""
    who = planned.plan.planned_by
    _say(console, f"{out}: {_clips(planned.plan)}, {seconds:.2f} s, planned by {who.planner} {who.model}.{degraded}")


@app.command()
def revise(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a finished run.", show_default=False)],
    words: Annotated[str, typer.Argument(metavar="WORDS", help='What to change, such as "shorter, no people".')],
    planner: Annotated[
        PlannerName | None, typer.Option("--planner", help="Who plans; as in the run if not given.", show_default=False)
    ] = None,
    no_render: NoRender = False,
    no_cache: NoCache = False,
    strict: Strict = False,
    quiet: Quiet = False,
    debug: Debug = False,
    json: Json = False,
) -> None:
    """Change an edit in words; nothing is looked at again: writes DIR/rev-N and shows the difference."""
    from autocut_director.agent import revision
    from autocut_director.tools.plans.difference import said as difference_lines

    before, out = revision.finished_run(folder), revision.next_folder(folder)
    console = _console()
    with _display(console, quiet=quiet) as display:
        config: RunnableConfig = {"callbacks": [display]}
        changed: dict[str, Any] = {"planner": planner, "no_render": no_render or None, "no_cache": no_cache or None}
        made = revision.revise(before, words, out=out, config=config, **changed)
    for line in difference_lines(made.difference, made.result.plan):
        _say(console, line)
    if not quiet and not json:
        _show_edit(console, made.result.plan, made.result.scenes, made.result.run.language)
    film = made.result.files.get("cut", made.result.files["plan"])
    said = f"{film}{_spent(made.result.run)}. See why: {made.result.files['storyboard']}"
    _close(console, made.result.run, said, json=json, strict=strict)


@app.command()
def render(
    plan: Annotated[Path, typer.Argument(metavar="PLAN.json", help="A proven plan.", show_default=False)],
    out: OutFile,
    aspect: Annotated[
        Literal["source", "16:9", "9:16", "1:1"] | None,
        typer.Option("--aspect", help="Shape of the film's picture; the plan's if not given.", show_default=False),
    ] = None,
    fit: Fit = "crop",
    title_card: TitleCard = False,
    no_overlays: NoOverlays = False,
    burn_subtitles: BurnSubtitles = False,
    transcript: Transcript = None,
    loudness: Loudness = None,
    language: Language = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Cut the film that a plan says.

    Subtitles are made of --transcript, or of the transcript.vtt beside the plan, which a run leaves there.
    """
    from autocut_director.agent.run.alone import render_plan
    from autocut_director.tools.files import check_new_file, read_plan

    read, said = read_plan(plan), _said(plan, transcript) if burn_subtitles else None
    check_new_file(out, overwrite=overwrite, sources=[plan, Path(read.media.primary_clip_path)])
    options = {
        **{"fit": fit, "title_card": title_card, "no_overlays": no_overlays},
        **{"burn_subtitles": burn_subtitles, "transcript": said, "loudness": loudness, "language": language},
    }
    console = _console()
    with _display(console, quiet=quiet) as display:
        warnings = render_plan(
            read if aspect is None else read.shaped(aspect), out, options, progress=display.meter("deliver")
        )
    for warning in warnings:
        _warn(console, warning)
    _say(console, f"{out}: {_clips(read)}, {float(read.duration_frames / read.rate):.2f} s.")


@app.command()
def export(
    plan: Annotated[Path, typer.Argument(metavar="PLAN.json", help="A proven plan.", show_default=False)],
    to: Annotated[
        Literal["otio", "fcpxml", "xml", "edl", "srt"],
        typer.Option("--to", help="Format of the timeline; srt: subtitles."),
    ],
    out: OutFile,
    transcript: Transcript = None,
    relative: Annotated[
        bool, typer.Option("--relative", help="Name the film by its path from the timeline's folder.")
    ] = False,
    title_card: Annotated[
        bool, typer.Option("--title-card", help="The film opens with its title card; subtitles begin after it.")
    ] = False,
    overwrite: Overwrite = False,
    debug: Debug = False,
) -> None:
    """Write a plan as a timeline for an editor's own program; srt: what is said in it as subtitles.

    Subtitles are made of --transcript, or of the transcript.vtt beside the plan, which a run leaves there.
    """
    from autocut_director.tools.export import SUBTITLES, export_timeline
    from autocut_director.tools.files import check_new_file, read_plan

    if transcript is not None and to != SUBTITLES:
        raise InputError(f"--transcript {transcript} is for subtitles; add --to srt, or leave it out.")
    if title_card and to != SUBTITLES:
        raise InputError("--title-card is for subtitles, a timeline has no card; add --to srt, or leave it out.")
    read, said = read_plan(plan), _said(plan, transcript) if to == SUBTITLES else None
    film, console = Path(read.media.primary_clip_path), _console()
    check_new_file(out, overwrite=overwrite, sources=[plan, film, *([said] if said else [])])
    folder, lead = out.absolute().parent if relative else None, _card_frames(read) if title_card else 0
    lines = _lines(said, read.rate) if said else ()
    seen = _seen(plan, read, console)
    export_timeline(read, out, to=to, relative_to=folder, lines=lines, lead_frames=lead, seen=seen)
    if to != SUBTITLES and not film.exists():
        _warn(console, f"the film {film} is not there; the timeline names it, and is offline until it is relinked.")
    _say(console, f"{out}: {_clips(read)} as {to}.")


@app.command()
def score(
    plan: Annotated[Path, typer.Argument(metavar="PLAN.json", help="A proven plan.", show_default=False)],
    scenes: Annotated[
        Path | None,
        typer.Option("--scenes", help="Its scenes.json; the one beside it if not given.", show_default=False),
    ] = None,
    transcript: Transcript = None,
    duration: Duration = None,
    debug: Debug = False,
    json: Annotated[bool, typer.Option("--json", help="Print the marks as JSON on stdout.")] = False,
) -> None:
    """Measure a plan without any model: nine marks, each with its reason, and a total of 100."""
    from autocut_director.tools.files import read_plan, to_json
    from autocut_director.tools.plans.score import score_file, verdict

    lines = _lines(transcript, read_plan(plan).rate) if transcript is not None else ()
    marks = score_file(plan, scenes=scenes, transcript=lines, asked_seconds=duration)
    if json:
        print(to_json(marks), end="")  # noqa: T201
    else:
        _show_marks(_results(), marks)
    _say(_console(), verdict(marks))


@app.command()
def storyboard(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a finished run.", show_default=False)],
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make the page and the contact sheet of a finished run again."""
    from autocut_director.agent.run.boards import storyboard_again
    from autocut_director.agent.settings import Settings
    from autocut_director.tools.store import SceneStore

    console, store = _console(), SceneStore(Settings.from_env().cache_dir)
    with _display(console, quiet=quiet) as display:
        page = storyboard_again(folder, progress=display.meter("frames"), store=store)
    _say(console, f"Open {page} in a browser.")


@app.command()
def bench(
    video: Video,
    out: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("autocut-bench"),
    vision: VisionChoice = "auto",
    model: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="ID", help="A model that takes part, and no others; may be given again."),
    ] = None,
    force_local: ForceLocal = False,
    max_scenes: Annotated[
        int | None,
        typer.Option(
            "--max-scenes",
            metavar="N",
            parser=_count,
            help="How many scenes each is shown, spread over the film; 0: all. 6 if not given.",
            show_default=False,
        ),
    ] = None,
    frames_per_scene: FramesPerScene = None,
    language: Language = None,
    prompts: Prompts = None,
    no_cache: NoCache = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    debug: Debug = False,
    json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON on stdout.")] = False,
) -> None:
    """Compare the models that are up on your own footage: the same scenes, one model after another."""
    from rich.markup import escape

    from autocut_director.agent.bench import Audience, check_somebody_answered, compare_models
    from autocut_director.bench_table import show_comparison
    from autocut_director.tools.files import to_json

    options = {
        **{"video": video, "out": out, "vision": vision, "force_local": force_local, "max_scenes": max_scenes},
        **{"frames_per_scene": frames_per_scene, "language": language, "prompts": prompts, "no_cache": no_cache},
        "overwrite": overwrite,
    }
    console = _console()
    with _display(console, quiet=quiet) as display:
        audience = Audience(
            warn=lambda said: _warn(console, said),
            meter=lambda step: display.meter(escape(step)),
            config={"callbacks": [display]},
        )
        comparison = compare_models(options, model or (), audience)
    if json:
        print(to_json(comparison), end="")  # noqa: T201
    elif not quiet:
        show_comparison(console, comparison)
    check_somebody_answered(comparison)
    _say(console, f"{out / 'bench.json'}: {_compared(comparison)}. See: {out / 'bench.html'}")


@app.command()
def chat(
    video: Video,
    thread: Annotated[str, typer.Option("--thread", metavar="NAME", help="Which conversation about it.")] = "main",
    new: Annotated[bool, typer.Option("--new", help="Forget that conversation and begin anew.")] = False,
    workspace: Annotated[
        Path | None,
        typer.Option(
            "--workspace",
            metavar="DIR",
            help="Where it reads and writes; the film's folder if not given.",
            show_default=False,
        ),
    ] = None,
    vision: VisionChoice = "auto",
    model: Model = None,
    force_local: ForceLocal = False,
    force_cloud: ForceCloud = False,
    planner: Annotated[PlannerName, typer.Option("--planner", help="Who talks and plans; auto: by policy.")] = "auto",
    language: Language = None,
    prompts: Prompts = None,
    debug: Debug = False,
) -> None:
    """Talk about an edit: it looks, proposes, revises and renders, and asks before it pays or replaces a file.

    A script on a pipe may talk too: each line is a message, or the answer to a question.
    """
    from autocut_director.agent.chat.memory import begin_anew, keep_latest, open_memory, thread_of
    from autocut_director.agent.run.request import read_request
    from autocut_director.agent.settings import Settings
    from autocut_director.tools.probe import readable
    from autocut_director.tools.workspace import Workspace

    options = {"video": video, "vision": vision, "model": model, "planner": planner, "language": language}
    forced = read_request({**options, "force_local": force_local, "force_cloud": force_cloud}).forced
    known, film = Settings.from_env(), readable(video)
    own = {"language": language or known.language, "prompts_dir": prompts or known.prompts_dir}
    settings, here = known.model_copy(update=own), Workspace(workspace or film.parent)
    if not film.resolve().is_relative_to(here.root):
        raise InputError(f"{film} is not in the folder {here.root}; name one that holds it by --workspace.")
    name, talk = here.shown(here.file(str(film))), thread_of(film, thread)

    # LangChain's agents take two seconds to load, and what is wrong with the request is known before.
    from autocut_director.agent.chat.director_agent import assemble
    from autocut_director.agent.chat.talker import find_talker
    from autocut_director.conversation import converse

    with open_memory(settings.cache_dir) as memory:
        talker = find_talker(settings, forced)
        (begin_anew if new else keep_latest)(memory, talk)
        agent = assemble(talker, settings, here, forced=forced, film=name, checkpointer=memory)
        converse(talker, agent, talk, _console(), settings.language)


@app.command()
def doctor(
    vision: VisionChoice = "auto",
    model: Model = None,
    force_local: ForceLocal = False,
    force_cloud: ForceCloud = False,
    probe: Annotated[bool, typer.Option("--probe", help="Really ask: five checks, one small picture sent.")] = False,
    write_env: Annotated[bool, typer.Option("--write-env", help="Write a .env of what was found.")] = False,
    debug: Debug = False,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON on stdout.")] = False,
) -> None:
    """Tell what this machine and its model servers are, what is decided and why, and what to mend."""
    from autocut_director.agent.doctor import check_up, env_lines, examine
    from autocut_director.agent.run.request import read_request
    from autocut_director.agent.settings import Settings
    from autocut_director.consultation import show_check, show_report, verdict

    options = {"video": Path(), "vision": vision, "model": model, "force_local": force_local}
    forced = read_request({**options, "force_cloud": force_cloud}).forced
    settings, console = Settings.from_env(), _console() if json else _results()
    if probe:
        report = check_up(settings, forced=forced, on_check=lambda check: show_check(console, check))
    else:
        report = examine(settings, forced=forced)
    if json:
        print(report.model_dump_json(by_alias=True, indent=2))  # noqa: T201
    else:
        show_report(console, report)
    if write_env:
        _write_env(console, env_lines(report, settings))
    _say(console, verdict(report))
    if not report.healthy:
        raise typer.Exit(NoBackendError.exit_status)


@app.command()
def mcp(
    folder: Annotated[
        Path, typer.Option("--folder", help="The only folder in which the tools read and write.")
    ] = Path(),
    http: Annotated[bool, typer.Option("--http", help="Serve on a port of this machine, not on stdin.")] = False,
    port: Annotated[
        int | None,
        typer.Option("--port", metavar="N", min=0, max=65535, help="Of --http; 8765 if not given.", show_default=False),
    ] = None,
    vision: VisionChoice = "auto",
    model: Model = None,
    force_local: ForceLocal = False,
    force_cloud: ForceCloud = False,
    planner: PlannerChoice = "auto",
    debug: Debug = False,
) -> None:
    """Offer the tools to other programs by MCP: on stdin and stdout, or by HTTP on this machine."""
    _check_mcp(http=http, port=port)
    from autocut_director.agent.run.request import read_request
    from autocut_director.agent.settings import Settings
    from autocut_director.agent.toolkit import director_tools
    from autocut_director.mcp_server import Calls, build_server
    from autocut_director.mcp_serving import serve_http, serve_stdio
    from autocut_director.tools.workspace import Workspace

    workspace, console, calls = Workspace(folder), _console(), Calls()
    os.chdir(workspace.root)  # whoever starts us may do it anywhere: the .env is the folder's
    options = {"video": Path(), "vision": vision, "model": model, "planner": planner}
    forced = read_request({**options, "force_local": force_local, "force_cloud": force_cloud}).forced
    tools = director_tools(Settings.from_env(), workspace=workspace, forced=forced)
    server = build_server(tools, calls, lambda said: _say(console, said), debug=debug)
    _say(console, f"The tools read and write in {workspace.root}. Ctrl-C ends.")
    if http:
        serve_http(
            server, calls, port=8765 if port is None else port, ready=lambda at: _say(console, f"Serving at {at}")
        )
    else:
        serve_stdio(server, calls)


def _check_mcp(*, http: bool, port: int | None) -> None:
    """Make sure that MCP can be served as asked.

    Raises:
        InputError: The extra is not installed, or a port is named that nothing would listen at.
    """
    if find_spec("mcp") is None:
        raise InputError('Serving by MCP needs an extra: pip install "autocut-director[mcp]"')
    if port is not None and not http:
        raise InputError(f"--port {port} is for HTTP; add --http, or leave it out.")


def _write_env(console: "Console", lines: str) -> None:
    from autocut_director.tools.files import check_new_file, write_text

    env = Path(".env")
    check_new_file(env, overwrite=False)
    write_text(env, lines)
    _say(console, f"{env.absolute()} is written.")


def _said(plan: Path, transcript: Path | None) -> Path | None:
    """Return the file of what is said in a plan's film: the one that was given, else the one that lies beside it."""
    beside = plan.with_name("transcript.vtt")
    return transcript or (beside if beside.exists() else None)


def _lines(transcript: Path, rate: "Fraction") -> "tuple[Line, ...]":
    from autocut_director.tools.words.transcript import read_transcript

    return read_transcript(transcript, rate)


def _seen(plan: Path, read: "EditPlan", console: "Console") -> "dict[str, SceneDescription]":
    """Return what is to be seen in a plan's scenes, where the scenes.json beside it is of the same film."""
    from autocut_director.tools.files import read_scenes

    beside = plan.with_name("scenes.json")
    if not beside.exists():
        return {}
    try:
        document = read_scenes(beside)
    except DocumentError as exc:
        _warn(console, f"the timeline is without descriptions: {exc}")
        return {}
    same = (document.media.digest, document.media.duration_frames) == (read.media.digest, read.media.duration_frames)
    return document.descriptions if same else {}


def _card_frames(plan: "EditPlan") -> int:
    from autocut_director.tools.film.title_card import card_frames

    return card_frames(plan.rate)


def _show_marks(console: "Console", marks: "Score") -> None:
    from rich.markup import escape
    from rich.table import Table

    from autocut_director.tools.plans.score import SCORE_COLUMNS, score_rows

    table = Table(*SCORE_COLUMNS, box=None, pad_edge=False)
    for row in score_rows(marks):
        table.add_row(*map(escape, row))
    console.print(table)


def _show_edit(console: "Console", plan: "EditPlan", scenes: "Sequence[Scene]", language: Literal["zh", "en"]) -> None:
    from autocut_director.edit_table import show_edit

    show_edit(console, plan, scenes, language)


def _show_estimate(options: dict[str, Any], *, quiet: bool, json: bool) -> None:
    """Print what a run would take, on stdout: a table, or JSON."""
    from autocut_director.agent.forecast import estimate_run
    from autocut_director.agent.settings import Settings
    from autocut_director.estimate_table import show_estimate

    settings = Settings.from_env()
    with _display(_console(), quiet=quiet) as display:
        estimate = estimate_run(options, settings=settings, config={"callbacks": [display]})
    if json:
        print(estimate.model_dump_json(by_alias=True, indent=2))  # noqa: T201
    else:
        show_estimate(_results(), estimate, options["language"] or settings.language)


def _direct(director: "Runnable[Any, DirectorResult]", options: dict[str, Any], *, quiet: bool, json: bool) -> None:
    console, strict = _console(), bool(options.pop("strict", False))
    with _display(console, quiet=quiet) as display:
        result = director.invoke(options, {"callbacks": [display]})
    if not quiet and not json:
        _show_edit(console, result.plan, result.scenes, result.run.language)
    seconds = float(result.plan.duration_frames / result.plan.rate)
    film = result.files.get("cut", result.files["plan"])
    said = f"{film}: {_clips(result.plan)}, {seconds:.2f} s, planned by {result.plan.planned_by.planner}; "
    said += _looked(result.run)
    said += f" See why: {result.files['storyboard']}"
    _close(console, result.run, said, json=json, strict=strict)


def _close(console: "Console", account: "RunAccount", said: str, *, json: bool, strict: bool) -> None:
    """Print the account if it is wanted; say the last line, and that the run is degraded where it is.

    Raises:
        DegradedError: It is, and `strict` forbids that.
    """
    if json:
        print(account.model_dump_json(by_alias=True, indent=2))  # noqa: T201
    if strict:
        account.refuse_degraded()
    degraded = f" Degraded: {'; '.join(account.causes)}." if account.degraded else ""
    _say(console, said + degraded)


def _looked(account: "RunAccount") -> str:
    totals = account.totals
    backends = ", ".join(dict.fromkeys(scene.backend for scene in account.scenes if scene.backend)) or "nobody"
    stored = f", {totals.cached} from the store" if totals.cached else ""
    failed = f", {totals.failed} FAILED" if totals.failed else ""
    looked = f"{totals.described} of {totals.scenes} scenes described by {backends}"
    left_out = f", {account.bounds.left_out} left out" if account.bounds and account.bounds.left_out else ""
    return f"{looked}{stored}{left_out}{failed}{_spent(account)}, {totals.seconds:.1f} s."


def _spent(account: "RunAccount") -> str:
    """Say the tokens and what they cost; nothing of what costs nothing."""
    from autocut_director.agent.policy.prices import money

    totals = account.totals
    if totals.cost_usd == 0:
        return ""
    cost = "cost not known" if totals.cost_usd is None else money(totals.cost_usd, account.language)
    return f", {totals.input_tokens + totals.output_tokens} tokens, {cost}"


def _compared(comparison: "Comparison") -> str:
    answered = sum(model.figures.answered > 0 for model in comparison.models)
    scenes = f"{len(comparison.scenes)} scene{'s' * (len(comparison.scenes) != 1)}"
    return f"{answered} of {len(comparison.models)} models described {scenes}"


def _warn(console: "Console", said: str) -> None:
    console.print(f"Warning: {said}", style="yellow", markup=False, soft_wrap=True)


def _clips(plan: "EditPlan") -> str:
    return f"{len(plan.clips)} clip{'s' * (len(plan.clips) != 1)}"


def _console() -> "Console":
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def _results() -> "Console":
    """Return the console for what was asked for, as against messages on the way."""
    from rich.console import Console

    return Console(highlight=False)


def _display(console: "Console", *, quiet: bool) -> Any:
    from autocut_director.terminal import Display

    return Display(console, quiet=quiet)


def _say(console: "Console", message: str) -> None:
    console.print(message.replace("\n", " "), markup=False, soft_wrap=True)

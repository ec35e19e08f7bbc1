"""A comparison: who takes part, what leaves the machine, each model measured in turn, and the files that tell of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig

from autocut_director.agent.bench.opening import Bench, opened
from autocut_director.agent.bench.race import Track, names_of, rate_of, run_alone
from autocut_director.agent.bench.scenes import Meter, Shown, scenes_to_show
from autocut_director.agent.policy.routes import NAMES, VisionRoute
from autocut_director.agent.rates import keep_rate
from autocut_director.agent.run.account import prompt_account
from autocut_director.agent.run.folder import make_room
from autocut_director.agent.run.request import DirectRequest
from autocut_director.errors import BackendError, DocumentError, OutputError
from autocut_director.tools import recall
from autocut_director.tools.comparison import Comparison, comparison_html, comparison_markdown
from autocut_director.tools.comparison.agreement import agreements
from autocut_director.tools.comparison.document import Absent, ComparedScene, Contender
from autocut_director.tools.files import read_json, to_json, write_text
from autocut_director.tools.frames import SceneFrames
from autocut_director.tools.probe import Footage
from autocut_director.tools.sentences import say
from autocut_director.version import __version__

FILES = {"json": "bench.json", "markdown": "bench.md", "page": "bench.html"}
"""Names of the files, by kind."""


@dataclass(frozen=True)
class Audience:
    """Who is told what: `warn` what must be seen, `meter` the progress of a step by its name, `config` LangChain's."""

    warn: Callable[[str], None]
    meter: Meter
    config: RunnableConfig | None = None


def compare_models(options: Mapping[str, Any], models: Sequence[str], audience: Audience) -> Comparison:
    """Show the same scenes to every model that is up, and write what came of it.

    Args:
        options: `video`, `out`, and the other options of the command by name.
        models: Ids of those that take part; all that are up where there are none.
        audience: Is told what leaves the machine and what it may cost, before it does.

    Returns:
        The comparison as `bench.json` holds it. A model that failed is a row with its cause.

    Raises:
        InputError: The request, the video or a prompt file is wrong, or the files cannot be written there.
        NoBackendError: Nobody that was asked for can look.
    """
    bench = opened(options, models)
    for said in bench.said_before():
        audience.warn(said)
    footage = recall.probed(bench.request.video, bench.store)
    folder = _claimed(bench.request, footage)
    shown = scenes_to_show(footage, bench.store, limit=bench.scenes_limit, stills=bench.stills, meter=audience.meter)
    for said in bench.costs(len(shown.shots)):
        audience.warn(said)
    contenders = tuple(_raced(bench, shown.shots, audience))
    comparison = _document(bench, footage, shown, contenders)
    for said in comparison.warnings:
        audience.warn(said)
    _write(folder, comparison, shown.shots)
    return comparison


def check_somebody_answered(comparison: Comparison) -> None:
    """Make sure that a model answered, not only builtin where others were there.

    Raises:
        BackendError: None did; the message has the first cause.
    """
    models = [model for model in comparison.models if model.backend != "builtin"] or list(comparison.models)
    if not any(model.figures.answered for model in models):
        first = models[0]
        raise BackendError(f"None of {len(models)} models described a scene. {first.name}: {first.cause}")


def _raced(bench: Bench, shots: Sequence[SceneFrames], audience: Audience) -> Iterator[Contender]:
    """Yield each model as it is done, one after another: two at once would slow each other down."""
    track = bench.track(shots)
    routes = bench.seats.routes
    for route, name in zip(routes, names_of(routes), strict=True):
        contender = _run(route, name, track, audience)
        rate = rate_of(contender, datetime.now(UTC).date())
        if rate is not None:
            keep_rate(bench.store, route, rate)
        yield contender


def _run(route: VisionRoute, name: str, track: Track, audience: Audience) -> Contender:
    progress, done = audience.meter(name), list[str]()

    def told(look: Any) -> None:
        done.append(look.scene_id)
        progress(len(done), len(track.shots))

    progress(0, len(track.shots))
    return run_alone(route, name, track, config=audience.config, on_look=told)


def _document(bench: Bench, footage: Footage, shown: Shown, models: tuple[Contender, ...]) -> Comparison:
    measured = bench.track(shown.shots).measured
    profile = bench.profile
    return Comparison(
        made_on=datetime.now(UTC).replace(microsecond=0),
        version=__version__,
        language=bench.language,
        media=footage.media,
        fps_fraction=footage.rate,
        machine={**profile.model_dump(mode="json", exclude={"runtimes"}), "profile_class": profile.profile_class},
        prompts=tuple(prompt_account(prompt).model_dump(mode="json") for prompt in bench.prompts),
        found=shown.found,
        scenes=tuple(_scene(shot, measured) for shot in shown.shots),
        models=models,
        absent=tuple(
            Absent(backend=over.backend, bound=over.bound, mend=over.mend) for over in bench.seats.passed_over
        ),
        agreement=agreements([model for model in models if model.figures.answered]),
        warnings=tuple(_said_after(bench, models)),
    )


def _scene(shot: SceneFrames, measured: Mapping[str, float | None]) -> ComparedScene:
    scene, quality = shot.scene, measured[shot.scene.scene_id]
    return ComparedScene(
        scene_id=scene.scene_id,
        start_frame=scene.start_frame,
        end_frame=scene.end_frame,
        start_tc=scene.start_tc,
        end_tc=scene.end_tc,
        signals=scene.signals,
        measured_quality=None if quality is None else round(quality, 3),
    )


def _said_after(bench: Bench, models: Sequence[Contender]) -> Iterator[str]:
    """Say who failed, that nobody but builtin is up, and what befell the store."""
    for model in models:
        if model.figures.failed:
            told = {"name": model.name, "failed": model.figures.failed, "total": model.figures.asked}
            yield say(bench.language, "bench_failed", **told, error=model.cause)
    if bench.seats.passed_over and [model.backend for model in models] == ["builtin"]:
        why = "; ".join(f"{NAMES[over.backend]}: {over.bound}" for over in bench.seats.passed_over)
        yield say(bench.language, "bench_alone", why=why)
    for trouble in bench.store.news():
        yield say(bench.language, trouble.sentence, **trouble.values)


def _claimed(request: DirectRequest, footage: Footage) -> Path:
    """Make sure of the folder before any work: new, empty, or with an earlier comparison of the same film."""
    folder = request.out or Path("autocut-bench")
    earlier = _is_of_the_same_film(folder / FILES["json"], footage)
    make_room(folder, overwrite=request.overwrite or earlier, besides=footage.path)
    if any((folder / name).exists() and (folder / name).samefile(footage.path) for name in FILES.values()):
        raise OutputError(f"{footage.path} is where a result would go; choose another folder with --out.")
    return folder


def _is_of_the_same_film(file: Path, footage: Footage) -> bool:
    try:
        held = read_json(file)
    except DocumentError:
        return False
    media = held.get("media") if isinstance(held, dict) and held.get("schema") == "bench.v1" else None
    return isinstance(media, dict) and media.get("digest") == footage.digest


def _write(folder: Path, comparison: Comparison, shots: Sequence[SceneFrames]) -> None:
    stills = {shot.scene.scene_id: shot.frames for shot in shots}
    write_text(folder / FILES["json"], to_json(comparison))
    write_text(folder / FILES["markdown"], comparison_markdown(comparison))
    write_text(folder / FILES["page"], comparison_html(comparison, stills))

"""From a request to what a planner is asked: the brief, the style's text, what is said in the film."""

from collections.abc import Callable
from fractions import Fraction
from functools import cache

from autocut_director.agent.planner import read_wish
from autocut_director.agent.run.crew import Head
from autocut_director.agent.run.request import DirectRequest
from autocut_director.agent.run.stages import Described, Sampled
from autocut_director.tools.frames import SceneFrames
from autocut_director.tools.plans.lengths import asked_seconds
from autocut_director.tools.recall import text_in
from autocut_director.tools.store import Store
from autocut_director.tools.timeline import EditPlan, Language, Line, PlanRequest, ScenesDocument
from autocut_director.tools.words.screen_text import ScreenReader, with_text
from autocut_director.tools.words.transcript import read_transcript


def wish_of(
    request: DirectRequest, head: Head, document: ScenesDocument, transcript: tuple[Line, ...], language: Language
) -> PlanRequest:
    """Return what is asked of a planner.

    Raises:
        InputError: A value that cannot be.
    """
    style = {} if head.style is None else {"style": request.style or "", "style_text": head.style.text}
    asked = _changed_seconds(request)
    return read_wish(
        document=document,
        duration_seconds=request.duration if request.earlier is None else asked or _seconds(request.earlier),
        earlier=request.earlier,
        change=request.change,
        aspect=request.aspect,
        length_is_asked=asked is not None,
        brief=request.brief,
        language=language,
        transcript=transcript,
        **style,
    )


def wish_at(stage: Sampled | Described) -> PlanRequest:
    """Return what is asked of a run's planner, by what is known of the scenes at a stage.

    Raises:
        InputError: A value that cannot be.
    """
    return wish_of(stage.request, stage.head, stage.document, stage.transcript, stage.language)


def _changed_seconds(request: DirectRequest) -> float | None:
    """Return the seconds that a change asks for; None where it asks for none."""
    return None if request.earlier is None else asked_seconds(request.change, _seconds(request.earlier))


def _seconds(plan: EditPlan) -> float:
    return float(plan.duration_frames / plan.rate)


def transcript_of(request: DirectRequest, rate: Fraction) -> tuple[Line, ...]:
    """Return what is said in the film, where a transcript was given.

    Raises:
        InputError: It cannot be read.
    """
    return () if request.transcript is None else read_transcript(request.transcript, rate)


def told(*sentences: str | None) -> tuple[str, ...]:
    """Return those of `sentences` that there are."""
    return tuple(sentence for sentence in sentences if sentence)


ReadText = Callable[[SceneFrames], SceneFrames]
"""Puts what is written in a scene's stills to what was measured of them."""


def text_reader(store: Store) -> ReadText:
    """Return what reads the text in pictures; its models are loaded when a picture comes that nobody has read yet.

    Raises, when it reads one:
        InputError: The extra `ocr` is not installed.
    """
    reader = cache(ScreenReader)

    def read(shot: SceneFrames) -> SceneFrames:
        text = text_in(shot.frames, store, lambda frames: reader().read(frames))
        signals = with_text(shot.scene.signals, text)
        return SceneFrames(shot.scene.model_copy(update={"signals": signals}), shot.frames)

    return read


def unread(shot: SceneFrames) -> SceneFrames:
    """Leave what was measured as it is."""
    return shot

"""From a request to what a planner is asked: the brief, the style's text, what is said in the film."""

from fractions import Fraction

from autocut_director.agent.planner import read_wish
from autocut_director.agent.run.crew import Head
from autocut_director.agent.run.request import DirectRequest
from autocut_director.tools.timeline import Language, Line, PlanRequest, ScenesDocument


def wish_of(
    request: DirectRequest, head: Head, document: ScenesDocument, transcript: tuple[Line, ...], language: Language
) -> PlanRequest:
    """Return what is asked of a planner.

    Raises:
        InputError: A value that cannot be.
    """
    style = {} if head.style is None else {"style": head.style.name, "style_text": head.style.text}
    return read_wish(
        document=document,
        duration_seconds=request.duration,
        brief=request.brief,
        language=language,
        transcript=transcript,
        **style,
    )


def transcript_of(request: DirectRequest, rate: Fraction) -> tuple[Line, ...]:
    """Return what is said in the film, where a transcript was given.

    Raises:
        InputError: It cannot be read.
    """
    if request.transcript is None:
        return ()
    from autocut_director.tools.transcript import read_transcript

    return read_transcript(request.transcript, rate)


def told(*sentences: str | None) -> tuple[str, ...]:
    """Return those of `sentences` that there are."""
    return tuple(sentence for sentence in sentences if sentence)

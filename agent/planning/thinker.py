"""One model that plans: it is asked, told what its plan breaks at most twice, and what it then says is the proposal.

Where a film has more scenes than the model's context holds, it is asked twice: a shortlist for each chapter, then the
edit of what is on the shortlists.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.runnables import Runnable, RunnableConfig

from autocut_director.agent.builtin_planner import worth
from autocut_director.agent.patience import patient
from autocut_director.agent.planning.answers import plan_schema, read_plan, read_shortlist, shortlist_schema
from autocut_director.agent.planning.question import (
    PlanWording,
    Room,
    plan_question,
    repair_question,
    room_in,
    shortlist_question,
    speech_that_fits,
)
from autocut_director.agent.planning.remembered import REMEMBERED
from autocut_director.agent.policy.prices import cost_usd
from autocut_director.agent.policy.routes import LOCAL
from autocut_director.errors import AnswerError, BackendError, BackendRefusedError, PlanError
from autocut_director.tools.plans.compiler import ProposedPlan, broken_as_proposed, compile_plan
from autocut_director.tools.plans.footage_table import SCENE_TOKENS
from autocut_director.tools.sentences import say
from autocut_director.tools.timeline import PlannedBy, PlanRequest, Record, Scene, equal_shares

REPAIRS = 2
"""How often a model is told what its plan breaks."""
_FEWEST_SCENES = 4  # that must fit, or the model cannot plan
_MOST_CHAPTERS = 24
_SHOWN_AGAIN = 20_000  # characters of a wrong answer that its model is shown again

Kind = Literal["shortlist", "plan", "repair"]
Read = TypeVar("Read")


class PlanTry(Record):
    """One question to a model that plans, and what came of it.

    `broken`: the rules that its plan broke. `cost_usd` is null where nobody knows; of `input_tokens`, `cached_tokens`
    were in the provider's cache. `remembered`: the answer was known from an earlier run, and nothing was spent.
    """

    backend: str
    model: str
    kind: Kind
    outcome: Literal["answered", "broken", "failed"]
    seconds: float = 0.0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    remembered: bool = False
    broken: tuple[str, ...] = ()
    error: str = ""


Ask = Callable[[int, dict[str, Any]], Runnable[Any, AIMessage]]
"""Makes the model that is asked: for the longest answer in tokens, and the JSON schema of the answer."""


@dataclass(frozen=True)
class _Judged:
    """A proposal, how many rules it breaks, and why the compiler can make nothing of it (None: it can)."""

    proposal: ProposedPlan
    broken: int
    refusal: PlanError | None


@dataclass
class Thinker:
    """A model at work on one edit; it keeps the account of its tries."""

    backend: str
    model: str
    context_tokens: int
    ask: Ask
    wording: PlanWording
    tries: list[PlanTry] = field(default_factory=list)

    @property
    def signature(self) -> PlannedBy:
        """How its edits are signed."""
        return PlannedBy(planner=self.backend, model=self.model)

    def propose(self, request: PlanRequest, config: RunnableConfig) -> ProposedPlan:
        """Propose an edit; what it still breaks after two repairs is the compiler's to mend.

        Raises:
            BackendError: The model did not answer, its context is too small, or its answers were no plan.
            PlanError: The compiler can make nothing of any of its plans.
        """
        room = self._room(request)
        scenes = self._shortlisted(request, room, config)
        speech = speech_that_fits(request.transcript, scenes, room.speech)
        proposal = self._repaired(request, plan_question(self.wording, request, scenes, speech), room, config)
        missing = [*_not_shown(request, scenes), *_not_heard(request, speech)]
        return proposal.model_copy(update={"assumptions": (*proposal.assumptions, *missing)})

    def _room(self, request: PlanRequest) -> Room:
        room = room_in(self.context_tokens, self.wording, request)
        least = min(_FEWEST_SCENES, len(request.document.scenes)) * SCENE_TOKENS
        if room.footage < least:
            raise BackendRefusedError(
                f"{self.model} takes {self.context_tokens} tokens, too few to plan this edit in: load it with a "
                f"context of {self.context_tokens + least - room.footage} or more."
            )
        return room

    # ------------------------------------------------------------ the edit

    def _repaired(self, request: PlanRequest, question: str, room: Room, config: RunnableConfig) -> ProposedPlan:
        """Ask for the edit; tell the model what it breaks; return the proposal that can be mended, and breaks least."""
        model = self.ask(room.answer, plan_schema(revised=request.earlier is not None))
        messages: list[BaseMessage] = [HumanMessage(question)]
        proposals: list[_Judged] = []
        for turn in range(1 + REPAIRS):
            try:
                proposal, broken, said = self._proposed(model, messages, request, "repair" if turn else "plan", config)
                proposals.append(_Judged(proposal, len(broken), self._refusal(proposal, request)))
            except AnswerError as exc:
                broken, said = [_advice(exc)], exc.answer
                if turn == REPAIRS and not proposals:
                    raise
            if not broken:
                break
            shown = [AIMessage(said[:_SHOWN_AGAIN])] if said.strip() else []
            messages = [messages[0], *shown, HumanMessage(repair_question(self.wording, broken))]
        best = min(proposals, key=lambda judged: (judged.refusal is not None, judged.broken))
        if best.refusal is not None:
            raise best.refusal
        return best.proposal

    def _refusal(self, proposal: ProposedPlan, request: PlanRequest) -> PlanError | None:
        """Return why the compiler can make nothing of a proposal; None where it can."""
        try:
            compile_plan(proposal, meant(request, proposal), planned_by=self.signature)
        except PlanError as exc:
            return exc
        return None

    def _proposed(
        self,
        model: Runnable[Any, AIMessage],
        messages: Sequence[BaseMessage],
        request: PlanRequest,
        kind: Kind,
        config: RunnableConfig,
    ) -> tuple[ProposedPlan, list[str], str]:
        """Ask once; return the proposal, the rules that it breaks, and the answer's text."""
        answer, proposal = self._asked(model, messages, read_plan, kind, config)
        broken = broken_as_proposed(proposal, meant(request, proposal))
        if broken:
            self.tries[-1] = self.tries[-1].model_copy(update={"outcome": "broken", "broken": tuple(broken[:50])})
        return proposal, broken, answer.text

    # ------------------------------------------------------------ long films

    def _shortlisted(self, request: PlanRequest, room: Room, config: RunnableConfig) -> tuple[Scene, ...]:
        """Return the scenes that the edit is planned from: all where they fit, else those on the shortlists."""
        scenes, fitting = request.document.scenes, room.footage // SCENE_TOKENS
        if len(scenes) <= fitting:
            return scenes
        chapters = _chapters(scenes, fitting, request)
        count = max(1, fitting // len(chapters))
        model = self.ask(room.answer, shortlist_schema())
        chosen = {name for chapter in chapters for name in self._shortlist(model, chapter, count, request, config)}
        return tuple(scene for scene in scenes if scene.scene_id in chosen)

    def _shortlist(
        self,
        model: Runnable[Any, AIMessage],
        chapter: Sequence[Scene],
        count: int,
        request: PlanRequest,
        config: RunnableConfig,
    ) -> list[str]:
        """Return the ids of a chapter's `count` best scenes; by measure where the model's answer names none."""
        if len(chapter) <= count:
            return [scene.scene_id for scene in chapter]
        known = {scene.scene_id for scene in chapter}
        question = [HumanMessage(shortlist_question(self.wording, request, chapter, count))]
        try:
            _, ids = self._asked(model, question, lambda answer: read_shortlist(answer, known), "shortlist", config)
        except AnswerError:
            return [scene.scene_id for scene in _best(chapter, count, request)]
        return list(ids[:count])

    # ------------------------------------------------------------ one question

    def _asked(
        self,
        model: Runnable[Any, AIMessage],
        messages: Sequence[BaseMessage],
        read: Callable[[AIMessage], Read],
        kind: Kind,
        config: RunnableConfig,
    ) -> tuple[AIMessage, Read]:
        """Ask once, again where a failure may pass, and keep each try."""

        def once() -> tuple[AIMessage, Read]:
            started, answer = time.monotonic(), AIMessage("")
            try:
                answer = model.invoke(list(messages), config)
                found = read(answer)
            except BackendError as exc:
                self._keep(kind, _with_tokens(answer, exc), time.monotonic() - started, error=str(exc))
                raise
            self._keep(kind, answer, time.monotonic() - started)
            return answer, found

        return patient()(once)

    def _keep(self, kind: Kind, answer: AIMessage, seconds: float, error: str = "") -> None:
        remembered = bool(answer.response_metadata.get(REMEMBERED))
        usage = None if remembered else answer.usage_metadata
        sent, said = (0, 0) if usage is None else (usage["input_tokens"], usage["output_tokens"])
        cached = 0 if usage is None else usage.get("input_token_details", {}).get("cache_read", 0)
        free = remembered or self.backend in LOCAL
        self.tries.append(
            PlanTry(
                backend=self.backend,
                model=self.model,
                kind=kind,
                outcome="failed" if error else "answered",
                seconds=round(seconds, 3),
                input_tokens=sent,
                cached_tokens=cached,
                output_tokens=said,
                cost_usd=0.0 if free else cost_usd(self.model, sent, said, cached),
                remembered=remembered,
                error=error[:400],
            )
        )


def _with_tokens(answer: AIMessage, exc: BackendError) -> AIMessage:
    """Return an answer with the tokens that it took, where only the error knows them."""
    if not isinstance(exc, AnswerError) or exc.tokens is None:
        return answer
    sent, said = exc.tokens
    usage = UsageMetadata(input_tokens=sent, output_tokens=said, total_tokens=sent + said)
    return answer.model_copy(update={"usage_metadata": usage})


def _advice(exc: AnswerError) -> str:
    """Return what a model is told of an answer that is no plan."""
    return f"{exc}: give fewer clips, and shorter reasons" if exc.kind == "cut_short" else str(exc)


def meant(request: PlanRequest, proposal: ProposedPlan) -> PlanRequest:
    """Return the request with the length that a revised plan is to have, where the change left that to its planner."""
    frames = proposal.length_frames
    if (
        request.earlier is None
        or request.length_is_asked
        or frames is None
        or not 1 <= frames <= request.available_frames
    ):
        return request
    return request.model_copy(update={"duration_seconds": frames / float(request.document.rate)})


def _chapters(scenes: Sequence[Scene], fitting: int, request: PlanRequest) -> list[Sequence[Scene]]:
    """Cut a film into chapters of at most `fitting` scenes; of too many the best of each share of its time."""
    most = min(_MOST_CHAPTERS, fitting)
    if len(scenes) > most * fitting:
        shares = equal_shares(scenes, most)
        return [_best(share, min(fitting, len(share)), request) for share in shares]
    count = -(-len(scenes) // fitting)
    size = -(-len(scenes) // count)
    return [scenes[start : start + size] for start in range(0, len(scenes), size)]


def _best(scenes: Sequence[Scene], count: int, request: PlanRequest) -> Sequence[Scene]:
    """Return the `count` scenes that are worth most by what was measured, in the film's order."""
    best = {scene.scene_id for scene in sorted(scenes, key=lambda scene: -worth(scene, request))[:count]}
    return [scene for scene in scenes if scene.scene_id in best]


def _not_shown(request: PlanRequest, scenes: Sequence[Scene]) -> list[str]:
    shown, total = len(scenes), len(request.document.scenes)
    return [] if shown == total else [say(request.language, "shortlisted", shown=shown, total=total)]


def _not_heard(request: PlanRequest, speech: Sequence[Any]) -> list[str]:
    heard, total = len(speech), len(request.transcript)
    return [] if heard == total or not speech else [say(request.language, "speech_cut", shown=heard, total=total)]

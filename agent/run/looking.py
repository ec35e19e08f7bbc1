"""What is told and noted of looking: what may leave the machine, each scene as it is done, who stood in for whom."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count

from autocut_director.agent.policy.execution import ExecutionPolicy
from autocut_director.agent.policy.routes import NAMES, Backend, Route
from autocut_director.agent.run.account import RunAccount, prompt_account
from autocut_director.agent.run.crew import Decided, Eyes
from autocut_director.agent.run.request import DirectRequest
from autocut_director.agent.run.stages import Asked
from autocut_director.agent.run.step import Teller
from autocut_director.prompts import Prompt
from autocut_director.tools.describe import NOTICE, Attempt, Look
from autocut_director.tools.sentences import say
from autocut_director.tools.timeline import Language, Scene


def opened(
    request: DirectRequest, language: Language, decided: Decided | None, prompts: Sequence[Prompt]
) -> RunAccount:
    """Open the account of a run: what was asked, what is here, and what was decided."""
    return RunAccount(
        request=request.named(),
        language=language,
        profile=None if decided is None else decided.profile.model_dump(mode="json"),
        policy=None if decided is None else decided.policy.model_dump(mode="json"),
        prompts=tuple(prompt_account(prompt) for prompt in prompts),
    )


def say_what_leaves(asked: Asked, teller: Teller) -> None:
    """Say aloud what may leave this machine, and to whom. Where a caller's own Runnable works, only he knows."""
    said = what_leaves(asked)
    teller.warn(said)
    if not said and asked.eyes.policy is not None and asked.head.policy is not None:
        teller.tell(NOTICE, {"message": say(asked.language, "nothing_leaves")})


def what_leaves(asked: Asked) -> tuple[str, ...]:
    """Say what may leave this machine, and to whom; nothing of a caller's own Runnables."""
    frames = frames_that_leave(asked.eyes.policy, asked.language)
    traced = (say(asked.language, "traced"),) if asked.eyes.traced else ()
    return (*frames, *texts_that_leave(asked.head.policy, asked.language), *traced)


def frames_that_leave(policy: ExecutionPolicy | None, language: Language) -> Iterator[str]:
    """Say of each model on another host that frames go, or may go, there."""
    if policy is None:
        return iter(())
    first = policy.pools[0] if policy.pools else ()
    return _leaving(policy.vision, first, "frames", language)


def texts_that_leave(policy: ExecutionPolicy | None, language: Language) -> Iterator[str]:
    """Say of each planner on another host that the scenes' descriptions go, or may go, there."""
    return iter(()) if policy is None else _leaving(policy.planners, policy.planners[:1], "texts", language)


def _leaving(chain: Sequence[Route], first: Sequence[Route], what: str, language: Language) -> Iterator[str]:
    """Say of each host once what leaves to it; to those of `first` as a rule."""
    sentences = {
        say(
            language,
            f"{what}_leave" if route in first else f"{what}_may_leave",
            host=route.host,
            name=NAMES[route.backend],
            model=route.model,
        ): None
        for route in chain
        if route.remote
    }
    return iter(sentences)


def look_teller(teller: Teller, most: int) -> Callable[[Look], None]:
    """Return what is called with each scene as it is done; tells of it and of the progress.

    `most`: how many scenes are looked at, where the film has as many; 0: nobody knows yet.
    """
    progress, done = teller.progress(), count(1)

    def told(look: Look) -> None:
        teller.journal.looked(look)
        visual = None if look.description is None else look.description.model_dump(mode="json")
        teller.tell("scene", {"scene_id": look.scene_id, "visual": visual, "error": look.error})
        progress(next(done), most)

    return told


def looked(
    account: RunAccount, eyes: Eyes, scenes: Sequence[Scene], looks: Sequence[Look], language: Language
) -> RunAccount:
    """Return the account with what came of looking: each scene, who fell back on whom, and why it is degraded."""
    causes = [eyes.cause] if eyes.cause else []
    crossings = [look.crossing for look in looks if look.crossing]
    told = (*crossings, *_taken_over(looks, language), *_fallen_back(eyes, looks, language))
    account = account.with_scenes(scenes, looks, eyes.clouds).with_warning(*told)
    return account.with_cause(*causes, *_stood_in(eyes, looks, language), *_failures(looks, language))


def _taken_over(looks: Sequence[Look], language: Language) -> list[str]:
    """Say which servers failed at scenes that another of their kind then described."""
    failures: dict[str, list[str]] = {}
    for look in looks:
        for name, error in {_server(a): a.error for a in look.attempts if _was_taken_over(a, look)}.items():
            failures.setdefault(name, []).append(error)
    return [
        say(language, "taken_over", name=name, count=len(errors), total=len(looks), error=errors[0])
        for name, errors in failures.items()
    ]


def _was_taken_over(attempt: Attempt, look: Look) -> bool:
    """Tell whether another server of the same kind described the scene at which this one failed."""
    hosts = [other.host for other in look.attempts if other.outcome == "answered"]
    same_kind = attempt.backend == _looked_by(look)
    return attempt.outcome == "failed" and same_kind and attempt.host not in hosts


def _server(attempt: Attempt) -> str:
    return f"{NAMES[attempt.backend]} at {attempt.host}"


def _fallen_back(eyes: Eyes, looks: Sequence[Look], language: Language) -> list[str]:
    """Say which models other than the first were needed; builtin is said by `_stood_in`."""
    others = _others(eyes, looks)
    return [
        say(language, "fell_back", count=len(found), total=len(looks), name=NAMES[backend], error=_cause(found))
        for backend, found in others.items()
        if backend != "builtin"
    ]


def _stood_in(eyes: Eyes, looks: Sequence[Look], language: Language) -> list[str]:
    found = _others(eyes, looks).get("builtin", [])
    if not found:
        return []
    first = found[0]
    told = {"count": len(found), "total": len(looks), "first": first.scene_id, "error": _cause(found)}
    return [say(language, "stood_in", **told)]


def _others(eyes: Eyes, looks: Sequence[Look]) -> dict[Backend, list[Look]]:
    """Return the looks of every backend but the first in the chain."""
    if eyes.policy is None:
        return {}
    rest = [pool[0].backend for pool in eyes.policy.pools[1:]]
    by_backend = {backend: [look for look in looks if _looked_by(look) == backend] for backend in rest}
    return {backend: found for backend, found in by_backend.items() if found}


def _looked_by(look: Look) -> str:
    return look.description.analyzed_by if look.description is not None else ""


def _cause(looks: Sequence[Look]) -> str:
    """Return what failed first: each backend's own words, as against "left alone for now"."""
    causes: dict[str, str] = {}
    for attempt in (attempt for look in looks for attempt in look.attempts if attempt.outcome == "failed"):
        causes.setdefault(NAMES[attempt.backend], attempt.error)
    return "; ".join(f"{name}: {error}" for name, error in causes.items())


def _failures(looks: Sequence[Look], language: Language) -> list[str]:
    failed = [look for look in looks if look.error is not None]
    if not failed:
        return []
    first = failed[0]
    return [say(language, "failed", failed=len(failed), total=len(looks), first=first.scene_id, error=first.error)]

"""A run's account: who did what, why, how long it took and what it cost.

A value, collected on the way, written as `run.json` at the start and at the end.
"""

import platform
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Literal
from uuid import uuid4

from pydantic import Field

from autocut_director.agent.planning.thinker import PlanTry
from autocut_director.agent.policy.prices import cost_usd
from autocut_director.agent.rates import Rate
from autocut_director.errors import DegradedError
from autocut_director.prompts import Prompt
from autocut_director.tools.describe import Look
from autocut_director.tools.probe import Footage
from autocut_director.tools.timeline import Language, PlannedBy, Record, Scene, Status
from autocut_director.version import __version__

_REPORTED = ("av", "langchain-core", "moviepy", "opencv-python-headless", "opentimelineio")


def used_versions() -> dict[str, str]:
    """Return the versions of what does the work."""
    libraries = {name: version(name) for name in _REPORTED}
    return {"autocut-director": __version__, "python": platform.python_version(), **libraries}


class PromptAccount(Record):
    """Which prompt was used: the hash is of the whole file."""

    name: str
    version: str
    sha256: str
    path: str


class SceneAccount(Record):
    """What looking at one scene took, over all attempts. `cost_usd` is null where nobody knows."""

    scene_id: str
    status: Status
    same_as: str | None = None
    backend: str = ""
    model: str = ""
    rung: str | None = None
    repaired: bool = False
    cached: bool = Field(False, description="The store had it: nothing was spent on it but for failed attempts.")
    attempts: tuple[dict[str, Any], ...] = ()
    frames: int = 0
    seconds: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    error: str | None = None


class BoundsAccount(Record):
    """What a run was held to, and what that came to."""

    max_cost: float | None = Field(None, description="US dollars, for looking and planning.")
    max_minutes: float | None = Field(None, description="From the first scene that is looked at.")
    reserved_usd: float = Field(0.0, description="Of the cost, for planning with all its repairs.")
    spent_usd: float = Field(0.0, description="By looking.")
    looked_at: int = 0
    left_out: int = Field(0, description="Scenes that were not looked at, to stay within the bounds.")


class Totals(Record):
    """Sums over the run."""

    seconds: float = 0.0
    scenes: int = 0
    described: int = 0
    failed: int = 0
    not_selected: int = 0
    cached: int = Field(0, description="Of the described: scenes whose description the store had.")
    shared: int = Field(0, description="Of the described: near-duplicates that share another scene's description.")
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = Field(0.0, description="Null where the price of some of it is not known.")


class RunAccount(Record):
    """`run.json`."""

    schema_: Literal["run.v1"] = Field("run.v1", alias="schema")
    status: Literal["running", "done", "failed", "interrupted"] = "running"
    run_id: str = Field(default_factory=lambda: uuid4().hex)
    started_at: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    request: dict[str, Any]
    language: Language = "en"
    versions: dict[str, str] = Field(default_factory=used_versions)
    video: dict[str, Any] | None = None
    speech: dict[str, Any] | None = Field(None, description="How many lines are said, and in which language.")
    profile: dict[str, Any] | None = Field(None, description="The machine and its model servers.")
    policy: dict[str, Any] | None = Field(None, description="Who looks, in which order, and why; what may leave.")
    prompts: tuple[PromptAccount, ...] = ()
    scenes: tuple[SceneAccount, ...] = ()
    planner: PlannedBy | None = None
    plan_tries: tuple[PlanTry, ...] = Field((), description="Every question to a model that plans, and its cost.")
    steps: dict[str, float] = Field(default_factory=dict, description="Seconds of each step.")
    costs: dict[str, float | None] = Field(
        default_factory=dict, description="US dollars of each step that asks models; null where a price is not known."
    )
    rates: dict[str, Rate] = Field(
        default_factory=dict, description="Seconds and tokens that a scene took in this run, by backend."
    )
    expected: dict[str, Any] | None = Field(None, description="What `--dry-run` would have said before: estimate.v1.")
    bounds: BoundsAccount | None = Field(None, description="Where --max-cost or --max-minutes was given.")
    totals: Totals = Totals()
    warnings: tuple[str, ...] = ()
    degraded: bool = False
    causes: tuple[str, ...] = Field((), description="Why the run is degraded.")
    error: str | None = None
    film: dict[str, Any] | None = Field(None, description="The cut: its size, where it was cropped and by what.")
    files: dict[str, str] = Field(default_factory=dict, description="File names by kind, in the run's folder.")
    left_out: dict[str, str] = Field(default_factory=dict, description="Timelines that cannot hold the edit, and why.")

    @property
    def lead_frames(self) -> int:
        """Frames of a title card that stand before the cut in its film."""
        return int((self.film or {}).get("lead_frames", 0))

    def noting(self, **changes: Any) -> "RunAccount":
        """Return the account with `changes`."""
        return self.model_copy(update=changes)

    def with_step(self, name: str, seconds: float) -> "RunAccount":
        """Return the account with the seconds that one more step took."""
        steps = {**self.steps, name: round(seconds, 3)}
        totals = self.totals.model_copy(update={"seconds": round(sum(steps.values()), 3)})
        return self.noting(steps=steps, totals=totals)

    def with_warning(self, *warnings: str) -> "RunAccount":
        """Return the account with more to look out for."""
        return self.noting(warnings=(*self.warnings, *warnings))

    def with_cause(self, *causes: str) -> "RunAccount":
        """Return the account as that of a degraded run, if there is any cause."""
        return self.noting(degraded=self.degraded or bool(causes), causes=(*self.causes, *causes))

    def refuse_degraded(self) -> None:
        """Raise if something stood in for what was wanted.

        Raises:
            DegradedError: Something did.
        """
        if self.degraded:
            raise DegradedError(f"Degraded, which --strict forbids (the results are there): {'; '.join(self.causes)}.")

    def with_tries(self, tries: Iterable[PlanTry]) -> "RunAccount":
        """Return the account with what asking for an edit took."""
        kept = tuple(tries)
        planning = _sum(each.cost_usd for each in kept)
        totals = self.totals.model_copy(
            update={
                "input_tokens": self.totals.input_tokens + sum(each.input_tokens for each in kept),
                "output_tokens": self.totals.output_tokens + sum(each.output_tokens for each in kept),
                "cost_usd": _sum([self.totals.cost_usd, planning]),
            }
        )
        return self.noting(plan_tries=kept, totals=totals, costs={**self.costs, "plan": planning})

    def with_scenes(
        self, scenes: Iterable[Scene], looks: Iterable[Look], clouds: frozenset[str] = frozenset()
    ) -> "RunAccount":
        """Return the account with what looking at each scene took; `clouds` as in `look_cost`."""
        by_id = {look.scene_id: look for look in looks}
        accounts = tuple(_scene_account(scene, by_id.get(scene.scene_id), clouds) for scene in scenes)
        counts = {
            status: sum(a.status == status for a in accounts) for status in ("described", "failed", "not_selected")
        }
        totals = self.totals.model_copy(
            update={
                "scenes": len(accounts),
                **counts,
                "cached": sum(account.cached for account in accounts),
                "shared": sum(account.same_as is not None for account in accounts),
                "cost_usd": _total_cost(accounts),
                "input_tokens": sum(account.input_tokens for account in accounts),
                "output_tokens": sum(account.output_tokens for account in accounts),
            }
        )
        return self.noting(scenes=accounts, totals=totals, costs={**self.costs, "describe": totals.cost_usd})


def _scene_account(scene: Scene, look: Look | None, clouds: frozenset[str]) -> SceneAccount:
    if look is None:
        return SceneAccount(scene_id=scene.scene_id, status=scene.status, same_as=scene.same_as)
    visual = look.description
    return SceneAccount(
        scene_id=scene.scene_id,
        status=scene.status,
        backend=visual.analyzed_by if visual else "",
        model=visual.model if visual else "",
        rung=look.rung,
        repaired=look.repaired,
        cached=look.cached,
        attempts=tuple(asdict(attempt) for attempt in look.attempts),
        frames=look.frames,
        seconds=look.seconds,
        input_tokens=look.input_tokens,
        output_tokens=look.output_tokens,
        cost_usd=look_cost(look, clouds),
        error=look.error,
    )


def look_cost(look: Look, clouds: frozenset[str] = frozenset()) -> float | None:
    """Return what looking at a scene cost in US dollars, failed attempts too; None where nobody knows.

    What runs on one's own machines is free. `clouds`: models of a local server that run elsewhere, and are billed.
    """
    asked = [attempt for attempt in look.attempts if attempt.outcome != "skipped"]
    if not asked:  # a Runnable of the caller's
        return None
    own = {attempt.model for attempt in asked if attempt.backend != "openai" and attempt.model not in clouds}
    return _sum(0.0 if model in own else cost_usd(model, sent, said) for model, sent, said in look.tokens)


def _total_cost(accounts: Iterable[SceneAccount]) -> float | None:
    return _sum(account.cost_usd for account in accounts if account.frames)


def _sum(costs: Iterable[float | None]) -> float | None:
    """Return the sum; None where one of them is not known."""
    known = list(costs)
    return None if None in known else round(sum(cost for cost in known if cost is not None), 6)


def prompt_account(prompt: Prompt) -> PromptAccount:
    """Return how the account names a prompt."""
    return PromptAccount(name=prompt.name, version=prompt.version, sha256=prompt.sha256, path=str(prompt.path))


def video_account(footage: Footage) -> dict[str, Any]:
    """Return how the account names the film."""
    return {
        "path": str(footage.path),
        "digest": footage.digest,
        "fps_fraction": f"{footage.rate.numerator}/{footage.rate.denominator}",
        "variable_rate": footage.variable_rate,
        "duration_frames": footage.duration_frames,
        "seconds": round(footage.seconds, 3),
        "width": footage.width,
        "height": footage.height,
        "has_audio": footage.has_audio,
    }

"""The doctor: what is here, what the policy makes of it, what is wrong, and what mends it.

`examine` (profile and policy → `Report`) and `check_up` (five checks in order, each really done) print nothing.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field

from autocut_director.agent.policy.execution import ExecutionPolicy
from autocut_director.agent.policy.models import RETIREMENTS
from autocut_director.agent.policy.routes import NAMES, Forced, VisionRoute, named
from autocut_director.agent.profile import ProfileClass, RuntimeProfile
from autocut_director.agent.rates import paced
from autocut_director.agent.settings import LocalProvider, Settings
from autocut_director.agent.values import Value
from autocut_director.errors import AutoCutError, BackendError, NoBackendError
from autocut_director.tools.store import NO_STORE, SceneStore, Store
from autocut_director.tools.store.database import FILE

_PLAIN = re.compile(r"[\w./:@+,-]+")  # what a .env holds without quotes
_LOOKED_UP = "${"


class Problem(Value):
    """Something that is wrong, or will be; `mend` is the command or click that repairs it."""

    what: str
    mend: str
    stops: bool = Field(False, description="The main job cannot run as asked.")


class Check(Value):
    """One check of the check-up. `ok` is None where it could not be done since one before it failed."""

    name: str
    ok: bool | None
    seconds: float
    said: str


class Report(Value):
    """All that the doctor found."""

    schema_: Literal["doctor.v1"] = Field("doctor.v1", serialization_alias="schema")
    machine_class: ProfileClass
    cpu_score: str
    profile: RuntimeProfile
    policy: ExecutionPolicy
    problems: tuple[Problem, ...]
    checks: tuple[Check, ...] = ()

    @property
    def healthy(self) -> bool:
        """Tell whether the main job can run as asked: somebody can look, and every check that was done passed."""
        return not any(problem.stops for problem in self.problems) and all(check.ok for check in self.checks)


def examine(settings: Settings, *, forced: Forced | None = None, profile: RuntimeProfile | None = None) -> Report:
    """Find out what is here and what the policy makes of it.

    Raises:
        InputError: What was forced contradicts itself or a setting.
    """
    profile = profile or RuntimeProfile.detect(settings)
    policy = paced(ExecutionPolicy.resolve(profile, settings, forced=forced), _store_in(settings.cache_dir))
    return Report(
        machine_class=profile.profile_class,
        cpu_score=profile.cpu_score,
        profile=profile,
        policy=policy,
        problems=tuple(_problems(settings, policy)),
    )


def _store_in(folder: Path) -> Store:
    """Return the store in `folder`; none where nothing is kept yet, so that to look makes no file."""
    return SceneStore(folder) if (folder / FILE).exists() else NO_STORE


def _problems(settings: Settings, policy: ExecutionPolicy) -> Iterator[Problem]:
    if not policy.vision or policy.stands_in:
        yield from _nobody_looks(settings, policy)
    wanted = settings.local_vision_provider
    if policy.vision and wanted is not None and policy.vision[0].backend != wanted:
        over = next((over for over in policy.passed_over if over.backend == wanted), None)
        if over is not None and not policy.stands_in:
            what = f"LOCAL_VISION_PROVIDER={wanted} cannot be used: {over.bound}"
            yield Problem(what=what, mend=over.mend or "name another provider", stops=True)
    yield from _servers_left_out(policy)
    for route in policy.vision[:1]:
        if route.word:
            yield Problem(what=route.word, mend="load Moondream2 instead (docs/models.md)")
    yield from _retired(settings, datetime.now(UTC).date())
    if settings.traced:
        yield Problem(
            what="LangSmith tracing is on: whole inputs, frames included, leave this machine",
            mend="set LANGSMITH_TRACING=false (and LANGCHAIN_TRACING_V2=false) unless you mean it",
        )


def _servers_left_out(policy: ExecutionPolicy) -> Iterator[Problem]:
    """Say which servers cannot look where others of their kind do."""
    looking = {route.backend for route in policy.vision}
    for over in policy.passed_over:
        if over.backend in looking:
            yield Problem(what=f"{NAMES[over.backend]}: {over.bound}", mend=over.mend)


def _nobody_looks(settings: Settings, policy: ExecutionPolicy) -> Iterator[Problem]:
    """Say why no model looks. It stops the main job only where a model was asked for: else builtin looks."""
    stops = _asked_for_a_model(settings, policy)
    mendable = [over for over in policy.passed_over if over.mend]
    for over in mendable:
        yield Problem(what=f"{NAMES[over.backend]}: {over.bound}", mend=over.mend, stops=stops)
    if not mendable:
        yield Problem(what="no vision model can be used", mend="see docs/quickref.md", stops=stops)


def _asked_for_a_model(settings: Settings, policy: ExecutionPolicy) -> bool:
    steered = settings.use_local_vision is not None or settings.local_vision_provider is not None
    return steered or policy.decisions["vision"].by == "forced"


def _retired(settings: Settings, today: date) -> Iterator[Problem]:
    """Warn of model names that are withdrawn, or will be."""
    names = {"DEEPSEEK_MODEL": settings.deepseek_model, "OPENAI_VISION_MODEL": settings.openai_vision_model}
    keys = {"DEEPSEEK_MODEL": settings.deepseek_api_key, "OPENAI_VISION_MODEL": settings.openai_api_key}
    for variable, name in names.items():
        retired = RETIREMENTS.get(name)
        if retired is None or keys[variable] is None:
            continue
        verb = "was retired" if retired.on <= today else "is to be retired"
        what = f"{variable}={name}: it {verb} on {retired.on} ({retired.source})"
        yield Problem(what=what, mend=f"set {variable}={retired.successor}", stops=retired.on <= today)


# ---------------------------------------------------------------- the check-up


@dataclass
class _Case:
    """What the checks hand on to one another."""

    settings: Settings
    forced: Forced
    profile: RuntimeProfile | None = None

    def decided(self) -> ExecutionPolicy:
        """Return what the policy decides.

        Raises:
            NoBackendError: Nobody can look.
        """
        profile = self.profile or RuntimeProfile.detect(self.settings)
        policy = ExecutionPolicy.resolve(profile, self.settings, forced=self.forced)
        policy.require_vision()
        return policy


def check_up(
    settings: Settings, *, forced: Forced | None = None, on_check: Callable[[Check], None] = lambda _: None
) -> Report:
    """Do the five checks in order, and report with them; after one that fails the others are not done.

    The last two send a small made picture to the model that the policy chose.

    Raises:
        InputError: What was forced contradicts itself or a setting.
    """
    case = _Case(settings, forced or Forced())
    checks: list[Check] = []
    for name, work in _CHECKS.items():
        done = not checks or checks[-1].ok
        checks.append(_checked(name, work, case) if done else Check(name=name, ok=None, seconds=0.0, said="not done"))
        on_check(checks[-1])
    return examine(settings, forced=case.forced, profile=case.profile).model_copy(update={"checks": tuple(checks)})


def _checked(name: str, work: Callable[[_Case], str], case: _Case) -> Check:
    started = time.monotonic()
    try:
        said, ok = work(case), True
    except AutoCutError as exc:
        said, ok = str(exc), False
    return Check(name=name, ok=ok, seconds=round(time.monotonic() - started, 3), said=said)


def _server_answers(case: _Case) -> str:
    case.profile = RuntimeProfile.detect(case.settings)
    policy = ExecutionPolicy.resolve(case.profile, case.settings, forced=case.forced)
    if not policy.vision or (policy.stands_in and _asked_for_a_model(case.settings, policy)):
        raise NoBackendError("; ".join(f"{NAMES[over.backend]}: {over.bound}" for over in policy.passed_over))
    up = [f"{NAMES[runtime.name]} {runtime.url}".strip() for runtime in case.profile.runtimes if runtime.answers]
    return ", ".join(up) or "none, and none was asked for: builtin looks"


def _profile_is_known(case: _Case) -> str:
    profile = case.profile or RuntimeProfile.detect(case.settings)
    return f"{profile.profile_class}, {profile.cpu_threads} threads ({profile.cpu_score})"


def _policy_decides(case: _Case) -> str:
    policy = case.decided()
    first = policy.vision[0]
    servers = f", {policy.decisions['parallel'].why}" if len(policy.pools[0]) > 1 else ""
    return f"{NAMES[first.backend]}, {first.model}{servers}: {policy.decisions['vision'].why}"


def _picture_is_described(case: _Case) -> str:
    """Ask each server of the first pool; one that fails is said, and takes the others with it no more than in a run."""
    policy = case.decided()
    pool = policy.pools[0]
    if len(pool) == 1:
        return _described_by(pool[0], policy, case)
    told, failures = [], []
    for name, route in zip(named(pool), pool, strict=True):
        try:
            told.append(f"{name}: {_described_by(route, policy, case)}")
        except BackendError as exc:
            failures.append(f"{name} failed: {exc}")
    if not told:
        raise BackendError("; ".join(failures))
    return "; ".join((*failures, *told))


def _described_by(route: VisionRoute, policy: ExecutionPolicy, case: _Case) -> str:
    from autocut_director.agent.trial import described_trial

    return described_trial(case.settings, policy.model_copy(update={"vision": (route,)}))


def _router_goes_through(case: _Case) -> str:
    from autocut_director.agent.trial import described_trial

    return described_trial(case.settings, case.decided())


_CHECKS: dict[str, Callable[[_Case], str]] = {
    "a server answers": _server_answers,
    "the machine is known": _profile_is_known,
    "the policy decides": _policy_decides,
    "a picture is described": _picture_is_described,
    "the router goes through": _router_goes_through,
}


# ---------------------------------------------------------------- .env


def env_lines(report: Report, settings: Settings) -> str:
    """Return the text of a `.env` that says what was found. Keys are never written: they are named for a person."""
    lines = ["# Written by: autocut-director doctor --write-env. Each variable is explained in .env.example."]
    lines += [_env_line(name, value) for name, value in _found(report.policy, settings).items()]
    lines += ["", "# Without these, nothing is asked in the cloud.", "# OPENAI_API_KEY=", "# DEEPSEEK_API_KEY="]
    return "\n".join(lines) + "\n"


def _found(policy: ExecutionPolicy, settings: Settings) -> dict[str, str]:
    """Return the variables that say who looks."""
    found: dict[str, str] = {}
    first = next(iter(policy.vision), None)
    if first is not None and first.backend in get_args(LocalProvider):
        found["LOCAL_VISION_PROVIDER"] = first.backend
    for pool in policy.pools:
        route, urls = pool[0], ",".join(each.url for each in pool)
        if route.backend == "lmstudio":
            found |= {"LMSTUDIO_HOST": urls, "LMSTUDIO_MODEL": route.model}
        elif route.backend == "ollama":
            found |= {"OLLAMA_HOST": urls, "LOCAL_VISION_MODEL": route.model}
        elif route.backend == "embedded":
            found |= {"EMBEDDED_MODEL": str(settings.embedded_model), "EMBEDDED_MMPROJ": str(settings.embedded_mmproj)}
    return found


def _env_line(name: str, value: str) -> str:
    """Return a line that is read back as `value`. A server's names are not believed: `${...}` would be looked up."""
    if _LOOKED_UP in value:
        return f"# {name}: what was found holds {_LOOKED_UP}, which cannot be written here"
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"{name}={value}" if _PLAIN.fullmatch(value) else f"{name}='{escaped}'"

"""How the doctor's report looks in a terminal: tables of what is here, what was decided, and what to mend."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autocut_director.agent.doctor import Check, Report
from autocut_director.agent.policy.routes import NAMES, VisionRoute, named
from autocut_director.agent.servers.probing import Runtime

_STATES = {
    "ready": "[green]ready[/]",
    "not_loaded": "[green]up[/], not loaded yet",
    "no_vision": "[yellow]up, no model that sees[/]",
    "locked": "[yellow]locked[/]",
    "down": "[red]down[/]",
    "not_set_up": "not set up",
}
_BY = {"forced": "you, now", "policy": "policy", "settings": "settings", "default": "default"}
_MODELS_SHOWN = 4


def show_report(console: Console, report: Report) -> None:
    """Print all of a report but its checks, which are shown as they are done."""
    profile = report.profile
    gpus = [f"{gpu.name}, {gpu.vram_total_gib:.1f} GiB" for gpu in profile.gpus] or ["no GPU"]
    memory = f"{profile.ram_total_gib:.1f} GiB RAM, {profile.ram_available_gib:.1f} free"
    threads = f"{profile.cpu_threads} threads ({report.cpu_score})"
    console.print(f"[bold]{report.machine_class}[/]  {profile.os}, {threads}, {memory}, {escape('; '.join(gpus))}")
    console.print("", _servers(report), "", _decisions(report), "", sep="\n")
    _show_chain(console, report)
    _show_leaving(console, report)
    _show_problems(console, report)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _servers(report: Report) -> Table:
    table = _table("server", "state", "models")
    for runtime in report.profile.runtimes:
        where = f"{NAMES[runtime.name]} [dim]{escape(runtime.url)}[/]"
        detail = f" [dim]({escape(runtime.detail)})[/]" if runtime.detail else ""
        table.add_row(where, _STATES[runtime.state] + detail, escape(_models(runtime)))
    return table


def _models(runtime: Runtime) -> str:
    said = [f"{model.id}{_traits(model.sees, model.loaded, model.remote)}" for model in runtime.models[:_MODELS_SHOWN]]
    more = len(runtime.models) - _MODELS_SHOWN
    return ", ".join([*said, *([f"and {more} more"] if more > 0 else [])])


def _traits(sees: bool | None, loaded: bool, remote: bool) -> str:
    traits = [name for name, holds in (("sees", sees), ("loaded", loaded), ("in the cloud", remote)) if holds]
    return f" ({', '.join(traits)})" if traits else ""


def _decisions(report: Report) -> Table:
    table = _table("decided", "value", "by", "why")
    for name, decision in report.policy.decisions.items():
        value = "-" if decision.value == "" else str(decision.value)
        table.add_row(name, escape(value), _BY[decision.by], escape(decision.why))
    return table


def _show_chain(console: Console, report: Report) -> None:
    policy = report.policy
    chain = " → ".join(map(_pool, policy.pools)) or "nobody"
    console.print(f"Who looks: [bold]{escape(chain)}[/]", soft_wrap=True)
    if policy.stands_in:
        console.print("No model looks, only builtin, which measures pixels. Any one of these mends that:")
    table = _table("passed over", "because", "what mends it")
    for over in policy.passed_over:
        table.add_row(NAMES[over.backend], escape(over.bound), escape(over.mend))
    if policy.passed_over:
        console.print(table)
    called = zip(named(policy.planners), policy.planners, strict=True)
    planners = " → ".join(f"{name} {route.model}".strip() for name, route in called) or "nobody"
    console.print(f"Who plans: [bold]{escape(planners)}[/]", soft_wrap=True)
    for over in policy.planners_passed_over if policy.planner_stands_in else ():
        mend = f" → {over.mend}" if over.mend else ""
        console.print(f"  [dim]{escape(NAMES[over.backend])}: {escape(over.bound)}{escape(mend)}[/]", soft_wrap=True)


def _pool(routes: Sequence[VisionRoute]) -> str:
    several = f", {len(routes)} servers" if len(routes) > 1 else ""
    return f"{NAMES[routes[0].backend]} ({routes[0].model}{several})"


def _show_leaving(console: Console, report: Report) -> None:
    if not report.policy.leaves:
        console.print("Nothing leaves this machine.")
    for leaving in report.policy.leaves:
        when = "" if leaving.first else " when the others fail"
        console.print(f"May leave this machine: {leaving.what}, to {escape(leaving.to)}{when}.", soft_wrap=True)


def _show_problems(console: Console, report: Report) -> None:
    """Print the problems that no backend's line has told of yet."""
    told = {f"{NAMES[over.backend]}: {over.bound}" for over in report.policy.passed_over}
    for problem in report.problems:
        if problem.what not in told:
            colour = "red" if problem.stops else "yellow"
            console.print(f"[{colour}]![/] {escape(problem.what)} [bold]→[/] {escape(problem.mend)}", soft_wrap=True)


def show_check(console: Console, check: Check) -> None:
    """Print one check as it is done."""
    verdict = {True: "[green]ok  [/]", False: "[red]FAIL[/]", None: "[dim]-   [/]"}[check.ok]
    console.print(f"{verdict} {check.name:<24} {check.seconds:6.2f} s  {escape(check.said)}", soft_wrap=True)


def verdict(report: Report) -> str:
    """Return the last line."""
    failed: Iterable[str] = [check.name for check in report.checks if check.ok is False]
    stops = [problem.what for problem in report.problems if problem.stops]
    if report.healthy:
        stand_in = " Builtin looks: it measures pixels." if report.policy.stands_in else ""
        return f"The main job can run as asked.{stand_in}"
    return f"The main job cannot run as asked: {'; '.join([*failed, *stops][:2])}."

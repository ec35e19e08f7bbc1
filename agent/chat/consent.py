"""What a person is asked before a tool is called: pure values in, sentences out.

Asked is what may cost money or leaves this machine (a model of DeepSeek's or OpenAI's, or on another host), and what
replaces a file. What a model on this machine does, and a new file, is not asked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from autocut_director.agent.policy.routes import NAMES, Route, VisionRoute
from autocut_director.tools.sentences import say
from autocut_director.tools.timeline import Language

_Sent = Literal["stills", "texts"]


@dataclass(frozen=True)
class Prospect:
    """What a call would do, as far as that is known before it is made.

    `replaces`: the file that is there already, as the workspace names it; "" for none. `sends`: what goes to `models`,
    the chain that would be asked, of `scenes` scenes at most.
    """

    replaces: str = ""
    sends: _Sent = "texts"
    models: tuple[Route, ...] = ()
    scenes: int = 0


def reasons(prospect: Prospect, language: Language) -> tuple[str, ...]:
    """Return why a person is asked first, a sentence each; none where the call may just be made."""
    replaced = [say(language, "would_replace", file=prospect.replaces)] if prospect.replaces else []
    return (*_bills(prospect, language), *replaced)


def _bills(prospect: Prospect, language: Language) -> Iterator[str]:
    for place, route in enumerate(prospect.models):
        if leaves_or_costs(route):
            sentence = f"{prospect.sends}_would_go" if place == 0 else f"{prospect.sends}_might_go"
            to = {"host": route.host, "name": NAMES[route.backend], "model": route.model}
            said = say(language, sentence, scenes=prospect.scenes, **to)
            yield f"{said} {say(language, 'may_cost')}" if may_cost(route) else said


def leaves_or_costs(route: Route) -> bool:
    """Tell whether to ask this model sends something to another host, or may cost money."""
    return route.remote or may_cost(route)


def may_cost(route: Route) -> bool:
    """Tell whether to ask this model may cost money: by a key's account, wherever the address leads, or a cloud's."""
    return route.backend in {"deepseek", "openai"} or (isinstance(route, VisionRoute) and bool(route.cloud))


def question(tool: str, why: Sequence[str]) -> str:
    """Return what a person is asked about a call of `tool`."""
    return f"{tool}: {' '.join(why)}"

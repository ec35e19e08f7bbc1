"""A conversation in the terminal, or by a script on a pipe. What the model says goes to stdout, all else to stderr."""

import io
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import Runnable, RunnableConfig
from rich.console import Console

from autocut_director import interrupts
from autocut_director.agent.chat.consent import leaves_or_costs, may_cost
from autocut_director.agent.chat.resilience import FOR_A_PERSON
from autocut_director.agent.chat.talker import Talker
from autocut_director.agent.chat.turns import (
    Answered,
    Asked,
    Called,
    Event,
    Said,
    Stopped,
    decided,
    turn,
    waiting,
    words,
)
from autocut_director.agent.policy.routes import NAMES, PlannerRoute
from autocut_director.errors import BackendError, InputError
from autocut_director.terminal import Display
from autocut_director.tools.sentences import say
from autocut_director.tools.timeline import Language
from autocut_director.tools.words.plain import printable

if TYPE_CHECKING:
    from langchain.agents.middleware.human_in_the_loop import Decision

_ENDS = {"exit", "quit", "退出"}
_YES, _NO, _EDIT = {"y", "yes", "是", "好", "可以"}, {"n", "no", "否", "不"}, {"e", "edit", "改"}
_LONGEST_LINE = 160  # characters of a call or an answer that are shown


def converse(talker: Talker, agent: Any, thread: RunnableConfig, console: Console, language: Language) -> None:
    """Say who talks, and talk until the person ends it.

    Raises:
        BackendError: In a script: the model that talks did not answer.
        InputError: In a script: a question has no clear answer.
    """
    for line in _greeting(talker.route, language, goes_on=bool(agent.get_state(thread).values)):
        console.print(line, style="dim", markup=False, soft_wrap=True)
    Conversation(agent, thread, console, language=language).hold()


def _greeting(route: PlannerRoute | None, language: Language, *, goes_on: bool) -> Iterator[str]:
    if route is not None:
        leaves = say(language, "talk_leaves") if leaves_or_costs(route) else ""
        costs = say(language, "may_cost") if may_cost(route) else ""
        talks = say(language, "talks", model=route.model, name=NAMES[route.backend], host=route.host)
        yield " ".join(filter(None, (talks, leaves, costs)))
    if goes_on:
        yield say(language, "talk_goes_on")
    yield say(language, "talk_ends")


class Person:
    """Who talks: somebody at a terminal, or a script, of which each line is a message or an answer."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.at_terminal = sys.stdin.isatty()
        with suppress(ImportError):  # where it is there, `input` edits whole letters, Chinese ones too
            import readline  # noqa: F401
        self._script = iter(()) if self.at_terminal else _lines_of(sys.stdin.buffer)

    def says(self, prompt: str) -> str | None:
        """Return the next line; None when there is no more."""
        if self.at_terminal:
            return self._typed(prompt)
        line = next(self._script, None)
        if line is not None:
            self._console.print(f"{prompt}{line}", markup=False, soft_wrap=True)
        return line

    def _typed(self, prompt: str) -> str | None:
        """Read what is typed; the prompt stays out of a stdout that goes into a file."""
        if not sys.stdout.isatty():
            self._console.print(prompt, end="", markup=False)
            prompt = ""
        try:
            return input(prompt)
        except EOFError:
            return None


def _lines_of(raw: Any) -> Iterator[str]:
    """Read a script as UTF-8, whatever the console's code page is; a byte order mark is none of its words."""
    for line in io.TextIOWrapper(raw, encoding="utf-8-sig", errors="replace"):
        yield line.rstrip("\r\n")


class Watch(BaseCallbackHandler):
    """Shows how far tools are, while they work; ends them where the program was asked to stop."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._display: Display | None = None

    def on_custom_event(self, name: str, data: Any, **_: Any) -> None:
        """Show one event of a tool's work."""
        interrupts.stop_if_asked()
        if self._display is not None:
            self._display.on_custom_event(name, data)

    def begin(self) -> None:
        """Show progress from now on."""
        self._display = Display(self._console)
        self._display.__enter__()

    def end(self) -> None:
        """Show it no more: as it is when something goes wrong, else as done."""
        if self._display is not None:
            self._display.__exit__(*sys.exc_info())
            self._display = None


class Conversation:
    """Talks with the agent until the person ends it."""

    def __init__(
        self, agent: Runnable[Any, Any], thread: RunnableConfig, console: Console, *, language: Language
    ) -> None:
        self._agent, self._console, self._language = agent, console, language
        self._person, self._watch = Person(console), Watch(console)
        self._config: RunnableConfig = {**thread, "callbacks": [self._watch]}
        self._speaking = False

    def hold(self) -> None:
        """Go on with what was left open, then take the person's messages one by one.

        Raises:
            BackendError: In a script: the model that talks did not answer.
            InputError: In a script: a question has no clear answer.
        """
        left = waiting(self._agent, self._config)
        if left is not None:
            self._safely(self._decided(left))
        while (said := self._next()) is not None:
            self._safely(words(said))

    def _next(self) -> str | None:
        """Return the person's next message; None at the end."""
        while True:
            try:
                line = self._person.says("> ")
            except KeyboardInterrupt:
                if not self._person.at_terminal:
                    raise
                interrupts.obeyed()
                self._console.print()
                continue
            if line is None or line.strip().lower() in _ENDS:
                return None
            if line.strip():
                return line

    def _safely(self, given: Any) -> None:
        """Do as `_work`; at a terminal, a model that fails and Ctrl-C end the turn, and not the conversation."""
        try:
            self._work(given)
        except KeyboardInterrupt:
            if not self._person.at_terminal:
                raise
            interrupts.obeyed()
            self._tell(say(self._language, "talk_stopped"), "yellow")
        except BackendError as exc:
            if not self._person.at_terminal:
                raise
            self._tell(str(exc), "red")

    def _work(self, given: Any) -> None:
        """Have the agent work, and ask the person, until it is the person's turn to speak."""
        while given is not None:
            stopped = self._shown(turn(self._agent, given, self._config))
            given = None if stopped is None else self._decided(stopped)

    def _shown(self, events: Iterable[Event]) -> Stopped | None:
        """Show what happens; return what the person is asked at the end, if anything."""
        stopped = None
        try:
            for event in events:
                self._watch.end()
                if isinstance(event, Stopped):
                    stopped = event
                else:
                    self._show(event)
        finally:
            self._watch.end()
            self._hush()
        return stopped

    def _show(self, event: Said | Called | Answered) -> None:
        if isinstance(event, Said):
            print(event.text, end="", flush=True)  # noqa: T201
            self._speaking = True
            return
        self._hush()
        if isinstance(event, Called):
            self._tell(f"· {_call(event.tool, event.arguments)}", "dim")
        else:
            self._answer(event)
        self._watch.begin()

    def _answer(self, event: Answered) -> None:
        if event.text.startswith(FOR_A_PERSON):
            self._tell(f"  {event.text.removeprefix(FOR_A_PERSON)}", "red")
        else:
            self._tell(f"  {_short(event.text.partition(chr(10))[0])}", "dim" if event.well else "yellow")

    def _hush(self) -> None:
        """End the line on which the model spoke."""
        if self._speaking:
            print(flush=True)  # noqa: T201
        self._speaking = False

    def _decided(self, stopped: Stopped) -> Any:
        """Ask the person each question; None where there is nobody to answer any more."""
        decisions = []
        for asked in stopped.questions:
            decision = self._decision(asked)
            if decision is None:
                return None
            decisions.append(decision)
        return decided(decisions)

    def _decision(self, asked: Asked) -> "Decision | None":
        self._tell(f"? {asked.question}", "bold")
        self._tell(f"  {_call(asked.tool, asked.arguments)}", "dim")
        while (line := self._person.says(f"  {say(self._language, 'agree')}: ")) is not None:
            decision = read_decision(line, asked)
            if decision is not None:
                return decision
            if not self._person.at_terminal:
                raise InputError(f"{line[:80]!r} is no answer to a question ({asked.question}); write y, n or e.")
        if not self._person.at_terminal:
            raise InputError(f"The script ended before it answered; nothing was done: {asked.question}")
        return None

    def _tell(self, text: str, style: str) -> None:
        self._console.print(text, style=style, markup=False, soft_wrap=True)


def read_decision(line: str, asked: Asked) -> "Decision | None":
    """Return what a person decided; None where the line says nothing clear."""
    word, _, rest = line.strip().partition(" ")
    if word.lower() in _YES and not rest:
        return {"type": "approve"}
    if word.lower() in _NO:
        return {"type": "reject", "message": rest.strip()} if rest.strip() else {"type": "reject"}
    changes = _changes(rest) if word.lower() in _EDIT else None
    if changes is None:
        return None
    return {"type": "edit", "edited_action": {"name": asked.tool, "args": {**asked.arguments, **changes}}}


def _changes(text: str) -> dict[str, Any] | None:
    """Return the arguments that a person wrote, as JSON; None where it is none."""
    try:
        changes = json.loads(text)
    except ValueError:
        return None
    return changes if isinstance(changes, dict) else None


def _call(tool: str, arguments: Mapping[str, Any]) -> str:
    """Return a call on one line."""
    said = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items())
    return _short(f"{tool}({said})")


def _short(text: str) -> str:
    line = printable(text)
    return line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 1]}…"

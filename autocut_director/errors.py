"""Every error that AutoCut Director raises on purpose.

AutoCutError               catch this one to catch the project; `exit_status` is the command's
├── InputError             the request or a file it names is wrong: a person or a calling model can mend it   (2)
│   ├── VideoError         the video cannot be used
│   ├── DocumentError      a scenes.json or plan.json cannot be used
│   ├── PromptError        a prompt file cannot be used
│   └── OutputError        the result cannot be written where it was asked for
├── PlanError              a plan breaks rules; `broken` names each one                                       (2)
├── BackendError           a model did not answer, or failed for good                                         (3)
│   ├── NoBackendError     there is none to ask: none is set up, or the one that was asked for cannot be used
│   ├── BackendDownError   nothing answers there, or the connection broke
│   ├── BackendTimeoutError  no answer came in time
│   ├── BackendBusyError   it has too much to do; `retry_after` says when to come back
│   ├── BackendFaultError  it failed inside, or sent something that is no answer at all
│   ├── BackendRefusedError  it refuses the request: the key, the model, the balance
│   ├── ModelUnloadedError the model is not in the server's memory (any more)
│   ├── AnswerError        it answered, and the answer is not usable
│   └── ExhaustedError     every backend that may be asked has failed; `causes` names each
├── DegradedError          `--strict`, and something stood in for what was asked for                         (3)
└── RenderError            ffmpeg did not make the film that the plan says                                    (1)

Imports nothing of the project.
"""

from collections.abc import Sequence
from typing import ClassVar, Literal

AnswerKind = Literal["blank", "refused", "cut_short", "page", "no_json", "broken", "wrong"]


class AutoCutError(Exception):
    """Base of all errors raised on purpose. The message is one line, meant for a person."""

    exit_status: ClassVar[int] = 1


class InputError(AutoCutError):
    """The request, or a file it names, is wrong."""

    exit_status = 2


class VideoError(InputError):
    """The video cannot be used: missing, unreadable, or nothing in it decodes."""


class DocumentError(InputError):
    """A `scenes.json` or `plan.json` is broken, or belongs to another video."""


class PromptError(InputError):
    """A prompt file is missing or broken, or lacks a variable."""


class OutputError(InputError):
    """The result cannot be written where it was asked for."""


class PlanError(AutoCutError):
    """A plan breaks rules and cannot be mended.

    Attributes:
        broken: One sentence for each broken rule.
    """

    exit_status = 2

    def __init__(self, broken: Sequence[str]) -> None:
        self.broken = tuple(broken)
        super().__init__(f"The plan cannot be cut: {'; '.join(self.broken)}")


class BackendError(AutoCutError):
    """A model did not answer, or failed for good."""

    exit_status = 3


class NoBackendError(BackendError):
    """There is no backend to ask; the message gives, for each, the bound that failed and what mends it."""


class BackendDownError(BackendError):
    """Nothing answers there, or the connection broke. Asking again may help."""


class BackendTimeoutError(BackendError):
    """No answer came in time. The same backend is not asked again for the same thing."""


class BackendBusyError(BackendError):
    """A backend has too much to do.

    Attributes:
        retry_after: Seconds after which it wants to be asked again; None where it did not say.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class BackendFaultError(BackendError):
    """A backend failed inside, or sent something that is no answer at all. Asking again may help."""


class BackendRefusedError(BackendError):
    """A backend refuses.

    Attributes:
        for_good: It will refuse everything else too: a wrong key, no balance, no such model.
    """

    def __init__(self, message: str, *, for_good: bool = False) -> None:
        self.for_good = for_good
        super().__init__(message)


class ModelUnloadedError(BackendError):
    """The model is not in the server's memory: it must be warmed up first."""


class AnswerError(BackendError):
    """A model answered, and its answer is not usable.

    Attributes:
        kind: `blank`, `refused` (the model declines), `cut_short`, `page` (HTML), `no_json` (plain words),
            `broken` (JSON that does not end well), or `wrong` (JSON with values that cannot be).
        answer: What it said.
        tokens: (sent, said), where the answer itself is lost.
    """

    def __init__(
        self, message: str, *, kind: AnswerKind = "wrong", answer: str = "", tokens: tuple[int, int] | None = None
    ) -> None:
        self.kind = kind
        self.answer = answer
        self.tokens = tokens
        super().__init__(message)


class ExhaustedError(BackendError):
    """Every backend that may be asked has failed.

    Attributes:
        causes: What became of each, in the order in which they were asked.
        tries: What was spent on them, where that is known: values with the run's account in view.
    """

    def __init__(self, causes: Sequence[tuple[str, BackendError]], tries: Sequence[object] = ()) -> None:
        self.causes = tuple(cause for _, cause in causes)
        self.tries = tuple(tries)
        super().__init__("; ".join(f"{name}: {cause}" for name, cause in causes))


class DegradedError(AutoCutError):
    """The run is done, something stood in for what was asked for, and `--strict` forbids that."""

    exit_status = 3


class RenderError(AutoCutError):
    """ffmpeg did not make the film that the plan says."""

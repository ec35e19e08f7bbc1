"""Every error that AutoCut Director raises on purpose.

AutoCutError               catch this one to catch the project; `exit_status` is the command's
├── InputError             the request or a file it names is wrong: a person or a calling model can mend it   (2)
│   ├── VideoError         the video cannot be used
│   ├── DocumentError      a scenes.json or plan.json cannot be used
│   ├── PromptError        a prompt file cannot be used
│   └── OutputError        the result cannot be written where it was asked for
├── PlanError              a plan breaks rules; `broken` names each one                                       (2)
├── BackendError           a model did not answer, or failed for good                                         (3)
│   └── AnswerError        it answered, and the answer is not usable
├── DegradedError          `--strict`, and something stood in for what was asked for                         (3)
└── RenderError            ffmpeg did not make the film that the plan says                                    (1)

Imports nothing of the project.
"""

from collections.abc import Sequence
from typing import ClassVar


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


class AnswerError(BackendError):
    """A model answered, and its answer is not usable."""


class DegradedError(AutoCutError):
    """The run is done, something stood in for what was asked for, and `--strict` forbids that."""

    exit_status = 3


class RenderError(AutoCutError):
    """ffmpeg did not make the film that the plan says."""

"""A run in Python's `logging`, as `autocut_director`: each record with the run it is of, and its scene.

A record's `run_id` is that of `run.json`; `step` is a step of the director; `scene_id` is empty where it is of no
scene.
Nobody hears of it unless a handler is set, as any library has it. No prompt, no answer and no key is in it.
"""

import logging
from dataclasses import dataclass

from autocut_director.tools.describe import Look

LOG = logging.getLogger("autocut_director")
LOG.addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Journal:
    """What is written down of one step of a run."""

    run_id: str
    step: str

    def begun(self) -> None:
        """Write that the step begins."""
        self._write(logging.DEBUG, "begins")

    def done(self, seconds: float) -> None:
        """Write how long it took."""
        self._write(logging.INFO, f"took {seconds:.3f} s")

    def broken_off(self, how: str, cause: str) -> None:
        """Write that it failed, or was interrupted."""
        self._write(logging.ERROR, f"{how}: {cause}")

    def warned(self, said: str) -> None:
        """Write what a person was warned of."""
        self._write(logging.WARNING, said)

    def looked(self, look: Look) -> None:
        """Write what came of looking at a scene."""
        spent = f"in {look.seconds:.2f} s, {look.input_tokens} + {look.output_tokens} tokens"
        if look.description is None:
            self._write(logging.WARNING, f"{look.scene_id} failed {spent}: {look.error}", look.scene_id)
            return
        who = " ".join(filter(None, (look.description.analyzed_by, look.description.model))) or "the caller's own"
        stored = ", from the store" if look.cached else ""
        self._write(logging.INFO, f"{look.scene_id} described by {who} {spent}{stored}", look.scene_id)

    def _write(self, level: int, said: str, scene_id: str = "") -> None:
        told = {"run_id": self.run_id, "step": self.step, "scene_id": scene_id}
        LOG.log(level, "run %s, %s: %s", self.run_id[:8], self.step, said, extra=told)

"""What a tool call would do, before it is made: which file it would replace, and which models it would ask.

Nothing is asked or written. A call that its tool would refuse has no prospect: it does nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from langchain_core.tools import BaseTool
from pydantic import BaseModel, ValidationError

from autocut_director.agent.chat.consent import Prospect
from autocut_director.agent.policy.execution import ExecutionPolicy
from autocut_director.agent.policy.routes import Forced
from autocut_director.agent.profile import RuntimeProfile
from autocut_director.agent.settings import Settings
from autocut_director.errors import InputError
from autocut_director.tools.timeline import ScenesDocument
from autocut_director.tools.toolset.reading import scenes_in
from autocut_director.tools.workspace import Workspace

NOTHING = Prospect()

OUTPUTS: Mapping[str, Callable[[Any], str]] = {
    "detect_scenes": lambda call: str(call.out),
    "describe_scenes": lambda call: call.out or call.scenes,
    "plan_edit": lambda call: str(call.out),
    "revise_plan": lambda call: str(call.out),
    "render_edit": lambda call: str(call.out),
    "export_timeline": lambda call: call.out or f"timeline.{call.to}",
}
"""The file that each tool writes; "" for one that is new by itself."""


class Standing:
    """The policy: decided anew when a call is foreseen, and the same when it is made, so that what was said holds."""

    def __init__(self, settings: Settings, forced: Forced | None = None) -> None:
        self._settings, self._forced = settings, forced
        self._kept: ExecutionPolicy | None = None

    def anew(self) -> ExecutionPolicy:
        """Look at this machine and its servers, and decide."""
        profile = RuntimeProfile.detect(self._settings)
        self._kept = ExecutionPolicy.resolve(profile, self._settings, forced=self._forced)
        return self._kept

    def kept(self) -> ExecutionPolicy:
        """Return what was decided last."""
        return self._kept or self.anew()


class Foresight:
    """Knows the tools, their workspace and the policy.

    `own`: tools that ask models of a caller's, of which only the caller knows what they cost.
    """

    def __init__(
        self, tools: Sequence[BaseTool], workspace: Workspace, standing: Standing, *, own: frozenset[str] = frozenset()
    ) -> None:
        self._schemas = {tool.name: tool.args_schema for tool in tools}
        self._workspace, self._standing, self._own = workspace, standing, own

    def of(self, tool: str, arguments: Mapping[str, Any]) -> Prospect:
        """Return what a call would do."""
        schema = self._schemas.get(tool)
        if not (isinstance(schema, type) and issubclass(schema, BaseModel)):
            return NOTHING
        try:
            call = schema.model_validate(arguments)
            return self._prospect(tool, call)
        except (ValidationError, InputError):  # the tool itself will say so, and do nothing
            return NOTHING

    def _prospect(self, tool: str, call: Any) -> Prospect:
        replaced = self._replaced(tool, call)
        if tool in self._own:
            return Prospect(replaces=replaced)
        if tool == "describe_scenes":
            policy, document = self._standing.anew(), scenes_in(self._workspace, call.scenes)
            return Prospect(replaced, "stills", policy.vision, _looked_at(call.scene_ids, document, policy.max_scenes))
        if tool in {"plan_edit", "revise_plan"}:
            scenes = len(scenes_in(self._workspace, call.scenes).scenes)
            return Prospect(replaced, "texts", self._standing.anew().planners, scenes)
        return Prospect(replaces=replaced)

    def _replaced(self, tool: str, call: Any) -> str:
        """Return the file that would be replaced. To describe scenes in their own file adds to it and takes nothing."""
        name = OUTPUTS[tool](call) if tool in OUTPUTS else ""
        path = self._workspace.path(name) if name else Path()
        if not name or not path.is_file():
            return ""
        made = self._workspace.made(path)
        if made and tool == "describe_scenes" and path == self._workspace.path(call.scenes):
            return ""
        return self._workspace.shown(path) if made or call.overwrite else ""


def _looked_at(ids: Sequence[str] | None, document: ScenesDocument, most: int) -> int:
    if ids:
        return len(ids)
    return min(len(document.scenes), most or len(document.scenes))

"""What is asked of the director: the command's options, by the same names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from autocut_director.agent.policy.routes import Forced
from autocut_director.errors import InputError
from autocut_director.tools.film.finish import Fit, LoudnessTarget
from autocut_director.tools.timeline import Aspect, EditPlan, Language, ScenesDocument, Seconds, wrong_value

VisionChoice = Literal["auto", "lmstudio", "ollama", "embedded", "openai", "builtin"]
PlannerChoice = Literal["auto", "deepseek", "lmstudio", "ollama", "openai", "builtin"]


class DirectRequest(BaseModel):
    """One request. Without `out`, nothing is written.

    `earlier` and `change`: the edit of this film that is there, and how it is to be changed; then nobody looks again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    video: Path
    out: Path | None = None
    brief: str = ""
    style: str | None = None
    transcript: Path | None = None
    listen: Annotated[str, Field(min_length=1)] | None = None
    read_text: bool = False
    duration: Seconds | None = None
    aspect: Aspect = "source"
    fit: Fit = "crop"
    title_card: bool = False
    no_overlays: bool = False
    burn_subtitles: bool = False
    loudness: LoudnessTarget | None = None
    vision: VisionChoice = "auto"
    model: Annotated[str, Field(min_length=1)] | None = None
    planner: PlannerChoice = "auto"
    force_local: bool = False
    force_cloud: bool = False
    no_policy: bool = False
    scenes: Path | ScenesDocument | None = None
    earlier: EditPlan | None = None
    change: str = ""
    max_scenes: Annotated[int, Field(ge=0)] | None = None
    frames_per_scene: Annotated[int, Field(ge=1, le=16)] | None = None
    max_cost: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    max_minutes: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    language: Language | None = None
    prompts: Path | None = None
    no_render: bool = False
    no_cache: bool = False
    strict: bool = False
    overwrite: bool = False

    def named(self) -> dict[str, Any]:
        """Return the request as the account keeps it; what was given as a value is only named as such."""
        values = {"scenes": isinstance(self.scenes, ScenesDocument), "earlier": self.earlier is not None}
        given = {name for name, is_value in values.items() if is_value}
        asked = self.model_dump(mode="json", exclude_none=True, exclude=given)
        return {**asked, **dict.fromkeys(given, "(given)")}

    @property
    def forced(self) -> Forced:
        """What of the request the policy may not decide."""
        return Forced(
            vision=None if self.vision == "auto" else self.vision,
            planner=None if self.planner == "auto" else self.planner,
            model=self.model,
            force_local=self.force_local,
            force_cloud=self.force_cloud,
            max_scenes=self.max_scenes,
            frames_per_scene=self.frames_per_scene,
        )


def read_request(options: Mapping[str, Any]) -> DirectRequest:
    """Read the director's input.

    Raises:
        InputError: An option that does not exist, or a value that it cannot have; the message names both.
    """
    try:
        request = DirectRequest.model_validate(options)
    except ValidationError as exc:
        problem = exc.errors(include_url=False)[0]
        name = ".".join(str(step) for step in problem["loc"]) or "the request"
        if problem["type"] == "extra_forbidden":
            raise InputError(f"No option {name!r}. Known: {', '.join(DirectRequest.model_fields)}.") from exc
        if problem["type"] == "missing":
            raise InputError(f"{name!r} is missing.") from exc
        raise InputError(wrong_value(exc)) from exc
    if request.burn_subtitles and request.transcript is None and request.listen is None:
        raise InputError("burn_subtitles needs what is said: give --transcript FILE, or have direct --listen MODEL.")
    return request

"""What is asked of the director: the command's options, by the same names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from autocut_director.errors import InputError
from autocut_director.tools.timeline import Language, Seconds, wrong_value

Choice = Literal["auto", "builtin"]


class DirectRequest(BaseModel):
    """One request. Without `out`, nothing is written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    video: Path
    out: Path | None = None
    brief: str = ""
    duration: Seconds | None = None
    vision: Choice = "auto"
    planner: Choice = "auto"
    scenes: Path | None = None
    max_scenes: Annotated[int, Field(ge=0)] = 0
    frames_per_scene: Annotated[int, Field(ge=1, le=16)] = 3
    language: Language | None = None
    prompts: Path | None = None
    no_render: bool = False
    strict: bool = False
    overwrite: bool = False


def read_request(options: Mapping[str, Any]) -> DirectRequest:
    """Read the director's input.

    Raises:
        InputError: An option that does not exist, or a value that it cannot have; the message names both.
    """
    try:
        return DirectRequest.model_validate(options)
    except ValidationError as exc:
        problem = exc.errors(include_url=False)[0]
        name = ".".join(str(step) for step in problem["loc"]) or "the request"
        if problem["type"] == "extra_forbidden":
            raise InputError(f"No option {name!r}. Known: {', '.join(DirectRequest.model_fields)}.") from exc
        if problem["type"] == "missing":
            raise InputError(f"{name!r} is missing.") from exc
        raise InputError(wrong_value(exc)) from exc

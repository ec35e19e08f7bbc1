"""The only reader of the environment. A set variable beats `.env`; an argument beats both."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from dotenv import dotenv_values, find_dotenv
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from autocut_director.errors import InputError
from autocut_director.tools.timeline import Language, first_problem


class Settings(BaseModel):
    """What the environment says. `.env.example` explains each variable."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    prompts_dir: Path | None = Field(None, alias="PROMPTS_DIR")
    language: Language = Field("en", alias="AUTOCUT_LANGUAGE")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the environment, and under it the `.env` of the working folder or the nearest of its parents.

        An empty value counts as not set.

        Raises:
            InputError: A variable has a value that it cannot have.
        """
        values = {**_dotenv(), **(os.environ if environ is None else environ)}
        names = [str(field.alias) for field in cls.model_fields.values()]
        try:
            return cls.model_validate({name: values[name] for name in names if values.get(name)})
        except ValidationError as exc:
            raise InputError(f"Environment or .env: {first_problem(exc)}.") from exc


def _dotenv() -> dict[str, str | None]:
    path = find_dotenv(usecwd=True)
    try:
        return dotenv_values(path)
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"{path} cannot be read as UTF-8 text: {exc}. Save it as UTF-8, or remove it.") from exc

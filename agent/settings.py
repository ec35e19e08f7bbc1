"""The only reader of the environment. A set variable beats `.env`; an argument beats both."""

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from dotenv import dotenv_values, find_dotenv
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from autocut_director.agent.hosts import server_url, server_urls
from autocut_director.errors import InputError
from autocut_director.tools.timeline import Language, first_problem

LocalProvider = Literal["lmstudio", "ollama", "embedded"]

AUTO = "auto"
"""As a model's name: the policy chooses one of those that the server has."""


def _lmstudio(value: Any) -> Any:
    return ",".join(server_urls(value, port=1234, path="/v1")) if isinstance(value, str) else value


def _ollama(value: Any) -> Any:
    return ",".join(server_urls(value, port=11434)) if isinstance(value, str) else value


def _remote(value: Any) -> Any:
    return server_url(value, port=80) if isinstance(value, str) else value


def _names(value: Any) -> Any:
    return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value


def _home(value: Any) -> Any:
    return Path(value).expanduser() if isinstance(value, str) else value


def cache_folder() -> Path:
    """Return where the system keeps what a program may lose, in a folder of our own; AUTOCUT_CACHE_DIR beats it.

    It is read even where settings are made by hand: where caches lie is a matter of the machine, as its temporary
    folder is.
    """
    named = os.environ.get("AUTOCUT_CACHE_DIR")
    return Path(named).expanduser() if named else _system_caches() / "autocut-director"


def _system_caches() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or _home_folder() / "AppData/Local")
    if sys.platform == "darwin":
        return _home_folder() / "Library/Caches"
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return named if named.is_absolute() else _home_folder() / ".cache"  # a relative one does not count, XDG says


def _home_folder() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # the user of a container, of whom the system knows nothing
        return Path(tempfile.gettempdir())


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


OwnPath = Annotated[Path, BeforeValidator(_home)]
"""A path in which `~` is the home folder: no shell reads what stands in `.env`."""


class Settings(BaseModel):
    """What the environment says. `.env.example` explains each variable; `model_fields_set` tells which were set."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    use_local_vision: bool | None = Field(None, alias="USE_LOCAL_VISION")
    local_vision_provider: Annotated[LocalProvider | None, BeforeValidator(_lower)] = Field(
        None, alias="LOCAL_VISION_PROVIDER"
    )
    lmstudio_host: Annotated[str, BeforeValidator(_lmstudio)] = Field("http://localhost:1234/v1", alias="LMSTUDIO_HOST")
    lmstudio_model: str = Field(AUTO, alias="LMSTUDIO_MODEL")
    lm_api_token: SecretStr | None = Field(None, alias="LM_API_TOKEN")
    local_vision_model: str = Field(AUTO, alias="LOCAL_VISION_MODEL")
    ollama_host: Annotated[str, BeforeValidator(_ollama)] = Field("http://localhost:11434", alias="OLLAMA_HOST")
    ollama_num_parallel: Annotated[int, Field(ge=1, le=64)] = Field(1, alias="OLLAMA_NUM_PARALLEL")
    embedded_model: OwnPath | None = Field(None, alias="EMBEDDED_MODEL")
    embedded_mmproj: OwnPath | None = Field(None, alias="EMBEDDED_MMPROJ")
    openai_api_key: SecretStr | None = Field(None, alias="OPENAI_API_KEY")
    openai_base_url: Annotated[str, BeforeValidator(_remote)] = Field(
        "https://api.openai.com/v1", alias="OPENAI_BASE_URL"
    )
    openai_vision_model: str = Field("gpt-4o", alias="OPENAI_VISION_MODEL")
    deepseek_api_key: SecretStr | None = Field(None, alias="DEEPSEEK_API_KEY")
    deepseek_base_url: Annotated[str, BeforeValidator(_remote)] = Field(
        "https://api.deepseek.com", alias="DEEPSEEK_BASE_URL"
    )
    deepseek_model: str = Field("deepseek-flash", alias="DEEPSEEK_MODEL")
    allow_cloud: bool = Field(True, alias="ALLOW_CLOUD")
    local_hosts: Annotated[tuple[str, ...], BeforeValidator(_names)] = Field((), alias="LOCAL_HOSTS")
    prompts_dir: OwnPath | None = Field(None, alias="PROMPTS_DIR")
    cache_dir: OwnPath = Field(default_factory=cache_folder, alias="AUTOCUT_CACHE_DIR")
    plan_cache: OwnPath | None = Field(None, alias="AUTOCUT_PLAN_CACHE")
    language: Language = Field("en", alias="AUTOCUT_LANGUAGE")
    langsmith_tracing: bool = Field(False, alias="LANGSMITH_TRACING")
    langchain_tracing: bool = Field(False, alias="LANGCHAIN_TRACING_V2")

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

    @property
    def lmstudio_hosts(self) -> tuple[str, ...]:
        """The URL of each LM Studio server."""
        return tuple(self.lmstudio_host.split(","))

    @property
    def ollama_hosts(self) -> tuple[str, ...]:
        """The URL of each Ollama server."""
        return tuple(self.ollama_host.split(","))

    @property
    def traced(self) -> bool:
        """Tell whether LangSmith's tracing is on: then whole inputs, frames included, leave the machine."""
        return self.langsmith_tracing or self.langchain_tracing

    def was_set(self, field: str) -> bool:
        """Tell whether `field` was set by anybody, rather than left at its default."""
        return field in self.model_fields_set


def _dotenv() -> dict[str, str | None]:
    path = find_dotenv(usecwd=True)
    try:
        return dotenv_values(path)
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"{path} cannot be read as UTF-8 text: {exc}. Save it as UTF-8, or remove it.") from exc

"""The earlier integration's names, thin over the describer: same signatures, same `scenes.json`, in place.

analyze_scenes_auto(scenes_data, "holiday.mp4")                  who looks is decided by policy
get_visual_analyzer().analyze_scene_visuals(scenes_data, ...)     the same, as an object
LMStudioVisualAnalyzer(base_url=..., model=...)                  LM Studio and nobody else
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from autocut_director.agent.director import build_describer
from autocut_director.agent.settings import AUTO, Settings
from autocut_director.errors import DocumentError, InputError
from autocut_director.tools.probe import Footage, probe_video
from autocut_director.tools.timeline import ScenesDocument, first_problem

Scenes = TypeVar("Scenes", ScenesDocument, dict[str, Any])


class VisualAnalyzer:
    """Describes scenes by what it was made with: options of `direct`, under the settings."""

    def __init__(self, settings: Settings | None = None, **options: Any) -> None:
        self._settings, self._options = settings or Settings.from_env(), options

    def analyze_scene_visuals(
        self, scenes_data: Scenes, video_path: str | Path, max_scenes: int | None = None
    ) -> Scenes:
        """Return `scenes_data` with a description for its scenes: a `scenes.v1` document, a dict or the model.

        Args:
            scenes_data: As `scenes.json` holds it; what is missing of `media` is taken from the video.
            video_path: The film.
            max_scenes: How many scenes are looked at, spread over the film (0: all); by policy when None.

        Raises:
            InputError: The document, the video or an argument is wrong.
            BackendError: Nobody can look, or no scene could be described.
        """
        footage = probe_video(Path(video_path))
        given = scenes_data if isinstance(scenes_data, ScenesDocument) else read_document(scenes_data, footage)
        request = {**self._options, "video": footage.path, "scenes": given, "max_scenes": max_scenes}
        document = build_describer(self._settings).invoke(request).document
        document = document.model_copy(update={"media": given.media})
        return document if isinstance(scenes_data, ScenesDocument) else document.model_dump(mode="json", by_alias=True)


class LMStudioVisualAnalyzer(VisualAnalyzer):
    """Describes scenes with a model on an LM Studio server, and with no other."""

    def __init__(self, base_url: str | None = None, model: str = AUTO) -> None:
        settings = Settings.from_env()
        if base_url is not None:
            settings = settings_with(settings, lmstudio_host=base_url)
        super().__init__(settings, vision="lmstudio", model=_named(model))


def get_visual_analyzer(
    force_local: bool | None = None,
    force_cloud: bool | None = None,
    model: str | None = None,
    use_policy: bool = True,
) -> VisualAnalyzer:
    """Return what describes scenes on this machine; None: not forced."""
    return VisualAnalyzer(
        force_local=bool(force_local), force_cloud=bool(force_cloud), model=_named(model), no_policy=not use_policy
    )


def analyze_scenes_auto(
    scenes_data: Scenes,
    video_path: str | Path,
    max_scenes: int | None = None,
    force_local: bool | None = None,
    force_cloud: bool | None = None,
    model: str | None = None,
    use_policy: bool = True,
) -> Scenes:
    """Describe the scenes of a `scenes.v1` document with what suits this machine; see `VisualAnalyzer`."""
    analyzer = get_visual_analyzer(force_local, force_cloud, model, use_policy)
    return analyzer.analyze_scene_visuals(scenes_data, video_path, max_scenes)


def read_document(data: Mapping[str, Any], footage: Footage) -> ScenesDocument:
    """Read a `scenes.v1` mapping; what is missing of `media` is taken from the film.

    Raises:
        DocumentError: It is none.
    """
    media = {**footage.media.model_dump(exclude={"digest", "damaged_frames"}), **(data.get("media") or {})}
    try:
        return ScenesDocument.model_validate({**data, "media": media})
    except ValidationError as exc:
        raise DocumentError(f"The scenes are no scenes.v1 document: {first_problem(exc)}.") from exc


def settings_with(settings: Settings, **changes: Any) -> Settings:
    """Return `settings` with `changes`, checked; what was set before still counts as set.

    Raises:
        InputError: A value that cannot be.
    """
    held = {name: getattr(settings, name) for name in settings.model_fields_set}
    try:
        return Settings.model_validate({**held, **changes})
    except ValidationError as exc:
        raise InputError(f"{first_problem(exc)}.") from exc


def _named(model: str | None) -> str | None:
    return None if model is None or model.lower() == AUTO else model

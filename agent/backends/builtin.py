"""Vision without a model: a LangChain chat model that measures the pixels it is sent, and says only that.

`_images` (blocks → pictures) → `PictureSignals` → `_description` (numbers → words) → JSON, in the schema that every
backend answers in. It cannot know subjects, actions or moods, so those stay empty; it reads no text.

A token, for its usage metadata, is a word of text or a picture sent; nothing is billed.
"""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import mean, median_low
from typing import Any

import numpy as np
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LangSmithParams
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from autocut_director.tools.pictures import Image
from autocut_director.tools.signals import PictureSignals, decode_picture, quality
from autocut_director.tools.timeline import Language, SceneDescription, ShotType

# Our own bounds on the tallest face's share of the frame's height, after the usual names of framings:
# a close-up shows the head, a medium shot the body from the waist up, a wide shot the whole person.
_FACE_HEIGHTS: tuple[tuple[float, ShotType], ...] = (
    (0.60, "extreme_close_up"),
    (0.30, "close_up"),
    (0.12, "medium"),
    (0.00, "wide"),
)
_DARK, _BRIGHT = 0.25, 0.65  # mean luma
_FLAT, _STRONG = 0.10, 0.25  # standard deviation of the luma
_SOFT, _CRISP = 50.0, 500.0  # variance of the Laplacian
_STILL, _LIVELY = 0.02, 0.10  # mean difference between stills, of full scale

_WORDS = {
    "en": {
        "dark": "dark", "medium": "balanced", "bright": "bright",
        "flat": "low contrast", "normal": "normal contrast", "strong": "strong contrast",
        "soft": "soft", "clear": "clear", "crisp": "crisp",
        "still": "hardly any change", "moving": "some change", "lively": "much change",
        "face": "face", "faces": "{count} faces",
        "summary": "A {light}, mostly {colour} picture with {contrast}, {sharpness}{faces}{change}.",
        "with_faces": ", showing {faces}", "one_face": "one face", "with_change": ", with {change} between frames",
        "red": "red", "orange": "orange", "yellow": "yellow", "green": "green", "cyan": "cyan", "blue": "blue",
        "purple": "purple", "grey": "grey",
    },
    "zh": {
        "dark": "偏暗", "medium": "曝光适中", "bright": "明亮",
        "flat": "反差低", "normal": "反差适中", "strong": "反差强",
        "soft": "偏软", "clear": "清楚", "crisp": "锐利",
        "still": "几乎没有变化", "moving": "有一些变化", "lively": "变化很大",
        "face": "人脸", "faces": "{count} 张人脸",
        "summary": "画面{light},以{colour}为主,{contrast},{sharpness}{faces}{change}。",
        "with_faces": ",有{faces}", "one_face": "一张人脸", "with_change": ",各帧之间{change}",
        "red": "红色", "orange": "橙色", "yellow": "黄色", "green": "绿色", "cyan": "青色", "blue": "蓝色",
        "purple": "紫色", "grey": "灰色",
    },
}  # fmt: skip


class ChatBuiltinVision(BaseChatModel):
    """A chat model that describes the pictures in its messages from their measured pixels, as JSON.

    Takes images as data URLs or base64 (JPEG, PNG, WebP), never from an address. Always answers with the JSON of a
    `SceneDescription`; without a picture, one that is empty.
    """

    model: str = "pixels-1"
    language: Language = "en"

    @property
    def _llm_type(self) -> str:
        return "autocut-builtin-vision"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self.model, "language": self.language}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params["ls_provider"] = "builtin"
        params["ls_model_name"] = kwargs.get("model", self.model)
        return params

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        answer, usage = self._answer(messages)
        message = AIMessage(content=answer, usage_metadata=usage, response_metadata=self._response_metadata())
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        answer, usage = self._answer(messages)
        for piece in answer.splitlines(keepends=True):
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=piece))
            if run_manager is not None:
                run_manager.on_llm_new_token(piece, chunk=chunk)
            yield chunk
        metadata = self._response_metadata()
        last = AIMessageChunk(content="", usage_metadata=usage, response_metadata=metadata, chunk_position="last")
        yield ChatGenerationChunk(message=last)

    def _response_metadata(self) -> dict[str, str]:
        return {"model_provider": "builtin", "model_name": self.model, "finish_reason": "stop"}

    def _answer(self, messages: Sequence[BaseMessage]) -> tuple[str, UsageMetadata]:
        images = _images(messages)
        description = _description(images, _WORDS[self.language])
        answer = json.dumps(description.model_dump(exclude={"analyzed_by", "model"}), ensure_ascii=False, indent=1)
        sent = sum(len(message.text.split()) for message in messages) + len(images)
        said = len(answer.split())
        return answer, UsageMetadata(input_tokens=sent, output_tokens=said, total_tokens=sent + said)


# ---------------------------------------------------------------- blocks → pictures


def _images(messages: Sequence[BaseMessage]) -> list[Image]:
    """Return the pictures in `messages`, in order; a block that holds no picture is left out."""
    blocks = (block for message in messages if isinstance(message.content, list) for block in message.content)
    payloads = (_payload(block) for block in blocks if isinstance(block, dict))
    images = (decode_picture(payload) for payload in payloads if payload)
    return [image for image in images if image is not None]


def _payload(block: dict[str, Any]) -> bytes:
    """Return the bytes of an image block: OpenAI's `image_url`, LangChain's `image`, Anthropic's `source`."""
    url = block.get("image_url") or block.get("url") or ""
    url = url.get("url", "") if isinstance(url, dict) else url
    source = block.get("source")
    data = block.get("base64") or block.get("data") or (source.get("data") if isinstance(source, dict) else None)
    text = data or (url.partition(",")[2] if str(url).startswith("data:image/") else "")
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError):
        return b""


# ---------------------------------------------------------------- numbers → words


def _description(images: Sequence[Image], words: dict[str, str]) -> SceneDescription:
    if not images:
        return SceneDescription(summary="")
    pictures = [PictureSignals(image) for image in images]
    faces = median_low(picture.face_count for picture in pictures)
    exposure = mean(picture.exposure for picture in pictures)
    return SceneDescription(
        summary=_summary(pictures, _change(images), faces, words),
        shot_type=_shot_type(pictures) if faces else "unknown",
        subjects=(words["face"],) * bool(faces),
        lighting=words[_level(exposure, _DARK, _BRIGHT, ("dark", "medium", "bright"))],
        quality_score=_quality_score(pictures),
    )


def _summary(pictures: Sequence[PictureSignals], change: float | None, faces: int, words: dict[str, str]) -> str:
    contrast = mean(picture.contrast for picture in pictures)
    sharpness = mean(picture.sharpness for picture in pictures)
    exposure = mean(picture.exposure for picture in pictures)
    shown = words["one_face"] if faces == 1 else words["faces"].format(count=faces)
    changed = "" if change is None else words[_level(change, _STILL, _LIVELY, ("still", "moving", "lively"))]
    return words["summary"].format(
        light=words[_level(exposure, _DARK, _BRIGHT, ("dark", "medium", "bright"))],
        colour=words[_main_colour(pictures)],
        contrast=words[_level(contrast, _FLAT, _STRONG, ("flat", "normal", "strong"))],
        sharpness=words[_level(sharpness, _SOFT, _CRISP, ("soft", "clear", "crisp"))],
        faces=words["with_faces"].format(faces=shown) if faces else "",
        change=words["with_change"].format(change=changed) if changed else "",
    )


def _level(value: float, low: float, high: float, names: tuple[str, str, str]) -> str:
    return names[0] if value < low else names[2] if value > high else names[1]


def _main_colour(pictures: Sequence[PictureSignals]) -> str:
    colours = [picture.colour for picture in pictures]
    return max(dict.fromkeys(colours), key=colours.count)


def _shot_type(pictures: Sequence[PictureSignals]) -> ShotType:
    height = median_low(picture.face_height for picture in pictures)
    return next(name for least, name in _FACE_HEIGHTS if height >= least)


def _quality_score(pictures: Sequence[PictureSignals]) -> int:
    marks = (quality(picture) for picture in pictures)
    return 1 + round(9 * mean(marks))


def _change(images: Sequence[Image]) -> float | None:
    """Return the mean difference between neighbouring stills, 0 to 1; None for a single one."""
    pairs = [(a, b) for a, b in pairwise(images) if a.shape == b.shape]
    return mean(float(np.abs(a.astype(int) - b).mean()) / 255 for a, b in pairs) if pairs else None

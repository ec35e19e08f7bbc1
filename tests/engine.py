"""The real engine: llama.cpp's own server with a model of 2.9 MB that sees a little (tests/assets/seeing/README.md)."""

import base64
from pathlib import Path

import cv2
import numpy as np
from langchain_core.messages import HumanMessage

from autocut_director.agent.backends.llama_server import GgufPair

SEEING = Path(__file__).parent / "assets" / "seeing"
MODEL, MMPROJ = SEEING / "text.gguf", SEEING / "mmproj.gguf"

SLOTS = 4
PAIR = GgufPair(model_path=MODEL, mmproj_path=MMPROJ, context_tokens=8192, parallel=SLOTS, threads=1)

COLOURS = {"red": (0, 0, 200), "green": (0, 160, 0), "blue": (200, 0, 0)}  # as OpenCV has them: blue, green, red


def solid(bgr: tuple[int, int, int], side_px: int = 128) -> str:
    """A JPEG of one colour, as a data URL."""
    jpeg = cv2.imencode(".jpg", np.full((side_px, side_px, 3), bgr, np.uint8))[1].tobytes()
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def asked_about(*bgr: tuple[int, int, int], text: str = "Describe this picture.") -> list[HumanMessage]:
    """A request with pictures of one colour each."""
    images = [{"type": "image_url", "image_url": {"url": solid(colour)}} for colour in bgr]
    return [HumanMessage(content=[{"type": "text", "text": text}, *images])]

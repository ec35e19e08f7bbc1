"""What an obedient model answers: the colour of the pictures that were really sent, in the form that was asked for."""

import json
from typing import Any

import cv2
import numpy as np


def picture_in(data: bytes) -> np.ndarray | None:
    """The picture in a file's bytes, None where there is none."""
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None


def mean_colour(pictures: list[np.ndarray]) -> str:
    """Name the mean colour of pictures; "nothing" where there are none."""
    means = [picture.mean(axis=(0, 1)) for picture in pictures]
    if not means:
        return "nothing"
    blue, green, red = np.mean(means, axis=0)
    return max([(red, "red"), (green, "green"), (blue, "blue")])[1]


def in_form(schema: dict[str, Any] | None, pictures: list[np.ndarray]) -> str:
    words = f"a {mean_colour(pictures)} picture"
    return words if schema is None else json.dumps(filled(schema, words))


def filled(schema: dict[str, Any], words: str, root: dict[str, Any] | None = None) -> Any:
    """An instance of a JSON schema, its strings saying `words`: what constrained decoding must produce."""
    root = root or schema
    if "$ref" in schema:
        return filled(root["$defs"][schema["$ref"].rpartition("/")[2]], words, root)
    if "enum" in schema or "const" in schema:
        return schema.get("enum", [schema.get("const")])[-1]
    if "anyOf" in schema:
        return filled(schema["anyOf"][0], words, root)
    kind = schema.get("type", "string")
    if kind == "object":
        return {name: filled(part, words, root) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [filled(schema.get("items", {}), words, root)] * schema.get("minItems", 0)
    plain = {"integer": schema.get("minimum", 1), "number": 1.0, "boolean": True, "null": None}
    return plain.get(kind, words)

"""ONNX Runtime, on which both listening and reading rest: told to keep to itself before it is loaded."""

import os


def forbid_telemetry() -> None:
    """Let ONNX Runtime send nothing. To be called before anything imports it.

    Its official packages report every session and model to their maker, from 1.29 on also on Linux and macOS; this
    variable is the one way to stop all of it. An application that has loaded it before us has decided for itself.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # noqa: TID251  # written for a library, not read

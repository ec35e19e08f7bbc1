"""Reading the small files in which the Linux kernel tells about itself (`/proc`, `/sys`)."""

from pathlib import Path


def kernel_text(path: Path) -> str:
    """Return what `path` says, stripped; empty where there is no such file, or the kernel gives no answer.

    A card that resets or has been pulled out answers with an error: then nothing is known about it either.
    """
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def kernel_number(path: Path) -> int | None:
    """Return the whole number in `path`; None where it holds no number ("max"), or cannot be read."""
    text = kernel_text(path)
    return int(text) if text.isdecimal() else None

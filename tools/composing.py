"""MoviePy, imported where it composes something, and without what its import does to the process."""

import os
from typing import Any


def moviepy() -> Any:
    """Import MoviePy; undo what that does: it loads whatever `.env` lies above its own code into the environment."""
    before = dict(os.environ)
    try:
        import moviepy as library
    finally:
        for name in set(os.environ) - set(before):  # it sets none anew, and other threads must not see any missing
            os.environ.pop(name, None)
    return library

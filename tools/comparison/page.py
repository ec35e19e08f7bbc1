"""The page of a comparison: one file that opens offline, without a script; what models said is escaped in it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from autocut_director.tools.comparison.document import Comparison
from autocut_director.tools.comparison.rows import PAIR_EXTRAS, RESULTS, Rows
from autocut_director.tools.frames import Frame
from autocut_director.tools.html_page import digest, page_template
from autocut_director.tools.storyboard.stills import stills_of

_HERE = Path(__file__).parent


def comparison_html(comparison: Comparison, pictures: Mapping[str, Sequence[Frame]]) -> str:
    """Return the page. `pictures` holds the stills of each scene by its id, in their order."""
    rows, style = Rows(comparison), (_HERE / "page.css").read_text(encoding="utf-8")
    return page_template(_HERE).render(
        {
            **{"comparison": comparison, "rows": rows, "words": rows.words, "style": style, "policy": policy(style)},
            **{"results": RESULTS, "extras": PAIR_EXTRAS},
            "stills": {scene_id: stills_of(frames) for scene_id, frames in pictures.items()},
        }
    )


def policy(style: str) -> str:
    """Return the page's Content-Security-Policy: its own style, its own stills, and nothing else."""
    style_only = f"style-src '{digest(style)}'"
    return "; ".join(["default-src 'none'", "img-src data:", style_only, "base-uri 'none'", "form-action 'none'"])

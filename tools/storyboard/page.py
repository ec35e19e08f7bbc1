"""The page itself: a template, a style sheet and a script put into one file, and the policy that lets in no other."""

from pathlib import Path

from autocut_director.tools.files import write_text
from autocut_director.tools.html_page import digest, page_template
from autocut_director.tools.storyboard.board import Storyboard
from autocut_director.tools.storyboard.changes import SIGNS
from autocut_director.tools.storyboard.places import rules
from autocut_director.tools.storyboard.view import View
from autocut_director.tools.storyboard.words import words_of

_HERE = Path(__file__).parent


def write_storyboard(board: Storyboard, out: Path) -> Path:
    """Write the page to `out`.

    Raises:
        OutputError: It cannot be written there.
    """
    write_text(out, storyboard_html(board))
    return out


def storyboard_html(board: Storyboard) -> str:
    """Return the page."""
    view = View(board, words_of(board.language))
    style, script = _style(view), (_HERE / "page.js").read_text(encoding="utf-8")
    return page_template(_HERE).render(
        {
            **{"board": board, "plan": board.plan, "view": view, "words": view.words, "signs": SIGNS},
            **{"language": board.language, "policy": policy(style, script), "style": style, "script": script},
        }
    )


def policy(style: str, script: str) -> str:
    """Return the page's Content-Security-Policy: its own style and script, its own stills, films beside it."""
    return "; ".join(
        [
            "default-src 'none'",
            "img-src data:",
            "media-src 'self' file:",
            f"style-src '{digest(style)}'",
            f"script-src '{digest(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _style(view: View) -> str:
    media = view.board.document.media
    shape = f".screen{{aspect-ratio:{media.width}/{media.height}}}\n.track{{min-width:{view.track}px}}"
    return f"{(_HERE / 'page.css').read_text(encoding='utf-8')}\n{shape}\n{rules(view.places)}\n"

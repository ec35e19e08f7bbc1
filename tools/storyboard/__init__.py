"""The page that shows why: one HTML file that opens offline and plays the film beside it; every text in it is escaped.

`board` (what it is given) → `view` (numbers and sentences: `cards`, `reels`, `changes`, on time lines of `places`) →
`page` (`page.html`, `page.css`, `page.js`, and the policy that lets in nothing else).
Beside it, `sheet` is the edit as one picture.
"""

from autocut_director.tools.storyboard.board import Earlier, Storyboard
from autocut_director.tools.storyboard.page import storyboard_html, write_storyboard
from autocut_director.tools.storyboard.sheet import sheet_picture, write_sheet

__all__ = ["Earlier", "Storyboard", "sheet_picture", "storyboard_html", "write_sheet", "write_storyboard"]

"""Several models' descriptions of the same scenes, side by side: how fast, how dear, how valid, and how far they agree.

`document` (what a comparison is: `bench.v1`), `figures` (what a model took, of its answers), `agreement` and `ranks`
(how far two models say the same), `rows` (figures as words), and `markdown` and `page` which show them.
"""

from autocut_director.tools.comparison.document import Comparison
from autocut_director.tools.comparison.markdown import comparison_markdown
from autocut_director.tools.comparison.page import comparison_html

__all__ = ["Comparison", "comparison_html", "comparison_markdown"]

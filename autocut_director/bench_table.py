"""How a comparison of models looks in a terminal: its results, a row a model."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autocut_director.tools.comparison import Comparison
from autocut_director.tools.comparison.rows import Rows
from autocut_director.tools.words.plain import printable

_COLUMNS = ("first", "steady", "cost", "valid", "failed", "agrees")
"""Those of the results that fit a terminal's width."""
_NARROWEST = 7  # columns: a figure with its unit is never broken


def show_comparison(console: Console, comparison: Comparison) -> None:
    """Print the table, if somebody is watching: a script's log has the last line alone."""
    if console.is_terminal:
        console.print(comparison_table(comparison))


def comparison_table(comparison: Comparison) -> Table:
    """Return the table; nothing in its texts is markup or a control code."""
    rows = Rows(comparison)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(rows.words["model"], overflow="fold")
    for name in _COLUMNS:
        table.add_column(rows.words[name], justify="right", min_width=_NARROWEST)
    for model in comparison.models:
        said = rows.result(model)
        table.add_row(Text(printable(model.name)), *(Text(said[name]) for name in _COLUMNS))
    return table

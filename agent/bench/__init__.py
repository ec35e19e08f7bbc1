"""The same scenes shown to every model that is up, one model after another.

`opening` (who takes part, what leaves, what it may cost) → `scenes` (what they are shown) → `race` (one model,
measured) → `bench` (all of them, and the files).
Who may take part: `policy/all_seats.py`. What the figures mean: `tools/comparison/`.
"""

from autocut_director.agent.bench.bench import Audience, check_somebody_answered, compare_models

__all__ = ["Audience", "check_somebody_answered", "compare_models"]

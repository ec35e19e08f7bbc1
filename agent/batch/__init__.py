"""Many films, one after the other or side by side; one that fails stops no other.

`films` (which) → `jobs` (into which folders) → an `Engine` (`engine`; `work` for each) → `batch` (the account)
"""

from autocut_director.agent.batch.account import BatchAccount, FilmAccount
from autocut_director.agent.batch.batch import Batch, open_batch
from autocut_director.agent.batch.engine import Engine, LocalEngine
from autocut_director.agent.batch.films import films_in
from autocut_director.agent.batch.jobs import Job

__all__ = ["Batch", "BatchAccount", "Engine", "FilmAccount", "Job", "LocalEngine", "films_in", "open_batch"]

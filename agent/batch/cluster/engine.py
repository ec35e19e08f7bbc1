"""The jobs of a batch as Ray tasks, one a film: on this machine, or on all of a cluster.

A film takes a processor of Ray's; what it asks of model servers is counted apart (`slots`). The film of a worker or a
machine that dies is begun anew elsewhere, with all that is in the store (`shelf`).
"""

import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

from langchain_core.callbacks import BaseCallbackHandler

from autocut_director.agent.batch.account import FilmAccount
from autocut_director.agent.batch.cluster.joining import NAMESPACE, connected, machines, on, this_machine
from autocut_director.agent.batch.cluster.shelf import SharedStore, StoreKeeper
from autocut_director.agent.batch.cluster.slots import LEASE_SECONDS, ClusterPlaces, SlotKeeper
from autocut_director.agent.batch.engine import Watch, nobody
from autocut_director.agent.batch.jobs import Job
from autocut_director.agent.batch.work import waiting, worked
from autocut_director.agent.director import director_of
from autocut_director.agent.run.crew import Crew
from autocut_director.agent.run.folder import note_gap
from autocut_director.agent.settings import Settings
from autocut_director.errors import AutoCutError, InputError
from autocut_director.version import __version__

_WAIT_SECONDS = 0.2  # how often progress is shown, and an interrupt seen
_RETRIES = 3  # of a film whose worker or machine dies; one that kills it each time is given up
_OUR_FAULT = 1
_OF_A_MACHINE = {"lmstudio_host", "ollama_host", "ollama_num_parallel", "embedded_model", "embedded_mmproj"}
"""Settings that a machine of the cluster may have of its own: where its servers and models are."""


class RayEngine:
    """Has a cluster do the jobs, `at_once` of them at a time on each machine.

    Args:
        settings: Hold on every machine. Where its own model servers are, a machine's environment says, unless these do.
        address: The cluster's, such as `auto` or `10.0.0.1:6379`; None: Ray is started here, for this batch.
        at_once: Films at once on each machine.
        watch: Gives those who watch over a job.
        lease_seconds: How long a model server's place stays taken after its holder was last heard of.

    Raises:
        InputError: The extra `ray` is not installed.

    Raises, when run:
        InputError: No cluster answers at `address`, or it has no machine with a processor.
    """

    name = "ray"

    def __init__(
        self,
        settings: Settings,
        *,
        address: str | None = None,
        at_once: int = 1,
        watch: Watch = nobody,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        if find_spec("ray") is None:
            raise InputError('Ray is not installed: pip install "autocut-director[ray]", or leave --engine ray out.')
        self._settings, self._address, self._at_once, self._watch = settings, address, at_once, watch
        self._lease_seconds = lease_seconds

    def run(self, jobs: Sequence[Job], options: Mapping[str, Any]) -> Iterator[tuple[int, FilmAccount]]:
        """Yield the place of each job, and what became of it, as it is done."""
        with ExitStack() as left:
            left.enter_context(connected(self._address))
            if not machines():
                raise InputError("No machine of the Ray cluster has a processor; add one: ray start --address=...")
            shared = _Shared(self._settings, self._lease_seconds)
            run = _Run(jobs, options, shared, self._at_once, self._watch)
            try:
                yield from run.outcomes()
            finally:
                left.close()  # Ray ends the tasks of whoever leaves
                run.part()


class _Shared:
    """What all tasks of a batch are given: settings, and the actors that they share."""

    def __init__(self, settings: Settings, lease_seconds: float) -> None:
        import ray
        from ray.util.queue import Queue

        self.settings, self.lease_seconds = _set(settings), lease_seconds
        here = this_machine()
        lasting: dict[str, Any] = {"num_cpus": 0, "max_restarts": -1, "max_task_retries": -1}
        known = {"name": f"slots {__version__}", "namespace": NAMESPACE, "get_if_exists": True, "lifetime": "detached"}
        slots = ray.remote(SlotKeeper).options(**known, **lasting, **on(here, soft=True))
        self.slots = slots.remote(lease_seconds)  # one for all batches of the cluster, so it outlives each
        shelf = ray.remote(StoreKeeper).options(**lasting, **on(here, soft=False))
        self.shelf = shelf.remote(settings.cache_dir.absolute())
        self.told = Queue(actor_options={"num_cpus": 0, **on(here, soft=False)})


class _Run:
    """A batch under way."""

    def __init__(
        self, jobs: Sequence[Job], options: Mapping[str, Any], shared: _Shared, at_once: int, watch: Watch
    ) -> None:
        import ray

        self._jobs, self._options, self._shared = jobs, _absolute(options), shared
        self._at_once, self._watch = at_once, watch
        self._waiting = deque(range(len(jobs)))
        self._pending: dict[Any, tuple[int, str]] = {}
        self._watchers: dict[int, Sequence[BaseCallbackHandler]] = {}
        self._task = ray.remote(num_cpus=1, max_retries=_RETRIES)(film)

    def outcomes(self) -> Iterator[tuple[int, FilmAccount]]:
        while self._waiting or self._pending:
            self._begin_more()
            ended = self._ended()
            self._relay()
            for task in ended:
                place, _ = self._pending.pop(task)
                for watcher in self._watchers.pop(place):
                    watcher.on_chain_end({}, run_id=uuid4())
                yield place, _outcome(task, self._jobs[place])

    def _ended(self) -> Sequence[Any]:
        """Wait a little for a task to end; return those that have."""
        import ray

        if not self._pending:  # every machine is gone; one may come
            time.sleep(_WAIT_SECONDS)
            return ()
        ended: Sequence[Any] = ray.wait(list(self._pending), timeout=_WAIT_SECONDS)[0]
        return ended

    def _begin_more(self) -> None:
        """Give each machine that has room a film; there may be more machines than before, or fewer."""
        busy = Counter(machine for _, machine in self._pending.values())
        for machine in machines():
            for _ in range(min(self._at_once - busy[machine], len(self._waiting))):
                self._begin(self._waiting.popleft(), machine)

    def _begin(self, place: int, machine: str) -> None:
        job = self._jobs[place]
        self._watchers[place] = self._watch(job)
        task = self._task.options(**on(machine, soft=True))
        self._pending[task.remote(place, job, self._options, self._shared)] = place, machine

    def _relay(self) -> None:
        """Tell those who watch what the films have told."""
        for place, name, data in self._shared.told.get_nowait_batch(self._shared.told.qsize()):
            for watcher in self._watchers.get(place, ()):
                watcher.on_custom_event(name, data, run_id=uuid4())

    def part(self) -> None:
        """Note of what was under way that it was interrupted."""
        for place, _ in self._pending.values():
            note_gap(self._jobs[place].folder, KeyboardInterrupt.__name__)


def film(place: int, job: Job, options: Mapping[str, Any], shared: _Shared) -> FilmAccount:
    """Do one film, in a worker of the cluster: the body of a task."""
    import ray

    own = {name: value for name, value in _set(Settings.from_env()).items() if name in _OF_A_MACHINE}
    machine = ray.util.get_node_ip_address()
    with ClusterPlaces(shared.slots, machine, shared.lease_seconds) as places:
        crew = Crew(Settings(**{**own, **shared.settings}), places=places, shared_store=SharedStore(shared.shelf))
        return worked(director_of(crew), job, options, [_Messenger(place, shared.told)])


class _Messenger(BaseCallbackHandler):
    """Carries a film's events to where the batch was started."""

    def __init__(self, place: int, told: Any) -> None:
        self._place, self._told = place, told

    def on_custom_event(self, name: str, data: Any, **_: Any) -> None:
        """Send one event of the director."""
        if name in {"progress", "notice", "warning", "crossing"}:
            self._told.put((self._place, name, dict(data)))


def _outcome(task: Any, job: Job) -> FilmAccount:
    import ray

    try:
        done: FilmAccount = ray.get(task)
    except ray.exceptions.RayTaskError as exc:  # before the film was begun: the settings of its machine, say
        status = exc.cause.exit_status if isinstance(exc.cause, AutoCutError) else _OUR_FAULT
        return waiting(job).failed(str(exc.cause), seconds=0.0, exit_status=status)
    except ray.exceptions.RayError as exc:
        why = str(exc).strip().partition("\n")[0]
        said = f"Its worker died {_RETRIES + 1} times ({why}). Try this film alone: autocut-director direct --debug"
        return waiting(job).failed(said, seconds=0.0, exit_status=_OUR_FAULT)
    return done


def _set(settings: Settings) -> dict[str, Any]:
    """Return what was set, by field; keys stay secret."""
    return _absolute(settings.model_dump(include=settings.model_fields_set))


def _absolute(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `values` with whole paths: a worker has another working folder."""
    return {name: value.absolute() if isinstance(value, Path) else value for name, value in values.items()}

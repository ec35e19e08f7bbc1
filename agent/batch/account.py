"""A batch's account: what became of each film, `batch.json`."""

from datetime import UTC, datetime
from typing import Any, Literal, Self

from pydantic import Field

from autocut_director.agent.run.account import RunAccount
from autocut_director.tools.timeline import Record

FilmStatus = Literal["waiting", "done", "failed"]


class FilmAccount(Record):
    """What became of one film. Its own `run.json` has all of it."""

    video: str = Field(description="Absolute path.")
    folder: str = Field(description="Where its results are, under the batch's folder.")
    status: FilmStatus = Field("waiting", description="Waiting: not begun, or interrupted.")
    exit_status: int = Field(0, description="What `direct` alone would have ended with.")
    before: bool = Field(False, description="An earlier batch had done it, with this request.")
    digest: str = ""
    film_seconds: float = Field(0.0, description="Length of the film.")
    seconds: float = Field(0.0, description="What it took, now.")
    scenes: int = 0
    described: int = 0
    cached: int = Field(0, description="Of the described: scenes whose description the store had.")
    cost_usd: float | None = Field(0.0, description="What was spent on it now; null where nobody knows.")
    degraded: bool = False
    causes: tuple[str, ...] = Field((), description="Why it is degraded.")
    warnings: tuple[str, ...] = ()
    error: str | None = None

    def done(self, run: RunAccount, *, seconds: float, before: bool) -> "FilmAccount":
        """Return the account of a film whose `run` is done."""
        video = run.video or {}
        return self.model_copy(
            update={
                "status": "done",
                "before": before,
                "digest": str(video.get("digest", "")),
                "film_seconds": float(video.get("seconds", 0.0)),
                "seconds": seconds,
                "scenes": run.totals.scenes,
                "described": run.totals.described,
                "cached": run.totals.cached,
                "cost_usd": 0.0 if before else run.totals.cost_usd,
                "degraded": run.degraded,
                "causes": run.causes,
                "warnings": run.warnings,
            }
        )

    def failed(self, error: str, *, seconds: float, exit_status: int) -> "FilmAccount":
        """Return the account of a film that failed. What was spent on it, its `run.json` may know."""
        return self.model_copy(
            update={
                **{"status": "failed", "error": error, "exit_status": exit_status},
                **{"seconds": seconds, "cost_usd": None},
            }
        )


class BatchTotals(Record):
    """Sums over the films."""

    films: int = 0
    done: int = 0
    before: int = Field(0, description="Of the done: by an earlier batch.")
    failed: int = 0
    degraded: int = 0
    film_seconds: float = Field(0.0, description="Length of the films that are done.")
    cost_usd: float | None = Field(0.0, description="Of the films done now; null where one's is not known.")


class BatchAccount(Record):
    """`batch.json`."""

    schema_: Literal["batch.v1"] = Field("batch.v1", alias="schema")
    status: Literal["running", "done", "failed", "interrupted"] = "running"
    started_at: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    engine: str = "local"
    request: dict[str, Any]
    seconds: float = Field(0.0, description="From the first film's beginning to the last one's end.")
    totals: BatchTotals = BatchTotals()
    films: tuple[FilmAccount, ...]

    @classmethod
    def of(cls, films: tuple[FilmAccount, ...], *, request: dict[str, Any]) -> Self:
        """Make the account of a batch that is not begun."""
        return cls(request=request, films=films, totals=_totals(films))

    @property
    def failed(self) -> tuple[FilmAccount, ...]:
        """The films that failed."""
        return tuple(film for film in self.films if film.status == "failed")

    @property
    def exit_status(self) -> int:
        """The highest of the films'."""
        return max((film.exit_status for film in self.films), default=0)

    def with_film(self, number: int, film: FilmAccount, *, seconds: float) -> "BatchAccount":
        """Return the account with what became of the film in place `number`."""
        films = (*self.films[:number], film, *self.films[number + 1 :])
        return self.model_copy(update={"films": films, "totals": _totals(films), "seconds": round(seconds, 3)})

    def ended(self, *, seconds: float) -> "BatchAccount":
        """Return the account of a batch that goes on no longer."""
        waiting = any(film.status == "waiting" for film in self.films)
        status = "interrupted" if waiting else "failed" if self.failed else "done"
        return self.model_copy(update={"status": status, "seconds": round(seconds, 3)})


def _totals(films: tuple[FilmAccount, ...]) -> BatchTotals:
    done = [film for film in films if film.status == "done"]
    costs = [film.cost_usd for film in done]
    return BatchTotals(
        films=len(films),
        done=len(done),
        before=sum(film.before for film in done),
        failed=sum(film.status == "failed" for film in films),
        degraded=sum(film.degraded for film in done),
        film_seconds=round(sum(film.film_seconds for film in done), 3),
        cost_usd=None if None in costs else round(sum(cost for cost in costs if cost is not None), 6),
    )

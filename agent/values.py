"""The base of what the head knows and decides: frozen, strict about its fields, printable as JSON."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A frozen value."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

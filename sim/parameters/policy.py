"""Numbers of a policy: its levers, each with a start, an end, a place, an intensity and a public cost."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sim.parameters.fields import MAX_DAYS, Group, choice, number


class Lever(Group):
    """One lever of a policy: its time, place, intensity and public cost."""

    start: int | None = Field(None, ge=0, le=MAX_DAYS, description="first day, or its date; none: the policy's start", json_schema_extra={"unit": "day", "source": "policy"})
    end: int | None = Field(None, ge=0, le=MAX_DAYS, description="day after the last, or its date; none: the horizon", json_schema_extra={"unit": "day", "source": "policy"})
    territory: str | None = Field(None, description="name of the only territory concerned; none: all", json_schema_extra={"unit": "-", "source": "policy"})
    kind: Literal["street", "hotel", "flat", "client_home"] | None = Field(None, description="only venue kind concerned; none: all", json_schema_extra={"unit": "-", "source": "policy"})
    platform: int | None = Field(None, ge=1, le=16, description="number of the only web site concerned, 1 the largest; none: all", json_schema_extra={"unit": "-", "source": "policy"})
    intensity: float = number(0.0, "see the lever", 0.0, 100_000.0, "policy", "capacity added to the untouched baseline; 0 is absent")
    unit_cost: float | None = Field(None, ge=0.0, le=1e7, description="public cost of a unit; none: the lever's own", json_schema_extra={"unit": "EUR/unit", "source": "policy"})


class Policy(Group):
    """A named list of levers."""

    name: str = choice("none", "policy", "name of the policy")
    start_day: int = number(365, "day", 0, MAX_DAYS, "model", "day on which levers without a start begin, or its date")
    levers: dict[str, Lever] = Field(default_factory=dict, description="levers by name", json_schema_extra={"unit": "-", "source": "policy"})

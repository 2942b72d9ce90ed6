"""Every number of the model: typed, bounded, with unit, range and source on its line.

`Parameters` is the whole configuration of a world. Hydra composes it, these classes validate it
(unknown keys, wrong types, values out of range and impossible combinations are all reported at
once), and `sim.state.params` passes the numbers to the compiled rules as one flat record.

Sources are E-numbers of the evidence table, a reference, or the word *assumption*.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from sim.parameters.activity import Calendar, Control, Demand, Entry, Labour, Learning, MarketSize, Planning
from sim.parameters.fields import MAX_DAYS, PRESETS, TASKS, VENUE_KINDS, Group, choice, number
from sim.parameters.institutions import Care, Careers, Casework, Enforcement, Justice, Outreach, Platforms
from sim.parameters.own import OwnOutcome, OwnRule
from sim.parameters.policy import Lever, Policy

__all__ = [
    "MAX_DAYS", "PRESETS", "TASKS", "VENUE_KINDS", "Group", "Lever", "OwnOutcome", "OwnRule", "Parameters", "Policy", "number",
]  # fmt: skip

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class Parameters(Group):
    """The whole configuration of one world."""

    seed: int = number(1, "-", 0, 2**53 - 1, "run", "seed of the world")
    days: int = number(730, "days", 1, MAX_DAYS - 20, "model", "horizon")
    start: dt.date = choice(dt.date(2021, 1, 4), "model", "date of day 0")
    burn_in: int = number(180, "days", 0, MAX_DAYS, "model", "days before measurement begins")
    market: MarketSize = Field(default_factory=MarketSize)
    calendar: Calendar = Field(default_factory=Calendar)
    demand: Demand = Field(default_factory=Demand)
    entry: Entry = Field(default_factory=Entry)
    planning: Planning = Field(default_factory=Planning)
    labour: Labour = Field(default_factory=Labour)
    control: Control = Field(default_factory=Control)
    enforcement: Enforcement = Field(default_factory=Enforcement)
    casework: Casework = Field(default_factory=Casework)
    justice: Justice = Field(default_factory=Justice)
    platforms: Platforms = Field(default_factory=Platforms)
    outreach: Outreach = Field(default_factory=Outreach)
    care: Care = Field(default_factory=Care)
    careers: Careers = Field(default_factory=Careers)
    learning: Learning = Field(default_factory=Learning)
    policy: Policy = Field(default_factory=Policy)
    budget: float | None = Field(None, gt=0.0, le=1e12, description="public cost to which the whole policy is scaled; none: as it is", json_schema_extra={"unit": "EUR in the run", "source": "policy"})
    own_outcomes: dict[Name, OwnOutcome] = Field(default_factory=dict, description="outcomes of one's own, by name; see outcome=FILE.yaml", json_schema_extra={"unit": "-", "source": "user"})
    own_rules: dict[Name, OwnRule] = Field(default_factory=dict, description="rules of one's own, by name; see rule=FILE.py", json_schema_extra={"unit": "-", "source": "user"})

    @model_validator(mode="after")
    def _dates_fit(self):
        if self.burn_in >= self.days:
            raise ValueError(f"burn_in ({self.burn_in}) must be smaller than days ({self.days}); a short run needs burn_in=0")
        return self

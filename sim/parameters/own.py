"""What users add to a world: outcomes of their own, and rules of their own with levers, as text that travels with a configuration."""

from __future__ import annotations

from pydantic import Field, model_validator

from sim.parameters.fields import Group


class OwnOutcome(Group):
    """An outcome of the user's: an expression over the ledger, or a function in Python (`sim.measures.own_outcomes`)."""

    unit: str = Field(min_length=1, description="unit of the value")
    meaning: str = Field("", description="what it is, in words")
    expression: str | None = Field(None, min_length=1, description="one value, in SQL over the tables days and cells")
    function: str | None = Field(None, min_length=1, description="name of a function in the source")
    source: str | None = Field(None, description="text of the file in Python that has the function")

    @model_validator(mode="after")
    def _one_of_two(self):
        if (self.expression is None) == (self.function is None):
            raise ValueError("give expression, or function: FILE.py:NAME; one of the two")
        if (self.function is None) != (self.source is None):
            raise ValueError("function needs the text of its file as source, which a path gives: function: FILE.py:NAME")
        return self


class OwnRule(Group):
    """A rule of the user's: a phase of the day in Python, with levers of its own if it has any (`sim.own_rules`)."""

    source: str = Field(min_length=1, description="text of the file in Python")

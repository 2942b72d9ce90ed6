"""Form of a parameter: a number or a choice with unit, range and source, in a frozen group."""

from __future__ import annotations

import itertools

from pydantic import BaseModel, ConfigDict, Field, create_model

VENUE_KINDS = ("street", "hotel", "flat", "client_home")
TASKS = ("ads_and_calls", "transport", "supplies", "watch")
PRESETS = ("class", "herault", "idf", "france")
ASSUMPTION = "assumption"
MAX_DAYS = 4400  # horizon of the calendars: twelve years


class Group(BaseModel):
    """A frozen group of parameters that accepts no unknown key, no NaN and no lax conversion."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, validate_default=True)


def number(default, unit, low, high, source, meaning):
    """A number with its unit, its range and its source."""
    return Field(default, ge=low, le=high, description=meaning, json_schema_extra={"unit": unit, "source": source})


def choice(default, source, meaning):
    """A named alternative or a switch, with its source."""
    return Field(default, description=meaning, json_schema_extra={"unit": "-", "source": source})


def by_name(names, title, defaults, unit, low, high, source, meaning):
    """A sub-group with one number for each of `names`, all with the same unit, range and source."""
    fields = {
        name: (float, number(default, unit, low, high, source, f"{meaning}: {name}"))
        for name, default in zip(names, defaults, strict=True)
    }
    model = create_model(title, __base__=Group, __module__=__name__, **fields)
    globals()[title] = model  # where pickle finds it
    return Field(default_factory=model), model


def check_order(group: Group, *keys: str) -> None:
    """Raise ValueError, naming both keys and the remedy, unless the numbers at these keys never fall from one to the next."""
    for lower, higher in itertools.pairwise(keys):
        low, high = getattr(group, lower), getattr(group, higher)
        if low > high:
            raise ValueError(f"{lower} ({low:g}) must not exceed {higher} ({high:g}); make {lower} smaller or {higher} larger")


def check_sum(group: Group, *keys: str) -> None:
    """Raise ValueError, naming all keys and the remedy, if the shares at these keys sum to more than one."""
    total = sum(getattr(group, key) for key in keys)
    if total > 1.0 + 1e-9:
        told = ", ".join(f"{key} ({getattr(group, key):g})" for key in keys)
        raise ValueError(f"the shares {told} must not exceed 1 together (they make {total:g}); make one of them smaller")

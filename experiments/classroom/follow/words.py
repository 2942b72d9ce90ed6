"""Words in which agents are followed: what statuses, kinds of venue and tasks are called in sentences."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from sim.parameters import Parameters
from sim.state.records import KINDS

Translator = Callable[[str], str]
"""A function that gives an English text in another language; `str` leaves it as it is."""


def kind_words(_: Translator) -> tuple[str, ...]:
    """Kinds of venue, in the order of their codes."""
    return _("street"), _("hotel"), _("flat"), _("client's home")


def task_words(_: Translator) -> tuple[str, ...]:
    """Tasks, in the order of their codes."""
    return _("ads and calls"), _("transport"), _("supplies"), _("watch"), _("recruitment")


def boss_words(_: Translator) -> tuple[str, ...]:
    """Statuses of a Boss, in the order of their codes."""
    return (
        _("between Plans"), _("running a Plan"), _("in other work"), _("outside the region"), _("in custody"), _("in prison"),
        _("has left the activity"), _("in the Plan of another Boss"),
    )  # fmt: skip


def provider_words(_: Translator) -> tuple[str, ...]:
    """Statuses of a Provider, in the order of their codes."""
    return (
        _("idle"), _("engaged"), _("in other work"), _("outside the region"), _("in custody"), _("in prison"),
        _("has left the activity"),
    )  # fmt: skip


def person_words(_: Translator) -> tuple[str, ...]:
    """Statuses of exploited persons, and of persons at risk, in the order of their codes."""
    return _("At risk"), _("Independent"), _("Held between Plans"), _("In a Plan"), _("In care"), _("Out")


def boss_label(row: int, _: Translator) -> str:
    """What a Boss is called."""
    return _("Boss {number}").format(number=int(row) + 1)


def provider_label(row: int, _: Translator) -> str:
    """What a Provider is called."""
    return _("Provider {number}").format(number=int(row) + 1)


def place_and_kind(cell: int, names: Sequence[str], _: Translator) -> str:
    """A territory and a kind of venue."""
    return _("{place} ({kind})").format(place=names[int(cell) // KINDS], kind=kind_words(_)[int(cell) % KINDS])


def date_of(parameters: Parameters, day: int) -> str:
    """The date of a day, year first."""
    return (parameters.start + dt.timedelta(days=int(day))).isoformat()


def is_invented(parameters: Parameters) -> bool:
    """Whether the places are those of the market made up for lessons: only there are utilities and weights shown by place."""
    return parameters.market.preset == "class" and not parameters.market.places


def only_invented(_: Translator) -> str:
    """What stands where numbers by place are left out."""
    return _("Numbers by place are shown for the invented market of lessons alone, and are left out here.")

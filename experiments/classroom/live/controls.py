"""Controls of the live classroom: levers of the policy, which act in one world, and assumptions, which hold in both."""

from __future__ import annotations

import functools
from typing import NamedTuple

from experiments.classroom.translation import SHOWN_PARAMETERS
from experiments.classroom.words import _
from sim.configuration import parameter_table
from sim.levers import LEVER_KINDS, PLANTED_AVERSION
from sim.parameters import VENUE_KINDS

PLACE, KIND = "place", "kind"  # where inspections are added
EVERYWHERE, LARGEST = "all", "largest"
DEMAND, BONDING, CALENDAR = "demand", "bonding", "calendar"
USUAL, FLAT = "usual", "flat"
INSPECTED = LEVER_KINDS["venue_inspection"].kinds
CALENDAR_FACTORS = (
    "weekday_monday_to_thursday", "weekday_friday_saturday", "weekday_sunday", "school_holiday", "month_edge", "public_holiday",
    "event",
)  # fmt: skip


class Control(NamedTuple):
    """A slider: its stops, the unit they are in, what rests on which source, and a sentence."""

    id: str
    label: str
    stops: tuple[float, ...]
    unit: str
    source: str
    meaning: str


_SHARES = (0.0, 0.1, 0.2, 0.33, 0.5, 0.75, 1.0)
_TIMES = (0.0, 1.0, 2.0, 4.0, 10.0, 20.0)
_MANY = (0.0, 5.0, 10.0, 20.0, 40.0, 80.0)
_LABELS = {  # by heading: lever, its label, its stops
    _("Police by place"): {
        "venue_inspection": (_("Inspections of venues"), _MANY),
        "street_patrol": (_("Patrols of streets"), (0.0, 10.0, 50.0, 100.0, 300.0)),
    },
    _("Police by tactic"): {
        "online_inquiry": (_("Online inquiry"), _TIMES),
        "case_building": (_("Case-building"), _TIMES),
        "central_intelligence": (_("Central intelligence"), (0.0, 0.5, 1.0)),
        "staff_reporting": (_("Hotels that report"), _SHARES),
        "arrest_providers": (_("Providers held (an experiment)"), _SHARES),
        "arrest_bosses": (_("Bosses held (an experiment)"), _SHARES),
    },
    _("Demand"): {
        "demand_campaign": (_("Campaign"), (0.0, 0.5, 1.0, 2.0, 4.0)),
        "client_fines": (_("Fines for clients"), _MANY),
        "awareness_courses": (_("Awareness courses"), (0.0, 0.015, 0.03, 0.1, 0.3)),
        "platform_closure": (_("Closure of the largest web site"), (0.0, 0.5, 1.0)),
    },
    _("Outreach and care"): {
        "outreach_street": (_("Street rounds"), _TIMES),
        "outreach_personal": (_("Personal messages"), _TIMES),
        "outreach_mass": (_("Mass messages"), _TIMES),
        "first_reception": (_("First reception"), _TIMES),
        "beds_near": (_("Beds near by"), (0.0, 0.25, 0.5, 1.0, 2.0, 5.0)),
        "beds_distant": (_("Beds far away"), (0.0, 0.25, 0.5, 1.0, 2.0, 5.0)),
        "prevention": (_("Prevention"), (0.0, 1.0, 2.0, 5.0)),
        "training": (_("Training of professionals"), _SHARES),
    },
}
KIND_LABELS = {EVERYWHERE: _("all venues"), "hotel": _("hotels"), "flat": _("flats"), "client_home": _("clients' homes")}
CALENDAR_LABELS = {USUAL: _("weekends, holidays, month ends"), FLAT: _("every day alike")}
assert set(KIND_LABELS) - {EVERYWHERE} == set(INSPECTED) <= set(VENUE_KINDS)


@functools.cache
def levers() -> dict[str, tuple[Control, ...]]:
    """Controls of the policy by heading: every lever that a policy can have."""
    return {
        heading: tuple(
            Control(name, label, stops, LEVER_KINDS[name].unit, LEVER_KINDS[name].source, LEVER_KINDS[name].meaning)
            for name, (label, stops) in several.items()
        )
        for heading, several in _LABELS.items()
    }


@functools.cache
def lever_ids() -> frozenset[str]:
    """Names of the levers that can be pulled."""
    found = frozenset(one.id for several in levers().values() for one in several)
    assert found == {name for name, kind in LEVER_KINDS.items() if kind.code != PLANTED_AVERSION}
    return found


@functools.cache
def assumptions() -> tuple[Control, ...]:
    """Sliders of what holds in both worlds."""
    rows = {row["key"]: row for row in parameter_table()}
    demand, bonding = (rows[key] for key in SHOWN_PARAMETERS)
    return (
        Control(
            DEMAND, _("Demand"), (0.5, 0.75, 1.0, 1.25, 1.5), _("times the market's searches a day"), demand["source"],
            demand["meaning"]),
        Control(
            BONDING, _("Bonding of Providers"), (0.0, 0.25, 0.5, 0.75, 1.0), bonding["unit"], bonding["source"],
            bonding["meaning"]),
    )  # fmt: skip

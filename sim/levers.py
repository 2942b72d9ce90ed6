"""Levers, one record each: definition, cost, capacity of intensity one, and expected effects.

The documentation table, the tests of levers and the public cost follow from these records.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np

from sim.parameters import VENUE_KINDS, Parameters
from sim.state.records import HOTEL, KINDS, STREET

VENUE_INSPECTION, STREET_PATROL, ARREST_PROVIDERS, ARREST_BOSSES, PLANTED_AVERSION = 0, 1, 2, 3, 4
ONLINE_INQUIRY, CASE_BUILDING, CENTRAL_INTELLIGENCE, CLIENT_FINES, AWARENESS_COURSES = 5, 6, 7, 8, 9
PLATFORM_CLOSURE, DEMAND_CAMPAIGN, PREVENTION, TRAINING, STAFF_REPORTING = 10, 11, 12, 13, 14
OUTREACH_STREET, OUTREACH_PERSONAL, OUTREACH_MASS, FIRST_RECEPTION = 15, 16, 17, 18
BEDS_NEAR, BEDS_DISTANT = 19, 20
LEVER_CODES = 21
OWN = -1  # in the record of a lever of the user's, which is numbered after the model's (`sim.own_rules`)
INSPECTOR_DAY_EUR, STAFF_HOUR_EUR = 450.0, 40.0
UP, DOWN = 1, -1


@dataclasses.dataclass(frozen=True)
class Ground:
    """A territory as the capacity of a lever sees it: its record, that of its police unit, and the parameters."""

    territory: np.ndarray
    unit: np.ndarray
    parameters: Parameters

    @property
    def people(self) -> float:
        """Inhabitants."""
        return float(self.territory["population"])

    @property
    def per_100k(self) -> float:
        """Inhabitants in units of 100,000."""
        return self.people / 100_000.0


@dataclasses.dataclass(frozen=True)
class Claim:
    """Intensity at which a lever is tested, the measures it then moves and their direction, and the world that shows it."""

    intensity: float
    mechanism: str
    moves: dict[str, int]  # measures of the ledger: UP or DOWN
    world: dict[str, float] = dataclasses.field(default_factory=dict)
    aim: dict[str, int | str] = dataclasses.field(default_factory=dict)


Capacity = Callable[[Ground], Mapping[int, float]]
"""Units of capacity per day of intensity one in a territory, by venue kind; those without a venue are at 0."""


def _visits(ground: Ground) -> dict[int, float]:
    if ground.unit["venue_weight"] <= 0.0:
        return {}
    weights = tuple(ground.parameters.enforcement.inspection_weight.__dict__.values())
    visits = ground.unit["visits"] * ground.people
    return {kind: visits * weights[kind] / ground.unit["venue_weight"] for kind in range(KINDS) if kind != STREET}


def _patrols(ground: Ground) -> dict[int, float]:
    return {0: ground.unit["patrols"] * ground.people / ground.unit["street_weight"]}


def _of_unit(capacity: str) -> Capacity:
    """The territory's share of a capacity of its police unit."""
    return lambda ground: {0: ground.unit[capacity] * (ground.people / ground.unit["population"])}


def _hours(parameter: str) -> Capacity:
    """Staff-hours of a kind of outreach."""
    return lambda ground: {0: getattr(ground.parameters.outreach, parameter) * ground.per_100k}


def _inhabitants(ground: Ground) -> dict[int, float]:
    return {0: ground.per_100k}


def _hotels(ground: Ground) -> dict[int, float]:
    return {0: ground.territory["venues"][HOTEL]}


def _none(ground: Ground) -> dict[int, float]:
    return {}


@dataclasses.dataclass(frozen=True)
class LeverKind:
    """Definition of a lever: its code, what intensity one means, the public cost of a unit of capacity, and its claim."""

    code: int
    unit: str
    unit_cost_eur: float
    cost_unit: str
    source: str
    meaning: str
    kinds: tuple[str, ...] = ()  # venue kinds it may be aimed at
    largest: float = 1000.0
    realised: bool = False  # cost known only afterwards: no budget can be set for it
    capacity: Capacity = _none
    claim: Claim = dataclasses.field(kw_only=True)


_MANY_VICTIMS = {"enforcement.yield_factor": 2.5, "casework.evidence_day": 0.15}
_MANY_ANSWERS = {  # teams that write every week and are answered often
    "outreach.mass_hours": 0.5, "outreach.practice_days": 7, "outreach.interval_days": 7, "outreach.mass_answer": 0.4,
    "outreach.accompany_places": 10.0,
}  # fmt: skip
LEVER_KINDS = {
    "venue_inspection": LeverKind(
        VENUE_INSPECTION, "times the baseline's visits to the cells concerned", 400.0, "visit", "assumption",
        "inspections of hotels, flats and homes", ("hotel", "flat", "client_home"),
        capacity=_visits,
        claim=Claim(
            60.0, "more visits find more Plans",
            {"found_by_visit": UP, "plans_broken_up": UP, "bosses_arrested": UP, "providers_arrested": UP})),
    "street_patrol": LeverKind(
        STREET_PATROL, "times the baseline's patrols of the streets concerned", 300.0, "patrol", "assumption",
        "patrols of street cells", ("street",),
        capacity=_patrols,
        claim=Claim(300.0, "more patrols find more Plans in the street", {"found_by_patrol": UP})),
    "online_inquiry": LeverKind(
        ONLINE_INQUIRY, "times the baseline's inspector-days", INSPECTOR_DAY_EUR, "inspector-day", "assumption",
        "reads ads and links them to Plans; lowers replies to outreach there (E56)",
        capacity=_of_unit("online"),
        claim=Claim(
            50.0, "ads are read and linked to Plans, files are opened; fewer answers to messages (E56)",
            {"ads_read": UP, "ads_linked": UP, "files_opened": UP, "answers_mass": DOWN}, {"outreach.mass_hours": 0.5})),
    "case_building": LeverKind(
        CASE_BUILDING, "times the baseline's inspector-days", INSPECTOR_DAY_EUR, "inspector-day", "assumption",
        "work on the files with most evidence (E66)",
        capacity=_of_unit("casework"),
        claim=Claim(
            50.0, "files with most evidence are completed and the group is arrested",
            {"cases_completed": UP, "bosses_arrested": UP}, {"enforcement.yield_factor": 0.25})),
    "central_intelligence": LeverKind(
        CENTRAL_INTELLIGENCE, "share of the evidence lost between jurisdictions that is kept", 20.0,
        "100,000 inhabitants and day", "assumption", "files follow a network that moves (E41)", largest=1.0,
        capacity=_inhabitants,
        claim=Claim(
            1.0, "files survive a move to another jurisdiction (E41)", {"evidence_lost_by_moves": DOWN, "cases_completed": UP},
            _MANY_VICTIMS)),
    "client_fines": LeverKind(
        CLIENT_FINES, "times the baseline's inspector-days", INSPECTOR_DAY_EUR, "inspector-day", "assumption",
        "fines for clients; the revenue is reported separately",
        capacity=_of_unit("client"),
        claim=Claim(
            300.0, "clients and those who hear of it fear more and search less",
            {"fines": UP, "searches": DOWN, "encounters": DOWN})),
    "awareness_courses": LeverKind(
        AWARENESS_COURSES, "course places/100,000 inhabitants/day", 300.0, "place", "assumption",
        "courses for fined clients (E46)",
        capacity=_inhabitants,
        claim=Claim(
            5.0, "fined clients who follow a course search less (E46)", {"courses": UP, "searches": DOWN},
            {"enforcement.fines_per_inspector_day": 10.0})),
    "demand_campaign": LeverKind(
        DEMAND_CAMPAIGN, "campaigns of the usual size", 30.0, "100,000 inhabitants and day", "assumption",
        "fewer searches, with a falling return to intensity",
        capacity=_inhabitants,
        claim=Claim(2.0, "fewer searches", {"searches": DOWN, "encounters": DOWN})),
    "platform_closure": LeverKind(
        PLATFORM_CLOSURE, "share of each web site concerned that is closed", 300.0, "web site and day", "assumption",
        "closes web sites (E58)", largest=1.0,
        claim=Claim(
            1.0, "clients and Bosses move with a lag, to the street, or give up; outreach contacts are lost (E58)",
            {"searches_blocked": UP, "searches_given_up": UP, "searches_to_street": UP, "launches_delayed": UP,
            "contacts_lost_by_closure": UP},
            _MANY_ANSWERS | {"outreach.reception_hours": 2.0}, {"platform": 1})),
    "outreach_street": LeverKind(
        OUTREACH_STREET, "times the baseline's staff-hours", STAFF_HOUR_EUR, "staff-hour", "assumption",
        "street rounds by teams",
        capacity=_hours("street_hours"),
        claim=Claim(
            50.0, "rounds meet more persons in the street, some of whom ask for more",
            {"street_contacts": UP, "answers_street": UP})),
    "outreach_personal": LeverKind(
        OUTREACH_PERSONAL, "times the baseline's staff-hours", STAFF_HOUR_EUR, "staff-hour", "assumption",
        "personal messages to ads (E55)",
        capacity=_hours("personal_hours"),
        claim=Claim(
            50.0, "more personal messages, more answers (E55)", {"personal_messages": UP, "answers_personal": UP})),
    "outreach_mass": LeverKind(
        OUTREACH_MASS, "times the baseline's staff-hours", STAFF_HOUR_EUR, "staff-hour", "assumption",
        "mass messages (E52, E53)",
        capacity=_hours("mass_hours"),
        claim=Claim(50.0, "more mass messages, more answers (E52)", {"mass_messages": UP, "answers_mass": UP},
            {"outreach.mass_hours": 0.002, "outreach.mass_answer": 0.3})),
    "first_reception": LeverKind(
        FIRST_RECEPTION, "times the baseline's staff-hours and places", STAFF_HOUR_EUR, "staff-hour", "assumption",
        "first reception and accompaniment of those who answer (E55)",
        capacity=_hours("reception_hours"),
        claim=Claim(
            20.0, "answers are taken up in time and become meetings and accompaniments (E55)",
            {"meetings_mass": UP, "accompanied": UP, "answers_waiting": DOWN},
            _MANY_ANSWERS | {"outreach.reception_hours": 0.02})),
    "beds_near": LeverKind(
        BEDS_NEAR, "beds/100,000 inhabitants", 150.0, "bed and day", "assumption", "beds in the jurisdiction (E42)",
        capacity=_inhabitants,
        claim=Claim(
            5.0, "a bed in the jurisdiction for more of those who ask for one (E42)",
            {"placed_near": UP, "no_bed": DOWN, "in_care_near": UP}, _MANY_VICTIMS)),
    "beds_distant": LeverKind(
        BEDS_DISTANT, "beds/100,000 inhabitants", 180.0, "bed and day", "assumption", "beds far away (E42)",
        capacity=_inhabitants,
        claim=Claim(
            5.0, "a bed far away for more of those who ask for one (E42)",
            {"placed_distant": UP, "no_bed": DOWN, "in_care_distant": UP}, _MANY_VICTIMS)),
    "prevention": LeverKind(
        PREVENTION, "programmes of the usual size", 25.0, "100,000 inhabitants and day", "assumption",
        "persons at risk are reached before they are recruited", largest=100.0,
        capacity=_inhabitants,
        claim=Claim(
            5.0, "persons at risk are reached before they are recruited", {"prevented": UP, "at_risk": DOWN, "recruited": DOWN})),
    "training": LeverKind(
        TRAINING, "share of professionals trained", 20.0, "100,000 inhabitants and day", "assumption",
        "training of school, health, police and transport staff (E68)", largest=1.0,
        capacity=_inhabitants,
        claim=Claim(
            1.0, "more victims are recognised, more persons at risk detected early (E64, E68)",
            {"recognised": UP, "detected_early": UP, "treated_as_offender": DOWN}, _MANY_VICTIMS)),
    "staff_reporting": LeverKind(
        STAFF_REPORTING, "share of hotels in the network", 1.0, "hotel and day", "assumption",
        "hotel staff are trained to report (E68)", largest=1.0,
        capacity=_hotels,
        claim=Claim(1.0, "hotel staff report more Plans (E68)", {"reports_by_staff": UP, "found_by_report": UP},
            {"enforcement.response_chance": 0.2})),
    "arrest_providers": LeverKind(
        ARREST_PROVIDERS, "share of Providers held from start to end", 90.0, "person held and day", "assumption",
        "arrest of one role only", largest=1.0, realised=True,
        claim=Claim(
            0.6, "a share of Providers is held", {"providers_prison": UP, "provider_days_engaged": DOWN, "slots_vacant": UP})),
    "arrest_bosses": LeverKind(
        ARREST_BOSSES, "share of Bosses held from start to end", 90.0, "person held and day", "assumption",
        "arrest of one role only", largest=1.0, realised=True,
        claim=Claim(
            0.6, "a share of Bosses is held", {"bosses_prison": UP, "plans_running": DOWN, "in_plan": DOWN, "encounters": DOWN})),
    "planted_aversion": LeverKind(
        PLANTED_AVERSION, "EUR of disutility of a Plan in the cells concerned", 0.0, "-", "positive control",
        "a planted effect, never a policy: Bosses shun the cells concerned", VENUE_KINDS, 100_000.0,
        claim=Claim(
            4000.0, "Bosses shun the cells concerned: a positive control, never a policy",
            {"plans_running": DOWN, "plans_launched": DOWN})),
}  # fmt: skip
LEVER_NAMES = {kind.code: name for name, kind in LEVER_KINDS.items()}

"""Outcomes: sums of the ledger over a window, and formulas over them with their units.

Harm and protection come first, then activity, labour, enforcement, careers and mechanisms. Ratios are
ratios of sums over the window, never means of daily ratios; a ratio with a denominator of zero is None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.own_rules import lever_kinds
from sim.parameters.constants import DAYS_A_YEAR
from sim.state.ledger import DAY_MEASURES, EXPLOITATION, EXPLOITED
from sim.state.records import RUNNING

if TYPE_CHECKING:
    from sim.simulation import Simulation

CHANNELS = ("street", "personal", "mass")
_REACHED = {"street": "street_contacts", "personal": "personal_messages", "mass": "mass_messages"}


class Window:
    """Sums of the ledger over days first..last-1: `window.in_plan` is a count, `daily("in_plan")` its mean."""

    def __init__(self, simulation: Simulation, first: int, last: int):
        ledger = simulation.world.ledger
        self.days = last - first
        by_day = ledger[first:last].view(np.int64).reshape(self.days, len(DAY_MEASURES))
        self.__dict__.update(zip(DAY_MEASURES, by_day.sum(axis=0).tolist(), strict=True))
        cents = simulation.world.public_cost[first:last].sum(axis=0).tolist()
        kinds = lever_kinds(simulation.parameters).items()
        # a planted effect is not a policy and costs nothing
        self.cost = {name: cents[kind.code] / 100.0 for name, kind in kinds if kind.unit_cost_eur > 0.0}
        self.plans_ended = self.plans_launched + running_before(simulation, first) - running_before(simulation, last)
        risk, bosses = ledger["perceived_risk"][first:last], ledger["bosses_running"][first:last]
        self.risk_of_bosses = float((risk * bosses).sum()) / 1e6  # the ledger holds each day's mean over them
        self._add_up()

    def _add_up(self) -> None:
        """Compute sums of several measures that more than one formula needs."""
        # a person exploited is in a Plan, or held between two, whether the Boss is here or outside the region
        self.exploited = sum(getattr(self, name) for name in EXPLOITED)
        self.minors_exploited = sum(getattr(self, f"minors_{name}") for name in EXPLOITED)
        self.in_spell = sum(getattr(self, name) for name in EXPLOITATION["in_spell"])
        self.minors_in_spell = sum(getattr(self, f"minors_{name}") for name in EXPLOITATION["in_spell"])
        # a slot covered by the Boss cannot fall vacant
        self.slots_for_providers = self.slots - self.slots_by_boss
        # a search stopped by the closure of a site sees no offer, so it does not measure how scarce offers are
        self.searches_reaching = self.searches - self.searches_blocked - self.searches_given_up
        # a co-Boss shares in the income of a Plan that runs under another Boss's name
        self.boss_days_engaged = self.bosses_running + self.bosses_partner
        self.contacts_lost = self.answers_lost + self.contacts_broken_by_moves + self.contacts_lost_by_closure
        self.placed = self.placed_near + self.placed_distant
        self.taken_over = self.taken_over_by_co_boss + self.taken_over_by_provider
        # those of a role in the market; ages are summed over the same persons (sim.rules.census)
        self.bosses_present = (
            self.bosses_free + self.bosses_running + self.bosses_partner + self.bosses_other_work
            + self.bosses_outside + self.bosses_custody + self.bosses_prison
        )  # fmt: skip
        self.providers_present = (
            self.providers_idle + self.provider_days_engaged + self.providers_other_work
            + self.providers_custody + self.providers_prison
        )  # fmt: skip
        self.persons_present = self.exploited + self.independent

    def daily(self, *names: str) -> float:
        """Sum of measures per day."""
        return sum(getattr(self, name) for name in names) / self.days

    def euros(self, name: str) -> float:
        """A measure in cents as EUR per day."""
        return getattr(self, name) / 100.0 / self.days


def running_before(simulation: Simulation, day: int) -> int:
    """Plans running when a day begins; the ledger counts them after the day's launches."""
    world = simulation.world
    if day < simulation.day:
        return int(world.ledger["plans_running"][day] - world.ledger["plans_launched"][day])
    return int((world.bosses["status"][: world.counts["bosses"][0]] == RUNNING).sum())


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _euros_each(cents: int, days_engaged: int) -> float | None:
    return _ratio(cents / 100.0, days_engaged)


def _years_each(days: int, persons: int) -> float | None:
    return _ratio(days / DAYS_A_YEAR, persons)


Formula = tuple[str, str, Callable[[Window], Any]]


def _funnel(channel: str) -> Iterator[Formula]:
    """From contact to accompaniment, by channel: counts, then the share that continues at each step."""
    reached, answers = _REACHED[channel], f"answers_{channel}"
    meetings, begun = f"meetings_{channel}", f"accompaniments_{channel}"
    contact = "persons met" if channel == "street" else "messages"
    each = "person met" if channel == "street" else "message"
    yield f"outreach_{channel}_contacts", f"{contact}/day", lambda w: w.daily(reached)
    yield f"outreach_{channel}_answers", "answers/day", lambda w: w.daily(answers)
    yield f"outreach_{channel}_meetings", "meetings/day", lambda w: w.daily(meetings)
    yield f"outreach_{channel}_accompaniments", "accompaniments/day", lambda w: w.daily(begun)
    yield f"outreach_{channel}_answer_ratio", f"answers/{each}", lambda w: _ratio(getattr(w, answers), getattr(w, reached))
    yield f"outreach_{channel}_meeting_ratio", "meetings/answer", lambda w: _ratio(getattr(w, meetings), getattr(w, answers))
    yield (
        f"outreach_{channel}_accompaniment_ratio", "accompaniments/meeting",
        lambda w: _ratio(getattr(w, begun), getattr(w, meetings)),
    )  # fmt: skip


# name, unit, formula over a Window. The order is the order of every report.
HARM: tuple[Formula, ...] = (
    ("person_days_in_spell", "person-days/day", lambda w: w.daily("in_spell")),
    ("minors_person_days_in_spell", "person-days/day", lambda w: w.daily("minors_in_spell")),
    ("share_of_minors", "share of person-days", lambda w: _ratio(w.minors_in_spell, w.in_spell)),
    ("exploitation_person_days", "person-days/day", lambda w: w.daily("exploited")),
    ("minors_person_days", "person-days/day", lambda w: w.daily("minors_exploited")),
    ("person_days_in_plan", "person-days/day", lambda w: w.daily("in_plan")),
    ("minors_person_days_in_plan", "person-days/day", lambda w: w.daily("minors_in_plan")),
    ("person_days_held_between", "person-days/day", lambda w: w.daily("held_between")),
    ("person_days_held_outside", "person-days/day", lambda w: w.daily("held_outside")),
    ("independent_minors_person_days", "person-days/day", lambda w: w.daily("independent_minors")),
    ("exits", "exits/day", lambda w: w.daily("exits")),
    ("lasting_exits", "exits of 365 days/day", lambda w: w.daily("lasting_exits")),
    ("returned_to_risk", "persons/day", lambda w: w.daily("returned_to_risk")),
    ("found_again", "persons/day", lambda w: w.daily("found_again")),
    ("reprisals", "persons/day", lambda w: w.daily("reprisals")),
    ("contacts_lost", "contacts/day", lambda w: w.daily("contacts_lost")),
    ("victims_exposed", "persons/day", lambda w: w.daily("exposed")),
    ("victims_recognised_share", "share of those exposed", lambda w: _ratio(w.recognised, w.exposed)),
    ("treated_as_offenders", "persons/day", lambda w: w.daily("treated_as_offender")),
    ("treated_as_offenders_share", "share of those exposed", lambda w: _ratio(w.treated_as_offender, w.exposed)),
    ("failed_attempts_to_leave", "attempts/day", lambda w: w.daily("attempts") - w.daily("left_by_attempt")),
)
PROTECTION: tuple[Formula, ...] = (
    ("persons_in_care_near", "persons", lambda w: w.daily("in_care_near")),
    ("persons_in_care_distant", "persons", lambda w: w.daily("in_care_distant")),
    ("placed", "persons/day", lambda w: w.daily("placed")),
    ("bed_requests_without_bed_share", "share of requests", lambda w: _ratio(w.no_bed, w.asked_for_bed)),
    ("ran_away_from_care", "persons/day", lambda w: w.daily("ran_away_from_care")),
    ("stays_completed", "persons/day", lambda w: w.daily("stays_completed")),
    ("stays_cut_short", "persons/day", lambda w: w.daily("stays_cut_short")),
    ("left_accompanied", "persons/day", lambda w: w.daily("left_accompanied")),
    ("testimonies", "persons/day", lambda w: w.daily("testimonies")),
    ("testimonies_share", "share of victims recognised", lambda w: _ratio(w.testimonies, w.recognised)),
    ("ads_identified_by_services", "ads/day", lambda w: w.daily("ads_identified")),
    *(step for channel in CHANNELS for step in _funnel(channel)),
    ("messages_too_soon", "messages/day", lambda w: w.daily("messages_too_soon")),
    ("answers_lost", "answers/day", lambda w: w.daily("answers_lost")),
    ("contacts_broken_by_moves", "contacts/day", lambda w: w.daily("contacts_broken_by_moves")),
    ("contacts_lost_by_closure", "contacts/day", lambda w: w.daily("contacts_lost_by_closure")),
    ("runaway_spells", "spells/day", lambda w: w.daily("runaway_spells")),
    ("detected_early", "persons/day", lambda w: w.daily("detected_early")),
    ("prevented", "persons/day", lambda w: w.daily("prevented")),
)
ACTIVITY: tuple[Formula, ...] = (
    ("encounters", "encounters/day", lambda w: w.daily("encounters")),
    ("encounters_per_person_day", "encounters/person-day in a Plan", lambda w: _ratio(w.encounters, w.in_plan)),
    ("unmet_demand_share", "share of searches not stopped by a closure", lambda w: _ratio(w.unmet, w.searches_reaching)),
    ("searches_blocked_share", "share of searches", lambda w: _ratio(w.searches_blocked, w.searches)),
    ("searches_given_up_share", "share of searches", lambda w: _ratio(w.searches_given_up, w.searches)),
    ("searches_to_street_share", "share of searches", lambda w: _ratio(w.searches_to_street, w.searches)),
    ("plans_running", "Plans", lambda w: w.daily("plans_running")),
    ("plans_launched", "Plans/day", lambda w: w.daily("plans_launched")),
    ("plans_completed", "Plans/day", lambda w: w.daily("plans_completed")),
    ("plans_broken_up", "Plans/day", lambda w: w.daily("plans_broken_up")),
    ("launches_delayed", "decisions/day", lambda w: w.daily("launches_delayed")),
    ("launches_to_street", "Plans/day", lambda w: w.daily("launches_to_street")),
    ("plan_duration", "days", lambda w: _ratio(w.plan_days_ended, w.plans_ended)),
    ("plan_team", "persons/Plan launched", lambda w: _ratio(w.team_launched, w.plans_launched)),
)
LABOUR: tuple[Formula, ...] = (
    ("slots_vacant_share", "share of slot-days of Providers", lambda w: _ratio(w.slots_vacant, w.slots_for_providers)),
    ("vacancy_spells_per_100_slot_days", "spells/100 slot-days of Providers",
     lambda w: _ratio(100.0 * w.vacancies_opened, w.slots_for_providers)),
    ("days_to_fill_vacancy", "days/spell filled", lambda w: _ratio(w.vacancy_days_filled, w.vacancies_filled)),
    ("vacancies_filled_by_known_share", "share of spells filled",
     lambda w: _ratio(w.vacancies_filled_by_known, w.vacancies_filled)),
    ("vacancies_never_filled_share", "share of spells ended",
     lambda w: _ratio(w.vacancies_unfilled_at_end, w.vacancies_filled + w.vacancies_unfilled_at_end)),
    ("providers_per_plan", "Providers/running Plan", lambda w: _ratio(w.provider_plans, w.plans_running)),
    ("plans_per_provider", "Plans/engaged Provider", lambda w: _ratio(w.provider_plans, w.provider_days_engaged)),
)  # fmt: skip
ENFORCEMENT: tuple[Formula, ...] = (
    ("bosses_arrested", "arrests/day", lambda w: w.daily("bosses_arrested")),
    ("providers_arrested", "arrests/day", lambda w: w.daily("providers_arrested")),
    # those held by the arrest of one role are among the stock, not among the arrests
    ("bosses_in_prison", "persons", lambda w: w.daily("bosses_prison")),
    ("providers_in_prison", "persons", lambda w: w.daily("providers_prison")),
    ("cases_opened", "files/day", lambda w: w.daily("files_opened")),
    ("cases_lapsed", "files/day", lambda w: w.daily("files_lapsed")),
    ("cases_completed", "cases/day", lambda w: w.daily("cases_completed")),
    ("cases_open", "files", lambda w: w.daily("files_open")),
    ("evidence_lost_by_moves", "cases' worth/day", lambda w: w.daily("evidence_lost_by_moves") / 1e6),
    ("evidence_lost_by_replacement", "cases' worth/day", lambda w: w.daily("evidence_lost_by_replacement") / 1e6),
    ("ads_read", "ads/day", lambda w: w.daily("ads_read")),
    ("ads_linked", "ads/day", lambda w: w.daily("ads_linked")),
    ("ads_linked_share", "share of ads read", lambda w: _ratio(w.ads_linked, w.ads_read)),
    ("clients_fined", "fines/day", lambda w: w.daily("fines")),
    ("courses", "courses/day", lambda w: w.daily("courses")),
    ("fine_revenue", "EUR/day", lambda w: w.euros("fine_revenue")),  # never set against public cost
)
CAREERS: tuple[Formula, ...] = (
    ("promoted", "Providers/day", lambda w: w.daily("promoted")),
    ("taken_over", "Bosses/day", lambda w: w.daily("taken_over")),
    ("taken_over_by_provider_share", "share of takeovers", lambda w: _ratio(w.taken_over_by_provider, w.taken_over)),
    ("persons_taken_over", "persons/day", lambda w: w.daily("persons_taken_over")),
    ("persons_taken_on", "persons/day", lambda w: w.daily("persons_taken_on")),
    ("bosses_partner", "persons", lambda w: w.daily("bosses_partner")),
    ("bosses_once_providers_share", "share of Bosses", lambda w: _ratio(w.bosses_once_providers, w.bosses_present)),
    ("age_of_bosses", "years", lambda w: _years_each(w.boss_age_days, w.bosses_present)),
    ("age_of_providers", "years", lambda w: _years_each(w.provider_age_days, w.providers_present)),
    # the ledger adds up the ages of those who are exploited or independent
    ("age_of_persons", "years", lambda w: _years_each(w.person_age_days, w.persons_present)),
)
MECHANISMS: tuple[Formula, ...] = (
    ("income_of_persons", "EUR/day", lambda w: w.euros("persons_income")),
    ("income_of_providers", "EUR/day", lambda w: w.euros("providers_income")),
    ("income_of_bosses", "EUR/day", lambda w: w.euros("bosses_income")),
    ("income_a_person_day", "EUR/person-day in a Plan", lambda w: _euros_each(w.persons_income, w.in_plan)),
    ("income_a_provider_day", "EUR/engaged Provider-day",
     lambda w: _euros_each(w.providers_income, w.provider_days_engaged)),
    ("income_a_boss_day", "EUR/engaged Boss-day", lambda w: _euros_each(w.bosses_income, w.boss_days_engaged)),
    ("perceived_risk", "break-ups/Plan-day", lambda w: _ratio(w.risk_of_bosses, w.bosses_running)),
)  # fmt: skip

GROUPS = {
    "Harm": HARM,
    "Protection": PROTECTION,
    "Activity": ACTIVITY,
    "Labour of Providers": LABOUR,
    "Enforcement": ENFORCEMENT,
    "Careers": CAREERS,
    "Mechanisms": MECHANISMS,
}
OWN = "Of one's own"  # heading of the outcomes of a configuration's own
OUTCOMES = tuple(formula for group in GROUPS.values() for formula in group)
HEADLINES = tuple(name for name, _, _ in HARM)
FIRST_SCREEN = {  # the outcomes that every page shows first, with what they mean
    "person_days_in_spell": "persons in a Plan, or held at most a week after one; the mean of a day",
    "minors_person_days_in_spell": "the same of minors",
    "lasting_exits": "persons who have been out for a year",
    "left_accompanied": "persons who left with the help of a service",
    "public_cost": "committed public cost of the policy over the days measured; none without levers",
}

"""What each measure of the ledger counts, and what each outcome is made of.

The words for measures are written here, as their lines in `sim/state/ledger.py` have a name and a unit. Those for outcomes
follow from their formulas, which are carried out on names in place of numbers. A test keeps both complete.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

from sim.levers import LEVER_KINDS
from sim.measures.formulas import GROUPS, Formula, Window
from sim.measures.outcomes import COST_UNIT
from sim.measures.windows import LIMITS
from sim.parameters.constants import SPELL_GAP_DAYS
from sim.state.ledger import CELL_MEASURES, CELL_UNITS, DAY_MEASURES, DAY_UNITS

_BRIEFLY = f"for at most {SPELL_GAP_DAYS} days since the last Plan"

MEASURES = {
    "in_plan": "persons in a Plan",
    "minors_in_plan": "minors in a Plan",
    "held_between": "persons held between two Plans by a Boss who is in the region",
    "minors_held_between": "minors held between two Plans by a Boss who is in the region",
    "held_outside": "persons held by a Boss who is outside the region",
    "minors_held_outside": "minors held by a Boss who is outside the region",
    "independent": "persons active on their own",
    "independent_minors": "minors active on their own",
    "at_risk": "persons at risk",
    "out": "persons out",
    "searches_due": "searches due, before fear and campaigns",
    "searches": "searches of clients",
    "encounters": "encounters",
    "unmet": "searches that saw no offer and are not tried again",
    "retried": "searches that saw no offer and are tried again later",
    "declined": "searches that saw offers and took none",
    "payments": "payments of clients",
    "persons_income": "money left to persons in Plans",
    "providers_income": "wages of Providers",
    "bosses_income": "income of Bosses after wages and costs",
    "venue_costs": "costs of venues",
    "ad_costs": "costs of ads",
    "travel_costs": "costs of travel to new Plans",
    "plans_running": "Plans that run",
    "plans_launched": "Plans launched",
    "plans_completed": "Plans that ended as planned",
    "plans_broken_up": "Plans broken up by police",
    "plans_abandoned": "Plans given up because nobody was left in them",
    "plan_days_ended": "days that the Plans which ended had run",
    "team_launched": "persons in Plans at their launch",
    "persons_lent": "persons lent to a Plan by another Boss",
    "slots": "slots of tasks in Plans that run",
    "slots_by_boss": "slots that the Boss fills",
    "slots_vacant": "slots that nobody fills",
    "vacancies_opened": "vacancy spells that began",
    "vacancies_filled": "vacancy spells that ended with a Provider",
    "vacancies_filled_by_known": "vacancy spells that ended with a Provider whom the Boss knew",
    "vacancy_days_filled": "days that the vacancy spells ended by a Provider had lasted",
    "vacancies_unfilled_at_end": "vacancy spells still open when the Plan ended",
    "provider_days_engaged": "Providers engaged in Plans",
    "provider_plans": "Plans served, summed over Providers",
    "visits": "visits of police to venues",
    "visits_added": "visits to venues that levers add",
    "patrols": "patrols in streets",
    "patrols_added": "patrols that levers add",
    "found_by_visit": "Plans found by a visit to a venue",
    "found_by_patrol": "Plans found by a patrol",
    "reports_by_clients": "reports to police by clients",
    "reports_by_staff": "reports to police by staff of venues",
    "reports_by_family": "reports to police by families of minors",
    "found_by_report": "Plans found by answering a report",
    "bosses_arrested": "arrests of Bosses",
    "providers_arrested": "arrests of Providers",
    "bosses_removed": "Bosses taken by the arrest of one role, a lever",
    "providers_removed": "Providers taken by the arrest of one role, a lever",
    "bosses_jailed": "Bosses who went from custody to prison",
    "providers_jailed": "Providers who went from custody to prison",
    "recognised": "persons met by police who were recognised as victims",
    "minors_recognised": "minors met by police who were recognised as victims",
    "treated_as_offender": "persons met by police who were treated as offenders",
    "exposed": "persons exploited whom police met",
    "arrivals_at_risk": "persons who came to be at risk",
    "recruited": "persons recruited by a Boss",
    "detected_early": "persons at risk who were detected before they were recruited",
    "risk_passed": "persons whose risk passed by itself",
    "attempts": "attempts to leave a Boss",
    "left_by_attempt": "attempts to leave that succeeded",
    "freed": "persons free because nobody holds them any more",
    "exits": "persons who left exploitation or independent activity",
    "returned_to_risk": "persons who were out and are at risk again",
    "bosses_entered": "Bosses who entered from outside",
    "bosses_left": "Bosses who left for good",
    "providers_entered": "Providers who entered",
    "providers_left": "Providers who left for good",
    "bosses_free": "Bosses without a Plan",
    "bosses_running": "Bosses with a Plan of their own",
    "bosses_other_work": "Bosses at other work",
    "bosses_outside": "Bosses outside the region",
    "bosses_custody": "Bosses in custody",
    "bosses_prison": "Bosses in prison",
    "bosses_gone": "Bosses who have left for good, so far",
    "providers_idle": "Providers without a Plan",
    "providers_other_work": "Providers at other work",
    "providers_custody": "Providers in custody",
    "providers_prison": "Providers in prison",
    "providers_gone": "Providers who have left for good, so far",
    "waited": "decisions of Bosses to wait in place of a launch",
    "perceived_risk": "risk of a break-up per day as Bosses with a Plan perceive it, a mean over them",
    "ads_up": "ads of Plans on web sites",
    "ads_read": "ads read by police",
    "ads_linked": "ads read that police linked to a Plan",
    "found_online": "Plans found by online inquiry",
    "files_opened": "files opened on Bosses",
    "files_lapsed": "files closed because their evidence had faded",
    "files_open": "files open on Bosses",
    "cases_completed": "cases completed",
    "evidence_lost_by_moves": "evidence lost because a Boss moved to another jurisdiction",
    "evidence_lost_by_replacement": "evidence lost because a Provider was replaced",
    "testimonies": "victims who testified",
    "fines": "fines of clients",
    "fine_revenue": "money from fines of clients",
    "courses": "awareness courses taken by clients",
    "searches_blocked": "searches put off because a site is closed",
    "searches_given_up": "searches given up because a site is closed",
    "searches_to_street": "searches made in the street because a site is closed",
    "launches_delayed": "launches put off because a site is closed",
    "launches_to_street": "Plans launched in the street because a site is closed",
    "contacts_lost_by_closure": "contacts of outreach lost because a site was closed",
    "street_contacts": "persons met by outreach in the street",
    "personal_messages": "personal messages of outreach",
    "mass_messages": "mass messages of outreach",
    "messages_too_soon": "messages sent sooner after the last one than a person welcomes",
    "ads_identified": "Plans of which services identified the ad",
    "answers_street": "answers to outreach in the street",
    "answers_personal": "answers to personal messages",
    "answers_mass": "answers to mass messages",
    "answers_declining": "answers that decline",
    "answers_waiting": "answers that wait for a first reception",
    "answers_lost": "answers not taken up in time",
    "meetings_street": "meetings that followed contact in the street",
    "meetings_personal": "meetings that followed personal messages",
    "meetings_mass": "meetings that followed mass messages",
    "accompaniments_street": "accompaniments that followed contact in the street",
    "accompaniments_personal": "accompaniments that followed personal messages",
    "accompaniments_mass": "accompaniments that followed mass messages",
    "accompanied": "persons accompanied by services",
    "contacts_broken_by_moves": "contacts of outreach broken because the person was moved",
    "left_accompanied": "persons who left a Boss while they were accompanied",
    "beds_near": "beds near by",
    "beds_distant": "distant beds",
    "in_care_near": "persons in care near by",
    "in_care_distant": "persons in distant care",
    "asked_for_bed": "requests for a bed",
    "no_bed": "requests for which there was no bed",
    "placed_near": "persons who got a bed near by",
    "placed_distant": "persons who got a distant bed",
    "ran_away_from_care": "persons who ran away from care",
    "found_again": "persons in care whom their Boss found again",
    "reprisals": "persons taken back by a Boss, with reprisals",
    "stays_completed": "stays in care completed",
    "stays_cut_short": "stays in care cut short because beds were closed",
    "lasting_exits": "persons out for 365 days since an exit",
    "cohort_minors_in_plan": "minors of the cohort (under 18 and at risk or exploited when the policy began) in a Plan",
    "cohort_minors_held": "minors of the cohort (under 18 and at risk or exploited when the policy began) held by a Boss",
    "runaway_spells": "spells away from home or care of persons at risk that began",
    "prevented": "persons at risk kept from it by prevention",
    "promoted": "Providers who became Bosses",
    "capital_taken_along": "money that promoted Providers brought along",
    "taken_over_by_co_boss": "Bosses jailed whose co-Boss took over",
    "taken_over_by_provider": "Bosses jailed whose Provider took over",
    "persons_taken_over": "persons who went over to the heir of a Boss",
    "persons_taken_on": "persons taken on by another Boss when theirs was gone",
    "plans_with_co_boss": "Plans launched with a co-Boss",
    "bosses_partner": "Bosses who are co-Boss of another one's Plan",
    "bosses_once_providers": "Bosses who were Providers before",
    "boss_age_days": "ages of the Bosses who have not left, summed",
    "provider_age_days": "ages of the Providers who have not left, summed",
    "person_age_days": "ages of persons exploited or independent, summed",
    "held_between_briefly": f"persons held between two Plans by a Boss in the region {_BRIEFLY}",
    "minors_held_between_briefly": f"minors held between two Plans by a Boss in the region {_BRIEFLY}",
    "held_outside_briefly": f"persons held by a Boss outside the region {_BRIEFLY}",
    "minors_held_outside_briefly": f"minors held by a Boss outside the region {_BRIEFLY}",
}  # fmt: skip
"""What a measure of a day counts, in its unit (`DAY_UNITS`)."""

CELLS = {
    "person_days": "persons in Plans of this territory and venue kind",
    "minor_person_days": "minors in Plans of this territory and venue kind",
    "plan_days": "Plans that run in this territory and venue kind",
    "encounters": "encounters in this territory and venue kind",
    "plans_launched": "Plans launched in this territory and venue kind",
}
"""The same for those by territory and venue kind."""

SUMS = {
    "exploited": "persons in a Plan, or held by a Boss",
    "minors_exploited": "minors in a Plan, or held by a Boss",
    "in_spell": f"persons in a Plan, or held {_BRIEFLY}",
    "minors_in_spell": f"minors in a Plan, or held {_BRIEFLY}",
    "slots_for_providers": "slots that the Boss does not fill",
    "searches_reaching": "searches of clients that no closure stopped",
    "boss_days_engaged": "Bosses with a Plan of their own or co-Boss of one",
    "contacts_lost": "contacts of outreach lost: answers not taken up, persons moved, sites closed",
    "placed": "persons who got a bed",
    "taken_over": "Bosses jailed whom a co-Boss or a Provider followed",
    "bosses_present": "Bosses who have not left",
    "providers_present": "Providers who have not left",
    "persons_present": "persons exploited or independent",
    "plans_ended": "Plans that ended",
    "risk_of_bosses": "risk of a break-up per day as Bosses with a Plan perceive it, summed over them",
}
"""Sums of measures that formulas use (`sim.measures.formulas.Window`)."""


class Column(NamedTuple):
    """A number by name: its unit, and what it is."""

    name: str
    unit: str
    meaning: str


class Definition(NamedTuple):
    """An outcome: its group, unit, formula over sums of the ledger, meaning, and what it needs to be observed."""

    name: str
    group: str
    unit: str
    formula: str
    meaning: str
    needs: str


class _Named:
    """A value by name: what a formula makes of it, as a formula and in words."""

    def __init__(self, formula: str, words: str):
        self.formula, self.words = formula, words

    def _with(self, sign: str, other: Any, words: str) -> _Named:
        other_formula = other.formula if isinstance(other, _Named) else f"{other:,g}" if other < 1e4 else f"{other:,.0f}"
        formula = f"{self.formula} {sign} {other_formula}"
        return _Named(formula, f"{self.words}{words}{other.words}" if isinstance(other, _Named) else self.words)

    def __truediv__(self, other: Any) -> _Named:
        return self._with("/", other, ", divided by: ")

    def __sub__(self, other: Any) -> _Named:
        return self._with("-", other, ", less: ")

    def __add__(self, other: _Named) -> _Named:
        return _Named(f"({self.formula} + {other.formula})", f"{self.words}, and {other.words}")

    def __radd__(self, other: int) -> _Named:
        return self  # of `sum`, which begins with 0

    def __rmul__(self, other: float) -> _Named:
        return _Named(f"{other:g} * {self.formula}", self.words)


class _NamedWindow:
    """Stands in for a `Window`: gives names in place of sums."""

    def __getattr__(self, name: str) -> _Named:
        if name not in MEASURES | SUMS:
            raise AttributeError(name)
        return _Named(name, (MEASURES | SUMS)[name])

    def daily(self, *names: str) -> _Named:
        """The sum of measures per day, the unit says so."""
        parts = [getattr(self, name) for name in names]
        return _Named(" + ".join(part.formula for part in parts), ", and ".join(part.words for part in parts))

    euros = daily  # in EUR, the unit says so


class _Parts:
    """Stands in for a `Window` that adds up its sums: what they are made of, by name."""

    def __getattr__(self, name: str) -> _Named:
        if name not in MEASURES:
            raise AttributeError(name)
        return _Named(name, "")


@functools.cache
def parts_of_sums() -> dict[str, str]:
    """The measures of the ledger that each of `SUMS` is made of, such as `in_plan + held_between_briefly`."""
    parts = _Parts()
    Window._add_up(parts)
    return {name: made.formula.replace("(", "").replace(")", "") for name, made in vars(parts).items()}


@functools.cache
def outcome_definitions() -> tuple[Definition, ...]:
    """Every outcome in the order of reports, public cost last."""
    found = [_define(formula, group) for group, formulas in GROUPS.items() for formula in formulas]
    total = "committed public cost of all levers: capacity, whatever the outcome"
    found.append(Definition("public_cost", "Public cost", COST_UNIT, "sum over levers", total, ""))
    for name, kind in sorted(LEVER_KINDS.items(), key=lambda item: item[1].code):
        if kind.unit_cost_eur > 0.0:
            cost = f"{kind.unit_cost_eur:g} EUR per {kind.cost_unit}"
            meaning = f"committed public cost of the lever {name}: {kind.meaning}"
            found.append(Definition(f"public_cost_{name}", "Public cost", COST_UNIT, cost, meaning, ""))
    return tuple(found)


def _define(formula: Formula, group: str) -> Definition:
    name, unit, compute = formula
    made = compute(_NamedWindow())
    return Definition(name, group, unit, made.formula, made.words, LIMITS[name].needs if name in LIMITS else "")


def measures_of_a_day() -> list[Column]:
    """The measures of the ledger by day."""
    return [Column(name, unit, MEASURES[name]) for name, unit in zip(DAY_MEASURES, DAY_UNITS, strict=True)]


def measures_of_a_cell() -> list[Column]:
    """The measures of the ledger by day, territory and venue kind."""
    return [Column(name, unit, CELLS[name]) for name, unit in zip(CELL_MEASURES, CELL_UNITS, strict=True)]

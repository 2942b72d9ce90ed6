"""The ledger: what a day records, as records of int64 fields.

`CELL_MEASURES` have a territory and a venue kind; they are harm outcomes and counts of activity
only, because detection chance and profit by place are never exported for real places. All other
counts are kept for the whole market, by day. A rule writes `today.encounters += 1`; as all fields
are int64, the ledger is at the same time a plain integer table in the order declared here.
"""

from __future__ import annotations

from sim.state.records import record

CELL_MEASURES = ("person_days", "minor_person_days", "plan_days", "encounters", "plans_launched")
CELL_UNITS = ("person-days", "person-days", "Plan-days", "encounters", "Plans")
CELL_DAY = record(*((name, "i8") for name in CELL_MEASURES))

_DAY = (
    ("in_plan", "person-days"),
    ("minors_in_plan", "person-days"),
    ("held_between", "person-days"),
    ("minors_held_between", "person-days"),
    ("held_outside", "person-days"),
    ("minors_held_outside", "person-days"),
    ("independent", "person-days"),
    ("independent_minors", "person-days"),
    ("at_risk", "persons"),
    ("out", "persons"),
    ("searches_due", "searches"),
    ("searches", "searches"),
    ("encounters", "encounters"),
    ("unmet", "searches"),
    ("retried", "searches"),
    ("declined", "searches"),
    ("payments", "cents"),
    ("persons_income", "cents"),
    ("providers_income", "cents"),
    ("bosses_income", "cents"),
    ("venue_costs", "cents"),
    ("ad_costs", "cents"),
    ("travel_costs", "cents"),
    ("plans_running", "Plans"),
    ("plans_launched", "Plans"),
    ("plans_completed", "Plans"),
    ("plans_broken_up", "Plans"),
    ("plans_abandoned", "Plans"),
    ("plan_days_ended", "days"),
    ("team_launched", "persons"),
    ("persons_lent", "persons"),
    ("slots", "slot-days"),
    ("slots_by_boss", "slot-days"),
    ("slots_vacant", "slot-days"),
    ("vacancies_opened", "spells"),
    ("vacancies_filled", "spells"),
    ("vacancies_filled_by_known", "spells"),
    ("vacancy_days_filled", "days"),
    ("vacancies_unfilled_at_end", "spells"),
    ("provider_days_engaged", "Provider-days"),
    ("provider_plans", "Provider-Plan-days"),
    ("visits", "visits"),
    ("visits_added", "visits"),
    ("patrols", "patrols"),
    ("patrols_added", "patrols"),
    ("found_by_visit", "Plans"),
    ("found_by_patrol", "Plans"),
    ("reports_by_clients", "reports"),
    ("reports_by_staff", "reports"),
    ("reports_by_family", "reports"),
    ("found_by_report", "Plans"),
    ("bosses_arrested", "arrests"),
    ("providers_arrested", "arrests"),
    ("bosses_removed", "persons"),
    ("providers_removed", "persons"),
    ("bosses_jailed", "persons"),
    ("providers_jailed", "persons"),
    ("recognised", "persons"),
    ("minors_recognised", "persons"),
    ("treated_as_offender", "persons"),
    ("exposed", "persons"),
    ("arrivals_at_risk", "persons"),
    ("recruited", "persons"),
    ("detected_early", "persons"),
    ("risk_passed", "persons"),
    ("attempts", "attempts"),
    ("left_by_attempt", "persons"),
    ("freed", "persons"),
    ("exits", "persons"),
    ("returned_to_risk", "persons"),
    ("bosses_entered", "persons"),
    ("bosses_left", "persons"),
    ("providers_entered", "persons"),
    ("providers_left", "persons"),
    ("bosses_free", "persons"),
    ("bosses_running", "persons"),
    ("bosses_other_work", "persons"),
    ("bosses_outside", "persons"),
    ("bosses_custody", "persons"),
    ("bosses_prison", "persons"),
    ("bosses_gone", "persons"),
    ("providers_idle", "persons"),
    ("providers_other_work", "persons"),
    ("providers_custody", "persons"),
    ("providers_prison", "persons"),
    ("providers_gone", "persons"),
    ("waited", "decisions"),
    ("perceived_risk", "micro-chance"),
)
DAY_MEASURES = tuple(name for name, _ in _DAY)
DAY_UNITS = tuple(unit for _, unit in _DAY)

DAY = record(*((name, "i8") for name in DAY_MEASURES))

"""What tests of hypotheses keep of their worlds, by estimand: windows, and columns with unit and meaning."""

from __future__ import annotations

from experiments.odd.measured import Column

WINDOWS = {
    "before": "the days before the policy",
    "transient": "the first days of the policy",
    "adapted": "the days of the policy that follow, when the market has adapted",
    "season_after": "the same calendar days as before, one year later",
}
"""Windows of twin worlds (`experiments.questions.twins.Windows`)."""

OVER = {
    "demand": ("mean per day of the adapted window", "/day"),
    "dependence": ("sum over the adapted window", ""),
    "evidence": ("mean per day from the policy's start on", "/day"),
    "protection": ("sum over the days that the cohort is followed", ""),
}
"""By estimand: what a measure of the ledger without a window is, and what its unit ends with."""

_YEARS = "each year of 365 days"
OF_ESTIMANDS = {
    "displacement": [
        Column(
            "cells_WINDOW", "person-days/day",
            "a list: mean persons in Plans of each cell (territory, then venue kind) over a window",
        ),
        Column("weekly_target", "person-days/day", "a list: persons in Plans of the target's cell, each week"),
        Column("weekly_elsewhere", "person-days/day", "a list: persons in Plans of all other cells, each week"),
        Column(
            "newcomers_share", "share",
            "a list: share of each cell's Boss-days since the policy began by Bosses not there before",
        ),
    ],
    "careers": [
        Column("entered", "persons", "Bosses who entered since the start"),
        Column("entered_age", "years", "sum of their ages at entry"),
        Column("risen", "persons", "of these, Bosses who were Providers"),
        Column("risen_age", "years", "sum of their ages when they rose"),
        Column("hired", "persons", "Providers who entered since the start"),
        Column("hired_age", "years", "sum of their ages at entry"),
        Column("compared", "persons", "risen Bosses who can be compared with Providers idle at the time"),
        Column("risen_days_worked", "days", "days worked of those compared, summed"),
        Column("idle_days_worked", "days", "mean days worked of Providers idle at the time, summed over those compared"),
        Column("compared_age", "years", "ages of those compared, summed"),
        Column("idle_age", "years", "mean age of Providers idle at the time, summed over those compared"),
        Column("risen_years_since_entry", "years", "time since their entry as Providers of those who rose, summed"),
        Column("promoted", "persons", "Providers who became Bosses since the start"),
        Column("taken_over", "persons", "Bosses jailed whose Provider took over, since the start"),
        *(
            column
            for role, name in (("boss", "Bosses"), ("provider", "Providers"))
            for column in (
                Column(f"{role}_days_by_year", f"{name[:-1]}-days", f"a list: {name} present, summed over the days of {_YEARS}"),
                Column(f"{role}_age_years_by_year", "years", f"a list: ages of {name} present, summed over the days of {_YEARS}"),
                Column(f"{role}_days", f"{name[:-1]}-days", f"{name} present, summed over the days since the start"),
                Column(f"{role}_age_years", "years", f"ages of {name} present, summed over the days since the start"),
            )
        ),
    ],
    "demand": [
        Column("input_eur", "EUR/day", "public cost in the adapted window"),
        Column("campaign_eur", "EUR/day", "public cost of the demand campaign in the adapted window"),
        Column("case_building_eur", "EUR/day", "public cost of case-building in the adapted window"),
        Column("exploited_by_year", "person-days/day", f"a list: mean persons exploited in {_YEARS} of the policy"),
        Column("campaign_effect", "see parameters", "demand.campaign_effect of this world"),
        Column("yield_factor", "see parameters", "enforcement.yield_factor of this world"),
    ],
    "dependence": [
        Column(
            "bosses_served", "persons",
            "a list: Providers by the number of Bosses each served in the window, the last entry for more",
        ),
        Column("providers_seen", "persons", "Providers who worked in the window"),
        Column("bosses_served_sum", "persons", "Bosses served, summed over Providers"),
        Column("bosses_seen", "persons", "Bosses for whom a Provider worked in the window"),
        Column("providers_had_sum", "persons", "Providers had, summed over Bosses"),
    ],
    "evidence": [
        Column("cohort", "persons", "Bosses present at the policy's start without a completed case"),
        Column("exit_days", "days", "a list, sorted: time to the first exit of each of the cohort, or followed"),
        Column("exit_kinds", "code", "a list: 1 a case was completed, 2 left for good, 0 still there"),
        Column(
            "evidence_lost_by_moves", "millionths of a case/year",
            "evidence lost because a Boss moved to another jurisdiction",
        ),
        Column("evidence_lost_by_replacement", "millionths of a case/year", "evidence lost because a Provider was replaced"),
        Column("files_opened", "files/year", "files opened on Bosses"),
        Column("cases_completed", "cases/year", "cases completed"),
    ],
    "interchangeability": [
        Column("share_set", "share", "share of Bosses held, where it is set to take as many persons as among Providers"),
        Column("pool", "persons", "Providers at the start of the world"),
        Column("providers_taken", "persons", "Providers held since the policy began"),
        Column("bosses_taken", "persons", "Bosses held since the policy began"),
        Column("daily", "person-days", "a list: persons exploited on each day since the policy began"),
        *(
            column
            for group, task in (("logistics", "logistics tasks"), ("watch", "watch"))
            for column in (
                Column(f"{group}_opened", "spells/day", f"vacancy spells of {task} that began in the adapted window"),
                Column(f"{group}_filled", "spells/day", "of these, spells that a Provider ended"),
                Column(f"{group}_filled_days", "days/day", "their lengths, summed"),
                Column(f"{group}_vacant_days", "days/day", "lengths of all that have ended, filled or not, summed"),
            )
        ),
    ],
    "protection": [
        Column("cohort", "persons", "persons in a Plan or held when the policy began"),
        Column("cohort_minors", "persons", "minors among them"),
        *(
            column
            for whose, who in (("", "each of the cohort"), ("minor_", "each minor of the cohort"))
            for column in (
                Column(f"{whose}exit_days", "days", f"a list, sorted: time until {who} has been out for a year, or followed"),
                Column(
                    f"{whose}exit_kinds", "code",
                    "a list: 1 out for good; at the end 2 out for less than a year, 3 in care, 4 independent, 0 anything else",
                ),
            )
        ),
    ],
    "specialisation": [
        Column("street_days", "Plan-days", "a list by class of volume: street Plans looked at"),
        Column("housed_days", "Plan-days", "a list by class of volume: housed Plans looked at"),
        Column(
            "holders", "persons",
            "a list by class of volume: different Providers in tasks that grow with volume, summed over Plans",
        ),
        Column("several", "Plan-days", "a list by class of volume: Plans with two of them or more"),
        Column(
            "all_holders", "persons",
            "a list by class of volume: different holders of all tasks, the Boss too, summed over Plans",
        ),
        Column("appointments", "encounters", "a list by class of volume: appointments, summed over Plans"),
        Column("slots", "slots", "a list by class of volume: slots of tasks that grow with volume, summed over Plans"),
        Column("vacant", "slots", "a list by class of volume: of these, slots that nobody fills"),
        Column("digital_share", "see parameters", "demand.digital_share of this world"),
    ],
}  # fmt: skip
"""What estimands keep of a world next to measures of the ledger: columns `ARM_NAME` of the rows of a test."""

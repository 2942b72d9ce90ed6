"""Columns of the tables that commands write, other than outcomes, measures of the ledger and parameters: unit and meaning.

Names in capitals stand for several columns: `OUTCOME`, `PARAMETER` (or the path of a lever), `MEASURE` of
`configs/patterns.yaml`, `PATTERN` of the same file, `LEVER`, `ARM` (a world of a hypothesis), `WINDOW`, `HYPOTHESIS`.
"""

from __future__ import annotations

from experiments.odd.measured import Column

NONE = "-"

ID = Column("id", NONE, "number of the row; no two rows of a result share one")
SEED = Column("seed", NONE, "seed of the world")
REPLICATE = Column("replicate", NONE, "number of the repetition; those of one number share a seed, whatever their policy")
STATUS = Column("status", NONE, "done, or failed")
ERROR = Column("error", NONE, "why a run failed; empty where it did not")
DATE = Column("date", "date", "the day")
TERRITORY = Column("territory", NONE, "place")
KIND = Column("kind", NONE, "venue kind: street, hotel, flat, client_home")

OUTCOME = Column(
    "OUTCOME",
    "see outcomes",
    "an outcome over the days measured; no value where it cannot be observed or nothing was divided by",
)
PARAMETER = Column("PARAMETER", "see parameters", "a value that was set, by its key, such as labour.bonding")
MEASURE = Column("MEASURE", "see patterns", "a measure of configs/patterns.yaml, a mean over the worlds of the draw")

_WORLD = [
    ID._replace(meaning="number of the row of this world in rows; not of a run"),
    Column("scenario", NONE, "of a test: the main comparison, a control, or a point of a curve"),
    Column("design", NONE, "of a sweep: number of the design point"),
    REPLICATE._replace(meaning="of a sweep: number of the repetition"),
    Column("pair", NONE, "of a comparison or test: number of the pair"), SEED,
    Column("arm", NONE, "the policy that the world is under, or the arm of a hypothesis"),
]
"""What names a world in its microdata, of each command those that it has."""

_PLAN = Column("plan", NONE, "number of the Plan in this world, in the order of launches")
_SPELLS = Column("spells", "spells", "number of spells in this row, which are alike")
_PERIOD = Column("period_begun", "day", "first day of the 30 days in which it began; no value: before the first day")
MICRODATA = {
    "microdata_plans": (
        "With microdata=true, of run, compare, sweep and test: one row a Plan.",
        [
            *_WORLD, _PLAN, Column("boss", NONE, "number of the Boss in this world"), TERRITORY, KIND,
            Column("day_launched", "day", "day on which it was launched, from 0"),
            Column("day_ended", "day", "first day on which it was over; no value: it was running on the last day"),
            Column("end", NONE, "completed, abandoned (nobody was left in it), broken up, boss held (by a lever), running"),
            Column("team", "persons", "persons in it on its first day"),
            Column("slots", "slots", "slots for Providers and watch, those of the Bosses included; none in the street"),
        ],
    ),
    "microdata_vacancies": (
        "With microdata=true: one row a vacancy spell.",
        [
            *_WORLD, _PLAN, Column("task", NONE, "ads and calls, transport, supplies or watch"),
            Column("day_opened", "day", "day on which the slot fell vacant"),
            Column("day_filled", "day", "day on which it was filled; no value: it was not"),
            Column(
                "by_known", NONE,
                "whether by a Provider among the Boss's contacts of that morning, or hired by the Boss earlier that day",
            ),
            Column("day_ended", "day", "day on which it was filled, or first day on which the Plan was over"),
            Column("end", NONE, "filled, plan ended, or open on the last day"),
        ],
    ),
    "microdata_statuses": (
        "With microdata=true: spells of a status, one row each for Bosses and Providers; of exploited persons a row counts those "
        "that are alike, without number and dates, so that no two rows can be put together as those of one person.",
        [
            *_WORLD, Column("role", NONE, "boss, provider or person"),
            Column("number", NONE, "number of the Boss or Provider in this world; none for exploited persons"),
            Column("status", NONE, "the status, as of the census of each day"), _PERIOD,
            Column("day_begun", "day", "first day in it; none for exploited persons"),
            Column("day_ended", "day", "first day no longer in it; no value: still in it on the last day, or exploited persons"),
            _SPELLS,
            Column("days", "person-days", "days in the status, of all spells of the row"),
            Column("censored_left", NONE, "whether it was under way on the first day; of exploited persons one row each"),
            Column("censored_right", NONE, "whether it was under way on the last day"),
        ],
    ),
    "microdata_contacts": (
        "With microdata=true: contacts of outreach teams with persons; a row counts those that are alike.",
        [
            *_WORLD, Column("channel", NONE, "street rounds, personal message or mass message"), _PERIOD,
            Column("days_to_accompaniment", "days", "days until the person was accompanied; no value: they were not"), _SPELLS,
            Column("days", "person-days", "evenings in contact, of all contacts of the row"),
            Column("censored_right", NONE, "whether it went on after the last day"),
        ],
    ),
    "microdata_transitions": (
        "With microdata=true: how statuses follow each other from one day to the next, counted over all persons of a role.",
        [
            *_WORLD, Column("role", NONE, "boss, provider or person"),
            Column("period", "day", "first day of the 30 days in which the later of the two days is"),
            Column("from_status", NONE, "status on a day; new: not there yet"),
            Column("to_status", NONE, "status on the next day; the same for those who stay"),
            Column("person_days", "person-days", "how often this happened"),
        ],
    ),
}
"""Tables of microdata, by name: what each is, and its columns."""

RUN = {
    "ledger_days": ("The ledger by day: one row a day, whole numbers, money in cents.", [DATE]),
    "ledger_cells": (
        "The ledger by day, territory and venue kind: harm outcomes and counts of activity only.", [DATE, TERRITORY, KIND],
    ),
    "ledger_public_cost": (
        "Committed public cost: one row a day.", [DATE, Column("LEVER", "cents", "committed public cost of a lever on this day")],
    ),
    "ledger_events": (
        "Plans and vacancy spells: one row an event.",
        [
            DATE, Column(
                "event", NONE,
                "what happened: a Plan started, ended or was broken up, a slot fell vacant or was filled",
            ),
            TERRITORY, KIND, Column(
                "value", "persons, days or code",
                "number that goes with the event: persons, days or the task",
            ),
            Column("uid", NONE, "number of the Boss in this world"),
            Column("other_uid", NONE, "number of the Plan or Provider concerned"),
        ],
    ),
    "field_view": (
        "What police and services would have on file, next to what happened: one row a month and series.",
        [
            Column("period", "date", "first day of the month"), Column("days", "days", "days of the month in the window"),
            Column("complete", NONE, "whether all days of the month are in the window"),
            Column("series", NONE, "what is recorded"), Column("recorded_by", NONE, "police, outreach services or care services"),
            Column("unit", NONE, "unit of recorded and true"), Column("recorded", "column unit", "events on file"),
            Column("true", "column unit", "such events that happened"),
            Column("behind", "column behind_is", "the reality of which the series is read as an indicator; nobody records it"),
            Column("behind_is", NONE, "what that is, and its unit"),
            Column("window", NONE, "measured, or before: the days before a policy"),
        ],
    ),
} | MICRODATA  # fmt: skip
"""Tables of a run: what each is, and its columns; measures of the ledger follow in the first two.

Those of microdata are the same of `compare`, `sweep` and `test`.
"""

SWEEP = [
    ID, Column("design", NONE, "number of the design point; points are the combinations of values of the factors"), REPLICATE,
    Column("arm", NONE, "the policy that this run is under"), SEED, PARAMETER, OUTCOME,
    Column("person_days_at_target", "person-days/day", "persons in Plans of the target's cells"),
    Column("person_days_elsewhere", "person-days/day", "persons in Plans of all other cells, and held persons"),
    Column("ledger_sha256", NONE, "first letters of the hash of the world's ledger"), STATUS, ERROR,
    Column("configuration", NONE, "what a failed run sets on the composed configuration, as JSON"),
]  # fmt: skip

_INTERVAL = (
    Column("estimate", "column or result", "the estimate"),
    Column("low", "as estimate", "lower end of its 95 % interval; no value: no bound"),
    Column("high", "as estimate", "upper end of its 95 % interval; no value: no bound"),
)
_FACTOR = Column("factor", NONE, "key of the factor")

ROBUSTNESS = [
    Column("structure", NONE, "structure of the draw"),
    Column("accepted", NONE, "whether the draw shows all patterns that accept draws"),
    Column("market", NONE, "whether worlds of the draw have a market without a policy"),
    Column("person_days_in_plan", "person-days/day", "persons in a Plan, in worlds of the draw without a policy"),
    Column("PATTERN", "see patterns", "the measure of a pattern, in worlds of the draw without a policy"),
    Column("PATTERN_met", NONE, "whether it is within the range of the pattern"), PARAMETER,
]  # fmt: skip

OF_EVERY_WORLD = (
    Column("sha256", NONE, "hash of the world's ledger"),
    Column("public_cost_eur", "EUR", "committed public cost over the whole run of the world"),
)
"""What a test keeps of every world."""

PAIR = Column("pair", NONE, "number of the pair; worlds of one pair share a seed")
ARM = Column("arm", NONE, "the policy that this row is of")
OF_COMPARISONS = {
    "before_": "on the days before the policies",
    "weekly_": "a list, the mean of each whole week around the first day measured",
}
"""Prefixes of what a comparison keeps of a world next to its outcomes."""

ROWS = {
    "sweep": ("One row a run.", SWEEP),
    "compare": (
        "One row a pair and policy.",
        [
            ID, PAIR, ARM, SEED, OUTCOME, Column("before_OUTCOME", "see outcomes", "an outcome on the days before the policies"),
            Column("weekly_OUTCOME", "persons", f"of exploitation, and of persons_in_care: {OF_COMPARISONS['weekly_']}"),
            Column("weekly_persons_in_care", "persons", f"persons in a bed: {OF_COMPARISONS['weekly_']}"),
            Column("ledger_sha256", NONE, "first letters of the hash of the world's ledger"),
        ],
    ),
    "evaluate": (
        "One row a pair of worlds.",
        [
            ID, SEED,
            Column("before", "events", "a list by territory and venue kind: what an evaluator counts before the policy"),
            Column("treated", "events", "the same from its start on, with it"),
            Column("untreated", "events", "the same from its start on, without it"),
        ],
    ),
    "test": (
        "One row a pair (or set) of twin worlds; what is kept of each world depends on the hypothesis.",
        [
            ID, Column("scenario", NONE, "the main comparison, a control, or a point of a curve"),
            Column("pair", NONE, "number of the pair; pairs of one number share a seed in all scenarios"), SEED,
            Column("ARM_MEASURE_WINDOW", "measure/day", "mean per day of a measure of the ledger over a window, in one world"),
            *(column._replace(name=f"ARM_{column.name}") for column in OF_EVERY_WORLD),
        ],
    ),
    "validate": (
        "One row a world.",
        [
            ID, Column("arm", NONE, "none, or the policy or setting that a pattern is about"), REPLICATE, SEED,
            Column(
                "MEASURE.numerator", "see patterns",
                "what is above the line of a measure; measures are ratios of sums over worlds",
            ),
            Column("MEASURE.denominator", "see patterns", "what is below the line of a measure"),
        ],
    ),
    "calibrate": ("One row a draw, in the folder of each phase.", [ID, STATUS, ERROR, MEASURE, PARAMETER]),
    "growth": (
        "One row a world and year.",
        [
            ID, Column(
                "growth", "share/year", "growth of demand and arrivals"), REPLICATE, Column("year", "year",
                "calendar year",
            ),
            Column("plans_broken_up", "Plans/year", "Plans broken up by police"),
            Column("minors_recognised", "persons/year", "minors met by police who were recognised as victims"),
            Column("exploited", "person-days/day", "persons in a Plan, or held by a Boss"),
        ],
    ),
    "frontier": (
        "One row a mixture of levers and world.",
        [
            ID, Column(
                "scenario", NONE,
                "the search, or a set of assumptions under which mixtures are compared again",
            ), REPLICATE, SEED,
            Column("mixture", NONE, "number of the mixture"), Column("euros", NONE, "EUR a year by lever, as JSON"),
            Column("person_days_in_spell", "person-days/day", "persons in a Plan, or held for a few days after one"),
            Column("minors_person_days_in_spell", "person-days/day", "minors in a Plan, or held for a few days after one"),
            Column("public_cost_a_year", "EUR/year", "committed public cost"),
        ],
    ),
    "explorable": (
        "One row a structure and seed.",
        [
            ID, Column("structure", NONE, "structure of the model, which holds in its worlds"),
            Column("place", NONE, "number of the seed, from 0"), SEED,
            Column("sha256", NONE, "SHA-256 of the counts of its worlds"),
            Column("untreated", NONE, "counts by row and day of the world without a policy, compressed (experiments.classroom)"),
            Column("changes", NONE, "by how much each policy and intensity changes them, compressed"),
        ],
    ),
    "robustness": (
        "One row a draw, hypothesis and round of pairs.",
        [
            ID, Column("round", NONE, "round of pairs; a draw whose sign is unsure gets more"),
            Column("draw", NONE, "number of the draw"),
            Column("hypothesis", NONE, "name of the hypothesis"), STATUS, ERROR,
            Column("verdict", NONE, "verdict of the main comparison on the pairs of this row"),
            Column("estimate", "unit of the hypothesis", "estimate over the pairs of this row"),
            Column("low", "unit of the hypothesis", "lower end of its 95 % interval over pairs"),
            Column("high", "unit of the hypothesis", "upper end of its 95 % interval over pairs"),
            Column("se", "unit of the hypothesis", "standard error of the estimate"),
            Column("level", "unit of the hypothesis", "mean outcome in the untreated worlds, where the estimate is a difference"),
            Column("margin", "see hypothesis", "by how much the first stage exceeds what it needs"),
            Column("margin_se", "see hypothesis", "standard error of the margin"),
            Column("first_stage", NONE, "whether the treatment bites"), Column("pairs", "pairs", "pairs of worlds in this row"),
            *ROBUSTNESS,
        ],
    ),
}  # fmt: skip
"""Rows of a result by command: what a row is, and its columns."""

_CHANGE = tuple(
    Column(f"difference{end}", "column unit", f"{what} of the paired difference to the first policy")
    for end, what in (("", "estimate"), ("_low", "lower end"), ("_high", "upper end"))
)
TABLES = {
    ("compare", "table"): (
        "One row an outcome and policy.",
        [
            Column("outcome", NONE, "name of the outcome"), Column("group", NONE, "heading under which reports show it"),
            Column("unit", NONE, "its unit"), ARM, Column("mean", "column unit", "mean over pairs"),
            Column("low", "column unit", "lower end of its 95 % interval over pairs"),
            Column("high", "column unit", "upper end of its 95 % interval over pairs"),
            Column("pairs", "pairs", "pairs in which the outcome has a value"), *_CHANGE,
            Column("difference_pairs", "pairs", "pairs in which the difference has a value"),
            Column("before", "column unit", "mean over the days before the policies, equal for all"),
            Column("observed_days", "days", "days of the window on which the outcome can be observed"),
            Column("reason", NONE, "why there are no numbers; empty where there are"),
        ],
    ),
    ("compare", "series"): (
        "One row a series, policy and week.",
        [
            Column("series", NONE, "what is counted"), Column("unit", NONE, "its unit"), ARM,
            Column("first_day", "day", "first day of the week"), Column("date", "date", "its date"),
            Column("window", NONE, "before the policies, or measured"), Column("mean", "column unit", "mean over pairs"),
            Column("low", "column unit", "lower end of its 95 % interval"),
            Column("high", "column unit", "upper end of its 95 % interval"), *_CHANGE,
        ],
    ),
    ("compare", "cost"): (
        "One row a policy but the first.",
        [
            ARM, Column("pairs", "pairs", "pairs compared"), Column("fewer", "share", "share of pairs with less exploitation"),
            *(
                Column(f"{name}{end}", unit, f"{which}{meaning}")
                for name, unit, meaning in (
                    ("cost", "EUR", "public cost more than that of the first policy, over the days measured"),
                    ("avoided", "person-days", "exploitation avoided over the days measured"),
                    ("eur_each", "EUR/person-day", "public cost per person-day avoided, where exploitation clearly falls"),
                    ("change_percent", "%", "change of exploitation against the first policy"),
                )
                for end, which in (("", ""), ("_low", "lower end: "), ("_high", "upper end: "))
            ),
        ],
    ),
    ("calibrate", "posterior"): (
        "Draws of the parameters given the patterns.", [Column(
            "weight", "share",
            "weight of the draw; weights sum to 1",
        ), PARAMETER],
    ),
    ("robustness", "draws"): (
        "One row a draw.",
        [Column("draw", NONE, "number of the draw"), *ROBUSTNESS,
         Column("verdict_HYPOTHESIS", NONE, "verdict on a hypothesis in the first round")],
    ),
    ("sensitivity", "effects"): (
        "Screening: one row a factor and measure.",
        [
            _FACTOR, Column("rank", NONE, "place by mu_star, the largest first"),
            Column("kept", NONE, "whether it goes on to the indices"),
            Column(
                "measure", NONE,
                "mu_star (mean absolute effect over the range), mu (mean effect), sigma (their spread)",
            ), *_INTERVAL,
        ],
    ),
    ("sensitivity", "indices"): (
        "Sobol indices: one row a factor and order.",
        [
            _FACTOR, Column("with", NONE, "the other factor of a second-order index"),
            Column("order", NONE, "first, total or second"), *_INTERVAL,
        ],
    ),
    ("sensitivity", "convergence"): (
        "How estimates settle with the number of points.",
        [
            Column("phase", NONE, "screening or indices"), Column("points", "points", "points used"),
            Column("measure", NONE, "mu_star, first or total"), _FACTOR, *_INTERVAL,
        ],
    ),
}  # fmt: skip
"""Further tables by command and name."""

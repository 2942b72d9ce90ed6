"""Record types of the entities: one NumPy record per agent, the same compiled and interpreted.

A type must be aligned and based on `np.record`: then `boss.cash` reads and writes both in compiled
code and in plain Python. Money is int64 cents, days count from the start of the run (day 0), birth
days are negative. A row that points nowhere is -1. Rows of persons, Bosses and Providers are never
reused, so a row in a contact list always means the same human being.
"""

from __future__ import annotations

import numpy as np

from sim.engine.compiled import INTERPRETED

# --- codes -------------------------------------------------------------------------------------
STREET, HOTEL, FLAT, CLIENT_HOME = 0, 1, 2, 3
KINDS = 4
ADS_AND_CALLS, TRANSPORT, SUPPLIES, WATCH, RECRUITMENT = 0, 1, 2, 3, 4
FEMALE, MALE = 0, 1
YES, NO, DOES_NOT_KNOW = 0, 1, 2  # intention to leave (E25)

# Boss: status
FREE, RUNNING, OTHER_WORK, OUTSIDE, CUSTODY, PRISON, LEFT, PARTNER = 0, 1, 2, 3, 4, 5, 6, 7
BOSS_STATUSES = ("free", "running", "other_work", "outside", "custody", "prison", "left", "partner")
# Provider: status (RUNNING means engaged in at least one Plan)
PROVIDER_STATUSES = ("idle", "engaged", "other_work", "outside", "custody", "prison", "left")
# Prostitute: status
AT_RISK, INDEPENDENT, BETWEEN, IN_PLAN, IN_CARE, OUT = 0, 1, 2, 3, 4, 5
PROSTITUTE_STATUSES = ("at_risk", "independent", "between_plans", "in_plan", "in_care", "out")

NOBODY, STREET_ROUNDS, PERSONAL_MESSAGE, MASS_MESSAGE = 0, 1, 2, 3  # outreach channels
CHANNELS = ("none", "street rounds", "personal message", "mass message")
NO_BED_ASKED, WHEN_RECOGNISED, WHEN_LEAVING = 0, 1, 2  # why a bed is asked for

CAN_LOGISTICS, CAN_WATCH, CAN_RECRUIT = 1, 2, 4  # skills, bits

CONTACTS = 16  # Providers a Boss knows
TIES = 16  # persons tied to a Boss
TEAM = 10  # most persons in a Plan
SLOTS = 9  # ads and calls, transport, supplies, and 1 + TEAM // 2 watches
ACQUAINTED = 8
COLLEAGUES = 8  # Providers a Provider knows
FILE_PROVIDERS = 4  # Providers on whom the evidence of a file rests
NEAR = 12  # territories within sight of a client or a Boss
SEEN = 8  # most offers a search looks at
LOOKED_AT = 64  # options for whose comparison there is room
REMOVED = -2  # back_day of one held by the arrest of one role, not by a court
BY_BOSS = -2  # the holder of a slot is the Boss
VACANT = -1


class _WideRecord(np.record):
    """Record for interpreted rules: small fields read as plain int and float, as compiled arithmetic widens them."""

    def __getattribute__(self, name):
        value = super().__getattribute__(name)
        if isinstance(value, np.generic) and not isinstance(value, np.uint64):
            return value.item()
        return value


def record(*fields) -> np.dtype:
    """An aligned record type whose fields read and write as attributes."""
    return np.dtype((_WideRecord if INTERPRETED else np.record, np.dtype(list(fields), align=True)))


TERRITORY = record(
    ("uid", "u8"),
    ("x_km", "f8"),
    ("y_km", "f8"),
    ("population", "i8"),
    ("jurisdiction", "i4"),
    ("zone", "i4"),  # school holidays: 0 A, 1 B, 2 C in the presets
    ("demand_weight", "f8"),  # share of all clients
    ("venues", "i4", (KINDS,)),
    ("log_size", "f8", (KINDS,)),  # logarithm of the weighted stock: the size term of the choice
    ("open_plans", "i4"),
    ("broken_today", "i4"),
    ("fear", "f8"),  # clients' perceived risk by word of mouth
    ("booked_today", "i4"),  # appointments of its clients
    ("fined_today", "i4"),  # its clients fined
    ("campaign", "f8"),  # share of searches that a campaign leaves
)

PLATFORM = record(
    ("uid", "u8"),
    ("share", "f8"),
    ("closed", "f8"),  # share of it that is closed today
    ("closed_since", "i4"),  # first day of the closure in force
    ("successor_since", "i4"),  # day on which a successor took the place of what is closed; -1: none
    ("open", "i4"),  # 0 when all of it is closed, without a successor
    ("ads", "i4"),  # ads up today
    ("outreach", "i4"),  # whether teams may write there
    ("undercover", "f8"),  # online inquiry that levers add, inspector-days/100,000 inhabitants/day
)

BOSS = record(
    ("uid", "u8"),
    ("cash", "i8"),
    ("price", "i8"),
    ("birth_day", "i4"),
    ("since", "i4"),  # day of entry
    ("back_day", "i4"),  # end of rest, other work, absence, custody or prison
    ("tour_end", "i4"),
    ("ad_since", "i4"),  # since when the Boss's ads have been up in the last cell
    ("taken_until", "i4"),  # end of a removal by the arrest of one role
    ("status", "i1"),
    ("sex", "i1"),
    ("unqualified", "i1"),
    ("was_provider", "i1"),
    ("convictions", "i2"),
    ("home", "i2"),
    ("territory", "i2"),  # current one: home, or that of the last Plan of a tour
    ("last_cell", "i2"),
    ("team_wanted", "i2"),
    ("file_unit", "i2"),  # police unit that holds the file; -1: none
    ("n_contacts", "i2"),
    ("n_persons", "i2"),
    ("n_acquainted", "i2"),
    ("pay_level", "f4"),  # 0 to 1 between the lowest and the highest pay
    ("leaving_factor", "f4"),  # the Boss's own factor of the rate of leaving for good; its mean is 1
    ("plans_done", "i4"),
    ("plans_wanted", "i4"),  # number of Plans after which a Boss leaves; 0: no such number
    ("waited_days", "i4"),  # days since the last Plan on which none was worthwhile or none could be begun
    ("event_day", "i4"),  # the last day on which an own Plan ended
    ("event_cell", "i4"),
    ("event_days", "i4"),
    ("event_broken", "i4"),
    ("event_exposure", "f4"),  # expected break-ups by the visits noticed during it
    ("event_income", "f4"),  # EUR per person and day
    ("contact", "i4", (CONTACTS,)),
    ("contact_since", "i4", (CONTACTS,)),
    ("contact_times", "i4", (CONTACTS,)),
    ("contact_last", "i4", (CONTACTS,)),  # the last day on which each worked for the Boss
    ("partner", "i4"),  # the last co-Boss
    ("expected_income", "f8"),  # EUR per person and day expected where there is no news: learned from all own Plans
    ("evidence", "f8"),  # in the file, apart from what rests on Providers; 1 completes a case
    ("file_since", "i4"),  # day on which the file was opened; -1: none
    ("case_day", "i4"),  # day on which a case against the Boss was first completed; -1: never
    ("file_provider", "i4", (FILE_PROVIDERS,)),
    ("file_evidence", "f8", (FILE_PROVIDERS,)),
    ("person", "i4", (TIES,)),
    ("acquainted", "i4", (ACQUAINTED,)),
)

PLAN = record(  # one row per Boss, who runs one Plan at a time
    ("uid", "u8"),
    ("price", "i8"),
    ("income", "i8"),  # cents today
    ("income_total", "i8"),
    ("costs_total", "i8"),
    ("territory", "i2"),
    ("kind", "i2"),
    ("platform", "i2"),  # 0 is the street, 1.. the web sites
    ("open", "i2"),
    ("venue", "i4"),
    ("start", "i4"),
    ("end", "i4"),  # the first day on which it no longer runs
    ("places", "i4"),  # appointments possible today
    ("booked", "i4"),  # appointments today
    ("booked_before", "i4"),  # appointments of the last day
    ("co_boss", "i4"),  # the Boss who joined in; -1: none
    ("identified", "i4"),  # whether its ad has been seen by an outreach team
    ("exposure", "f4"),  # expected break-ups by the visits noticed so far
    ("reports", "f4"),  # unanswered reports: the heat of the Plan
    ("visibility", "f8"),
    ("n_persons", "i4"),
    ("n_slots", "i4"),
    ("person_days", "i4"),
    ("person", "i4", (TEAM,)),
    ("slot_task", "i4", (SLOTS,)),
    ("slot_holder", "i4", (SLOTS,)),  # Provider row, BY_BOSS or VACANT
    ("slot_minutes", "i4", (SLOTS,)),
    ("slot_vacant_since", "i4", (SLOTS,)),
)

OFFER = record(  # a running Plan as clients see it today
    ("uid", "u8"),
    ("inverse_visibility", "f8"),  # inverse visibility
    ("price", "f8"),  # EUR
    ("left", "i4"),  # places
    ("boss", "i4"),
    ("territory", "i4"),
    ("kind", "i4"),
)

PROVIDER = record(
    ("uid", "u8"),
    ("cash", "i8"),
    ("birth_day", "i4"),
    ("since", "i4"),
    ("back_day", "i4"),
    ("days_worked", "i4"),
    ("minutes", "i4"),  # work promised per day
    ("taken_until", "i4"),
    ("bound_to", "i4"),  # the one Boss a bonded Provider serves
    ("status", "i1"),
    ("sex", "i1"),
    ("unqualified", "i1"),
    ("skills", "i1"),
    ("convictions", "i2"),
    ("home", "i2"),
    ("n_plans", "i2"),
    ("housing_insecurity", "f4"),
    ("reservation", "f4"),  # EUR per day
    ("last_boss", "i4"),  # the Boss served last
    ("plans_served", "i4"),
    ("n_colleagues", "i2"),
    ("promoted", "i1"),
    ("colleague", "i4", (COLLEAGUES,)),
)

PROSTITUTE = record(
    ("uid", "u8"),
    ("earnings", "i8"),
    ("birth_day", "i4"),
    ("since", "i4"),  # day of arrival
    ("status_since", "i4"),
    ("until", "i4"),  # end of an independent spell, or of a stay in care
    ("plan", "i4"),  # the Boss row of the current Plan
    ("status", "i1"),
    ("sex", "i1"),
    ("intention", "i1"),
    ("by_acquaintance", "i1"),  # whether recruited through family or friends
    ("violence", "i1"),
    ("was_exploited", "i1"),
    ("territory", "i2"),
    ("vulnerability", "f4"),
    ("trust", "f4"),
    ("awareness", "f4"),
    ("attempt_factor", "f4"),  # the person's own factor of the rate of attempts to leave; the mean of its inverse is 1
    ("supervision", "f4"),
    ("debt", "f4"),
    ("attachment", "f4"),
    ("boss", "i4", (2,)),  # ties: own Boss, and the one the person is lent to
    ("tie_since", "i4", (2,)),
    ("away_until", "i4"),  # end of a runaway spell
    ("message_day", "i4"),  # the last message of a team; long ago: none
    ("answer_day", "i4"),  # since when an answer waits; -1: none
    ("team", "i2"),  # the team that has the answer or accompanies; -1: none
    ("channel", "i1"),  # the channel of that contact
    ("accompanied", "i1"),
    ("site", "i1"),  # the web site of that contact; 0: in person
    ("asks_for_bed", "i1"),
    ("bed", "i2"),  # row of the beds; -1: none
    ("had_care", "i1"),
    ("accompanied_until", "i4"),
    ("old_boss", "i4"),  # who may find the person again
    ("bed_ticket", "u8"),
)

CLIENT = record(
    ("uid", "u8"),
    ("rate", "f4"),  # searches per day before the calendar
    ("willingness", "f4"),  # EUR
    ("distance_cost", "f4"),  # EUR per km
    ("perceived_risk", "f4"),
    ("report", "f4"),  # chance per encounter
    ("taste", "f4", (KINDS,)),  # EUR
    ("next_day", "i4"),
    ("retry_day", "i4"),
    ("territory", "i2"),
    ("status", "i1"),
    ("course", "i1"),
    ("risk_day", "i4"),  # day of the perceived risk, which fades from it
    ("lean", "f4"),  # share of searches that go to the street, less the usual share
)
assert CLIENT.itemsize == 64  # one line of the processor's cache each

POLICE_UNIT = record(
    ("uid", "u8"),
    ("jurisdiction", "i4"),
    ("population", "i8"),
    ("visits", "f8"),  # venue visits per day of the baseline
    ("patrols", "f8"),  # street patrols per day of the baseline
    ("online", "f8"),  # inspector-days per day of the baseline by tactic
    ("casework", "f8"),
    ("client", "f8"),
    ("online_added", "f8"),  # inspector-days that levers add today
    ("casework_added", "f8"),
    ("client_added", "f8"),
    ("course_places", "i4"),  # left today
    ("booked", "i4"),  # appointments of clients in the jurisdiction today
    ("fine_chance", "f8"),  # per appointment today
    ("venue_weight", "f8"),  # weights of its cells when they are chosen uniformly, summed
    ("street_weight", "f8"),
)

OUTREACH_TEAM = record(
    ("uid", "u8"),
    ("jurisdiction", "i4"),
    ("population", "i8"),
    ("street_hours", "f8"),  # staff-hours per day of the baseline by channel
    ("personal_hours", "f8"),
    ("mass_hours", "f8"),
    ("reception_hours", "f8"),
    ("places", "f8"),  # persons it accompanies at once, of the baseline
    ("street_today", "f8"),  # the same with what levers add today
    ("personal_today", "f8"),
    ("mass_today", "f8"),
    ("reception_today", "f8"),
    ("places_today", "f8"),
    ("waiting", "i4"),  # answers that wait
    ("accompanied", "i4"),  # persons accompanied today
)

BEDS = record(  # one row per jurisdiction for near beds, and one for all distant ones
    ("uid", "u8"),
    ("baseline", "f8"),
    ("beds", "i4"),  # today
    ("taken", "i4"),
    ("distant", "i4"),
)

LEVER = record(
    ("code", "i4"),
    ("start", "i4"),
    ("end", "i4"),
    ("territory", "i4"),  # -1: all
    ("kind", "i4"),  # -1: all
    ("platform", "i4"),  # -1: all
    ("intensity", "f8"),
    ("unit_cost", "i8"),  # cents
)
LEVERS = 64

COUNTS = record(
    ("bosses", "i4"),
    ("providers", "i4"),
    ("prostitutes", "i4"),
    ("clients", "i4"),
    ("running", "i4"),  # Plans in the list of running ones
    ("queued", "i4"),
    ("events", "i4"),
    ("free_chunk", "i4"),  # head of the agenda's free chunks
    ("record_events", "i4"),
    ("begun", "i4"),  # days whose first phase has begun
    ("days", "i4"),  # days that are over: one fewer within a day, or after one that was broken off
    ("policy_start", "i4"),
    ("in_contact", "i4"),  # persons in contact with a team this morning
    ("applicants", "i4"),  # persons who ask for a bed today
    ("booked", "i4"),  # appointments of today
    ("files", "i4"),  # Bosses with an open file
    ("boss_income", "f8"),  # recent means, weighted by age, that entry follows: income in cents, and days at liberty
    ("boss_days", "f8"),
    ("boss_income_before", "f8"),  # sums over the second half of the days before the policy: the reference
    ("boss_days_before", "f8"),
    ("provider_income", "f8"),
    ("provider_days", "f8"),
    ("provider_income_before", "f8"),
    ("provider_days_before", "f8"),
    ("in_sight", "i4"),  # whether what is in sight is listed today
    ("ads_down", "i4"),  # ads of running Plans that closures keep down today
)

EVENT = record(
    ("day", "i4"),
    ("code", "i4"),
    ("cell", "i4"),  # cell
    ("value", "i4"),
    ("uid", "u8"),
    ("other_uid", "u8"),
)
PLAN_STARTED, PLAN_ENDED, PLAN_BROKEN_UP, SLOT_VACANT, SLOT_FILLED = 1, 2, 3, 4, 5
EVENT_NAMES = {
    PLAN_STARTED: "plan started",
    PLAN_ENDED: "plan ended",
    PLAN_BROKEN_UP: "plan broken up",
    SLOT_VACANT: "slot vacant",
    SLOT_FILLED: "slot filled",
}

"""What the sources leave unsaid: what an entity is, and fields, tables and codes whose line has no comment.

A test keeps these complete, and free of what is not there or has a comment of its own.
"""

from __future__ import annotations

from sim.configuration import ConfigurationError


class UnknownMeaning(ConfigurationError):
    """A field, table, code or stream that neither its source nor this module explains."""


ENTITIES = {
    "TERRITORY": ("Territory", "a place with inhabitants, venues, a police jurisdiction and a school-holiday zone"),
    "PLATFORM": ("Platform", "a web site with ads; the first row is the street"),
    "BOSS": ("Boss", "a procurer, who launches Plans"),
    "PLAN": ("Plan", "a short joint activity: a Boss, persons exploited, and Providers in its tasks; one row for each Boss"),
    "OFFER": ("Offer", "a running Plan as clients see it today"),
    "PROVIDER": ("Provider", "one who does tasks of logistics, watch or recruiting for pay"),
    "PROSTITUTE": ("Prostitute", "the legal role name of a person at risk, exploited, independent, in care or out: a victim"),
    "CLIENT": ("Client", "one who searches for an encounter and pays"),
    "POLICE_UNIT": ("Police unit", "the police of a jurisdiction, with inspector-days by tactic"),
    "OUTREACH_TEAM": ("Outreach team", "the team of a jurisdiction, with staff-hours by channel"),
    "BEDS": ("Beds", "the beds of a jurisdiction, and in the last row all distant ones"),
    "LEVER": ("Lever", "a lever of the policy: when, where, how much, at what cost"),
    "COUNTS": ("Counts", "rows in use, the clock, and sums of the day for the whole market"),
    "EVENT": ("Event", "an entry of the list of events, where they are recorded"),
}

COMMON = {
    "uid": "number by which the substreams of chance know it",
    "birth_day": "day of birth, before day 0 for most; age follows from it",
    "population": "inhabitants",
    "sex": "code; reported, and read by no rule",
    "convictions": "prior convictions",
    "unqualified": "1: left school at 16 without a qualification",
    "jurisdiction": "number of the police jurisdiction",
    "n_persons": "entries of `person` in use",
    "cash": "money, cents",
    "price": "price of an appointment, cents",
    "home": "territory of home",
}
"""Fields that mean the same in every record whose line has no comment."""

FIELDS = {
    "TERRITORY": {
        "x_km": "position to the east, km",
        "y_km": "position to the north, km",
        "venues": "venues by kind",
        "open_plans": "Plans that ran today",
        "broken_today": "Plans broken up today",
    },
    "PLATFORM": {"share": "usual share of searches"},
    "BOSS": {
        "tour_end": "day on which the tour is over",
        "status": "status, code",
        "was_provider": "1: was a Provider before",
        "last_cell": "cell of the last Plan; -1: none",
        "team_wanted": "persons aimed at in a Plan",
        "n_contacts": "entries of `contact` in use",
        "n_acquainted": "entries of `acquainted` in use",
        "plans_done": "own Plans that have ended",
        "event_cell": "cell of that Plan",
        "event_days": "length of that Plan, days",
        "event_broken": "1: that Plan was broken up",
        "contact": "rows of the Providers known",
        "contact_since": "day since which each is known",
        "contact_times": "Plans in which each worked for the Boss",
        "file_provider": "rows of the Providers on whom evidence rests; -1: none",
        "file_evidence": "evidence that rests on each, of a completed case",
        "person": "rows of the persons tied to the Boss",
        "acquainted": "rows of the Bosses from whom the Boss hears",
    },
    "PLAN": {
        "income_total": "takings so far less what is left to the persons, cents",
        "costs_total": "wages, venue and ads so far, cents",
        "territory": "where it runs",
        "kind": "venue kind",
        "open": "1: it runs",
        "venue": "number of the venue within its cell",
        "start": "first day",
        "visibility": "visibility of its ads today, 1 for old ones",
        "n_slots": "slots in use",
        "person_days": "person-days so far",
        "person": "rows of the persons in it",
        "slot_task": "task of each slot, code",
        "slot_minutes": "work promised in each slot, minutes a day",
        "slot_vacant_since": "day since which each slot is vacant; -1: it is not",
    },
    "OFFER": {"boss": "row of the Boss and the Plan", "territory": "where it runs", "kind": "venue kind"},
    "PROVIDER": {
        "since": "day of entry",
        "back_day": "end of other work, custody or prison",
        "days_worked": "days worked, by Plan",
        "taken_until": "end of a removal by the arrest of one role",
        "status": "status, code",
        "skills": "skills, bits",
        "n_plans": "Plans served now",
        "housing_insecurity": "0 (secure) to 1",
        "plans_served": "Plans served so far",
        "n_colleagues": "entries of `colleague` in use",
        "promoted": "1: became a Boss",
        "colleague": "rows of the Providers known from Plans",
    },
    "PROSTITUTE": {
        "earnings": "money left to the person so far, cents",
        "status_since": "day since which the status holds",
        "status": "status, code",
        "intention": "stated intention to leave, code (E25)",
        "violence": "1: violence suffered before entry",
        "was_exploited": "1: has been exploited",
        "territory": "where the person is",
        "vulnerability": "0 to 1",
        "trust": "trust in services, 0 to 1",
        "awareness": "awareness of being a victim, 0 to 1",
        "supervision": "0 to 1",
        "debt": "debt and reprisals, 0 to 1",
        "attachment": "attachment to the Boss, 0 to 1",
        "tie_since": "day on which each tie began",
        "accompanied": "1: a team accompanies the person",
        "asks_for_bed": "why a bed is asked for today, code",
        "had_care": "1: a stay in care was completed",
        "accompanied_until": "end of the accompaniment",
        "bed_ticket": "queue key of the request for a bed",
    },
    "CLIENT": {
        "perceived_risk": "own perceived risk on `risk_day`",
        "next_day": "day of the next search that is due",
        "retry_day": "day on which the client tries again; -1: none",
        "territory": "where the client lives",
        "status": "always 0; no rule reads it",
        "course": "1: has taken an awareness course",
    },
    "POLICE_UNIT": {
        "casework": "inspector-days per day of the baseline for case-building",
        "client": "inspector-days per day of the baseline for client enforcement",
        "casework_added": "inspector-days for case-building that levers add today",
        "client_added": "inspector-days for client enforcement that levers add today",
        "street_weight": "the same for streets",
    },
    "OUTREACH_TEAM": {
        "personal_hours": "staff-hours per day of the baseline for personal messages",
        "mass_hours": "staff-hours per day of the baseline for mass messages",
        "reception_hours": "staff-hours per day of the baseline for the first reception",
        "personal_today": "staff-hours today for personal messages",
        "mass_today": "staff-hours today for mass messages",
        "reception_today": "staff-hours today for the first reception",
        "places_today": "persons it can accompany at once today",
    },
    "BEDS": {
        "baseline": "beds without levers",
        "taken": "beds taken now",
        "distant": "1: the row of all distant beds",
    },
    "LEVER": {
        "code": "which lever; -1: none",
        "start": "first day",
        "end": "day after the last",
        "intensity": "capacity added, in units of the lever",
    },
    "COUNTS": {
        "bosses": "rows of Bosses in use",
        "providers": "rows of Providers in use",
        "prostitutes": "rows of persons in use",
        "clients": "rows of clients in use",
        "queued": "entries of the queue at work",
        "events": "entries of the list of events",
        "record_events": "1: events are recorded",
        "policy_start": "first day of the policy",
        "boss_days": "the same for days at liberty of Bosses",
        "boss_days_before": "the same for days at liberty of Bosses",
        "provider_income": "recent income of Providers, cents, weighted by age",
        "provider_days": "recent days at liberty of Providers, weighted by age",
        "provider_income_before": "reference of the income of Providers",
        "provider_days_before": "reference of the days at liberty of Providers",
    },
    "EVENT": {
        "day": "day of the event",
        "code": "what happened, code",
        "value": "number that goes with it: persons, days or the task",
        "other_uid": "who else was concerned",
    },
}
"""Fields by record."""

TABLES = {
    "agenda_head": "the first chunk of each day",
    "agenda_next": "the next chunk in the chain of each",
    "agenda_count": "clients in each chunk",
    "agenda_client": "rows of the clients in each chunk",
    "choice_low": "scratch: the lowest upper bounds of draws",
    "choice_hash": "scratch: hashes of the options compared",
    "offers_start": "where the offers of each channel and territory begin",
    "reach_start": "where the lists of each team begin",
    "sight_start": "where what is in sight begins, by channel and territory",
    "pool_start": "where the Providers of each territory begin",
    "risk_start": "where the persons of each territory begin",
}
"""Tables of the world."""

STREAMS = {
    "TOUR": "whether a launch begins a tour, and its length",
    "LEVER_PATROL": "patrols added by a lever, apart from the baseline's",
    "BED": "whether a bed that is offered is accepted, and its place in the queue",
}
"""What a stream decides, where its line does not say."""

CODES = {
    "STREET": "venue kinds",
    "KINDS": "number of venue kinds",
    "ADS_AND_CALLS": "tasks",
    "FEMALE": "sex",
    "FREE": "status of a Boss; of a Provider without the last one, where the second means engaged",
    "BOSS_STATUSES": "names of the statuses of a Boss",
    "PROVIDER_STATUSES": "names of the statuses of a Provider",
    "AT_RISK": "status of a person",
    "PROSTITUTE_STATUSES": "names of the statuses of a person",
    "CHANNELS": "names of the channels of outreach",
    "ACQUAINTED": "Bosses a Boss hears from",
    "VACANT": "holder of a slot that nobody holds",
    "LEVERS": "most levers of a policy",
    "PLAN_STARTED": "events",
    "EVENT_NAMES": "names of the events",
}
"""Codes and sizes of the records, by the first name of the line."""

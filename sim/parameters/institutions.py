"""Numbers of the institutions: police, justice, platforms, outreach, care; and of careers."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from sim.parameters.fields import ASSUMPTION, VENUE_KINDS, Group, by_name, check_order, check_sum, choice, number

_FindChance = by_name(
    VENUE_KINDS, "FindChance", (0.30, 0.25, 0.15, 0.05), "chance/visit", 0.0, 1.0, ASSUMPTION,
    "chance that a visit to its venue finds a running Plan")  # fmt: skip
_InspectionWeight = by_name(
    VENUE_KINDS, "InspectionWeight", (0.0, 1.0, 0.3, 0.05), "weight", 0.0, 10.0, ASSUMPTION,
    "share of venue inspections that goes to a kind when cells are chosen uniformly")  # fmt: skip


class Enforcement(Group):
    """Police capacity, choice of cells, finds and their consequences."""

    inspector_days_per_100k: float = number(0.4, "inspector-days/100,000 inhabitants/day", 0.0, 10.0, "R20 (posts reported)", "capacity of police units")
    venue_share: float = number(0.4, "share", 0.0, 1.0, ASSUMPTION, "capacity spent on venue inspection")
    street_share: float = number(0.2, "share", 0.0, 1.0, ASSUMPTION, "capacity spent on street patrol")
    online_share: float = number(0.15, "share", 0.0, 1.0, ASSUMPTION, "capacity spent on online inquiry")
    casework_share: float = number(0.2, "share", 0.0, 1.0, ASSUMPTION, "capacity spent on case-building")
    client_share: float = number(0.05, "share", 0.0, 1.0, "R12 (order of magnitude)", "capacity spent on client enforcement")
    yield_factor: float = number(0.0204, "factor", 0.0, 10.0, "R01, R02, R14 (fitted)", "multiplies what police find per unit of work: `find_chance`, `casework.link_chance`, `casework.evidence_day`; records fix only its product with the capacity")
    fines_per_inspector_day: float = number(0.243, "fines/inspector-day", 0.0, 50.0, "R12 (fitted)", "clients fined per inspector-day")
    fine_amount: float = number(500.0, "EUR/fine", 0.0, 1500.0, ASSUMPTION, "amount of a fine")
    courses_per_100k: float = number(0.015, "courses/100,000 inhabitants/day", 0.0, 10.0, "E46", "places in awareness courses")
    visits_per_inspector_day: float = number(1.5, "visits/inspector-day", 0.1, 10.0, ASSUMPTION, "visits per inspector-day")
    cells_chosen: Literal["uniform", "listed", "learned", "reported", "problem"] = choice("uniform", "model; E33, E41 (reported); Goldstein 1979 (problem)", "rule by which cells are chosen: by inhabitants, a list, earlier finds, unanswered reports, or evidence in files")
    listed_territory: int = number(0, "territory number", 0, 1000, ASSUMPTION, "the territory on the list, where cells are listed")
    attention_gain: float = number(1.0, "weight/find", 0.0, 50.0, ASSUMPTION, "weight a find adds to its cell, where cells are learned")
    attention_decay: float = number(0.02, "1/day", 0.0, 1.0, ASSUMPTION, "decay of that weight")
    staff_report: float = number(0.001, "chance/Plan-day", 0.0, 0.5, ASSUMPTION, "hotel staff report a Plan")
    family_report: float = number(0.0005, "chance/minor-day", 0.0, 0.5, ASSUMPTION, "family or school report a minor")
    response_chance: float = number(0.0231, "chance/report", 0.0, 1.0, "E33 (fitted)", "police answer a report")
    heat_decay: float = number(0.3, "1/day", 0.0, 1.0, ASSUMPTION, "share of unanswered reports forgotten each day")
    boss_present: float = number(0.34, "chance", 0.0, 1.0, "R02, R04 (level, fitted); ratio to Providers: assumption", "the Boss is present and arrested")
    provider_arrested: float = number(0.581, "chance", 0.0, 1.0, "R02, R04 (level, fitted); ratio to Bosses: assumption", "a Provider on duty is arrested")
    recognised_adult: float = number(0.3, "chance", 0.0, 1.0, ASSUMPTION, "an adult is recognised as a victim")
    recognised_minor: float = number(0.6, "chance", 0.0, 1.0, ASSUMPTION, "a minor is recognised as a victim")
    treated_as_offender: float = number(0.1, "chance", 0.0, 1.0, ASSUMPTION, "one not recognised is treated as an offender")
    exit_after_recognition: float = number(0.3, "chance", 0.0, 1.0, ASSUMPTION, "a recognised victim without a bed does not go back")
    training_recognition: float = number(0.5, "share", 0.0, 1.0, "E64, E68 (direction); size: assumption", "share of the missed recognitions that full training of professionals prevents")
    training_detection: float = number(2.0, "factor", 0.0, 20.0, "E68 (direction); size: assumption", "added to early detection and to reports on minors by full training")
    training_staff: float = number(10.0, "factor", 0.0, 200.0, "E68 (direction); size: assumption", "added to reports by hotel staff when all hotels are in the network")
    find_chance: _FindChance[1] = _FindChance[0]
    inspection_weight: _InspectionWeight[1] = _InspectionWeight[0]

    @model_validator(mode="after")
    def _shares_fit(self):
        check_sum(self, "venue_share", "street_share", "online_share", "casework_share", "client_share")
        return self


class Casework(Group):
    """Online inquiry and case-building: gains and losses of evidence in a Boss's file (E38, E41, E66)."""

    ads_per_inspector_day: float = number(10.0, "ads/inspector-day", 0.0, 500.0, ASSUMPTION, "ads read per inspector-day of online inquiry")
    link_chance: float = number(0.1, "chance/ad read", 0.0, 1.0, ASSUMPTION, "an ad read is linked to its Plan")
    direct_chance: float = number(0.1, "chance/ad linked", 0.0, 1.0, ASSUMPTION, "a link leads to an intervention at once")
    evidence_link: float = number(0.1, "of a completed case", 0.0, 1.0, ASSUMPTION, "evidence from a linked ad")
    evidence_report: float = number(0.03, "of a completed case", 0.0, 1.0, ASSUMPTION, "evidence from a report that police did not answer at once")
    evidence_break_up: float = number(0.25, "of a completed case", 0.0, 1.0, ASSUMPTION, "evidence from a Plan broken up without its Boss")
    evidence_testimony: float = number(0.4, "of a completed case", 0.0, 1.0, "E67 (direction); size: assumption", "evidence from a victim's testimony")
    evidence_day: float = number(2.16, "of a completed case/inspector-day", 0.0, 10.0, "R13 (fitted)", "evidence from an inspector-day spent on a file")
    provider_share: float = number(0.5, "share", 0.0, 1.0, ASSUMPTION, "share of new evidence that rests on the Providers in the Plan")
    file_opened: float = number(0.05, "of a completed case", 0.0, 1.0, ASSUMPTION, "evidence at which a file is opened, and worked on")
    decay: float = number(0.008, "1/day", 0.0, 1.0, ASSUMPTION, "share of evidence that goes stale per day")
    kept_silo: float = number(0.3, "share", 0.0, 1.0, "E41 (direction); size: assumption", "evidence kept when the network moves to another jurisdiction")
    kept_replaced: float = number(0.6, "share", 0.0, 1.0, "E38 (direction); size: assumption", "evidence on a Provider kept when the next Plan runs without that Provider")
    group_days: int = number(14, "days", 0, 365, ASSUMPTION, "Providers who worked for the Boss within this time are arrested with the Boss")
    testimony: float = number(0.03, "chance", 0.0, 1.0, "E67 (seldom); size: assumption", "a recognised victim without trust in services testifies")
    testimony_trust: float = number(0.4, "chance", 0.0, 1.0, "E67 (direction); size: assumption", "added by full trust")


class Justice(Group):
    """Custody, prosecution, prison, release."""

    custody_days: int = number(2, "days", 1, 6, "model", "custody")
    prosecuted_boss: float = number(0.88, "chance", 0.0, 1.0, "R05 (aggravated)", "a Boss in custody is prosecuted")
    prosecuted_provider: float = number(0.8, "chance", 0.0, 1.0, "R05 (simple)", "a Provider in custody is prosecuted")
    detained: float = number(0.63, "chance", 0.0, 1.0, "R06", "a person prosecuted is detained")
    prison_days_boss: float = number(500.0, "days", 10.0, 5000.0, "R10 (16.7 months)", "mean prison of a Boss")
    prison_days_provider: float = number(280.0, "days", 10.0, 5000.0, "R07 (9.2 months)", "mean prison of a Provider")
    prison_sigma: float = number(0.5, "log units", 0.0, 2.0, ASSUMPTION, "spread of prison lengths")
    evidence_weight: float = number(0.5, "share", 0.0, 1.0, "model (direction); size: assumption", "share of the chances of no prosecution and no detention that a completed file removes")
    relapse: float = number(0.6, "chance", 0.0, 1.0, ASSUMPTION, "a person released goes back to the activity")
    record_weight: float = number(0.0, "share", 0.0, 1.0, "E10 (direction); size: assumption", "share of the chance of no detention that a prior conviction removes")


class Platforms(Group):
    """Effects of a closure on those who used a web site (E58)."""

    lag_days: float = number(10.0, "days", 1.0, 365.0, "E58 (direction); size: assumption", "mean time after which a Boss or a client of a closed site uses another")
    to_street: float = number(0.1, "share", 0.0, 1.0, "E58 (direction); size: assumption", "Bosses and clients of a closed site who turn to the street")
    give_up: float = number(0.15, "share", 0.0, 1.0, "E58 (direction); size: assumption", "clients of a closed site who give up what they did there")
    birth: float = number(0.0, "1/day", 0.0, 1.0, "E58 (direction); size: assumption", "rate at which a closed site gets a successor, where closures leave all searches and ads unserved")
    contacts_lost: float = number(0.8, "chance", 0.0, 1.0, "E58 (direction); size: assumption", "an outreach contact made on a closed site is lost")


class Outreach(Group):
    """Teams that reach out to the persons exploited: rounds, messages, answers, accompaniment (E50 to E59)."""

    street_hours: float = number(0.05, "staff-hours/100,000 inhabitants/day", 0.0, 50.0, ASSUMPTION, "street rounds")
    personal_hours: float = number(0.0133, "staff-hours/100,000 inhabitants/day", 0.0, 50.0, "E47 (level, fitted); ratio to mass messages: assumption", "personal messages to ads")
    mass_hours: float = number(0.00133, "staff-hours/100,000 inhabitants/day", 0.0, 50.0, "E47 (level, fitted); ratio to personal ones: assumption", "mass messages")
    reception_hours: float = number(0.15, "staff-hours/100,000 inhabitants/day", 0.0, 50.0, ASSUMPTION, "first reception of those who answer")
    accompany_places: float = number(0.6, "persons/100,000 inhabitants", 0.0, 200.0, ASSUMPTION, "persons accompanied at once")
    street_per_hour: float = number(0.5, "contacts/staff-hour", 0.0, 20.0, ASSUMPTION, "persons met per hour of street rounds")
    personal_per_hour: float = number(1.0, "messages/staff-hour", 0.0, 60.0, ASSUMPTION, "personal messages written per hour")
    mass_per_hour: float = number(100.0, "messages/staff-hour", 0.0, 10_000.0, "E53 (order of magnitude)", "mass messages sent per hour")
    reception_per_hour: float = number(1.0, "answers/staff-hour", 0.0, 20.0, ASSUMPTION, "answers taken up per hour of first reception")
    street_every: int = number(1, "days", 1, 60, ASSUMPTION, "the hours of so many days of street rounds are worked on one of them; 1: every day")
    mass_every: int = number(1, "days", 1, 60, "E53 (existence); size: assumption", "the mass messages of so many days are sent on one of them; 1: every day")
    practice_days: int = number(90, "days", 0, 365, "E54", "the interval that teams keep between two messages to one person")
    interval_days: int = number(90, "days", 0, 365, "E54", "a message sooner than this after the last one costs trust")
    street_answer: float = number(0.15, "chance/contact", 0.0, 1.0, ASSUMPTION, "a person met in the street asks for more")
    personal_answer: float = number(0.2, "chance/message", 0.0, 1.0, "E55 (above mass messages); size: assumption", "reply to a personal message, at the usual police presence there")
    mass_answer: float = number(0.05, "chance/message", 0.0, 1.0, "E52", "reply to a mass message, at the usual police presence there")
    positive_share: float = number(0.5, "share", 0.0, 1.0, "E52 (both kinds); size: assumption", "replies that ask for more")
    undercover_effect: float = number(8.0, "1/(inspector-day/100,000 inhabitants/day)", 0.0, 200.0, "E56 (direction); size: assumption", "strength with which online inquiry added by a policy lowers replies on web sites")
    meeting_chance: float = number(0.6, "chance", 0.0, 1.0, ASSUMPTION, "an answer taken up at once becomes a meeting")
    patience_days: float = number(4.0, "days", 0.1, 365.0, "E55 (direction); size: assumption", "waiting time in which that chance falls by a factor e")
    load_effect: float = number(0.5, "1/load", 0.0, 10.0, "E55 (direction); size: assumption", "strength with which an overload of the first reception lowers that chance")
    queue_days: int = number(7, "days", 1, 365, "E55 (late answers lose the contact); size: assumption", "an answer not taken up within this time is lost")
    accompany_chance: float = number(0.3, "chance/meeting", 0.0, 1.0, ASSUMPTION, "a meeting begins an accompaniment, if a place is free")
    accompany_days: float = number(150.0, "days", 1.0, 3650.0, ASSUMPTION, "mean length of an accompaniment")
    online_keeps: float = number(0.8, "chance/move", 0.0, 1.0, "E59 (direction); size: assumption", "an online contact survives a move to another jurisdiction; one in person does not")
    trust_street: float = number(0.08, "share of what is missing", 0.0, 1.0, ASSUMPTION, "trust gained in a street contact")
    trust_answer: float = number(0.05, "share of what is missing", 0.0, 1.0, ASSUMPTION, "trust gained in writing")
    trust_meeting: float = number(0.2, "share of what is missing", 0.0, 1.0, ASSUMPTION, "trust gained in a meeting")
    trust_day: float = number(0.01, "share of what is missing/day", 0.0, 1.0, ASSUMPTION, "trust gained per day of accompaniment")
    trust_lost: float = number(0.1, "share of trust", 0.0, 1.0, "E54, E55 (direction); size: assumption", "trust lost by a message sent too soon, or by an answer that nobody took up")
    attempt_gain: float = number(0.02, "1/day", 0.0, 1.0, ASSUMPTION, "attempts to leave that accompaniment adds, at full trust")
    success_gain: float = number(0.5, "share", 0.0, 1.0, ASSUMPTION, "share of failed attempts that accompaniment turns into successes, at full trust")
    vulnerability_decay: float = number(0.003, "1/day", 0.0, 1.0, ASSUMPTION, "fall of vulnerability in accompaniment and in care")


class Care(Group):
    """Beds near and distant, course of a stay, and risk of being found again (E42, E43)."""

    beds_near: float = number(0.4, "beds/100,000 inhabitants", 0.0, 500.0, "E42 (too few); size: assumption", "beds in the jurisdiction")
    beds_distant: float = number(0.1, "beds/100,000 inhabitants", 0.0, 500.0, "E42 (too few); size: assumption", "beds far from it")
    accept: float = number(0.5, "chance", 0.0, 1.0, ASSUMPTION, "a person without trust in services accepts a bed that is offered")
    accept_trust: float = number(0.4, "chance", 0.0, 1.0, ASSUMPTION, "added by full trust")
    ordered_share: float = number(0.0, "share", 0.0, 1.0, "E42 (direction); size: assumption", "share of recognised minors who would decline a bed and are placed by order")
    emergency_nights: int = number(0, "nights", 0, 60, "E42 (existence); size: assumption", "a stay begins near by, and after so many nights moves to a distant bed if one is free; 0: distant beds are taken first")
    emergency_found: float = number(0.1, "chance/night", 0.0, 1.0, "E42 (systematically); size: assumption", "where stays begin near by, the Boss finds the person again in a night spent there")
    stay_days: float = number(120.0, "days", 1.0, 3650.0, ASSUMPTION, "mean length of a stay")
    runaway_near: float = number(0.008, "1/day", 0.0, 1.0, "E42 (direction); size: assumption", "rate of running away from a near bed")
    runaway_distant: float = number(0.004, "1/day", 0.0, 1.0, ASSUMPTION, "rate of running away from a distant bed")
    found_near: float = number(0.006, "1/day", 0.0, 1.0, "E42 (direction); size: assumption", "rate of being found again by the Boss in a near bed")
    found_distant: float = number(0.0005, "1/day", 0.0, 1.0, "E42 (direction); size: assumption", "rate of being found again by the Boss in a distant bed")
    back_to_boss: float = number(0.4, "chance", 0.0, 1.0, "E43 (existence); size: assumption", "a person who runs away goes back to the Boss")
    reprisals: float = number(0.4, "0 to 1", 0.0, 1.0, "E43", "debt and reprisals on return")
    trust_day: float = number(0.005, "share of what is missing/day", 0.0, 1.0, ASSUMPTION, "trust gained per day of care")
    relapse_factor: float = number(0.5, "factor", 0.0, 1.0, ASSUMPTION, "relapse after a completed stay, relative to that without one")


class Careers(Group):
    """Entry into and exit from the roles of Boss and Provider."""

    entry_age_low: float = number(15.0, "years", 10.0, 30.0, ASSUMPTION, "youngest age at entry of Bosses and Providers")
    entry_age_mean: float = number(18.2, "years", 15.0, 40.0, "E05", "mean age at entry of Bosses and Providers")
    age_spread: float = number(2.5, "years", 0.0, 10.0, ASSUMPTION, "mean time since entry of those present at the start")
    convicted_boss: float = number(0.87, "share", 0.0, 1.0, "E10", "Bosses with a prior conviction")
    convicted_provider: float = number(0.84, "share", 0.0, 1.0, "E10", "Providers with a prior conviction")
    unqualified_share: float = number(0.53, "share", 0.0, 1.0, "E11", "left school at 16 without a qualification")
    provider_male_share: float = number(0.94, "share", 0.0, 1.0, "E31", "men among Providers")
    insecure_share: float = number(0.4, "share", 0.0, 1.0, "E39 (existence); size: assumption", "Providers without secure housing")
    boss_leave_rate: float = number(0.0012, "1/day", 0.0, 0.1, ASSUMPTION, "a Boss leaves for good")
    boss_leave_age: float = number(0.05, "1/year", 0.0, 1.0, ASSUMPTION, "relative rise of that rate per year of age above 20")
    provider_leave_rate: float = number(0.0018, "1/day", 0.0, 0.1, ASSUMPTION, "a Provider leaves for good")
    boss_entry: float = number(0.21, "entries/Boss at the start/year", 0.0, 10.0, ASSUMPTION, "direct entry of Bosses")
    provider_entry: float = number(0.54, "entries/Provider at the start/year", 0.0, 10.0, ASSUMPTION, "entry of Providers")
    bosses_in_prison: float = number(0.035, "share", 0.0, 0.9, ASSUMPTION, "Bosses in prison at the start")
    providers_in_prison: float = number(0.012, "share", 0.0, 0.9, ASSUMPTION, "Providers in prison at the start")
    acquaintances: int = number(5, "Bosses", 0, 8, ASSUMPTION, "Bosses a Boss hears from")
    acquaintance_km: float = number(30.0, "km", 1.0, 1000.0, ASSUMPTION, "distance over which acquaintance falls by a factor e")
    boss_leave_wealth: float = number(0.5, "factor", 0.0, 20.0, "model (direction); size: assumption", "relative rise of the leaving rate of a Boss at the reference wealth")
    boss_leave_idle: float = number(0.004, "1/day/month waited", 0.0, 1.0, ASSUMPTION, "added to the leaving rate of a Boss per 30 days without a worthwhile Plan")
    wealth: float = number(100_000.0, "EUR", 1.0, 10_000_000.0, ASSUMPTION, "reference wealth")
    leave_after_arrest: float = number(0.05, "chance/release from custody", 0.0, 1.0, "model (direction); size: assumption", "a Boss or Provider released from custody leaves for good")
    promotion_rate: float = number(0.0004, "1/day", 0.0, 1.0, "E40 (existence); size: assumption", "an idle Provider who fulfils the conditions becomes a Boss")
    promotion_days: int = number(60, "days worked", 0, 3650, ASSUMPTION, "experience required to become a Boss")
    promotion_capital: float = number(2000.0, "EUR", 0.0, 1_000_000.0, ASSUMPTION, "capital required to become a Boss")
    promotion_contacts: int = number(2, "Providers", 0, 8, ASSUMPTION, "Providers one must know to become a Boss")
    promotion_blind: bool = choice(False, "switch (negative control)", "Providers become Bosses whatever their experience, capital and contacts")
    takeover_partner: float = number(0.5, "chance", 0.0, 1.0, "model (existence); size: assumption", "a co-Boss takes over when a Boss is jailed")
    commitment_sigma: float = number(0.0, "log units", 0.0, 1.5, "E03 (direction: small, short-lived teams); size: assumption", "spread among Bosses of the rate of leaving for good; one who leaves more readily also prefers other work and the outside")
    unqualified_weight: float = number(0.0, "factor", 0.0, 5.0, "E11 (existence); size: assumption", "who has no qualification leaves for good, and a Provider takes other work, at a rate divided by 1 plus this")
    record_promotion: float = number(0.0, "factor", 0.0, 5.0, "E10 (direction); size: assumption", "relative rise of the rate of becoming a Boss with a prior conviction")
    takeover_provider: float = number(0.15, "chance", 0.0, 1.0, "model (existence); size: assumption", "an experienced Provider takes over when a Boss is jailed and no co-Boss does")

    @model_validator(mode="after")
    def _ages_in_order(self):
        check_order(self, "entry_age_low", "entry_age_mean")
        return self

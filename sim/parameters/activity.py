"""Numbers of the activity: sizes, dates, clients, entry, planning, labour, control, beliefs."""

from __future__ import annotations

import datetime as dt

from pydantic import model_validator

from sim.parameters.fields import ASSUMPTION, PRESETS, TASKS, VENUE_KINDS, Group, by_name, check_order, check_sum, choice, number
from sim.parameters.places import OwnPlace, SchoolHoliday, fault_of, fault_of_holidays, fault_of_zones

_Attractiveness = by_name(
    VENUE_KINDS, "Attractiveness", (0.0048, 1.0, 0.32, 0.0195), "weight", 0.0, 50.0, "E12, E13, E14, E16",
    "constant that brings each kind's share of activity to its target")  # fmt: skip
_VenueCost = by_name(
    VENUE_KINDS, "VenueCost", (0.0, 70.0, 60.0, 0.0), "EUR/person/day", 0.0, 500.0, ASSUMPTION, "cost of a venue")  # fmt: skip
_VenueStock = by_name(
    VENUE_KINDS, "VenueStock", (0.03, 0.05, 0.5, 5.0), "venues/1,000 inhabitants", 0.0001, 100.0, ASSUMPTION,
    "stock of venues at which activity may take place")  # fmt: skip
_KindUtility = by_name(
    VENUE_KINDS, "KindUtility", (-40.0, 0.0, 0.0, 0.0), "EUR", -500.0, 500.0, ASSUMPTION,
    "mean utility of a venue kind to clients")  # fmt: skip
_TaskMinutesPerAppointment = by_name(
    TASKS, "MinutesPerAppointment", (25.0, 8.0, 2.0, 0.0), "minutes/appointment", 0.0, 240.0, ASSUMPTION,
    "work of a task for each appointment")  # fmt: skip
_TaskMinutesPerPerson = by_name(
    TASKS, "MinutesPerPerson", (20.0, 30.0, 30.0, 0.0), "minutes/person/day", 0.0, 600.0, ASSUMPTION,
    "work of a task for each person in the Plan")  # fmt: skip


MOST_SEARCHES_A_CLIENT = 0.9  # per day, since each searches at most once


class MarketSize(Group):
    """Preset, and numbers of agents at the start."""

    preset: str = choice("herault", "E47, E18", "territories: class, herault, idf, france, or the name of the file that gave `market.places`")
    bosses: int = number(100, "persons", 1, 100_000, "E47 (order of magnitude)", "Bosses at the start")
    prostitutes: int = number(300, "persons", 0, 300_000, "E47, E18", "persons exploited (legal role: Prostitute) at the start")
    providers: int = number(250, "persons", 0, 200_000, ASSUMPTION, "Providers at the start")
    clients: int = number(20_000, "persons", 1, 5_000_000, ASSUMPTION, "clients")
    searches_per_day: float = number(600.0, "searches/day", 0.0, 200_000.0, ASSUMPTION, "searches per day of all clients, before fear and campaigns")
    platforms: int = number(5, "sites", 1, 16, "E47", "web sites with continuously posted ads")
    distance_scale_km: float = number(15.0, "km", 1.0, 300.0, ASSUMPTION, "distance at which an offer is e times less visible")
    boss_entry_factor: float = number(1.0, "factor", 0.0, 10.0, ASSUMPTION, "multiplies `careers.boss_entry`; above one where more Bosses give up, as places differ more")
    reach_km: float = number(80.0, "km", 1.0, 1000.0, ASSUMPTION, "farthest territory in which a Boss launches a Plan, from home or from the last one")
    places: tuple[OwnPlace, ...] = choice((), "the user's table", "places of the user's own, by value: market=FILE.csv or FILE.yaml; none: those of the preset")
    public_holidays: tuple[dt.date, ...] = choice((), "the user's market file", "public holidays of the user's own places")
    school_holidays: tuple[SchoolHoliday, ...] = choice((), "the user's market file", "school holidays of the user's own places")

    @model_validator(mode="after")
    def _places_are_known(self):
        if not self.places:
            if self.preset not in PRESETS:
                raise ValueError(f"preset={self.preset!r}: unknown; valid: {', '.join(PRESETS)}; places of your own are given as market=FILE.csv")
            if self.public_holidays or self.school_holidays:
                raise ValueError("public_holidays and school_holidays belong to places of your own: give market=FILE.yaml, with places in it")
            return self
        if self.preset in PRESETS:
            raise ValueError(f"preset={self.preset!r}: it has places of its own; leave it out where places are given")
        for name, found in (("places", fault_of(self.places) or fault_of_zones(self.places, self.school_holidays)),
                            ("school_holidays", fault_of_holidays(self.school_holidays))):  # fmt: skip
            if found:
                raise ValueError(f"{name}, number {found[0] + 1}, {found[1]}: {found[2]}")
        return self

    @model_validator(mode="after")
    def _searches_fit(self):
        most = MOST_SEARCHES_A_CLIENT * self.clients
        if self.searches_per_day > most:
            raise ValueError(
                f"searches_per_day ({self.searches_per_day:g}) must not exceed {MOST_SEARCHES_A_CLIENT:g} per client "
                f"({most:g} with clients={self.clients}): each searches at most once per day"
            )
        return self


class Calendar(Group):
    """Demand over the dates; the multiplier has mean one over each calendar year (E34)."""

    weekday_monday_to_thursday: float = number(0.9, "factor", 0.2, 3.0, "E34 (direction); size: assumption", "Monday to Thursday")
    weekday_friday_saturday: float = number(1.25, "factor", 0.2, 3.0, "E34 (direction); size: assumption", "Friday and Saturday")
    weekday_sunday: float = number(1.0, "factor", 0.2, 3.0, "E34 (direction); size: assumption", "Sunday")
    school_holiday: float = number(1.1, "factor", 0.2, 3.0, "E34 (direction); size: assumption", "school holidays of the zone")
    month_edge: float = number(1.15, "factor", 0.2, 3.0, "E34 (direction); size: assumption", "first and last days of a month")
    month_edge_days: int = number(3, "days", 0, 10, ASSUMPTION, "days that count as the edge of a month, at each end")
    public_holiday: float = number(1.1, "factor", 0.2, 3.0, ASSUMPTION, "public holidays")
    event: float = number(1.3, "factor", 0.2, 3.0, "E34 (direction); size: assumption", "days with a listed sporting event")
    growth: float = number(0.0, "1/year", -0.5, 1.0, "model (flat by default)", "growth of demand, for a growth scenario")
    event_dates: tuple[dt.date, ...] = choice((), "E34", "dates of sporting events")


class Demand(Group):
    """Search, choice and payment of clients."""

    rate_sigma: float = number(1.0, "log units", 0.0, 2.5, ASSUMPTION, "spread of the search rate over clients")
    fear_kappa: float = number(1.0, "1/risk", 0.0, 10.0, ASSUMPTION, "strength with which perceived risk keeps a client from searching")
    retry_chance: float = number(0.3, "chance", 0.0, 1.0, ASSUMPTION, "a client who found nothing tries again the next day")
    offers_seen: int = number(5, "offers", 1, 8, ASSUMPTION, "offers a search looks at")
    digital_share: float = number(0.65, "share", 0.0, 1.0, "E17, E63", "share of searches that go to web sites; the rest goes to the street")
    channel_switch: float = number(0.0, "chance", 0.0, 1.0, "E16, E17, E63 (direction); size: assumption", "a client whose search in the street, or on web sites, ends without an appointment searches in the other of the two the same day")
    channel_drift: float = number(0.0, "share/appointment", 0.0, 1.0, "E16, E17, E63 (direction); size: assumption", "weight of an appointment in a client's lean to the street or to web sites, against all earlier ones")
    willingness_mean: float = number(180.0, "EUR", 20.0, 1000.0, ASSUMPTION, "mean willingness to pay")
    willingness_sigma: float = number(0.25, "log units", 0.0, 1.5, ASSUMPTION, "spread of willingness to pay over clients")
    distance_cost: float = number(1.0, "EUR/km", 0.0, 20.0, ASSUMPTION, "mean disutility per kilometre to an offer")
    distance_sigma: float = number(0.5, "log units", 0.0, 1.5, ASSUMPTION, "spread of the distance taste over clients")
    kind_taste: float = number(10.0, "EUR", 0.0, 200.0, ASSUMPTION, "spread of a client's taste for a venue kind")
    temperature: float = number(20.0, "EUR", 1.0, 500.0, ASSUMPTION, "noise of a client's choice")
    fresh_boost: float = number(1.0, "factor", 0.0, 10.0, "E51 (direction); size: assumption", "additional visibility of an ad on its first day")
    fresh_days: float = number(2.0, "days", 0.2, 30.0, ASSUMPTION, "time in which that addition falls by a factor e")
    appointments_per_person: int = number(4, "appointments/day", 1, 20, ASSUMPTION, "appointments per person at which an offer is full")
    report_chance: float = number(0.0005, "chance/encounter", 0.0, 0.2, "E33 (direction); size: assumption", "mean chance that a client reports an encounter")
    course_effect: float = number(0.5, "share", 0.0, 1.0, "E46 (direction); size: assumption", "share of a client's searches that an awareness course ends")
    campaign_effect: float = number(0.25, "share", 0.0, 1.0, ASSUMPTION, "share of searches that a campaign of unlimited intensity ends")
    price_start: float = number(120.0, "EUR", 5.0, 1000.0, ASSUMPTION, "price at the start")
    price_low: float = number(50.0, "EUR", 1.0, 1000.0, ASSUMPTION, "lowest price")
    price_high: float = number(250.0, "EUR", 5.0, 5000.0, ASSUMPTION, "highest price")
    price_step_up: float = number(0.01, "share", 0.0, 0.5, ASSUMPTION, "a full day raises the price by this share")
    price_step_down: float = number(0.01, "share", 0.0, 0.5, ASSUMPTION, "a slack day lowers the price by this share")
    slack_below: float = number(0.4, "share of places", 0.0, 1.0, ASSUMPTION, "a day is slack when fewer places than this share are taken")

    kind_utility: _KindUtility[1] = _KindUtility[0]

    @model_validator(mode="after")
    def _prices_in_order(self):
        check_order(self, "price_low", "price_start", "price_high")
        return self


class Entry(Group):
    """At-risk persons: arrival, attributes, and exits from that state other than recruitment."""

    at_risk_per_100k: float = number(45.0, "persons/100,000 inhabitants/year", 0.0, 1000.0, ASSUMPTION, "arrivals of persons at risk")
    growth: float = number(0.0, "1/year", -0.5, 1.0, "model (flat by default)", "growth of arrivals of all roles, for a growth scenario")
    at_risk_days: float = number(120.0, "days", 1.0, 2000.0, ASSUMPTION, "mean time until the risk passes by itself")
    detection_rate: float = number(0.001, "1/day", 0.0, 0.5, "E68 (direction); size: assumption", "early detection by professionals")
    age_low: float = number(14.4, "years", 10.0, 18.0, "E24 (fitted)", "youngest age at entry")
    age_mean: float = number(15.8, "years", 13.0, 30.0, "E06 (fitted)", "mean age at entry")
    age_spread: float = number(2.0, "years", 0.0, 10.0, ASSUMPTION, "mean time since entry of the persons exploited at the start")
    male_share: float = number(0.1, "share", 0.05, 0.1, "E65", "boys and men")
    violence_share: float = number(0.7, "share", 0.4, 0.7, "E27", "violence suffered before entry")
    intends_to_leave: float = number(0.248, "share", 0.0, 1.0, "E25", "say they want to leave")
    does_not_know: float = number(0.214, "share", 0.0, 1.0, "E25", "do not know whether they want to leave")
    aware_share: float = number(0.0, "share", 0.0, 1.0, "E64", "see themselves as victims at entry")
    runaway_rate: float = number(0.01, "1/day", 0.0, 1.0, "E26, E28, E29 (existence); size: assumption", "a person at risk runs away for a while")
    runaway_days: float = number(3.0, "days", 1.0, 60.0, ASSUMPTION, "mean length of a runaway spell")
    runaway_factor: float = number(2.0, "factor", 0.0, 20.0, "E26 (direction); size: assumption", "added to the weight with which a runaway is recruited")
    runaway_meeting: float = number(0.0, "factor", 0.0, 20.0, "E26, E28 (direction); size: assumption", "added to the rate at which a Boss who launches meets a person who has run away; who is met by this alone is recruited with or without an empty place")
    prevention_rate: float = number(0.01, "1/day", 0.0, 0.5, ASSUMPTION, "rate at which prevention at intensity one ends a person's being at risk")
    recruit_chance: float = number(0.45, "chance/launch/place", 0.0, 1.0, ASSUMPTION, "a Boss recruits for an empty place without a recruiter")
    meeting_rate: float = number(0.02, "meetings/launch/person at risk near by", 0.0, 1e6, ASSUMPTION, "rate at which a Boss who recruits meets each person at risk")
    recruiter_boost: float = number(0.25, "chance/launch/place", 0.0, 1.0, ASSUMPTION, "added when a Recruitment Provider works for the Boss")
    peer_boost: float = number(0.1, "chance/launch/place", 0.0, 1.0, "E44 (direction); size: assumption", "added when a person in the team is a peer recruiter")
    acquaintance_share: float = number(0.77, "share", 0.0, 1.0, "E30", "recruited through family or friends")
    recruiter_fee: float = number(150.0, "EUR/person", 0.0, 5000.0, ASSUMPTION, "paid to a Recruitment Provider")
    independent_at_start: float = number(0.1, "share", 0.0, 1.0, ASSUMPTION, "share of the persons present at the start who are independent")
    keep_share: float = number(0.3, "share", 0.0, 1.0, ASSUMPTION, "share of a payment left to the person exploited")
    boss_elasticity: float = number(0.0, "elasticity", 0.0, 3.0, "Reuter and Kleiman 1986 (direction); size: assumption", "entry of Bosses follows their mean income per day to this power; 0: it follows nothing")
    provider_elasticity: float = number(0.0, "elasticity", 0.0, 3.0, "Reuter and Kleiman 1986 (direction); size: assumption", "entry of Providers follows their mean income per day to this power; 0: it follows nothing")
    income_days: float = number(60.0, "days", 1.0, 365.0, ASSUMPTION, "time over which income is averaged by those who might enter")
    one_off_share: float = number(0.0, "share", 0.0, 0.9, "E03 (direction); size: assumption", "share of entering Bosses who run a few Plans and leave, on top of the others")
    one_off_plans: float = number(2.0, "Plans", 1.0, 20.0, ASSUMPTION, "mean number of Plans of a Boss who leaves after a few")
    headroom: float = number(4.0, "factor", 1.0, 10.0, ASSUMPTION, "entry that follows income is at most so many times entry without a policy")

    @model_validator(mode="after")
    def _shares_fit(self):
        check_sum(self, "intends_to_leave", "does_not_know")
        check_order(self, "age_low", "age_mean")
        return self


class Planning(Group):
    """Time, place and size of the Plans a Boss launches."""

    rest_days: float = number(2.0, "days", 1.0, 30.0, ASSUMPTION, "mean rest between two Plans")
    duration_mean: float = number(4.0, "days", 1.0, 14.0, "E02", "mean length of a Plan")
    duration_sigma: float = number(0.45, "log units", 0.0, 1.5, "E02 (range)", "spread of the length")
    duration_low: int = number(2, "days", 1, 14, "E02", "shortest Plan")
    duration_high: int = number(14, "days", 1, 30, "E02", "longest Plan")
    max_team: int = number(6, "persons", 1, 10, "E03", "most persons in a Plan")
    team_mean: float = number(3.0, "persons", 1.0, 10.0, "E03", "mean number of persons a Boss aims at")
    temperature: float = number(600.0, "EUR", 1.0, 10_000.0, ASSUMPTION, "noise of a Boss's choice")
    loss_weight: float = number(0.0, "times the expected cost", 0.0, 2.5, ASSUMPTION, "disutility of a break-up in times what it costs a Boss on average (presence x prosecution x detention x prison x income); 0: loss_aversion")
    loss_aversion: float = number(10_000.0, "EUR/break-up", 0.0, 100_000.0, ASSUMPTION, "disutility of an expected break-up")
    habit: float = number(150.0, "EUR", 0.0, 5000.0, ASSUMPTION, "utility of going where the last Plan was")
    travel_cost: float = number(0.8, "EUR/km", 0.0, 20.0, ASSUMPTION, "cost of reaching a place")
    wait_utility: float = number(0.0, "EUR", -20_000.0, 20_000.0, ASSUMPTION, "utility of waiting a day")
    other_work_utility: float = number(-1800.0, "EUR", -20_000.0, 20_000.0, ASSUMPTION, "utility of other illegal work")
    other_work_days: float = number(14.0, "days", 1.0, 365.0, ASSUMPTION, "mean time of other illegal work")
    outside_utility: float = number(-2000.0, "EUR", -20_000.0, 20_000.0, ASSUMPTION, "utility of leaving for an outside region")
    outside_days: float = number(30.0, "days", 1.0, 365.0, ASSUMPTION, "mean time spent outside the region")
    tour_chance: float = number(0.1, "chance/launch", 0.0, 1.0, "E50 (existence); size: assumption", "a launch begins a tour of several places")
    tour_days: float = number(7.0, "days", 3.0, 14.0, "E50", "mean length of a tour")
    lend_chance: float = number(0.1, "chance/launch/place", 0.0, 1.0, "E35 (existence); size: assumption", "an acquainted Boss lends a person")
    co_boss_chance: float = number(0.05, "chance/launch", 0.0, 1.0, "model (existence); size: assumption", "an acquainted Boss joins in a Plan as co-Boss")
    ad_cost: float = number(8.0, "EUR/person/day", 0.0, 200.0, ASSUMPTION, "cost of an advertisement")
    moving: bool = choice(True, "switch (negative control)", "Bosses may launch elsewhere than at their first place")
    attractiveness: _Attractiveness[1] = _Attractiveness[0]
    venue_cost: _VenueCost[1] = _VenueCost[0]
    venue_stock: _VenueStock[1] = _VenueStock[0]

    @model_validator(mode="after")
    def _order(self):
        check_order(self, "duration_low", "duration_mean", "duration_high")
        check_order(self, "team_mean", "max_team")
        return self


class Labour(Group):
    """Tasks, Providers, pay, and replaceability of Providers."""

    essential: float = number(0.0, "share", 0.0, 1.0, "E36 (direction); size: assumption", "share of a housed Plan's places that need every task: with calls or transport unfilled, these are limited to what the Boss has time for")
    bonding: float = number(0.0, "share of pairs", 0.0, 1.0, "model: 0 is gig, 1 is bonded (E36)", "share of Boss-Provider pairs bound to each other")
    trust_days: int = number(30, "days", 0, 365, ASSUMPTION, "a bonded Provider must have been known this long")
    pay_low: float = number(40.0, "EUR/day", 0.0, 500.0, "E07", "lowest pay for a logistics task")
    pay_high: float = number(70.0, "EUR/day", 0.0, 500.0, "E07", "highest pay for a logistics task")
    watch_pay: float = number(214.0, "EUR/day", 0.0, 2000.0, "E08 (1,500 EUR/week)", "pay for watch")
    reservation: float = number(55.0, "EUR/day", 0.0, 1000.0, ASSUMPTION, "mean pay below which a Provider declines")
    reservation_sigma: float = number(0.25, "log units", 0.0, 1.5, ASSUMPTION, "spread of that pay over Providers")
    housing_discount: float = number(0.4, "share", 0.0, 1.0, "E39 (direction); size: assumption", "share by which housing insecurity lowers that pay")
    accept_chance: float = number(0.8, "chance/request", 0.0, 1.0, ASSUMPTION, "a Provider who is free and satisfied with the pay accepts")
    referral_chance: float = number(0.7, "chance/slot/day", 0.0, 1.0, ASSUMPTION, "the open pool is reached by referral")
    asked_contacts: int = number(4, "requests/slot/day", 1, 16, ASSUMPTION, "contacts asked per day")
    asked_pool: int = number(3, "requests/slot/day", 0, 8, ASSUMPTION, "persons of the open pool asked per day")
    leave_rate: float = number(0.08, "1/day", 0.0, 1.0, "E36 (direction); size: assumption", "a Provider leaves a task in mid-Plan")
    other_work_rate: float = number(0.02, "1/day", 0.0, 1.0, "E31 (direction); size: assumption", "an idle Provider takes other work")
    other_work_days: float = number(10.0, "days", 1.0, 365.0, ASSUMPTION, "mean time of other work")
    max_plans: int = number(2, "Plans", 1, 6, "E36 (several); size: assumption", "Plans a Provider serves at once")
    minutes_per_day: int = number(720, "minutes/day", 60, 1_000_000, ASSUMPTION, "working time of a task-holder per day")
    watch_minutes: int = number(600, "minutes/day", 0, 1440, ASSUMPTION, "time of one watch slot")
    unfilled_calls: float = number(0.5, "share", 0.0, 1.0, ASSUMPTION, "share of places lost when nobody answers calls")
    unfilled_transport: float = number(0.3, "share", 0.0, 1.0, ASSUMPTION, "share of places lost when there is no transport")
    unfilled_supplies: float = number(0.1, "chance/day", 0.0, 1.0, ASSUMPTION, "a Plan without supplies ends a day early")
    recruiting_share: float = number(0.2, "share", 0.0, 1.0, ASSUMPTION, "Providers able to recruit")
    logistics_share: float = number(0.8, "share", 0.0, 1.0, ASSUMPTION, "Providers able to do logistics tasks")
    watch_share: float = number(0.5, "share", 0.0, 1.0, ASSUMPTION, "Providers able to keep watch")
    contacts_start: int = number(5, "persons", 0, 16, ASSUMPTION, "Providers a Boss knows at the start")
    minutes_per_appointment: _TaskMinutesPerAppointment[1] = _TaskMinutesPerAppointment[0]
    minutes_per_person: _TaskMinutesPerPerson[1] = _TaskMinutesPerPerson[0]

    @model_validator(mode="after")
    def _pay_in_order(self):
        check_order(self, "pay_low", "pay_high")
        if self.logistics_share == 0.0 and self.watch_share == 0.0 and self.recruiting_share == 0.0:
            raise ValueError("recruiting_share, logistics_share and watch_share must not all be zero")
        return self


class Control(Group):
    """Control over a person, and attempts to leave (E30, E61)."""

    supervision_weight: float = number(0.4, "weight", 0.0, 1.0, ASSUMPTION, "weight of supervision")
    debt_weight: float = number(0.3, "weight", 0.0, 1.0, ASSUMPTION, "weight of debt and reprisals")
    attachment_weight: float = number(0.3, "weight", 0.0, 1.0, "E30 (direction); size: assumption", "weight of attachment to the Boss")
    trust_weight: float = number(0.3, "weight", 0.0, 1.0, ASSUMPTION, "weight of trust in services, against control")
    attempt_rate: float = number(0.012, "1/day", 0.0, 1.0, ASSUMPTION, "attempts to leave of a person who wants to")
    attempt_unsure: float = number(0.4, "factor", 0.0, 1.0, "E25 (order); size: assumption", "attempts of one who does not know, relative to one who wants to leave")
    attempt_unwilling: float = number(0.1, "factor", 0.0, 1.0, "E25 (order); size: assumption", "attempts of one who does not want to, relative to one who wants to leave")
    awareness_factor: float = number(1.0, "factor", 0.0, 5.0, ASSUMPTION, "added to the rate by full awareness")
    awareness_contact: float = number(0.1, "share of what is missing", 0.0, 1.0, "E64 (none at entry); size: assumption", "awareness of being a victim gained by recognition or in a meeting with services")
    awareness_day: float = number(0.01, "share of what is missing/day", 0.0, 1.0, ASSUMPTION, "awareness gained per day of accompaniment or care")
    intention_trust: float = number(0.01, "1/day", 0.0, 1.0, "E25 (moves with trust); size: assumption", "rate, at full trust, of a step towards wanting to leave")
    intention_control: float = number(0.003, "1/day", 0.0, 1.0, "E25 (moves with control); size: assumption", "rate, at full control, of a step away from wanting to leave")
    success: float = number(0.5, "chance/attempt", 0.0, 1.0, ASSUMPTION, "success without any watch")
    watch_effect: float = number(0.7, "share", 0.0, 1.0, "E61 (direction); size: assumption", "share by which full watch lowers success")
    debt_after_failure: float = number(0.15, "0 to 1", 0.0, 1.0, "E43 (direction); size: assumption", "debt and reprisals added by a failed attempt")
    debt_decay: float = number(0.005, "1/day", 0.0, 1.0, ASSUMPTION, "decay of debt")
    attachment_decay: float = number(0.004, "1/day", 0.0, 1.0, ASSUMPTION, "decay of attachment")
    supervision_decay: float = number(0.1, "1/day", 0.0, 1.0, ASSUMPTION, "decay of supervision between Plans")
    independent_share: float = number(0.3, "share", 0.0, 1.0, ASSUMPTION, "share of those who break free who continue independently")
    independent_days: float = number(180.0, "days", 1.0, 3650.0, ASSUMPTION, "mean time of independent activity")
    freed_rate: float = number(0.05, "1/day", 0.0, 1.0, ASSUMPTION, "a person whose Boss is gone breaks free")
    taken_on_chance: float = number(0.2, "chance", 0.0, 1.0, "model (existence); size: assumption", "one left without a Boss is tied to a Boss acquainted with the former one")
    spell_sigma: float = number(0.0, "log units", 0.0, 2.0, "E03 (direction: short-lived teams); size: assumption", "spread among persons of the rate of attempts to leave, with the mean time between attempts kept: spells under control differ in length")
    relapse_rate: float = number(0.0008, "1/day", 0.0, 0.5, ASSUMPTION, "a person who left is at risk again, in the first year")


class Learning(Group):
    """Change of beliefs."""

    learning: bool = choice(True, "switch (negative control)", "Bosses learn about risk and income")
    own_rate: float = number(0.08, "1/Plan-day", 0.0, 1.0, ASSUMPTION, "weight of a day of an own Plan in the belief about its cell")
    general_rate: float = number(0.03, "1/Plan-day", 0.0, 1.0, ASSUMPTION, "weight of a day of an own Plan in the income a Boss expects wherever there is no news")
    word_rate: float = number(0.03, "1/Plan-day", 0.0, 1.0, ASSUMPTION, "weight of an acquainted Boss's day")
    word_chance: float = number(0.5, "chance/Plan", 0.0, 1.0, ASSUMPTION, "word of a Plan reaches an acquainted Boss")
    visibility: float = number(0.0, "chance/visit", 0.0, 1.0, "Finn and Stalans 2016 (direction); size: assumption", "a visit of police to a cell is noticed by each Boss with a Plan there")
    generalisation: float = number(0.0, "share", 0.0, 1.0, "Nagin 2013 (direction); size: assumption", "share of the weight of news that cells of the same kind or territory get too")
    drift_days: float = number(120.0, "days", 1.0, 3650.0, ASSUMPTION, "time in which the distance of a belief from the prior falls by a factor e")
    prior_risk: float = number(0.004, "break-ups/Plan-day", 0.0, 1.0, ASSUMPTION, "perceived risk before any event")
    prior_income: float = number(200.0, "EUR/person/day", 0.0, 5000.0, ASSUMPTION, "expected income before any Plan, everywhere")
    fear_gain: float = number(0.5, "risk/share of offers", 0.0, 50.0, ASSUMPTION, "clients' perceived risk added when all Plans of a territory are broken up")
    fine_fear: float = number(1.0, "risk/fine", 0.0, 50.0, "E60 (direction); size: assumption", "perceived risk that a fine adds to the client's own")
    fine_word: float = number(1.0, "risk/share of appointments", 0.0, 50.0, "E60 (direction); size: assumption", "clients' perceived risk added when all appointments of a territory are fined")
    fear_decay: float = number(0.05, "1/day", 0.0, 1.0, ASSUMPTION, "share of clients' fear lost each day")

"""The market core as a Mesa tutorial would write it: plain Python agents, one `step` a day.

It follows the rules of `sim.rules` with the numbers of the same `Parameters`, the same places and
the same calendar, but shares no rule with them: agents are objects, beliefs are dictionaries,
chance is `self.random`, every client steps every day. It serves as a yardstick for speed and as an
independent second implementation for the results.

Of the structural dials it has those of the core: entry that follows income, clients who change method, roles that a Plan
needs. Left out, and refused: levers, bonded pairs, police targets other than uniform, more than twelve places, the
other dials, and all that `benchmarks.core.CORE` switches off.

>>> from sim.configuration import compose
>>> market = TextbookMarket(compose("class", overrides=CORE | {"days": 20, "burn_in": 0}))
>>> market.run(20)
>>> len(market.days)
20
"""

from __future__ import annotations

import dataclasses
import math
import operator
import statistics
from collections import Counter

import mesa

from benchmarks.core import CORE
from benchmarks.textbook_boss import Boss
from benchmarks.textbook_roles import (
    VENUE_KINDS,
    Client,
    Police,
    Prostitute,
    Provider,
    geometric_days,
    lognormal,
)
from benchmarks.textbook_team import TIES
from sim.initialisation.calendar import demand_multiplier
from sim.initialisation.geography import distance_matrix_km, places
from sim.parameters import Parameters

LARGEST = 12  # places; beyond it an offer may be out of sight
UNKNOWN_DIALS = (
    "learning.visibility", "learning.generalisation", "planning.loss_weight", "entry.one_off_share", "entry.runaway_meeting",
    "careers.commitment_sigma", "control.spell_sigma", "justice.record_weight", "careers.unqualified_weight",
)  # fmt: skip
USUAL_DIGITAL_SHARE = 0.65  # the share at which attractiveness was set


@dataclasses.dataclass(eq=False)
class Territory:
    """A place: inhabitants, venues by kind, the other places by distance, and its clients' fear."""

    population: int
    jurisdiction: str
    zone: int
    venues: dict
    log_size: dict = dataclasses.field(default_factory=dict)
    distance: dict = dataclasses.field(default_factory=dict)
    sight: dict = dataclasses.field(default_factory=dict)
    nearest: list = dataclasses.field(default_factory=list)
    fear: float = 0.0
    appetite: float = 0.0  # factor on its clients' search rates today
    broken_today: int = 0


class TextbookMarket(mesa.Model):
    """A market of Clients, Bosses, Providers, Prostitutes and Police; `days` holds each day's totals.

    Raises ValueError for what it does not know (see the head of this file).
    """

    def __init__(self, parameters: Parameters):
        super().__init__(seed=parameters.seed)
        refuse_what_is_left_out(parameters)
        self.parameters = parameters
        self.day = -1  # of the founding; the first step is day 0
        self.days = []
        self.today = Counter()
        self.kind_utility = parameters.demand.kind_utility.model_dump()
        self.venue_cost = parameters.planning.venue_cost.model_dump()
        self.find_chance = parameters.enforcement.find_chance.model_dump()
        self.inspection_weight = parameters.enforcement.inspection_weight.model_dump()
        self.build_places()
        self.build_calendar()
        self.build_channels()
        self.found_people()
        self.day = 0

    # --- founding ---------------------------------------------------------------------------------
    def build_places(self):
        planning, market = self.parameters.planning, self.parameters.market
        sites = places(market.preset)
        if len(sites) > LARGEST:
            raise ValueError(f"market.preset={market.preset}: the textbook version knows at most {LARGEST} places")
        stock = planning.venue_stock.model_dump()
        self.territories = [
            Territory(
                site.population,
                site.jurisdiction,
                site.zone_index,
                {kind: max(1, round(stock[kind] * site.population / 1000.0)) for kind in VENUE_KINDS},
            )
            for site in sites
        ]
        for territory, row in zip(self.territories, distance_matrix_km(sites).tolist(), strict=True):
            territory.distance = dict(zip(self.territories, row, strict=True))
            territory.sight = {z: math.exp(-km / market.distance_scale_km) for z, km in territory.distance.items()}
            territory.nearest = sorted(self.territories, key=territory.distance.get)
        digital = self.parameters.demand.digital_share
        for kind, attractiveness in planning.attractiveness.model_dump().items():
            usual = USUAL_DIGITAL_SHARE
            channel = (1.0 - digital) / (1.0 - usual) if kind == "street" else digital / usual
            total = sum(territory.venues[kind] for territory in self.territories)
            for territory in self.territories:
                weight = territory.venues[kind] / total * attractiveness * channel
                territory.log_size[kind] = math.log(weight) if weight > 0.0 else -math.inf

    def build_calendar(self):
        c, days = self.parameters.calendar, self.parameters.days + 20
        week = (c.weekday_monday_to_thursday,) * 4 + (c.weekday_friday_saturday,) * 2 + (c.weekday_sunday,)
        self.demand = demand_multiplier(
            self.parameters.start, days, week, c.school_holiday, c.month_edge, c.month_edge_days,
            c.public_holiday, c.event_dates, c.event).tolist()  # fmt: skip

    def build_channels(self):
        """The street is channel 0; web sites follow with shares that fall as 1/rank."""
        sites, digital = self.parameters.market.platforms, self.parameters.demand.digital_share
        total = sum(1.0 / rank for rank in range(1, sites + 1))
        self.channels = list(range(sites + 1))
        self.channel_shares = [1.0 - digital] + [digital / rank / total for rank in range(1, sites + 1)]

    def found_people(self):
        market, entry, careers = self.parameters.market, self.parameters.entry, self.parameters.careers
        justice, random = self.parameters.justice, self.random
        self.mean_rate = rate_for(market.searches_per_day, market.clients, self.parameters.demand.rate_sigma)
        for _ in range(market.bosses):
            boss = Boss(self, self.draw_home())
            boss.birth_day -= geometric_days(random, 365.0 * careers.age_spread)
            boss.back_day = random.randrange(5)
            if random.random() < careers.bosses_in_prison:
                boss.status, boss.back_day = "prison", geometric_days(random, justice.prison_days_boss)
        for _ in range(market.providers):
            provider = Provider(self, self.draw_home())
            if random.random() < careers.providers_in_prison:
                provider.status, provider.back_day = "prison", geometric_days(random, justice.prison_days_provider)
        population = sum(territory.population for territory in self.territories)
        stock = round(population / 100_000.0 * entry.at_risk_per_100k / 365.0 * entry.at_risk_days * 0.8)
        bosses = list(self.agents_by_type[Boss])
        for number in range(market.prostitutes + stock):
            person = Prostitute(self, self.draw_home())
            if number < market.prostitutes:
                person.birth_day -= geometric_days(random, 365.0)
                if random.random() < entry.independent_at_start:
                    person.was_exploited = True
                    person.go_on_alone(0)
                else:
                    self.tie_at_start(person, bosses)
        for boss in bosses:
            self.meet_bosses(boss)
            known = self.nearest_to(boss.home, self.agents_by_type[Provider], self.parameters.labour.contacts_start)
            boss.contacts = {provider: [-365, 1] for provider in known}
        for _ in range(market.clients):
            Client(self, self.draw_home())
        for jurisdiction in dict.fromkeys(territory.jurisdiction for territory in self.territories):
            Police(self, [place for place in self.territories if place.jurisdiction == jurisdiction])

    def draw_home(self):
        return self.random.choices(self.territories, [territory.population for territory in self.territories])[0]

    def tie_at_start(self, person, bosses):
        """Tie a person to a Boss who is free and has room; she stays at risk if nobody has."""
        first = self.random.randrange(len(bosses))
        for boss in bosses[first:] + bosses[:first]:
            if boss.status != "prison" and len(boss.persons) < min(TIES, boss.team_wanted + 1):
                boss.persons.append(person)
                person.boss, person.status, person.territory = boss, "between", boss.home
                person.was_exploited = True
                person.attachment, person.debt, person.supervision = 0.5, 0.3, 0.5
                return

    def meet_bosses(self, boss):
        """The Bosses a Boss hears from."""
        others = [other for other in self.agents_by_type[Boss] if other is not boss and other.status != "left"]
        boss.acquainted = self.nearest_to(boss.home, others, self.parameters.careers.acquaintances)

    def nearest_to(self, home, agents, number):
        """Some agents, near ones rather than far ones."""
        scale = self.parameters.careers.acquaintance_km
        near = [agent for agent in agents if home.distance[agent.home] <= 6.0 * scale]
        near.sort(key=lambda agent: self.random.expovariate(1.0) * math.exp(home.distance[agent.home] / scale))
        return near[:number]

    # --- a day ------------------------------------------------------------------------------------
    def run(self, days):
        """Run a number of days."""
        for _ in range(days):
            self.step()

    def step(self):
        """One day, in the order of `sim.day.PHASES`."""
        bosses, providers = self.agents_by_type[Boss], self.agents_by_type[Provider]
        self.today = Counter()
        self.open_the_day()
        self.receive_arrivals()
        self.list_who_is_where()
        bosses.shuffle_do("plan_the_day")
        self.count_everybody()
        bosses.do("open_offer")
        self.list_offers()
        self.agents_by_type[Client].shuffle_do("step")
        bosses.do("share_money")
        bosses.shuffle_do("run_plan")
        self.agents_by_type[Prostitute].shuffle_do("step")
        bosses.do("close_plan_if_over")
        providers.do("step")
        self.agents_by_type[Police].shuffle_do("step")
        bosses.do("be_reported")
        bosses.do("face_justice")
        providers.do("face_justice")
        bosses.do("follow_career")
        providers.do("follow_career")
        bosses.do("learn")
        self.spread_fear()
        self.days.append(self.today)
        self.day += 1

    def open_the_day(self):
        kappa = self.parameters.demand.fear_kappa
        for territory in self.territories:
            territory.broken_today = 0
            territory.appetite = self.demand[territory.zone][self.day] * math.exp(-kappa * territory.fear)

    def receive_arrivals(self):
        """Poisson arrivals of persons at risk, Bosses and Providers in each territory."""
        entry, careers, market = self.parameters.entry, self.parameters.careers, self.parameters.market
        self.pull = {"bosses": self.pull_of("bosses", entry.boss_elasticity),
                     "providers": self.pull_of("providers", entry.provider_elasticity)}  # fmt: skip
        bosses_a_day = self.pull["bosses"] * careers.boss_entry * market.boss_entry_factor * market.bosses / 365.0
        population = sum(territory.population for territory in self.territories)
        for territory in self.territories:
            share = territory.population / population
            for _ in range(self.poisson(entry.at_risk_per_100k * territory.population / 100_000.0 / 365.0)):
                Prostitute(self, territory)
                self.today["arrivals_at_risk"] += 1
            for _ in range(self.poisson(bosses_a_day * share)):
                self.introduce(Boss(self, territory))
                self.today["bosses_entered"] += 1
            for _ in range(self.poisson(self.pull["providers"] * careers.provider_entry * market.providers / 365.0 * share)):
                Provider(self, territory)

    def pull_of(self, role, elasticity):
        """Factor on the entry of a role: its income a day of late over that before the policy, to the power of the elasticity."""
        entry, start = self.parameters.entry, self.parameters.policy.start_day
        before = self.days[start // 2 : start] if elasticity > 0.0 else []
        if not before:
            return 1.0
        fading = [math.exp(-age / entry.income_days) for age in range(len(self.days))]
        usual = sum(day[f"{role}_income"] for day in before) / sum(at_liberty(day, role) for day in before)
        late = sum(w * day[f"{role}_income"] for w, day in zip(fading, reversed(self.days), strict=True))
        late /= sum(w * at_liberty(day, role) for w, day in zip(fading, reversed(self.days), strict=True))
        return min(entry.headroom, (max(0.0, late) / usual) ** elasticity)

    def introduce(self, boss):
        """A new Boss meets some; they hear from him too, where they have room or in the place of one who has left."""
        self.meet_bosses(boss)
        for other in boss.acquainted:
            if len(other.acquainted) < self.parameters.careers.acquaintances:
                other.acquainted.append(boss)
                continue
            left = next((known for known in other.acquainted if known.status == "left"), None)
            if left is not None:
                other.acquainted[other.acquainted.index(left)] = boss

    def poisson(self, mean):
        """A Poisson number: unit exponential waits until the mean is used up."""
        number, left = 0, mean - self.random.expovariate(1.0)
        while left > 0.0:
            number, left = number + 1, left - self.random.expovariate(1.0)
        return number

    def list_who_is_where(self):
        """Lists used all day: idle Providers by home, persons at risk or independent by territory."""
        self.pool = {territory: [] for territory in self.territories}
        self.recruitable = {territory: [] for territory in self.territories}
        for provider in self.agents_by_type[Provider]:
            if provider.status == "idle":
                self.pool[provider.home].append(provider)
        for person in self.agents_by_type[Prostitute]:
            if person.status in ("at_risk", "independent"):
                self.recruitable[person.territory].append(person)

    def list_offers(self):
        self.offers = {channel: [] for channel in self.channels}
        for plan in self.running_plans:
            self.offers[plan.channel].append(plan)

    def count_everybody(self):
        """Where everybody stands when the day's activity begins."""
        today = self.today
        for person in self.agents_by_type[Prostitute]:
            away = person.status == "between" and person.boss is not None and person.boss.status == "outside"
            today["held_outside" if away else person.status] += 1
        today["held_between"] = today["between"]
        self.running_plans = [boss.plan for boss in self.agents_by_type[Boss] if boss.plan is not None]
        for plan in self.running_plans:
            today["plans_running"] += 1
            today["slots"] += len(plan.slots)
            today["slots_vacant"] += sum(slot.holder is None for slot in plan.slots)
        for boss in self.agents_by_type[Boss]:
            today[f"bosses_{boss.status}"] += 1
        for provider in self.agents_by_type[Provider]:
            today[f"providers_{provider.status}"] += 1

    def demand_ahead(self, territory, length):
        """Mean calendar multiplier of the days of a Plan."""
        return sum(self.demand[territory.zone][self.day : self.day + length]) / length

    def spread_fear(self):
        """Clients of a territory fear by the share of its Plans broken up today; fear fades."""
        learning = self.parameters.learning
        open_plans = Counter(plan.territory for plan in self.running_plans)
        for territory in self.territories:
            territory.fear *= 1.0 - learning.fear_decay
            if territory.broken_today:
                territory.fear += learning.fear_gain * territory.broken_today / open_plans[territory]

    def prosecute(self, agent, chance, prison_days):
        """End of custody: prosecuted and detained, or released. Returns whether he is jailed."""
        justice = self.parameters.justice
        agent.back_day = self.day + 1
        jailed = self.random.random() < chance and self.random.random() < justice.detained
        if jailed:
            agent.back_day += int(lognormal(self.random, prison_days, justice.prison_sigma))
        return jailed


def at_liberty(day, role):
    """How many of a role were neither held nor gone."""
    statuses = ("free", "running", "other_work", "outside") if role == "bosses" else ("idle", "engaged", "other_work")
    return sum(day[f"{role}_{status}"] for status in statuses)


def refuse_what_is_left_out(parameters: Parameters) -> None:
    """ValueError naming a setting the textbook version does not know."""
    zero = [key for key, off in CORE.items() if off == 0.0] + list(UNKNOWN_DIALS)
    left_out = {key: operator.attrgetter(key)(parameters) != 0.0 for key in zero} | {
        "policy.levers": any(lever.intensity > 0.0 for lever in parameters.policy.levers.values()),
        "labour.bonding": parameters.labour.bonding > 0.0,
        "enforcement.cells_chosen": parameters.enforcement.cells_chosen != "uniform",
    }
    for key, asked in left_out.items():
        if asked:
            raise ValueError(f"{key}: the textbook version does not know it; compose with benchmarks.core.CORE")


def rate_for(searches_per_day: float, clients: int, sigma: float) -> float:
    """The mean rate at which lognormal clients, each at most once a day, make so many searches (bisection)."""
    normal = statistics.NormalDist()
    shapes = [math.exp(sigma * normal.inv_cdf((k + 0.5) / 1000) - 0.5 * sigma * sigma) for k in range(1000)]
    wanted = min(searches_per_day / clients, 0.9)
    low, high = 0.0, 100.0
    for _ in range(60):
        rate = (low + high) / 2.0
        searching = sum(1.0 - math.exp(-rate * shape) for shape in shapes) / len(shapes)
        low, high = (rate, high) if searching < wanted else (low, rate)
    return low

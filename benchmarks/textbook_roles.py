"""Client, Provider, Prostitute and Police of the textbook Mesa version: one class a role, one method a habit.

The legal role names are those of the source; the persons in the role Prostitute are exploited.
"""

from __future__ import annotations

import heapq
import math

import mesa

DAYS_A_YEAR = 365.25
LASTING_DAYS = 365  # who has been out so long does not come back
VENUE_KINDS = ("street", "hotel", "flat", "client_home")
HOUSED = VENUE_KINDS[1:]
SKILL_FOR = {"recruitment": "recruiting", "watch": "watch"}  # every other task asks for logistics


# --- chance, in the words of the model ------------------------------------------------------------
def happens(random, rate):
    """Whether an event of this daily rate happens today."""
    return random.random() < 1.0 - math.exp(-rate)


def lognormal(random, mean, sigma):
    """A lognormal number with the given mean; `sigma` belongs to its logarithm."""
    return mean * math.exp(random.gauss(0.0, sigma) - 0.5 * sigma * sigma)


def gumbel(random):
    """The noise of a logit choice."""
    return -math.log(random.expovariate(1.0))


def geometric_days(random, mean):
    """Whole days, at least one, geometric."""
    if mean <= 1.0:
        return 1
    return 1 + int(math.log(1.0 - random.random()) / math.log(1.0 - 1.0 / mean))


def age_at_entry(random, low, mean):
    """Years: a lower bound and an exponential above it, cut at four times its mean."""
    return low + min(random.expovariate(1.0) * (mean - low), 4.0 * (mean - low))


class Client(mesa.Agent):
    """Searches on some days, looks at a few offers, and takes the best of them or none."""

    def __init__(self, model, territory):
        super().__init__(model)
        demand = model.parameters.demand
        self.territory = territory
        self.rate = lognormal(self.random, model.mean_rate, demand.rate_sigma)
        self.willingness = lognormal(self.random, demand.willingness_mean, demand.willingness_sigma)
        self.distance_cost = lognormal(self.random, demand.distance_cost, demand.distance_sigma)
        self.report_chance = self.random.expovariate(1.0) * demand.report_chance
        self.taste = {kind: self.random.gauss(0.0, demand.kind_taste) for kind in VENUE_KINDS}
        self.tries_again = False
        self.lean = 0.0  # to the street, as a share of searches

    def step(self):
        """Search today, with a chance that the calendar and the fear in his territory move."""
        if self.tries_again:
            self.tries_again = False
        elif self.random.random() >= 1.0 - math.exp(-self.rate * self.territory.appetite):
            return
        self.search()

    def search(self):
        """Look in one channel, perhaps in the other too; book, decline, try again tomorrow, or go without."""
        model, demand, random = self.model, self.model.parameters.demand, self.random
        today = model.today
        today["searches"] += 1
        at_home = demand.temperature * gumbel(random)
        channel = self.draw_channel()
        seen = self.look(channel)
        chosen = self.choose(seen, at_home)
        if chosen is None and random.random() < demand.channel_switch:
            chosen = self.choose(self.look(0 if channel > 0 else self.draw_site()), at_home)
        if chosen is not None:
            self.book(chosen)
        elif seen:
            today["declined"] += 1
        else:
            self.tries_again = random.random() < demand.retry_chance
            today["retried" if self.tries_again else "unmet"] += 1

    def draw_channel(self):
        """The street (0), or a web site."""
        return 0 if self.random.random() < self.model.channel_shares[0] + self.lean else self.draw_site()

    def draw_site(self):
        return self.random.choices(self.model.channels[1:], self.model.channel_shares[1:])[0]

    def look(self, channel):
        """Some offers of a channel with places left, those near and fresh rather than others."""
        sight, random = self.territory.sight, self.random
        return heapq.nsmallest(
            self.model.parameters.demand.offers_seen,
            [plan for plan in self.model.offers[channel] if plan.booked < plan.places],
            key=lambda plan: random.expovariate(1.0) / (sight[plan.territory] * plan.visibility),
        )

    def choose(self, seen, at_home):
        """The best offer by price, distance, taste and noise, or None where staying at home is better."""
        model = self.model
        temperature = model.parameters.demand.temperature
        distance = self.territory.distance
        best, highest = None, at_home
        for plan in seen:
            utility = self.willingness - 0.01 * plan.price + self.taste[plan.kind] + model.kind_utility[plan.kind]
            utility -= self.distance_cost * distance[plan.territory]
            utility += temperature * gumbel(self.random)
            if utility > highest:
                best, highest = plan, utility
        return best

    def book(self, plan):
        """A count and a payment; he may report it."""
        today = self.model.today
        plan.booked += 1
        plan.income += plan.price
        today["encounters"] += 1
        today["payments"] += plan.price
        drift = self.model.parameters.demand.channel_drift
        self.lean += drift * (0.5 * ((plan.channel == 0) - self.model.channel_shares[0]) - self.lean)
        if self.random.random() < self.report_chance:
            plan.reports += 1.0
            today["reports_by_clients"] += 1


class Provider(mesa.Agent):
    """Holds tasks in Plans: idle, engaged, other_work, custody, prison, left."""

    def earn(self, amount):
        """Pay, which candidates for the role hear of."""
        self.cash += amount
        self.model.today["providers_income"] += amount

    def __init__(self, model, home):
        super().__init__(model)
        labour, careers, random = model.parameters.labour, model.parameters.careers, self.random
        self.home = home
        self.status = "idle"
        self.back_day = -1
        self.cash = 0
        self.minutes = 0
        self.plans = []
        shares = (labour.logistics_share, labour.watch_share, labour.recruiting_share)
        skills = zip(("logistics", "watch", "recruiting"), shares, strict=True)
        self.skills = {skill for skill, share in skills if random.random() < share}
        insecurity = random.random() if random.random() < careers.insecure_share else 0.0
        wish = lognormal(random, labour.reservation, labour.reservation_sigma)
        self.reservation = wish * (1.0 - labour.housing_discount * insecurity)

    def may_serve(self, boss, task, minutes):
        """Able, free enough, and not at capacity."""
        labour = self.model.parameters.labour
        if self.status not in ("idle", "engaged") or SKILL_FOR.get(task, "logistics") not in self.skills:
            return False
        if self.minutes + minutes > labour.minutes_per_day:
            return False
        return len(self.plans) < labour.max_plans or boss.plan in self.plans

    def step(self):
        """Take other work for a time when idle, and come back."""
        labour = self.model.parameters.labour
        if self.status == "other_work":
            if self.back_day <= self.model.day:
                self.status = "idle"
        elif self.status == "idle" and happens(self.random, labour.other_work_rate):
            self.status = "other_work"
            self.back_day = self.model.day + geometric_days(self.random, labour.other_work_days)

    def face_justice(self):
        """End of custody or of prison."""
        model, justice = self.model, self.model.parameters.justice
        if self.status not in ("custody", "prison") or self.back_day > model.day:
            return
        if self.status == "custody":
            jailed = model.prosecute(self, justice.prosecuted_provider, justice.prison_days_provider)
            self.status = "prison" if jailed else "idle"
        else:
            self.status = "idle" if self.random.random() < justice.relapse else "left"

    def follow_career(self):
        """An idle Provider may leave for good."""
        if self.status in ("idle", "other_work"):
            if happens(self.random, self.model.parameters.careers.provider_leave_rate):
                self.status = "left"


class Prostitute(mesa.Agent):
    """A person exploited or at risk of it: at_risk, independent, between, in_plan, out."""

    def __init__(self, model, territory):
        super().__init__(model)
        entry, random = model.parameters.entry, self.random
        self.territory = territory
        self.status = "at_risk"
        self.birth_day = model.day - int(age_at_entry(random, entry.age_low, entry.age_mean) * DAYS_A_YEAR)
        self.intention = random.choices(
            ("yes", "does_not_know", "no"),
            (entry.intends_to_leave, entry.does_not_know, 1.0 - entry.intends_to_leave - entry.does_not_know),
        )[0]
        violence = 1.0 if random.random() < entry.violence_share else 0.0
        self.vulnerability = 0.5 * violence + 0.5 * random.random()
        self.trust = 0.3 * random.random()
        self.awareness = 1.0 if random.random() < entry.aware_share else 0.0
        self.supervision = self.debt = self.attachment = 0.0
        self.earnings = 0
        self.boss = None
        self.plan = None
        self.was_exploited = False
        self.until = 0
        self.out_since = None

    def is_minor(self):
        return self.model.day - self.birth_day < 18.0 * DAYS_A_YEAR

    def step(self):
        """The day of a person, by her status."""
        entry, control = self.model.parameters.entry, self.model.parameters.control
        if self.status == "out":
            lately = self.was_exploited and self.model.day - self.out_since < LASTING_DAYS
            if lately and happens(self.random, control.relapse_rate):
                self.status = "at_risk"
                self.model.today["returned_to_risk"] += 1
        elif self.status == "at_risk":
            if happens(self.random, entry.detection_rate):
                self.be_out("detected_early")
            elif happens(self.random, 1.0 / entry.at_risk_days):
                self.be_out("risk_passed")
        elif self.status == "independent":
            if self.until <= self.model.day:
                self.be_out("exits")
        elif self.status == "in_plan":
            self.try_to_leave()
        elif self.status == "between":
            self.wait_between()

    def control_suffered(self):
        control = self.model.parameters.control
        value = (
            control.supervision_weight * self.supervision
            + control.debt_weight * self.debt
            + control.attachment_weight * self.attachment
            - control.trust_weight * self.trust
        )
        return min(1.0, max(0.0, value))

    def try_to_leave(self):
        """An attempt succeeds the less the more she is watched; a failed one costs debt and reprisals."""
        control = self.model.parameters.control
        factor = {"yes": 1.0, "does_not_know": control.attempt_unsure, "no": control.attempt_unwilling}[self.intention]
        rate = control.attempt_rate * (1.0 + control.awareness_factor * self.awareness) * factor
        if not happens(self.random, rate * (1.5 - self.control_suffered())):
            return
        self.model.today["attempts"] += 1
        if self.random.random() < control.success * (1.0 - control.watch_effect * self.supervision):
            self.model.today["left_by_attempt"] += 1
            self.break_free()
        else:
            self.debt = min(1.0, self.debt + control.debt_after_failure)

    def wait_between(self):
        """Held between Plans: control fades; whose Boss is gone breaks free in time."""
        control = self.model.parameters.control
        self.supervision *= 1.0 - control.supervision_decay
        self.debt *= 1.0 - control.debt_decay
        self.attachment *= 1.0 - control.attachment_decay
        alone = self.boss is None or self.boss.status == "left"
        held_away = not alone and self.boss.status in ("custody", "prison")
        if alone or self.control_suffered() <= 0.0 or (held_away and happens(self.random, control.freed_rate)):
            self.model.today["freed"] += 1
            self.break_free()
        else:
            self.try_to_leave()

    def break_free(self):
        """Independent for a time, or out."""
        control = self.model.parameters.control
        if self.plan is not None:
            self.plan.persons.remove(self)
            self.plan = None
        self.end_tie()
        self.supervision = self.debt = self.attachment = 0.0
        if self.random.random() < control.independent_share:
            self.go_on_alone(self.model.day)
        else:
            self.be_out("exits")

    def end_tie(self):
        if self.boss is not None:
            self.boss.persons.remove(self)
            self.boss = None

    def go_on_alone(self, today):
        self.status = "independent"
        self.until = today + geometric_days(self.random, self.model.parameters.control.independent_days)

    def be_out(self, counted_as):
        self.status, self.out_since = "out", self.model.day
        self.model.today[counted_as] += 1

    def meet_the_police(self):
        """Recognised as a victim, or not, and then perhaps treated as an offender."""
        e, today = self.model.parameters.enforcement, self.model.today
        if self.random.random() < (e.recognised_minor if self.is_minor() else e.recognised_adult):
            today["recognised"] += 1
            if self.random.random() < e.exit_after_recognition:
                self.end_tie()
                self.be_out("exits")
        elif self.random.random() < e.treated_as_offender:
            today["treated_as_offender"] += 1
            self.trust *= 0.5


class Police(mesa.Agent):
    """The unit of a jurisdiction: visits to venues and street patrols, places chosen by inhabitants."""

    def __init__(self, model, territories):
        super().__init__(model)
        e = model.parameters.enforcement
        self.territories = territories
        population = sum(territory.population for territory in territories)
        capacity = e.inspector_days_per_100k * population / 100_000.0 * e.visits_per_inspector_day
        self.visits = capacity * e.venue_share
        self.patrols = capacity * e.street_share

    def step(self):
        weight = self.model.inspection_weight
        for _ in range(self.stochastic_round(self.visits)):
            kind = self.random.choices(HOUSED, [weight[kind] for kind in HOUSED])[0]
            self.visit(kind)
        for _ in range(self.stochastic_round(self.patrols)):
            self.visit("street")

    def stochastic_round(self, expected):
        """A whole number with this expectation."""
        return int(expected) + (self.random.random() < expected - int(expected))

    def visit(self, kind):
        """One venue of the kind, at random; each Plan there is found with a chance."""
        chance = self.model.parameters.enforcement.yield_factor * self.model.find_chance[kind]
        territory = self.random.choices(self.territories, [place.population for place in self.territories])[0]
        venue = self.random.randrange(territory.venues[kind])
        self.model.today["patrols" if kind == "street" else "visits"] += 1
        for plan in self.model.running_plans:
            if plan.open and plan.territory is territory and plan.kind == kind and plan.venue == venue:
                if self.random.random() < chance:
                    plan.boss.be_found()

"""Boss of the textbook Mesa version: decides, launches, runs his Plan, shares money, learns."""

from __future__ import annotations

import math

from benchmarks.textbook_plan import BOSS, Plan
from benchmarks.textbook_roles import (
    DAYS_A_YEAR,
    VENUE_KINDS,
    age_at_entry,
    geometric_days,
    gumbel,
    happens,
    lognormal,
)
from benchmarks.textbook_team import Employer, cents

SAME_ADS_DAYS = 3  # ads put up again in the same cell within this time are not new


class Boss(Employer):
    """Statuses: free, running, other_work, outside, custody, prison, left."""

    def __init__(self, model, home):
        super().__init__(model)
        parameters, random = model.parameters, self.random
        careers, planning = parameters.careers, parameters.planning
        self.home = self.place = home
        age = age_at_entry(random, careers.entry_age_low, careers.entry_age_mean)
        self.birth_day = model.day - int(age * DAYS_A_YEAR)
        self.status = "free"
        self.back_day = model.day + 1
        self.tour_end = self.ad_since = model.day
        self.cash = 0
        self.price = cents(parameters.demand.price_start)
        self.pay_level = random.random()
        trials = planning.max_team - 1
        chance = (planning.team_mean - 1.0) / max(1, trials)
        self.team_wanted = 1 + sum(random.random() < chance for _ in range(trials))
        self.plan = None
        self.last_cell = None
        self.persons = []
        self.contacts = {}  # Provider: [known since, times worked]
        self.acquainted = []
        self.beliefs = {}  # cell: (risk, income, day)
        self.news = None

    # --- planning ---------------------------------------------------------------------------------
    def plan_the_day(self):
        """A Boss who is free and rested chooses among cells, waiting, other work, and leaving the region."""
        model, planning, random = self.model, self.model.parameters.planning, self.random
        if self.status in ("other_work", "outside") and self.back_day <= model.day:
            self.status = "free"
        if self.status != "free" or self.back_day > model.day:
            return
        if model.day >= self.tour_end:
            self.place = self.home
        days = lognormal(random, planning.duration_mean, planning.duration_sigma)
        length = int(min(planning.duration_high, max(planning.duration_low, days)) + 0.5)
        option = self.choose_option(length)
        if option == "wait":
            model.today["waited"] += 1
            self.back_day = model.day + 1
        elif option == "other_work":
            self.status = option
            self.back_day = model.day + geometric_days(random, planning.other_work_days)
        elif option == "outside":
            self.status = option
            self.back_day = model.day + geometric_days(random, planning.outside_days)
        else:
            self.launch(*option, length)

    def choose_option(self, length):
        planning = self.model.parameters.planning
        temperature = planning.temperature
        utility = {"wait": planning.wait_utility, "other_work": planning.other_work_utility}
        if planning.moving:
            utility["outside"] = planning.outside_utility
        for territory in self.place.nearest:
            if self.place.distance[territory] > self.model.parameters.market.reach_km:
                break
            for kind in VENUE_KINDS:
                if planning.moving or self.last_cell in (None, (territory, kind)):
                    utility[territory, kind] = self.utility_of(territory, kind, length)
        return max(utility, key=lambda option: utility[option] + temperature * gumbel(self.random))

    def utility_of(self, territory, kind, length):
        """EUR for the whole Plan: income ahead, costs, travel, perceived risk, habit, size of the cell."""
        model, planning = self.model, self.model.parameters.planning
        risk, income = self.belief_about((territory, kind))
        value = income * model.demand_ahead(territory, length) - model.venue_cost[kind]
        wages = 0.0
        if kind != "street":
            value -= planning.ad_cost
            wages = 0.01 * (self.pay_for("supplies") + self.team_wanted // 2 * self.pay_for("watch"))
        utility = (value * self.team_wanted - wages) * length
        utility -= planning.travel_cost * self.place.distance[territory]
        utility -= planning.loss_aversion * risk * length
        if (territory, kind) == self.last_cell:
            utility += planning.habit
        return utility + planning.temperature * territory.log_size[kind]

    def belief_about(self, cell):
        """Perceived risk and expected income; beliefs without news drift back to the prior."""
        learning = self.model.parameters.learning
        if cell not in self.beliefs:
            return learning.prior_risk, learning.prior_income
        risk, income, day = self.beliefs[cell]
        kept = math.exp(-(self.model.day - day) / learning.drift_days)
        prior_risk, prior_income = learning.prior_risk, learning.prior_income
        return prior_risk + (risk - prior_risk) * kept, prior_income + (income - prior_income) * kept

    def launch(self, territory, kind, length):
        """Travel, persons, venue, platform, staff. Without a person there is no Plan."""
        model, planning, random = self.model, self.model.parameters.planning, self.random
        day, today = model.day, model.today
        came_from, self.place = self.place, territory
        team = self.assemble_team()
        if not team:
            self.place = came_from
            self.back_day = day + 1
            return
        channel = 0
        if kind != "street":
            channel = random.choices(model.channels[1:], model.channel_shares[1:])[0]
        half_full = len(team) * model.parameters.demand.appointments_per_person // 2
        venue = random.randrange(territory.venues[kind])
        self.plan = Plan(self, territory, kind, channel, venue, day, day + length, self.price, team, half_full)
        for person in team:
            person.plan = self.plan
        if (territory, kind) != self.last_cell or self.news is None or self.news["day"] < day - SAME_ADS_DAYS:
            self.ad_since = day
        self.last_cell = (territory, kind)
        self.status = "running"
        if planning.moving and day >= self.tour_end and random.random() < planning.tour_chance:
            self.tour_end = day + min(14, max(3, geometric_days(random, planning.tour_days)))
        self.earn(-cents(planning.travel_cost * came_from.distance[territory]))
        self.plan.open_slots()
        self.fill_vacant_slots()
        today["plans_launched"] += 1
        today["team_launched"] += len(team)

    # --- administration ---------------------------------------------------------------------------
    def open_offer(self):
        """Places and visibility today: what is vacant costs places, a new ad draws more."""
        plan = self.plan
        if plan is None:
            return
        labour, demand = self.model.parameters.labour, self.model.parameters.demand
        plan.notice_missing_providers()
        plan.booked = plan.income = 0
        lost = 1.0 - labour.unfilled_calls * plan.vacant_share("ads_and_calls")
        lost *= 1.0 - labour.unfilled_transport * plan.vacant_share("transport")
        full = len(plan.persons) * demand.appointments_per_person
        covered = full * lost + labour.essential * (plan.places_covered(full, labour) - full * lost)
        plan.places = int(covered + 0.5)
        plan.visibility = 1.0 + demand.fresh_boost * math.exp(-(self.model.day - self.ad_since) / demand.fresh_days)

    def share_money(self):
        """A share to the persons, wages, venue, ads; the rest to the Boss."""
        plan, model = self.plan, self.model
        if plan is None:
            return
        team = max(1, len(plan.persons))
        each = int(plan.income * model.parameters.entry.keep_share) // team
        for person in plan.persons:
            person.earnings += each
        wages = 0
        for provider, tasks in plan.providers().items():
            pay = self.pay_for("watch" if "watch" in tasks else tasks[0])
            provider.earn(pay)
            wages += pay
        costs = cents(model.venue_cost[plan.kind]) * team
        if plan.kind != "street":
            costs += cents(model.parameters.planning.ad_cost) * team
        self.earn(plan.income - each * team - wages - costs)
        plan.income_total += plan.income - each * team
        plan.person_days += team
        plan.booked_before = plan.booked
        self.adjust_price()

    def earn(self, amount):
        """Money of his own, which candidates for his role hear of."""
        self.cash += amount
        self.model.today["bosses_income"] += amount

    def adjust_price(self):
        """A full day raises the price a little, a slack one lowers it, inside bounds."""
        plan, demand = self.plan, self.model.parameters.demand
        if plan.places == 0:
            return
        if plan.booked >= plan.places:
            price = self.price * (1.0 + demand.price_step_up)
        elif plan.booked < demand.slack_below * plan.places:
            price = self.price * (1.0 - demand.price_step_down)
        else:
            return
        self.price = int(min(100.0 * demand.price_high, max(100.0 * demand.price_low, price)) + 0.5)
        plan.price = self.price

    # --- flow -------------------------------------------------------------------------------------
    def run_plan(self):
        """From the second day Providers may leave and vacant slots are offered again; supervision follows the watch."""
        plan = self.plan
        if plan is None:
            return
        if plan.start < self.model.day:
            self.restaff()
        watch = 0.5 if plan.kind == "street" else 1.0 - plan.vacant_share("watch")
        for person in plan.persons:
            person.supervision = 0.5 * person.supervision + 0.5 * watch

    def restaff(self):
        plan = self.plan
        plan.notice_missing_providers()
        for slot in plan.slots:
            if slot.holder is not None and slot.holder is not BOSS:
                if happens(self.random, self.model.parameters.labour.leave_rate):
                    plan.release(slot)
        self.fill_vacant_slots()

    def close_plan_if_over(self):
        """A Plan ends at its date, earlier without supplies, or when nobody is left in it."""
        plan = self.plan
        if plan is None:
            return
        if not plan.persons:
            self.end_plan(False)
            return
        shorter = self.model.parameters.labour.unfilled_supplies
        if plan.vacant_share("supplies") > 0.0 and self.random.random() < shorter:
            plan.end -= 1
        if plan.end <= self.model.day + 1:
            self.model.today["plans_completed"] += 1
            self.end_plan(False)

    def end_plan(self, broken):
        """Providers are released, persons held between, the Boss rests; the event is noted to learn from."""
        plan, day = self.plan, self.model.day
        for slot in plan.slots:
            plan.release(slot)
        for person in plan.persons:
            person.status, person.plan = "between", None
        income = 0.01 * plan.income_total / max(1, plan.person_days)
        days = day + 1 - plan.start
        self.news = {"day": day, "cell": self.last_cell, "days": days, "broken": broken, "income": income}
        self.status = "free"
        rest = self.model.parameters.planning.rest_days if day >= self.tour_end else 1.0
        self.back_day = day + geometric_days(self.random, rest)
        plan.open = False
        self.plan = None

    # --- police, justice, careers -----------------------------------------------------------------
    def be_reported(self):
        """Reports by hotel staff, families and schools join those of clients; police answer some."""
        plan, e, random = self.plan, self.model.parameters.enforcement, self.random
        if plan is None:
            return
        if plan.kind == "hotel" and random.random() < e.staff_report:
            plan.reports += 1.0
        for person in plan.persons:
            if person.is_minor() and random.random() < e.family_report:
                plan.reports += 1.0
        if plan.reports > 0.0:
            unanswered = (1.0 - e.response_chance) ** plan.reports
            plan.reports *= 1.0 - e.heat_decay
            if random.random() >= unanswered:
                self.be_found()

    def be_found(self):
        """The Plan is broken up: arrests, recognition of victims; then it is over."""
        plan, model, random = self.plan, self.model, self.random
        e, custody_days = model.parameters.enforcement, model.parameters.justice.custody_days
        model.today["plans_broken_up"] += 1
        plan.territory.broken_today += 1
        for provider in plan.providers():
            if provider.status == "engaged" and random.random() < e.provider_arrested:
                provider.status, provider.back_day = "custody", model.day + custody_days
                model.today["providers_arrested"] += 1
        self.end_plan(True)
        for person in plan.persons:
            person.meet_the_police()
        if random.random() < e.boss_present:
            self.status, self.back_day = "custody", model.day + custody_days
            model.today["bosses_arrested"] += 1

    def face_justice(self):
        """End of custody or of prison."""
        model, justice = self.model, self.model.parameters.justice
        if self.status not in ("custody", "prison") or self.back_day > model.day:
            return
        if self.status == "custody":
            jailed = model.prosecute(self, justice.prosecuted_boss, justice.prison_days_boss)
            self.status = "prison" if jailed else "free"
        else:
            self.status = "free" if self.random.random() < justice.relapse else "left"
        self.place = self.home
        self.tour_end = model.day

    def follow_career(self):
        """A Boss between Plans may leave for good, the older the more often."""
        careers = self.model.parameters.careers
        if self.status in ("free", "other_work", "outside"):
            age = (self.model.day - self.birth_day) / DAYS_A_YEAR
            if happens(self.random, careers.boss_leave_rate * (1.0 + careers.boss_leave_age * max(0.0, age - 20.0))):
                self.status = "left"

    # --- learning ---------------------------------------------------------------------------------
    def learn(self):
        """Own events and the word of acquainted Bosses move his beliefs."""
        learning, day = self.model.parameters.learning, self.model.day
        if self.status == "left" or not learning.learning:
            return
        if self.news and self.news["day"] == day:
            self.take_news(self.news, learning.own_rate)
        for other in self.acquainted:
            if other.news and other.news["day"] == day and self.random.random() < learning.word_chance:
                self.take_news(other.news, learning.word_rate)

    def take_news(self, news, rate):
        """Exponential smoothing towards what the Plan showed, weighted by the days it lasted."""
        risk, income = self.belief_about(news["cell"])
        weight = 1.0 - math.exp(-rate * news["days"])
        seen = 1.0 / news["days"] if news["broken"] else 0.0
        self.beliefs[news["cell"]] = (
            risk + weight * (seen - risk),
            income + weight * (news["income"] - income),
            self.model.day,
        )

"""How a Boss of the textbook Mesa version brings people together: the persons of a Plan and its task-holders."""

from __future__ import annotations

import heapq

import mesa

CONTACTS = 16  # Providers a Boss keeps in mind
TIES = 16  # persons a Boss keeps tied
POOL_PLACES, RECRUITING_PLACES = 4, 3  # nearest territories in which he asks Providers, and recruits


def cents(euros):
    """An amount in EUR as whole cents."""
    return int(euros * 100.0 + 0.5)


class Employer(mesa.Agent):
    """What a Boss does to staff a Plan; needs `persons`, `contacts`, `acquainted`, `place`, `plan`."""

    # --- who is in a Plan -------------------------------------------------------------------------
    def assemble_team(self):
        """Own ties first, then persons lent by acquainted Bosses, then recruits."""
        model, random = self.model, self.random
        wanted = min(self.team_wanted, model.parameters.planning.max_team)
        team = [person for person in self.persons if person.status == "between"]
        if len(team) > wanted:
            team = random.sample(team, wanted)
        for person in team:
            person.status, person.territory = "in_plan", self.place
        for lender in self.acquainted:
            if len(team) >= wanted:
                return team
            if lender.status not in ("free", "other_work") or random.random() >= model.parameters.planning.lend_chance:
                continue
            free = [person for person in lender.persons if person.status == "between"]
            if free:
                person = random.choice(free)
                person.status, person.territory = "in_plan", self.place
                team.append(person)
                model.today["persons_lent"] += 1
        self.recruit(team, wanted)
        return team

    def recruit(self, team, wanted):
        """Places still empty may be filled from the persons at risk or independent near by."""
        model, entry, random = self.model, self.model.parameters.entry, self.random
        missing = min(wanted - len(team), self.team_wanted - len(self.persons))
        if missing <= 0:
            return
        recruiter = self.find_provider("recruitment", 0)
        chance = entry.recruit_chance
        chance += entry.recruiter_boost if recruiter else 0.0
        chance += entry.peer_boost if team else 0.0
        places = sum(random.random() < chance for _ in range(missing))
        near = self.place.nearest[:RECRUITING_PLACES]
        candidates = [p for z in near for p in model.recruitable[z] if p.status in ("at_risk", "independent")]
        sight = {z: self.place.sight[z] for z in near}
        weight = {p: sight[p.territory] * (0.5 + p.vulnerability) for p in candidates}
        for person in heapq.nsmallest(places, candidates, key=lambda p: random.expovariate(1.0) / weight[p]):
            if len(self.persons) >= TIES:
                break
            self.persons.append(person)
            person.boss = self
            person.attachment = 0.7 if random.random() < entry.acquaintance_share else 0.4
            person.debt, person.supervision = 0.2, 0.3
            person.was_exploited = True
            person.status, person.territory = "in_plan", self.place
            team.append(person)
            model.today["recruited"] += 1
            if recruiter:
                self.earn(-cents(entry.recruiter_fee))
                recruiter.earn(cents(entry.recruiter_fee))
                self.remember(recruiter, 1)

    # --- who holds the tasks ----------------------------------------------------------------------
    def fill_vacant_slots(self):
        """A holder with time left, else a contact, else one of the pool takes each vacant slot."""
        plan, labour = self.plan, self.model.parameters.labour
        for slot in plan.slots:
            if slot.holder is not None:
                continue
            minutes = plan.minutes_needed(slot.task, labour)
            able = (p for p in plan.providers() if p.may_serve(self, slot.task, minutes))
            provider = next(able, None) or self.find_provider(slot.task, minutes)
            if provider is None:
                continue
            if plan not in provider.plans:
                provider.plans.append(plan)
                self.remember(provider, 1)
            provider.status = "engaged"
            provider.minutes += minutes
            slot.holder, slot.minutes = provider, minutes

    def find_provider(self, task, minutes):
        """Contacts are asked first, then, by referral, some of the open pool near by."""
        model, labour = self.model, self.model.parameters.labour
        known = [p for p in self.contacts if p.may_serve(self, task, minutes)]
        chosen = self.ask(known, labour.asked_contacts, task)
        if chosen is None and self.random.random() < labour.referral_chance:
            pool = [
                p
                for z in self.place.nearest[:POOL_PLACES]
                for p in model.pool[z]
                if p not in self.contacts and p.may_serve(self, task, minutes)
            ]
            chosen = self.ask(pool, labour.asked_pool, task)
        return chosen

    def ask(self, candidates, number, task):
        """The first of some, asked in random order, who is content with the pay and says yes."""
        labour, random = self.model.parameters.labour, self.random
        pay = labour.watch_pay
        if task != "watch":
            pay = labour.pay_low + (labour.pay_high - labour.pay_low) * self.pay_level
        for provider in random.sample(candidates, min(number, len(candidates))):
            if pay >= provider.reservation and random.random() < labour.accept_chance:
                return provider
        return None

    def remember(self, provider, worked):
        """Keep a Provider in mind; who is forgotten has worked least, then is known longest."""
        if provider not in self.contacts:
            if len(self.contacts) == CONTACTS:
                del self.contacts[min(self.contacts, key=lambda p: (self.contacts[p][1], self.contacts[p][0]))]
            self.contacts[provider] = [self.model.day, 0]
        self.contacts[provider][1] += worked

    def pay_for(self, task):
        """Cents a day."""
        labour = self.model.parameters.labour
        if task == "watch":
            return cents(labour.watch_pay)
        return cents(labour.pay_low + (labour.pay_high - labour.pay_low) * self.pay_level)

"""Extending the market in plain Python: an agent's own rule, a phase, a data collector, a market of one's own.

Run it from the project's folder with `python docs/examples/extend_the_market.py`; it takes a few
seconds. Nothing here is compiled by you, and nothing of the model has to be edited.

Two invented measures are put into the small market for lessons (`market="class"`): some Bosses with a
conviction give up, and a helpline raises trust. Numbers are made up for the lesson.
"""

import numpy as np
from mesa import DataCollector

from sim.market import Boss, Market, Prostitute
from sim.state.records import IN_PLAN

DAYS = 365
SETTINGS = {"days": DAYS, "burn_in": 90}
MADE_UP_CHANCE_TO_GIVE_UP = 0.005  # a day
MADE_UP_GAIN_OF_TRUST = 0.02  # a day


# 1. An agent's own rule.
#
# An agent is a view on a record of the world: `self.convictions` reads the record and
# `self.status = "left"` writes it. `step()` runs once a day after the phase of the role (for a Boss,
# planning) and adds to the rules. What follows from it is the model's business: persons tied to a
# Boss who has left break free in their own time, by the rules of the flow phase.
#
# Chance comes from `market.substream`, never from `random`: the numbers depend only on the seed, the day and
# the agent. Two markets with one seed then give each agent the same luck, whatever else differs.
class DesistingBoss(Boss):
    GIVE_UP = 0  # number your decisions: each is a stream of chance of its own

    def step(self):
        if self.status == "free" and self.convictions > 0:
            if self.model.substream(self, self.GIVE_UP).uniform() < MADE_UP_CHANCE_TO_GIVE_UP:
                self.status = "left"


# 2. A phase.
#
# The day is an ordered list of phases (`sim.day.PHASES`). A phase is a function of the day, the seed,
# the world's tables and the rules' numbers. Tables are NumPy arrays of records, so a phase may loop
# over records or work on whole columns, as here; `counts` says how many rows are in use.
def answer_the_helpline(day, seed, world, params):
    """Everybody in a Plan gains a little trust in services, which lowers control."""
    persons = world.prostitutes[: world.counts[0].prostitutes]
    reached = persons["status"] == IN_PLAN
    persons["trust"][reached] = np.minimum(1.0, persons["trust"][reached] + MADE_UP_GAIN_OF_TRUST)


# 3. A market of one's own.
#
# `Market` is a `mesa.Model`. A subclass may prepare things in `__init__` and do more in `step()`;
# Mesa's DataCollector works as in any Mesa model. Sets of agents hold those who are in the market now.
class ObservedMarket(Market):
    def __init__(self, **settings):
        super().__init__(**settings)
        self.collector = DataCollector(
            model_reporters={
                "in a Plan": lambda market: len(market.agents_by_type[Prostitute].select(lambda p: p.status == "in_plan")),
                "Bosses": lambda market: len(market.agents_by_type[Boss]),
            },
        )

    def step(self):
        super().step()
        if self.steps % 7 == 0:  # weekly is enough, and a collector looks at every agent it is asked about
            self.collector.collect(self)


def main():
    # The market as it is, and its twin of the same seed with both measures.
    plain = ObservedMarket(market="class", seed=1, overrides=SETTINGS)
    changed = ObservedMarket(market="class", seed=1, overrides=SETTINGS, agent_classes={Boss: DesistingBoss})
    changed.insert_phase("helpline", answer_the_helpline, after="flow")
    for market in (plain, changed):
        market.run()  # calls step() for each day, because ObservedMarket has its own

    # What came out: outcomes have a value and a unit, harm first.
    before, after = plain.outcomes(), changed.outcomes()
    for name in ("person_days_in_spell", "exits", "failed_attempts_to_leave"):
        print(f"{name}: {before[name]['value']:.2f} -> {after[name]['value']:.2f} {before[name]['unit']}")

    # What the collector saw, week by week.
    weeks = changed.collector.get_model_vars_dataframe()
    print(f"persons in a Plan, mean over {len(weeks)} weeks: {weeks['in a Plan'].mean():.1f}")

    # Mesa's sets work on views: groups, aggregates, selections.
    by_status = changed.agents_by_type[Boss].groupby("status").count()
    print("Bosses today:", ", ".join(f"{number} {status}" for status, number in sorted(by_status.items())))

    # One pair of worlds proves nothing: it shows how to build the comparison. Whether a measure works
    # is a question for many pairs, which is what `plansim test` is for.


if __name__ == "__main__":
    main()

"""Mesa's own tools on a market: `mesa.batch_run` over parameters, policies and seeds, and a `DataCollector`.

Run it from the project's folder with `python docs/examples/mesa_batch_run.py`; it takes some ten seconds and needs nothing but
what is installed. The same as a sweep: `plansim sweep` with the same seeds gives the same numbers (a test compares them).
"""

import mesa
import pandas as pd

from sim.market import Market

DAYS, BURN_IN, START = 365, 90, 150  # the horizon; where measuring begins without a policy; the first day of a policy
SEEDS = [1, 2, 3, 4, 5, 6]


# What batch_run varies are arguments of the model. A market takes its numbers by name in `overrides`, so a subclass gives those
# that vary an argument each. batch_run goes through whatever it can iterate over, so a dictionary has to be in a list.
class CollectedMarket(Market):
    """A market with the attribute `datacollector`, which Mesa's batch runner reads."""

    def __init__(self, market="class", seed=1, policy="none", bonding=0.0, overrides=None, rng=None):
        numbers = {"days": DAYS, "burn_in": BURN_IN, "policy.start_day": START, "labour.bonding": bonding} | (overrides or {})
        super().__init__(market=market, seed=seed, policy=policy, overrides=numbers, rng=rng)
        self.datacollector = mesa.DataCollector({
            "seed": lambda market: market.parameters.seed, "encounters": encounters_today, "exploited": exploited_in_all,
        })  # fmt: skip

    def step(self):
        super().step()
        self.datacollector.collect(self)  # on each day: batch_run finds a step by its number


# A reporter is called every day. The ledger of the world has a row for each day, and reading one number from it costs nothing;
# an outcome is computed over the whole window, so it is asked for once, at the end.
def encounters_today(market):
    """Encounters of the day that has just been run."""
    return int(market.world.ledger["encounters"][market.day - 1])


def exploited_in_all(market):
    """Persons exploited on a mean day from the policy's first day on; None before the last day."""
    return None if market.running else market.outcomes(START, DAYS)["person_days_in_spell"]["value"]


def seeds_for_batch(seeds):
    """Seeds as this version of Mesa takes them; never `iterations`, which would repeat one world."""
    return {"parameters": {"seed": seeds}} if mesa.__version__ < "3.4" else {"rng": seeds}


def run_batch(seeds, sizes=None, **options):
    """One row for each world, as a frame: policy, bonding, seed and what was collected on the last day."""
    given = seeds_for_batch(list(seeds))
    varied = {"policy": ["none", "outreach_street"], "bonding": [0.0, 1.0], "overrides": [sizes]}
    parameters = varied | given.pop("parameters", {})
    # max_steps: at least the horizon. A market stops by itself (`running`), where Mesa 3.3 would go on for one step more.
    return pd.DataFrame(mesa.batch_run(CollectedMarket, parameters, max_steps=DAYS, display_progress=False, **given, **options))


def main():
    rows = run_batch(SEEDS)
    print(f"{len(rows)} worlds")

    # Worlds of one seed are twins: take the difference within each pair first, then the mean.
    wide = rows.pivot(index=["bonding", "seed"], columns="policy", values="exploited")
    effect = wide["outreach_street"] - wide["none"]
    for bonding, pairs in effect.groupby("bonding"):
        print(f"bonding {bonding:g}: {pairs.mean():+.2f} persons exploited with street outreach, mean of {len(pairs)} pairs")

    # The collector of one world, day by day.
    market = CollectedMarket(seed=SEEDS[0])
    market.run()
    weeks = market.datacollector.get_model_vars_dataframe()["encounters"].groupby(lambda day: day // 7).sum()
    print(f"encounters a week: {weeks[:-1].mean():.1f} on average, {weeks[:-1].max()} at most")


if __name__ == "__main__":
    main()

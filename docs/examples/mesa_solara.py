"""A market in the browser with Mesa's SolaraViz: places, series, buttons to play, step and reset.

It needs Mesa's extra for pages, which is no part of plansim, and from Mesa 3.3 on Python 3.11 an ipyvuetify before 3:

    pip install 'mesa[viz]' 'ipyvuetify<3'
    solara run docs/examples/mesa_solara.py

The second line is for the project's folder. Solara takes parts of its pages from the internet; with `pip install solara-assets`
it does without.

Each browser has a world of its own: the market is made within the component `Page`, where a model at the top of the file would
be one and the same for everybody who opens the page.
"""

import mesa
import numpy as np
import solara
from matplotlib.figure import Figure
from mesa.visualization import SolaraViz, make_plot_component
from mesa.visualization.utils import update_counter

from sim.market import Boss, Market, Provider
from sim.state.records import IN_PLAN

DAYS, START = 545, 180
POLICIES = ["none", "venue_crackdown", "outreach_street", "prevention"]


class WatchedMarket(Market):
    """A market that can be made from what the page has fields for, and notes three numbers a day."""

    def __init__(self, seed=1, policy="none", bonding=0.0, demand=90):
        numbers = {
            "days": DAYS, "burn_in": 90, "policy.start_day": START,
            "labour.bonding": bonding, "market.searches_per_day": demand,
        }  # fmt: skip
        super().__init__(market="class", seed=seed, policy=policy, overrides=numbers)
        self.datacollector = mesa.DataCollector({
            "Bosses": lambda market: len(market.agents_by_type[Boss]),
            "Providers": lambda market: len(market.agents_by_type[Provider]),
            "persons in a Plan": lambda market: int(persons_by_place(market).sum()),
        })  # fmt: skip
        self.datacollector.collect(self)

    def step(self):
        super().step()
        self.datacollector.collect(self)


def persons_by_place(market):
    """How many persons are in a Plan today, in each place: counted in the table of records, which is quick."""
    persons = market.world.prostitutes[: market.world.counts[0].prostitutes]
    return np.bincount(persons["territory"][persons["status"] == IN_PLAN], minlength=len(market.places))


@solara.component
def Places(market):
    """Circles for places: their area is the number of persons in Plans there today."""
    update_counter.get()  # drawn again after each step
    figure = Figure(figsize=(5, 4), layout="constrained")
    axes = figure.subplots()
    for place, site, persons in zip(market.places, market.world.territories, persons_by_place(market), strict=True):
        axes.scatter(site["x_km"], site["y_km"], s=60 * persons, alpha=0.5, color="#0072B2")
        axes.annotate(f"{place.name}: {persons}", (site["x_km"], site["y_km"]), ha="center")
    axes.set(xlabel="km", ylabel="km", title=f"Persons in Plans, {market.date:%d %B %Y}")
    axes.margins(0.4)
    solara.FigureMatplotlib(figure, dependencies=[market.day, id(market)])


FIELDS = {
    "seed": {"type": "SliderInt", "value": 1, "min": 1, "max": 100, "step": 1, "label": "Seed"},
    "policy": {"type": "Select", "value": "none", "values": POLICIES, "label": f"Policy, from day {START} on"},
    "bonding": {"type": "SliderFloat", "value": 0.0, "min": 0.0, "max": 1.0, "step": 0.1, "label": "Bonding"},
    "demand": {"type": "SliderInt", "value": 90, "min": 0, "max": 180, "step": 30, "label": "Searches a day"},
}


@solara.component
def Page():
    """One world for each browser: `use_memo` keeps it while the page is open."""
    market = solara.use_memo(WatchedMarket, [])
    shown = [Places, make_plot_component(["Bosses", "Providers", "persons in a Plan"])]
    SolaraViz(market, components=shown, model_params=FIELDS, play_interval=50, render_interval=7, name="plansim: class")

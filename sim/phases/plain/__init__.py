"""Plain forms of phases: short, obvious Python, used by nobody but people and tests.

Each phase of the day has one. It can be put in the place of the fast one and gives the same ledger to the bit:

>>> from sim.market import Market
>>> from sim.phases import plain
>>> market = Market(market="class", seed=1, overrides={"days": 30, "burn_in": 0})
>>> market.replace_phase("planning", plain.planning)
>>> market.run(30)
"""

from sim.phases.plain.administration import administer_appointments as administration
from sim.phases.plain.calendar import open_the_day as calendar
from sim.phases.plain.care import care_for_persons as care
from sim.phases.plain.careers import follow_careers as careers
from sim.phases.plain.census import count_everybody as census
from sim.phases.plain.enforcement import enforce as enforcement
from sim.phases.plain.flow import run_the_plans as flow
from sim.phases.plain.justice import bring_to_justice as justice
from sim.phases.plain.learning import learn as learning
from sim.phases.plain.outreach import reach_out as outreach
from sim.phases.plain.planning import plan_the_day as planning

__all__ = [
    "administration", "calendar", "care", "careers", "census", "enforcement", "flow", "justice", "learning", "outreach",
    "planning",
]  # fmt: skip

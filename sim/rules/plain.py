"""Plain forms of phases: short, obvious Python, used only by people and tests.

Each phase of the day has one. It can replace the fast one and gives the same ledger to the bit:

>>> from sim.market import Market
>>> from sim.rules import plain
>>> market = Market(market="class", seed=1, overrides={"days": 30, "burn_in": 0})
>>> market.replace_phase("planning", plain.planning)
>>> market.run(30)
"""

from sim.rules.calendar_plain import open_the_day as calendar
from sim.rules.care.care_plain import care_for_persons as care
from sim.rules.careers.careers_plain import follow_careers as careers
from sim.rules.census_plain import count_everybody as census
from sim.rules.demand.appointments_plain import administer_appointments as administration
from sim.rules.enforcement.enforcement_plain import enforce as enforcement
from sim.rules.justice.justice_plain import bring_to_justice as justice
from sim.rules.learning.learning_plain import learn as learning
from sim.rules.outreach.outreach_plain import reach_out as outreach
from sim.rules.planning.flow_plain import run_the_plans as flow
from sim.rules.planning.planning_plain import plan_the_day as planning

__all__ = [
    "administration", "calendar", "care", "careers", "census", "enforcement", "flow", "justice", "learning", "outreach",
    "planning",
]  # fmt: skip

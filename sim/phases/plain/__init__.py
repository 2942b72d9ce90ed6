"""Plain forms of phases: short, obvious Python, used by nobody but people and tests.

Each can be put in the place of the fast one and gives the same ledger to the bit:

>>> from sim.market import Market
>>> from sim.phases import plain
>>> market = Market(market="class", seed=1, overrides={"days": 30, "burn_in": 0})
>>> market.replace_phase("planning", plain.planning)
>>> market.run(30)
"""

from sim.phases.plain.administration import administer_appointments as administration
from sim.phases.plain.careers import follow_careers as careers
from sim.phases.plain.planning import plan_the_day as planning

__all__ = ["administration", "careers", "planning"]

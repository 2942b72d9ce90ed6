"""A helpline: where it is open, each person in a Plan gains trust in services every day."""

from sim.engine.compiled import phase
from sim.levers import OWN, UP, Claim, LeverKind
from sim.state.records import IN_PLAN, KINDS

AFTER = "outreach"  # the phase of the day that it follows; without this line it comes last
LEVER = LeverKind(
    OWN, "trust gained by each person in a Plan, each day", 500.0, "territory and day", "assumption",
    "persons in a Plan can call a helpline", largest=1.0,
    capacity=lambda ground: {0: 1.0},  # units a day of intensity one in a territory: what the unit cost is multiplied with
    claim=Claim(0.05, "who trusts services tries more often to leave", {"attempts": UP}),
)  # fmt: skip


@phase
def act(day, seed, world, params, lever):
    """Add the helpline's trust where the lever `helpline` is pulled; without it nothing changes."""
    for row in range(world.counts[0].prostitutes):
        person = world.prostitutes[row]
        gain = world.lever_intensity[lever, person.territory * KINDS]
        if person.status == IN_PLAN and gain > 0.0:
            person.trust = min(1.0, person.trust + gain)

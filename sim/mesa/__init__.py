"""All that touches Mesa: the agents a user sees, sets of them, and what differs between Mesa's versions."""

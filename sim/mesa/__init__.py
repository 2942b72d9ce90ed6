"""All code that touches Mesa: the agents a user sees, sets of them, and differences between Mesa's versions."""

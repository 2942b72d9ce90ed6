"""Initial state of a world: its environment, its population, and the attributes of every agent."""

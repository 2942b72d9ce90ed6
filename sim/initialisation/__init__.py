"""How a world begins: its environment, its population, and what every agent is born with."""

"""What happens: one file a phase, in the order that `sim.day` lists."""

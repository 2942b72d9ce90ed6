"""Learning of Bosses and clients from a day."""

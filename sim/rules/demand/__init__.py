"""Clients' searches: platforms, offers seen, choice, appointments."""

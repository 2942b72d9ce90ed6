"""Agents followed: what happened to them, and the plain form of the rule behind a decision. Never an exploited person."""

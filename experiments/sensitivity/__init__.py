"""Which parameters an outcome, or a contrast of policies, turns on."""

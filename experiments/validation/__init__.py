"""Known patterns: what is measured on worlds, what must come out, and what does."""

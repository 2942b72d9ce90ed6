"""An evaluator's table of counts: displacement statistics, and what they would have missed in artificial worlds of that size."""

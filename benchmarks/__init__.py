"""Benchmarks: the product beside a textbook Mesa version of the same market, and curves of its own cost."""

"""A claim under draws of parameters that fit the patterns."""

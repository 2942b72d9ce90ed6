"""The engine room: all that is there for speed or for chance, behind names that say what they give."""

"""Files of evidence and the work on them."""

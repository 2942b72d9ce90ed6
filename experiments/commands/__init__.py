"""One file a command, each with the same functions; `experiments.cli` calls them."""

"""From words and files to configurations."""

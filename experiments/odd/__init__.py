"""The description of the model after ODD and ODD+D: tables from the code, text from Markdown files next to what they describe."""

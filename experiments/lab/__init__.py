"""The laboratory: plans of many runs, carried out in chunks, stored so that they can be resumed.

It knows nothing of the model. A plan is a list of tasks cut into chunks (`design`), an engine
runs one function over the chunks (`engine`), a result folder keeps their rows (`store`), a
manifest says what made them (`provenance`), and a bar says how far it is (`progress`).

Importing this package is cheap; each part is imported by its own name.
"""

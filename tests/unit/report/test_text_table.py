"""Tables as text, wherever they are made."""

import builtins

from experiments.report.text_table import text_table

ROWS = ["harms", ["exits", "0.25"], ["[deaths]", "12.00"]]


class ZMQInteractiveShell:
    """What a notebook has in the place of a terminal."""


def test_a_table_in_a_notebook_is_that_of_a_terminal(monkeypatch):
    expected = text_table(ROWS, ["outcome", "a year"], right=[1])
    assert expected == ["  outcome   a year", "harms", "  exits       0.25", "  [deaths]   12.00"]
    monkeypatch.setattr(builtins, "get_ipython", ZMQInteractiveShell, raising=False)
    assert text_table(ROWS, ["outcome", "a year"], right=[1]) == expected

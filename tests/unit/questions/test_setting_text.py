"""What a page of a test says of its worlds."""

from experiments.questions.report import setting_text

ENTRY = {
    "market": "class", "pairs": 6, "policies_begin": {"first_day": 365, "first_date": "2022-01-04"},
    "window": {"first_day": 456, "last_day": 729, "first_date": "2022-04-05", "last_date": "2023-01-03"},
}  # fmt: skip


def test_the_adapted_window_is_explained_where_it_is_named():
    text = setting_text(ENTRY)
    assert "adapted window: days 456 to 729 (2022-04-05 to 2023-01-03), the days that are compared, when the market" in text

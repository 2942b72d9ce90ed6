"""What the classroom refuses, in the language of whoever asked."""

from __future__ import annotations

from experiments.classroom.lessons.files import number_text
from experiments.classroom.translation import ENGLISH, translator
from sim.configuration import ConfigurationError


class Refusal(ConfigurationError):
    """What is refused, with the remedy: a text that can be translated, and its values."""

    def __init__(self, text: str, **values: float | str):
        self.text, self.values = text, values
        super().__init__(self.said(ENGLISH))

    def said(self, language: str) -> str:
        """It in a language."""
        shown = {key: value if isinstance(value, str) else number_text(value, language, 0) for key, value in self.values.items()}
        return translator(language)(self.text).format(**shown)


def said(error: ConfigurationError, language: str) -> str:
    """An error in a language, where it can be translated."""
    return error.said(language) if isinstance(error, Refusal) else str(error)

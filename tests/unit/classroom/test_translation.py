"""Translations: complete, with nothing over, the same placeholders; one line where Babel or a language is missing."""

import importlib
import re

import pytest

from experiments.classroom import translation
from experiments.classroom.translation import extract, languages, messages, texts_of, translator
from sim.configuration import ConfigurationError

OTHERS = languages()[1:]
NAMED = re.compile(r"\{(\w*)\}")


@pytest.fixture(scope="module")
def extracted():
    return extract()


def test_languages():
    assert languages() == ["en", "fr"]
    assert messages("en") == {} and translator("en")("Run") == "Run"


def test_texts_of_code_pages_and_measures_are_found(extracted):
    assert {"Predict", "Crackdown on hotels", "Persons exploited", "persons a day", "beds distant"} <= extracted
    assert len(extracted) > 100


@pytest.mark.parametrize("language", OTHERS)
def test_everything_is_translated(language, extracted):
    assert sorted(extracted - set(messages(language))) == []


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_translated_that_is_not_used(language, extracted):
    assert sorted(set(messages(language)) - extracted) == []


@pytest.mark.parametrize("language", OTHERS)
def test_placeholders_agree(language):
    assert [text for text, other in messages(language).items() if set(NAMED.findall(text)) != set(NAMED.findall(other))] == []


@pytest.mark.parametrize("language", OTHERS)
def test_blanks_at_the_ends_agree(language):
    def ends(text):
        return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]

    assert [text for text, other in messages(language).items() if ends(text) != ends(other)] == []


def test_french_marks_have_a_blank_that_does_not_break():
    assert [text for text in messages("fr").values() if re.search(r" [:;?!%»]|« ", text)] == []


def test_a_text_without_translation_stays_english():
    assert translator("fr")("Run") == "Lancer" and translator("fr")("no such text") == "no such text"


def test_an_unknown_language_is_one_line():
    with pytest.raises(ConfigurationError, match=re.escape("language=fra: no such language (did you mean fr?); valid: en, fr")):
        messages("fra")


def test_a_further_language_needs_one_file(tmp_path, monkeypatch):
    path = tmp_path / "de" / translation.CATALOGUE
    path.parent.mkdir(parents=True)
    path.write_text('msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Run"\nmsgstr "Los"\n')
    monkeypatch.setattr(translation, "LOCALE", tmp_path)
    assert languages() == ["en", "de"] and messages("de") == {"Run": "Los"}


def test_a_file_that_is_no_catalogue_is_one_line(tmp_path, monkeypatch):
    path = tmp_path / "de" / translation.CATALOGUE
    path.parent.mkdir(parents=True)
    path.write_text('msgid "Run"\nthis is none\n')
    monkeypatch.setattr(translation, "LOCALE", tmp_path)
    with pytest.raises(ConfigurationError, match="plansim.po: no catalogue of gettext: ") as error:
        messages("de")
    assert "\n" not in str(error.value)


def test_what_is_extracted(tmp_path):
    (tmp_path / "a.py").write_text('def _(text): ...\n_("one")\nself._("two {n}").format(n=1)\n_("thr" "ee")\nother("none")\n')
    (tmp_path / "b.js").write_text('t("four"); this.t("five {n}", {n: 1}); t("si" + "x"); `a ${t("seven")}`; other("none");\n')
    (tmp_path / "c.j2").write_text('<p>{{ t("eight") }}</p>')
    assert set(texts_of(tmp_path / "a.py", "python", {"_": None})) == {"one", "two {n}", "three"}
    assert set(texts_of(tmp_path / "b.js", "javascript", {"t": None})) == {"four", "five {n}", "six", "seven"}
    assert set(texts_of(tmp_path / "c.j2", "jinja2", {"t": None})) == {"eight"}


def test_without_babel_one_line_says_what_to_install(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(f"No module named {name!r}", name="babel")

    translation._catalogue.cache_clear()
    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(ConfigurationError, match=re.escape("pip install 'plansim[classroom]'")) as error:
        messages("fr")
    assert "\n" not in str(error.value)
    assert translator("en")("Run") == "Run"

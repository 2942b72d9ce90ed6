"""Lessons: a sound file is read and filled in; each fault is one line that names the file, the line and a remedy."""

import json
import re

import pytest

from experiments.classroom.lessons import files as module
from experiments.classroom.lessons.files import (
    Choices,
    LessonError,
    all_choices,
    all_lessons,
    built_in,
    lesson_json,
    read_lesson,
    read_lessons,
)
from experiments.classroom.lessons.text import PLACEHOLDER, PLACEHOLDERS, headings
from experiments.classroom.scene import MEASURES
from experiments.classroom.translation import translator
from experiments.classroom.words import POLICIES, STRUCTURES
from experiments.commands.lessons import check, copy, main
from experiments.store.result import Options
from sim.configuration import ConfigurationError

CHOICES = Choices(["crackdown", "training"], ["default", "replacement"], ["persons", "exits"], [0.5, 1.0, 2.0], range(1, 6))
SOUND = """\
---
title: Does it move?
order: 1
minutes: 20
summary: One sentence.
setting: {policy: crackdown, intensity: 1, structure: default, seed: 1, measure: persons}
compare: {policy: crackdown, intensity: 0.5, structure: replacement, seed: 1, measure: persons}
prediction:
  question: How many?
  answers: [fewer, more]
---

## Predict

A *guess*.

## Run

1. Play.

## Compare

| a | b |
|---|---|
| 1 | |

## Explain

It is {{effect}}, from {{low}} to {{high}}; {{reading}}. The second: {{result2}}. Fell in {{share_seeds}}.

## Debrief

See [the model](https://example.org/model).

## For the teacher

### Timings

- 5 min: predict
- 15 min: the rest

### Answer key

It depends.

### Discussion questions

1. Why?

### Cautions

- No role play.
"""
FRENCH = {
    "## Predict": "## Prédire", "## Run": "## Lancer", "## Compare": "## Comparer", "## Explain": "## Expliquer",
    "## Debrief": "## Débriefer", "## For the teacher": "## Pour l\u2019enseignant", "### Timings": "### Déroulement",
    "### Answer key": "### Corrigé", "### Discussion questions": "### Questions à discuter", "### Cautions": "### Précautions",
}  # fmt: skip


def in_french(text):
    for english, french in FRENCH.items():
        text = text.replace(english, french)
    return text.replace("min:", "min\u00a0:")


def line_of(text, part):
    return text[: text.index(part)].count("\n") + 1


@pytest.fixture
def folder(tmp_path):
    """A folder with one lesson in English."""
    write(tmp_path, SOUND)
    return tmp_path


def write(folder, text, language="en", name="one"):
    path = folder / language / f"{name}.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def faults(folder):
    return [str(fault) for fault in all_lessons(folder, CHOICES)[1]]


# --- a sound lesson


def test_a_sound_lesson_is_read(folder):
    (lesson,) = read_lessons(folder, "en", CHOICES)
    assert (lesson.name, lesson.language, lesson.front.order, lesson.front.minutes) == ("one", "en", 1, 20)
    assert lesson.front.setting == ("crackdown", 1.0, "default", 1, "persons")
    assert [part.heading for part in lesson.parts] == list(headings("en").parts)
    assert faults(folder) == []


def test_it_is_json_with_its_numbers(folder):
    (lesson,) = read_lessons(folder, "en", CHOICES)
    values = {"effect": -7.234, "low": -9.06, "high": -5.0, "effect2": 0.126, "low2": -0.1, "high2": 0.4}
    values |= {"share_seeds": 17, "seeds": 20}
    shown = json.loads(json.dumps(lesson_json(lesson, values)))
    assert list(shown) == ["name", "title", "minutes", "summary", "setting", "compare", "prediction", "parts"]
    assert shown["prediction"] == {"question": "How many?", "answers": ["fewer", "more"]}
    assert shown["setting"] == {"policy": "crackdown", "intensity": 1.0, "structure": "default", "seed": 1, "measure": "persons"}
    assert shown["parts"][0] == {"heading": "Predict", "html": "<p>A <em>guess</em>.</p>\n"}
    assert "<table>" in shown["parts"][2]["html"]
    assert 'href="https://example.org/model" target="_blank" rel="noopener noreferrer"' in shown["parts"][4]["html"]
    explained = shown["parts"][3]["html"]
    assert "It is \u22127.2, from \u22129.1 to \u22125.0; the whole interval lies below zero" in explained
    assert "+0.13 (95 % interval \u22120.10 to +0.40): the interval contains zero" in explained
    assert "Fell in 17 of 20." in explained


def test_numbers_that_are_not_known_are_words(folder):
    (lesson,) = read_lessons(folder, "en", CHOICES)
    for values in ({}, {"effect": None, "low": float("nan"), "share_seeds": 3}):
        explained = lesson_json(lesson, values)["parts"][3]["html"]
        assert "It is (run it to see), from (run it to see) to (run it to see); (run it to see)." in explained
        assert "{{" not in explained


def test_numbers_of_a_language(tmp_path):
    write(tmp_path, in_french(SOUND), "fr")
    (lesson,) = read_lessons(tmp_path, "fr", CHOICES)
    assert lesson.parts[-1].heading == "Pour l'enseignant"
    shown = lesson_json(lesson, {"effect": -7.25, "low": -1234.5, "high": 0.2, "seeds": 20, "share_seeds": 9})["parts"][3]["html"]
    assert "It is \u22127, from \u22121\u202f234 to 0; l&#x27;intervalle contient zéro" in shown
    assert "Fell in 9 sur 20." in shown


@pytest.mark.parametrize(
    "low, high, said", [(-2.0, -0.1, "below zero"), (0.1, 2.0, "above zero"), (-1.0, 1.0, "contains"), (0.0, 1.0, "contains")]
)
def test_what_an_interval_says(low, high, said):
    assert said in module.reading(low, high, "en")


def test_a_lesson_needs_no_second_run(folder):
    text = re.sub(r"compare:.*\n", "", SOUND).replace("{{result2}}", "none")
    write(folder, text)
    (lesson,) = read_lessons(folder, "en", CHOICES)
    assert lesson_json(lesson, {})["compare"] is None


# --- faults

REPLACED = {  # what is replaced by what, what is said, the text in whose line it is said
    "no front matter": ("---\ntitle", "title", "no front matter", None),
    "no end": ("---\n\n## Predict", "\n## Predict", "does not end", None),
    "not YAML": ("title: Does it move?", "title: Does it: move?", "quotes", "title:"),
    "repeated key": ("order: 1", "order: 1\norder: 2", "occurs twice", "order: 2"),
    "unknown key": ("order: 1", "order: 1\nminute: 3", "minute: no such key (did you mean minutes?)", "minute: 3"),
    "missing key": ("summary: One sentence.\n", "", "summary is missing", None),
    "unknown key of a run": ("structure: default, seed", "structure: default, sead", "setting.sead: no such key", "setting"),
    "no run": ("setting: {", "setting: none #{", "setting: policy, intensity", "setting"),
    "policy": ("policy: crackdown, intensity: 1,", "policy: crackdwn, intensity: 1,", "(did you mean crackdown?)", "setting"),
    "structure": ("structure: replacement", "structure: replaced", "compare.structure=replaced: no such structure", "compare"),
    "measure": ("measure: persons}\ncompare", "measure: deaths}\ncompare", "setting.measure=deaths: no such measure", "setting"),
    "intensity": ("intensity: 0.5", "intensity: 0.6", "compare.intensity=0.6: no step of the grid; valid: 0.5, 1, 2", "compare"),
    "truth is no number": ("intensity: 0.5", "intensity: true", "compare.intensity=True", "compare"),
    "seed": ("default, seed: 1", "default, seed: 7", "no seed of the grid; valid: 1 to 5", "setting"),
    "seed is no number": ("default, seed: 1", "default, seed: a", "seed=a: a whole number from 1", "setting"),
    "minutes": ("minutes: 20", "minutes: 25", "the timings add up to 20 minutes, and minutes is 25", "### Timings"),
    "minutes is no number": ("minutes: 20", "minutes: an hour", "minutes=an hour: a whole number", "minutes"),
    "a timing without minutes": ("- 5 min: predict", "- predict", "a line of the timings has no minutes", "- predict"),
    "no timings": ("- 5 min: predict\n- 15 min: the rest", "As you like.", "no timings", "### Timings"),
    "one answer": ("answers: [fewer, more]", "answers: [fewer]", "1 given; 2 to 6 are needed", "  answers"),
    "no list of answers": ("answers: [fewer, more]", "answers: fewer", "a list is needed", "  answers"),
    "one answer twice": ("answers: [fewer, more]", "answers: [fewer, fewer]", "occurs twice", "  answers"),
    "an answer that is a number": ("answers: [fewer, more]", "answers: [1, more]", "1 is no text; put it in quotes", "  answers"),
    "an empty title": ("title: Does it move?", "title: ''", "the text is empty", "title"),
    "a long summary": ("One sentence.", "word " * 100, "shorten it to at most 400", "summary"),
    "HTML in the title": ("Does it move?", "Does <b>it</b> move?", "title: HTML is not shown", "title"),
    "a number in the title": ("Does it move?", '"{{effect}}"', "below the front matter only", "title"),
    "text before the parts": ("## Predict", "Hello\n\n## Predict", "text before the first part", "Hello"),
    "missing heading": ("## Debrief\n\nSee", "See", "## Debrief is missing", None),
    "unknown heading": ("## Debrief", "## Debriefing", "no such heading (did you mean Debrief?)", "## Debriefing"),
    "heading twice": ("## Run\n\n", "## Run\n\nx\n\n## Run\n\n", "## Run occurs twice, first in line 17", None),
    "an empty part": ("1. Play.", "", "## Run has no text", "## Run"),
    "a large heading": ("A *guess*.", "# Guess", "a heading with one #", "# Guess"),
    "no answer key": ("### Answer key\n\nIt depends.\n\n", "", "### Answer key is missing", "## For the teacher"),
    "an empty answer key": ("It depends.", "", "### Answer key has no text", "### Answer key"),
    "no cautions": ("### Cautions", "### Caution", "### Cautions is missing (did you mean Caution?)", "## For the teacher"),
    "unknown number": ("{{effect}}", "{{efect}}", "{{efect}}: no such number (did you mean effect?)", "It is"),
    "an open brace": ("{{effect}}", "{{effect", "two braces without their pair", "It is"),
    "HTML in a line": ("A *guess*.", "A <b>guess</b>.", "HTML is not shown; write Markdown", "A <b>"),
    "a block of HTML": ("A *guess*.", "<script>alert(1)</script>", "HTML is not shown", "<script>"),
    "a comment": ("A *guess*.", "<!-- hidden -->", "HTML is not shown", "<!--"),
    "a picture": ("A *guess*.", "![a](https://example.org/a.png)", "pictures are not shown", "![a]"),
}  # fmt: skip


@pytest.mark.parametrize("fault", REPLACED)
def test_a_fault_is_one_line_with_its_place(folder, fault):
    old, new, said, at = REPLACED[fault]
    assert SOUND.count(old) == 1
    text = SOUND.replace(old, new)
    path = write(folder, text)
    lesson, found = read_lesson(path, "en", CHOICES)
    assert lesson is None and len(found) >= 1 and all(isinstance(one, LessonError) for one in found)
    (message,) = [str(one) for one in found if said in str(one)]
    assert message.startswith(f"{path}, line ") and "\n" not in message
    if at is not None:
        assert message.startswith(f"{path}, line {line_of(text, at)}: ")


def test_a_front_matter_alone(folder):
    write(folder, SOUND[: SOUND.index("## Predict")])
    assert len(faults(folder)) == 6 and all("is missing; the headings are Predict" in fault for fault in faults(folder))


def test_headings_out_of_order(folder):
    text = SOUND.replace("## Run\n", "## X\n").replace("## Compare\n", "## Run\n").replace("## X\n", "## Compare\n")
    write(folder, text)
    (message,) = faults(folder)
    assert f"line {line_of(text, '## Run')}: ## Run is out of order; the order is Predict, Run, Compare" in message


def test_a_number_of_a_second_run_that_there_is_not(folder):
    write(folder, re.sub(r"compare:.*\n", "", SOUND))
    (message,) = faults(folder)
    assert "{{result2}} is of the second run; add compare to the front matter" in message


def test_what_looks_like_html_in_words_is_none(folder):
    write(folder, SOUND.replace("A *guess*.", "Where 1 < 2 and a > b, `<b>` is code."))
    assert faults(folder) == []


def test_a_link_that_would_run_something_is_no_link(folder):
    write(folder, SOUND.replace("https://example.org/model", "javascript:alert(1)"))
    (lesson,) = read_lessons(folder, "en", CHOICES)
    assert "<a " not in lesson_json(lesson, {})["parts"][4]["html"]


def test_too_large_not_utf8_no_file_no_name(folder):
    write(folder, SOUND + "x" * 100_001, name="large")
    (folder / "en" / "latin.md").write_bytes(SOUND.replace("guess", "devinée").encode("latin-1"))
    (folder / "en" / "folder.md").mkdir()
    write(folder, SOUND, name="My Lesson")
    (folder / "en" / ".hidden.md").write_text("nothing")
    said = faults(folder)
    assert len(said) == 4
    assert any("large.md: 101 kB; a lesson has at most 100 kB" in one for one in said)
    assert any("latin.md, line 15: a byte that is not UTF-8; save the file as UTF-8" in one for one in said)
    assert any("folder.md: it is no file" in one for one in said)
    assert any("My Lesson.md: a name of small letters" in one for one in said)


def test_all_faults_are_found_and_the_first_is_raised(folder):
    write(folder, SOUND.replace("minutes: 20", "minutes: 30").replace("{{low}}", "{{lower}}").replace("A *guess*.", "<b>"))
    assert len(faults(folder)) == 3
    with pytest.raises(LessonError, match="line 15: HTML"):
        read_lessons(folder, "en", CHOICES)


def test_an_order_that_occurs_twice(folder):
    write(folder, SOUND, name="other")
    (message,) = faults(folder)
    assert message == f"{folder}/en/other.md, line 3: order=1 is that of {folder}/en/one.md; change one"


def test_folders(tmp_path):
    with pytest.raises(LessonError, match="no such folder; plansim lessons copy FOLDER"):
        all_lessons(tmp_path / "none", CHOICES)
    assert "no lesson in it, such as en/NAME.md" in faults(tmp_path)[0]
    (tmp_path / "one.md").write_text(SOUND)
    assert "one.md: no language; put it into a folder en or fr" in faults(tmp_path)[0]
    (tmp_path / "one.md").unlink()
    (tmp_path / "eng").mkdir()
    assert faults(tmp_path) == [f"{tmp_path}/eng: no language (did you mean en?); folders of lessons are en, fr"]
    (tmp_path / "fr").mkdir()
    assert "fr: no lesson in it" in faults(tmp_path)[1]
    with pytest.raises(LessonError, match="en: no lesson in it"):
        read_lessons(tmp_path, "en", CHOICES)


# --- translations


def test_translations_agree(folder):
    write(folder, in_french(SOUND), "fr")
    assert faults(folder) == []


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("order: 1", "order: 2", "line 3: order is 2, and 1 in "),
        ("default, seed: 1", "default, seed: 2", "line 6: setting is 1 x crackdown, default, 2,"),
        ("intensity: 0.5", "intensity: 2", "line 7: compare is 2 x crackdown"),
        ("answers: [fewer, more]", "answers: [moins, autant, plus]", "line 10: prediction.answers is 3, and 2 in "),
    ],
)
def test_translations_that_do_not_agree(folder, old, new, said):
    write(folder, in_french(SOUND.replace(old, new)), "fr")
    (message,) = faults(folder)
    assert said in message and message.endswith("make both the same")


def test_minutes_of_translations(folder):
    write(folder, in_french(SOUND.replace("minutes: 20", "minutes: 21").replace("- 15 min", "- 16 min")), "fr")
    (message,) = faults(folder)
    assert "line 4: minutes is 21, and 20 in " in message


# --- the lessons that come with plansim

NAMES = ["displacement", "providers", "demand", "outreach", "evaluator", "assumptions"]


@pytest.fixture(scope="module")
def shipped():
    found, wrong = all_lessons(built_in(), all_choices())
    assert wrong == []
    return found


def test_six_lessons_in_two_languages(shipped):
    assert {language: [lesson.name for lesson in several] for language, several in shipped.items()} == {"en": NAMES, "fr": NAMES}
    assert all(lesson.front.minutes == 50 for several in shipped.values() for lesson in several)


def test_translations_have_the_same_numbers_in_each_part(shipped):
    for english, french in zip(shipped["en"], shipped["fr"], strict=True):
        for one, other in zip(english.parts, french.parts, strict=True):
            assert sorted(PLACEHOLDER.findall(one.text)) == sorted(PLACEHOLDER.findall(other.text)), (english.name, one.heading)


def test_names_of_the_page_are_those_of_the_catalogue(shipped):
    """A policy, a set of assumptions or a measure that a lesson names is named in its translation as the page has it."""
    labels = {label for label, _ in (POLICIES | STRUCTURES).values()} | {measure.label for measure in MEASURES}
    named = 0
    for english, french in zip(shipped["en"], shipped["fr"], strict=True):
        for one, other in zip(english.parts, french.parts, strict=True):
            here = [label for label in labels if f"*{label}*" in one.text.replace("\n", " ")]
            assert [label for label in here if f"*{translator('fr')(label)}*" not in other.text.replace("\n", " ")] == []
            named += len(here)
    assert named > 10


def test_what_a_sensitive_subject_needs(shipped):
    """A note at the start, what to do for a student who is concerned, no role play, help in general and in France."""
    for language, words in {
        "en": ("Before you begin", "helplines", "If a student is concerned", "No role play", "helplines for children"),
        "fr": ("Avant de commencer", "lignes d'écoute", "Si un élève est concerné", "Pas de jeu de rôle", "numéros nationaux"),
    }.items():
        for lesson in shipped[language]:
            first, last = lesson.parts[0].text, lesson.parts[-1].text
            assert first.startswith(f"> **{words[0]}.**") and words[1] in first and "119" in first
            assert all(word in last for word in words[2:]) and "119" in last


def test_results_of_the_model_are_filled_in_and_not_written(shipped):
    """Each explanation has the result of both runs, and no number with a decimal or a per cent but that of the interval."""
    for lesson in (lesson for several in shipped.values() for lesson in several):
        assert {"result", "result2", "share_seeds"} <= set(PLACEHOLDER.findall(lesson.parts[3].text))
        assert not re.search(r"\d[.,]\d(?!\d\d)|\d\s?%", "".join(part.text for part in lesson.parts)), lesson.file


# --- the command


def test_check_prints_a_line_for_each_lesson(capsys):
    assert main(["check"], Options()) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 12 and lines[0] == "configs/lesson/en/displacement.md: 1. Does a crackdown move the activity? (50 min)"


def test_check_prints_every_fault(folder, capsys):
    write(folder, SOUND.replace("minutes: 20", "minutes: 30").replace("{{low}}", "{{lower}}"))
    assert check([str(folder)], Options()) == 2
    out, err = capsys.readouterr()
    assert out == "" and len(err.splitlines()) == 4 and all(line.startswith("plansim: ") for line in err.splitlines())
    assert "no such policy" in err  # crackdown is the name of no file
    assert check([str(folder)], Options(json=True)) == 2
    assert len(json.loads(capsys.readouterr().out)["faults"]) == 4


def test_copy_makes_what_can_be_checked(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["copy", "mine"], Options()) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "plansim lessons check mine"
    assert sorted(path.name for path in (tmp_path / "mine" / "fr").iterdir()) == sorted(f"{name}.md" for name in NAMES)
    assert main(["check", "mine"], Options()) == 0
    with pytest.raises(ConfigurationError, match="lessons copy mine: it is there already and not empty"):
        copy(["mine"], Options())
    assert main(["copy", "other"], Options(json=True)) == 0
    assert "fr/demand.md" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["make"], ["copy"], ["copy", "a", "b"], ["check", "a", "b"]])
def test_words_that_do_not_fit(words):
    with pytest.raises(ConfigurationError, match="for example plansim lessons"):
        main(words, Options())


def test_every_number_is_shown_as_something():
    assert set(module.filled_in({}, "en")) == set(PLACEHOLDERS)

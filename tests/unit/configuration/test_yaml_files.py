"""The strict reader of users' YAML: what it takes, and the one line that answers everything else."""

import time

import pytest
import yaml

from sim.configuration import ConfigurationError
from sim.configuration.yaml_files import parse_yaml, read_mapping, read_yaml
from tests.worlds import ROOT

NINE_LEVELS = "a0: &a0 [1,1,1,1,1,1,1,1,1]\n" + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2e-3", 0.002), ("1E5", 1e5), ("-.5", -0.5), ("7", 7), ("1_000", 1000), ("no", "no"), ("on", "on"), ("12:30", "12:30"),
        ("010", "010"), ("0x10", "0x10"), ("2021-01-04", "2021-01-04"), ("True", True), ("~", None), ("", None),
        ("'2e-3'", "2e-3"),
        ("e\u0301t\u00e9", "\u00e9t\u00e9"), ("{a: [1, {b: null}]}", {"a": [1, {"b": None}]}), ("$$ fines", "$$ fines"),
        ("/text", "/text"), ("[&x {a: 1}, *x]", [{"a": 1}, {"a": 1}]), ("|\n  two\n  lines\n", "two\nlines\n"),
    ],
)  # fmt: skip
def test_words_are_read_as_on_the_command_line(text, value):
    found = parse_yaml(text, "it")
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3", "line 3: the key a occurs twice"),
        ("a: {b: 1, 'b': 2}", "line 1: the key b occurs twice"),
        ("a: {é: 1, e\u0301: 2}", "the key é occurs twice"),
        ("1: x", "the key 1 is not text"),
        ("null: x", "the key null is not text"),
        ("2021: x", "the key 2021 is not text"),
        ("? [a]\n: x", "the key a list or a mapping is not text"),
        ("{" * 3000, "more than 40 lists and mappings"),
        ("[" * 3000 + "]" * 3000, "more than 40 lists and mappings"),
        ("a: 1\nb: &b [*b]", "line 2: [*]b is inside the value it names"),
        ("a: [*nobody]", "nothing before it is marked &nobody"),
        (NINE_LEVELS, "more than 100,000 values"),
        ("a: !!set {x, y}", "line 1: the tag"),
        ("a: !!python/object:os.system ls", "the tag"),
        ("a: !own 1", "the tag !own"),
        ("a: ${b}", "interpolations"),
        ("x: 1\na: 'x ${oc.env:HOME}'", "line 2: .*interpolations"),
        ("${oc.env:HOME}: 1", "interpolations"),
        ("a: '${'", "interpolations"),
        ("<<: {a: 1}", "mappings are not merged"),
        ("a: 1\n---\nb: 2", "a second document"),
        ("a: [1", "not YAML"),
        ("a: b: c", "line 1: not YAML"),
        ("\tb: 1", "not YAML"),
        ('a: "\\ud800"', "half a character"),
        ('a: "\\0"', "control character U[+]0000"),
        ('a: "\\UFFFFFFFF"', "not YAML"),
        ("a: \x01", "not YAML"),
    ],
    ids=range(28),
)
def test_what_would_be_lost_or_looked_up_in_silence_is_named(text, said):
    began = time.process_time()
    with pytest.raises(ConfigurationError, match=f"^it.*{said}") as caught:
        parse_yaml(text, "it")
    assert time.process_time() - began < 2.0, "a refusal takes no time"
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"a: 1\nb: \xff", "line 2: a byte that is not"), ("a: é".encode("latin-1"), "UTF-8"), ("a: 1".encode("utf-16"), "UTF-8")],
)
def test_other_encodings_are_named(data, said, tmp_path):
    (tmp_path / "it.yaml").write_bytes(data)
    with pytest.raises(ConfigurationError, match=said):
        read_yaml(tmp_path / "it.yaml")


def test_a_mark_of_byte_order_is_no_part_of_the_first_key(tmp_path):
    (tmp_path / "it.yaml").write_text("a: 1\n", encoding="utf-8-sig")
    assert read_mapping(tmp_path / "it.yaml") == {"a": 1}


@pytest.mark.parametrize("content", ["- 1", "word", "5"])
def test_a_file_is_a_mapping(content, tmp_path):
    (tmp_path / "it.yaml").write_text(content)
    with pytest.raises(ConfigurationError, match="a mapping is needed"):
        read_mapping(tmp_path / "it.yaml")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_mapping(tmp_path)


def test_shipped_files_mean_what_they_meant():
    """They are read by Hydra too, through PyYAML: no word of theirs is read in two ways."""
    for path in sorted((ROOT / "configs").rglob("*.yaml")):
        assert read_yaml(path) == yaml.safe_load(path.read_text(encoding="utf-8")), path

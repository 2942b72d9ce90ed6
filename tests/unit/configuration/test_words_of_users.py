"""Words of users: one value for one key by whichever way it comes, odd names everywhere, and no traceback for anything."""

import contextlib
import json
import shlex
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.configuration.composition import compose, split_model
from experiments.configuration.override_values import in_quotes, readable_value
from experiments.sensitivity.specification import read_specification as read_sensitivity
from experiments.sweeps.specification import read_specification
from experiments.sweeps.tables import read_table
from sim import configuration
from sim.configuration import ConfigurationError
from sim.configuration.yaml_files import parse_yaml
from tests.sweep_worlds import say

BASE = ["market=class", "days=20", "burn_in=0"]
LEVER = "policy.levers.venue_inspection"


def by_command_line(key, word, folder):
    return split_model(compose("config", [f"{key}={word}"]))[0]


def by_yaml(key, word, folder):
    tree = {}
    configuration.set_path(tree, key, parse_yaml(f"it: {word}\n", key)["it"])
    return configuration.validate(tree)


def by_table(key, word, folder):
    (folder / "t.csv").write_text(f"{key};burn_in\n{word};180\n", encoding="utf-8")
    names, rows = read_table(str(folder / "t.csv"))
    return configuration.compose("herault", overrides=dict(zip(names, rows[0], strict=True)))


def by_python(key, value, folder):
    return configuration.compose("herault", overrides={key: value})


WAYS = (by_command_line, by_yaml, by_table)
VALUES = [
    ("labour.bonding", "0.5", 0.5), ("labour.bonding", "5e-1", 0.5), ("labour.bonding", "1", 1), ("labour.bonding", ".5", 0.5),
    ("market.clients", "2_000", 2000), ("seed", "+7", 7), ("start", "2022-03-01", "2022-03-01"),
    ("policy.name", "Béziers", "Béziers"),
    ("policy.name", "Be\u0301ziers", "Béziers"), ("policy.name", "Val-d'Oise", "Val-d'Oise"), ("policy.name", "no", "no"),
    ("policy.name", "/slash", "/slash"), ("policy.name", "50 % off", "50 % off"), ("policy.name", "$$ fines", "$$ fines"),
    ("policy.name", "a (b) [c]", "a (b) [c]"), (f"{LEVER}.territory", "Sète", "Sète"),
    (f"{LEVER}.intensity", "2e-3", 0.002), ("budget", "null", None),
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("key", "word", "value"), VALUES)
def test_one_value_for_one_key_by_every_way(way, key, word, value, tmp_path):
    assert way(key, word, tmp_path) == by_python(key, value, tmp_path)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("key", "word"),
    [
        ("labour.bonding", "true"), ("labour.bonding", "half"), ("labour.bonding", "nan"), ("labour.bonding", "inf"),
        ("seed", "010"),
        ("labour.bonding", "0x1"), ("seed", "1.5"), ("start", "04.01.2021"), ("labour.bonding", "null"), ("policy.name", "5"),
        ("policy.name", "true"), (f"{LEVER}.territory", "1"), ("labour.bonding", "1:30"), ("labour.bonding", "${seed}"),
        ("seed", "9" * 5000), ("labour.bonding", "1e999"),
    ],
    ids=range(16),
)  # fmt: skip
def test_what_is_refused_is_refused_by_every_way(way, key, word, tmp_path):
    with pytest.raises(ConfigurationError) as caught:
        way(key, word, tmp_path)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("labour.bonding=0,5", "a decimal comma? Write labour.bonding=0.5"),
        ("policy.name=a, b", "several values at once need --multirun; text with a comma goes in quotes: 'policy.name=\"a, b\"'"),
        ("policy.name=choice(a,b)", "several values at once need --multirun"),
        ("policy.name=range(1,3)", "several values at once need --multirun"),
        ('policy.name="a', 'it cannot be read; if it is text, put it in quotes: \'policy.name="\\"a"\''),
        ("policy.name=[a", "it cannot be read; if it is text, put it in quotes: 'policy.name=\"[a\"'"),
        ("policy.name=${oc.env:HOME}", "interpolations"),
        ("policy.name=${", "interpolations"),
        ("policy.name='${seed}'", "interpolations"),
        ("policy.levers.${seed}.kind=street", "unknown key"),
        ("lábour.bonding=1", "unknown key (did you mean labour.bonding?)"),
        ("policy.levers.é.intensity=1", "unknown key"),
        ("policy.name=" + "[" * 3000, "inside one another"),
        ("policy.name=\udcff", "not UTF-8"),
        ("\udcff=1", "not UTF-8"),
        ("=1", "key and value"),
    ],
    ids=range(16),
)
def test_a_word_that_can_be_meant_in_two_ways_shows_the_quoted_form(word, said, capsys, tmp_path):
    status, out, err = say(capsys, "run", *BASE, word, "--output", str(tmp_path))
    assert (status, out) == (2, "") and said in err and len(err.splitlines()) == 1
    if "put it in quotes" in err or "goes in quotes" in err:
        quoted = shlex.split(err.rsplit("quotes: ", 1)[1])
        assert compose("config", quoted)["policy"]["name"] == word.partition("=")[2]


@pytest.mark.parametrize("flag", [["--output", "\udcff"], ["--sql", "\udcff"], ["--\udcff"]])
def test_flags_are_utf_8_too(flag, capsys):
    status, out, err = say(capsys, "show", "nowhere", *flag)
    assert (status, out) == (2, "") and "not UTF-8" in err and len(err.splitlines()) == 1


def test_lists_take_accents(tmp_path):
    assert compose("sweep", ["sweep.arms=[{name: Béziers d'été, policy: none}]"])["sweep"]["arms"] == [
        {"name": "Béziers d'été", "policy": "none"}
    ]


@pytest.mark.full
def test_odd_names_work_from_end_to_end(capsys, tmp_path, monkeypatch):
    """A file, folders and a temporary folder with all that shells, globs, SQL, HTML, Hydra and Matplotlib might read."""
    folder = tmp_path / 'a=1 [x] d\'e\u0301t\u00e9 "{q}" $y, %z'
    (folder / "tmp").mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setattr("tempfile.tempdir", str(folder / "tmp"))
    arms = ["none", "$$ fines \\frac{ ^_", "<i>é'&", "_under"]
    own = {
        "days": 5, "burn_in": 0, "defaults": [{"override /market": "class"}],
        "sweep": {
            "question": "<b>x</b> & $$", "replicates": 2, "contrasts": "none",
            "factors": {"labour.bonding": [2e-3, 1], "labour.leave_rate": [0.1, 0.2]},
            "arms": ["none", *({"name": name, "policy": "client_fines"} for name in arms[1:])],
        },
    }  # fmt: skip
    Path("mon été [1].yaml").write_text(yaml.safe_dump(own, allow_unicode=True).replace("0.002", "2e-3"), encoding="utf-8")
    words = ["sweep", "sweep=mon e\u0301te\u0301 [1].yaml", "policy.start_day=3", "engine=serial", "--output", "[o] d'été"]
    status, out, err = say(capsys, *words)
    assert status == 0, err
    result = Path(out.strip().splitlines()[-1].removeprefix("Result: "))
    page = (result / "report.html").read_text(encoding="utf-8")
    assert "$$ fines \\frac{ ^_" in page and "<i>é" not in page and "<b>x" not in page and "mathdefault" not in page
    status, out, _ = say(capsys, "show", str(result), "--sql", "SELECT DISTINCT arm FROM rows ORDER BY arm", "--json")
    assert status == 0 and {row[0] for row in json.loads(out)["rows"]} == set(arms)
    assert say(capsys, "rerun", str(result), "3")[0] == 0
    status, out, err = say(capsys, "run", *BASE, "policy.name=Béziers,Val-d'Oise", "--multirun", "--json")
    assert status == 0 and out.count('"policy": ') == 2 and '"Val-d\'Oise"' in out, err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"sweep": 5}, "a part named sweep"),
        ({"sweep": {}, "defaults": 5}, "defaults: a list of lines such as - override /market: class"),
        ({"sweep": {}, "defaults": "/market: class"}, "defaults: a list"),
        ({"sweep": {}, "defaults": {"override /market": "class"}}, "defaults: a list"),
        ({"sweep": {}, "defaults": ["/etc/passwd"]}, "defaults: a list"),
        ({"sweep": {}, "defaults": [{"/market": "class"}]}, "defaults: a list"),
        ({"sweep": {}, "defaults": [{"override /sweep": "smoke"}]}, "defaults: a list"),
        ({"sweep": {}, "defaults": [{"override /market": "/class"}]}, "market=/class: no such file; by its name it is"),
        ({"sweep": {}, "defaults": [{"override /market": ["class"]}]}, "is unknown; valid: class"),
        ({"sweep": {}, "defaults": [None]}, "defaults: a list"),
        ({"sweep": {}, "dayz": 5}, "unknown key dayz (did you mean days?)"),
        ({"sweep": {}, "labour.bonding": 0.5}, "unknown key labour.bonding (write labour: and bonding: below it)"),
        ({"sweep": {"question": "${oc.env:HOME}"}}, "interpolations"),
        ({"sweep": {}, "labour": {"bonding": {"a": 1}}}, "labour.bonding"),
        ({"sweep": {}, "labour": "bonded"}, "labour"),
        ({"sweep": {}, "days": [1]}, "days"),
    ],
    ids=range(16),
)  # fmt: skip
def test_a_file_of_ones_own_that_does_not_fit_is_named(content, said, capsys, tmp_path):
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(content))
    status, out, err = say(capsys, "sweep", f"sweep={tmp_path / 'own.yaml'}", "market=class", "--dry-run")
    assert (status, out) == (2, "") and said in err and len(err.splitlines()) == 1


# Whatever is given, the answer is a configuration or one line.

KEYS = st.sampled_from(["labour.bonding", "policy.name", "seed", "start", "policy.levers.x", "sweep.factors", "sweep.arms"])
TEXT = st.text(st.characters(), max_size=12) | st.text("[]{}()'\"\\,:=$#%&*!|>-~@é /.05eE+naitruefls", max_size=12)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.binary(max_size=3) | st.dates() | st.decimals()
MORE = lambda part: st.lists(part, max_size=3) | st.dictionaries(KEYS | TEXT | st.integers(), part, max_size=3)  # noqa: E731
TREES = st.recursive(LEAVES, MORE, max_leaves=6)


@contextlib.contextmanager
def answered_in_one_line():
    """A mistake is a ConfigurationError of one line, and nothing else."""
    try:
        yield
    except ConfigurationError as error:
        assert len(str(error).splitlines()) == 1, error


@settings(max_examples=40, deadline=None)
@given(KEYS | TEXT, TEXT)
def test_any_word_of_the_command_line(key, value):
    with answered_in_one_line():
        tree = compose("sweep", ["market=class", f"{key}={value}"])
        read_specification(tree)
        split_model(tree)


@settings(max_examples=300, deadline=None)
@given(TEXT.filter(lambda text: "${" not in text))
def test_text_in_quotes_is_that_text(text):
    with contextlib.suppress(ConfigurationError):
        configuration.plain_text(text, "it")
        assert readable_value("policy.name", in_quotes(text)) == in_quotes(text)


@settings(max_examples=300, deadline=None)
@given(st.text("[]{}'\",:-&*!|>#%@`~é \n\tab0.e<$", max_size=40) | TREES.map(lambda tree: yaml.dump(tree, allow_unicode=True)))
def test_any_yaml(text):
    with answered_in_one_line():
        json.dumps(parse_yaml(text, "it"))


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(KEYS | TEXT | st.integers(), TREES, max_size=3) | TREES)
def test_any_overrides_from_python(overrides):
    with answered_in_one_line():
        configuration.compose("class", overrides=overrides)


@settings(max_examples=150, deadline=None)
@given(TREES | st.dictionaries(st.sampled_from(["factors", "arms", "outcomes", "subset", "target", "table"]), TREES))
@pytest.mark.parametrize(("read", "part"), [(read_specification, "sweep"), (read_sensitivity, "sensitivity")])
def test_any_sweep(read, part, tree):
    with answered_in_one_line():
        read({part: tree})


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40) | st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_table(tmp_path_factory, data):
    file = tmp_path_factory.mktemp("table") / "t.csv"
    file.write_bytes(data)
    with answered_in_one_line():
        read_table(str(file))


@pytest.mark.parametrize("key", ["\n", "labour.\nbonding", "a\u2028b", "days\r"])
def test_a_line_end_in_a_key_does_not_end_the_message(key):
    with pytest.raises(ConfigurationError) as caught:
        configuration.compose("class", overrides={key: 1})
    assert len(str(caught.value).splitlines()) == 1 and ascii(key)[1:-1] in str(caught.value)

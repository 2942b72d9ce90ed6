"""Manifests say what made a result, and nothing about whose machine it was."""

import json
import platform
import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from experiments.store.provenance import (
    LIBRARIES,
    build_manifest,
    configuration_hash,
    describe_difference,
    hash_table,
    identity_hash,
    library_versions,
    source_hash,
)

ROOT = Path(__file__).resolve().parents[3]
CONFIGURATION = {"market": {"name": "class", "seed": 1}, "engine": {"workers": 2}}


def manifest(**changes):
    parts = {"command": "sweep", "configuration": CONFIGURATION, "seeds": {"root": 1}}
    return build_manifest(**{**parts, "data_hashes": {}, **changes})


def test_source_hash_of_this_project_is_stable_and_imports_nothing_heavy():
    code = (
        "import sys; from experiments.store.provenance import *; print(source_hash());"
        "library_versions(); import experiments.store.store, experiments.execution.engine,"
        "experiments.execution.progress; print(sorted({'sim','numpy','pyarrow','rich'} & {*sys.modules}))"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    assert len(output[0]) == len(source_hash()) == 64
    assert output[1] == "[]"


def test_configuration_hash_is_canonical():
    assert configuration_hash({"a": 1, "b": [1, 2]}) == configuration_hash({"b": (1, 2), "a": 1})
    assert configuration_hash({"a": 1}) != configuration_hash({"a": "1"})
    with pytest.raises(ValueError, match="JSON"):
        configuration_hash({"a": float("nan")})


def test_identity_covers_what_decides_and_nothing_else():
    base = identity_hash(manifest())
    other_engine = {**CONFIGURATION, "engine": {"workers": 8}}
    assert identity_hash(manifest(configuration=other_engine)) == base
    later = {**manifest(), "created_utc": "2099-01-01T00:00:00+00:00", "libraries": {}}
    assert identity_hash(later) == base
    stored = json.loads(json.dumps(manifest()))
    assert identity_hash(stored) == stored["identity_sha256"] == base
    other_market = {**CONFIGURATION, "market": {"name": "idf", "seed": 1}}
    changes = [
        manifest(command="test"),
        manifest(configuration=other_market),
        manifest(data_hashes={"posterior": "ab"}),
        {**manifest(), "source_sha256": "0" * 64},
    ]
    assert len({base, *map(identity_hash, changes)}) == 5
    differences = [describe_difference(manifest(), change) for change in changes]
    assert differences == [
        "another setting of command",
        "another setting of market.name",
        "another setting of data, data.posterior",
        "another version of the code",
    ]


def test_manifests_hold_no_host_and_no_absolute_path():
    text = json.dumps(manifest())
    assert platform.node() not in text or len(platform.node()) < 4
    assert str(ROOT) not in text
    assert str(Path.home()) not in text
    assert manifest()["created_utc"].endswith("+00:00")
    with pytest.raises(ValueError, match=r"policy.files\[0\] is an absolute path"):
        manifest(configuration={"policy": {"files": ["/somewhere/x.yaml"]}})


def test_the_address_of_a_cluster_is_left_out():
    """It names a host. What was given is not changed by that: the engine still needs it."""
    configuration = {"engine": {"name": "ray", "address": "cluster.example.org:6379", "workers": 2}}
    made = manifest(configuration=configuration)
    assert made["configuration"] == {"engine": {"name": "ray", "workers": 2}}
    assert configuration["engine"]["address"] == "cluster.example.org:6379"


def test_every_library_that_the_project_needs_is_named():
    import tomllib

    needed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    assert {re.match(r"[A-Za-z0-9_-]+", text)[0] for text in needed} - {"rich"} <= set(LIBRARIES)


def test_library_versions_leave_out_what_is_absent():
    assert library_versions(["pyarrow", "no-such-library"]) == {"pyarrow": pa.__version__}


def test_table_hash_is_by_value():
    ids = pa.array([1, 2, 3])
    names = pa.array(["a", None, "b"])
    half = pa.array([0.5, None, float("nan")])
    days = pa.array([1, 2, None], pa.int32()).cast(pa.date32())
    flags = pa.array([True, False, None])
    plain = pa.table({"id": ids, "name": names, "half": half, "day": days, "flag": flags})
    same = [
        plain.select(["flag", "name", "id", "half", "day"]),
        pa.concat_tables([plain.slice(0, 1), plain.slice(1)]),
        plain.set_column(1, "name", names.dictionary_encode()),
    ]
    assert {hash_table(table) for table in same} == {hash_table(plain)}
    other = [
        plain.set_column(0, "id", pa.array([1, 2, 4])),
        plain.set_column(0, "id", ids.cast(pa.int32())),
        plain.set_column(1, "name", pa.array(["a", "", "b"])),
        plain.set_column(2, "half", pa.array([0.5, 0.0, float("nan")])),
        plain.set_column(4, "flag", pa.array([True, False, False])),
        plain.rename_columns(["id", "nom", "half", "day", "flag"]),
        plain.slice(0, 2),
        plain.slice(0, 0),
    ]
    assert len({hash_table(table) for table in [plain, *other]}) == len(other) + 1

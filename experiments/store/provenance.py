"""What made a result: configuration, seeds, code, data and libraries, in one manifest.

A manifest can be published as it is: it holds no host name, no user name and no absolute path.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from experiments.store import source_code
from experiments.store.files import first_of

if TYPE_CHECKING:
    import pyarrow as pa

PROJECT = "plansim"
_NAMES_A_FILE = re.compile(r"(^|\.)(table|files?|paths?|folder)(\[\d+\])*$")
LIBRARIES = (
    *("mesa", "numpy", "pandas", "numba", "pyarrow", "duckdb", "scipy", "scikit-learn", "statsmodels"),
    *("SALib", "optuna", "hydra-core", "pydantic", "matplotlib", "jinja2"),
)
WITHOUT_EFFECT = ("engine", "own_files")
"""Parts of a configuration that change none of its results: how a plan is carried out, and where its content was read."""

_NUMERIC = ("numpy", "numba", "scipy", "pandas", "scikit-learn", "statsmodels", "SALib", "optuna")  # numbers may come from them


def source_hash() -> str:
    """SHA-256 (hexadecimal) of the code that can change a row: rules and experiments, without what is for people alone."""
    hashes = source_code.code_hashes()
    return hashlib.sha256("".join(hashes[part] for part in source_code.DECISIVE).encode()).hexdigest()


def library_versions(names: Iterable[str] = LIBRARIES) -> dict[str, str]:
    """Versions of the installed libraries by name, without importing them; absent ones left out."""
    versions = {}
    for name in names:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def other_libraries(manifest: Mapping[str, Any]) -> str:
    """Libraries of which a number could come that are not those of a manifest: "numpy 1.26.4 then, 2.0.1 now"; or nothing."""
    now = library_versions(_NUMERIC)
    then = manifest.get("libraries", {})
    return "; ".join(f"{name} {then[name]} then, {now[name]} now" for name in now if then.get(name, now[name]) != now[name])


def configuration_hash(configuration: Mapping[str, Any]) -> str:
    """SHA-256 of a configuration as canonical JSON: sorted keys, no spaces. ValueError for NaN or infinity.

    >>> configuration_hash({"a": 1, "b": (2,)}) == configuration_hash({"b": [2], "a": 1})
    True
    """
    text = json.dumps(configuration, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def build_manifest(
    command: str,
    configuration: Mapping[str, Any],
    seeds: Mapping[str, Any],
    data_hashes: Mapping[str, str],
) -> dict[str, Any]:
    """The manifest of what is about to be run, of JSON values.

    Parameters
    ----------
    configuration
        The whole composed configuration; the address of an engine is left out, as it names a host. ValueError if a value is
        an absolute path, or NaN.
    seeds
        What the seeds follow from, for example ``{"root": 1, "block": "tests"}``.
    data_hashes
        SHA-256 by name of the data files read from outside the packages.
    """
    from sim import __version__  # late: a hash of the code needs nothing of the model

    configuration = json.loads(json.dumps(configuration, allow_nan=False))
    if isinstance(configuration.get("engine"), dict):
        configuration["engine"].pop("address", None)
    _refuse_absolute_paths(configuration)
    manifest = {
        "manifest_version": 1,
        "project": {"name": PROJECT, "version": __version__},
        "command": command,
        "configuration": configuration,
        "configuration_sha256": configuration_hash(configuration),
        "source_sha256": source_hash(),
        "code_sha256": source_code.code_hashes(),
        "data_sha256": dict(data_hashes),
        "seeds": dict(seeds),
        "libraries": library_versions(),
        "python": platform.python_version(),
        "platform": {"machine": platform.machine(), "system": platform.system()},
        "created_utc": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return {**manifest, "identity_sha256": identity_hash(manifest)}


def identity_hash(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of what decides a result: command, configuration, code that can change a row, outside data.

    Two manifests that agree in it share a result folder: one resumes or reprints the other. `WITHOUT_EFFECT`,
    times, libraries and machine do not count.
    """
    return configuration_hash(_asked(manifest) | {"source_sha256": manifest.get("source_sha256")})


def question_hash(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of the question, whatever code answers it: command, configuration, outside data."""
    return configuration_hash(_asked(manifest))


def _asked(manifest: Mapping[str, Any]) -> dict[str, Any]:
    configuration = _take_decisive(manifest["configuration"])
    return {"command": manifest.get("command"), "data_sha256": manifest.get("data_sha256"), "configuration": configuration}


def _take_decisive(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration without the parts that have no effect on results."""
    return {key: part for key, part in configuration.items() if key not in WITHOUT_EFFECT}


def describe_difference(stored: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    """Why two manifests differ in `identity_hash`, to follow "results of"; names at most 3 keys."""
    if stored.get("source_sha256") != asked.get("source_sha256"):
        return "another version of the code"
    keys = sorted(dict(_flatten(stored).items() ^ _flatten(asked).items()))
    return f"another setting of {first_of(keys)}"


def _flatten(manifest: dict) -> dict[str, str]:
    """What the identity hash covers, by dotted key, as text."""
    decisive = {"command": manifest["command"], "data": manifest.get("data_sha256")}
    waiting = [("", {**_take_decisive(manifest["configuration"]), **decisive})]
    flat = {}
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, Mapping) and value:
            waiting += [(f"{key}.{name}" if key else name, part) for name, part in value.items()]
        else:
            flat[key] = json.dumps(value)
    return flat


def hash_table(table: pa.Table) -> str:
    """SHA-256 over a table's values in row order: columns by name, little-endian, nulls marked."""
    digest = hashlib.sha256(f"{table.num_rows}".encode())
    for name in sorted(table.column_names):
        for part in (name.encode(), *_column_bytes(table[name])):
            digest.update(len(part).to_bytes(8, "little"))
            digest.update(part)
    return digest.hexdigest()


def _column_bytes(column: pa.ChunkedArray) -> Iterator[bytes]:
    """Type, nulls and values of a column, whatever its chunks, dictionaries and padding."""
    import numpy as np
    import pyarrow as pa

    array = column.combine_chunks()
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    yield str(array.type).encode()
    yield array.is_null().to_numpy(zero_copy_only=False).tobytes()
    if not pa.types.is_primitive(array.type):
        yield json.dumps(array.to_pylist(), default=str, sort_keys=True).encode()
        return
    if pa.types.is_temporal(array.type):
        array = array.view(pa.int32() if array.type.bit_width == 32 else pa.int64())
    values = array.fill_null(False if pa.types.is_boolean(array.type) else 0)
    values = values.to_numpy(zero_copy_only=False)
    if values.dtype.kind == "f":
        values = np.where(np.isnan(values), np.nan, values).astype(values.dtype)  # one NaN for all
    yield values.astype(values.dtype.newbyteorder("<")).tobytes()


def _refuse_absolute_paths(value: Any, key: str = "") -> None:
    """Of settings that name files: any other text may begin with a slash."""
    if isinstance(value, dict):
        for name, part in value.items():
            _refuse_absolute_paths(part, f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for position, part in enumerate(value):
            _refuse_absolute_paths(part, f"{key}[{position}]")
    elif isinstance(value, str) and os.path.isabs(value) and _NAMES_A_FILE.search(key):
        from sim.configuration.plain_values import ConfigurationError  # late: a manifest needs nothing of the model

        raise ConfigurationError(f"{key} is an absolute path ({value}); give it relative to this folder")

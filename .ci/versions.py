"""The same numbers on every supported Python, with the lowest and the newest libraries that `pyproject.toml` allows.

    python .ci/versions.py            each interpreter at hand, lowest and newest, compiled
    python .ci/versions.py --quick    each other interpreter at hand, newest, one tiny market in plain Python

A line says what was found of each, and which interpreter is not at hand. Exit status 1 if anything fails or differs.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("3.11", "3.12", "3.13")
FORMS = {"lowest": "lowest-direct", "newest": "highest"}
FROM_SOURCE = ("antlr4-python3-runtime",)  # Hydra's, which has no wheel
TINY = ["days=30", "burn_in=0", "policy.start_day=10", "market.clients=100", "market.searches_per_day=8", "market.bosses=4"]
SENSITIVITY = [
    *("sensitivity=quick", "days=180", "burn_in=30", "engine.workers=1"),
    *("sensitivity.replicates=2", "sensitivity.trajectories=3", "sensitivity.keep=2", "sensitivity.rows=4"),
]
INTERNALS = ("tests/unit/engine/test_library_internals.py", "tests/unit/engine/test_pointer.py")


def main() -> int:
    """Look at each; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--measure", choices=("quick", "full"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measure(quick=asked.measure == "quick")))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return compare(Path(folder), asked.quick)


def compare(folder: Path, quick: bool) -> int:
    """Measure with each interpreter and each form of the libraries; say what differs."""
    subprocess.run([sys.executable, "-m", "venv", folder / "uv"], check=True)
    subprocess.run([folder / "uv/bin/pip", "install", "-q", "--disable-pip-version-check", "uv"], check=True)
    found = {"this Python": ask(sys.executable, "quick")} if quick else {}
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    for version in PYTHONS:
        if quick and version == own:
            continue
        python = find_python(version)
        if python is None:
            print(f"Python {version}: none at hand, left out", flush=True)
            continue
        for form in ("newest",) if quick else FORMS:
            start = time.monotonic()
            environment = install(folder, python, form, quick)
            interpreted = {"NUMBA_DISABLE_JIT": "1"} if quick else {}
            result = environment and ask(environment, "quick" if quick else "full", **interpreted)
            found[f"Python {version}, {form}"] = result
            said = json.dumps(result) if result else "FAILED"
            print(f"Python {version}, {form} ({time.monotonic() - start:.0f} s): {said}", flush=True)
    return tell(found)


def tell(found: dict[str, dict | None]) -> int:
    """What differs among the results that should be one; the exit status."""
    failed = [name for name, result in found.items() if not result]
    results = [result for result in found.values() if result]
    differing = sorted(key for key in results[0] if len({result[key] for result in results}) > 1) if results else []
    for name in failed:
        print(f"{name}: failed")
    for key in differing:
        print(f"{key} differs: " + ", ".join(f"{name} {result[key][:12]}" for name, result in found.items() if result))
    if not failed and not differing:
        print(f"{len(results)} times the same numbers")
    return 1 if failed or differing else 0


def find_python(version: str) -> str | None:
    """An interpreter of this version that runs: on the path, or among those of pyenv."""
    candidates = [shutil.which(f"python{version}")]
    if pyenv := shutil.which("pyenv"):
        root = subprocess.run([pyenv, "root"], capture_output=True, text=True).stdout.strip()
        candidates += sorted((str(path) for path in Path(root).glob(f"versions/{version}.*/bin/python")), reverse=True)
    for python in filter(None, candidates):
        if subprocess.run([python, "-c", "import venv, ensurepip"], capture_output=True).returncode == 0:
            return python
    return None


def install(folder: Path, python: str, form: str, quick: bool) -> Path | None:
    """The interpreter of a new environment with the project; None, and the reason printed, if it cannot be made."""
    environment = Path(tempfile.mkdtemp(prefix=f"{form}-", dir=folder)) / "venv"
    uv = [folder / "uv/bin/uv"]
    wheels = ["--only-binary", ":all:", *(word for name in FROM_SOURCE for word in ("--no-binary", name))]
    extra = ["--extra", "classroom" if quick else "test"]  # the latter has the former
    inside = environment / "bin/python"
    listed = environment.with_name("requirements.txt")
    compiling = ["pip", "compile", "--quiet", "--python", inside, "--resolution", FORMS[form], *wheels, *extra]
    for words in (
        ["venv", "--quiet", "--python", python, environment],
        [*compiling, ROOT / "pyproject.toml", "--output-file", listed],
        ["pip", "install", "--quiet", "--python", inside, *wheels, "--requirement", listed],
        ["pip", "install", "--quiet", "--python", inside, "--no-deps", "--editable", ROOT],
    ):
        done = subprocess.run([*uv, *words], capture_output=True, text=True)
        if done.returncode:
            print(done.stdout[-1000:] + done.stderr[-2000:], flush=True)
            return None
    return inside


def ask(python: str | Path, size: str, **variables: str) -> dict | None:
    """What `measure` finds in another interpreter; None, and its last words printed, if it fails."""
    command = [python, __file__, "--measure", size]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | variables, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout[-1500:] + done.stderr[-3000:], flush=True)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def measure(quick: bool) -> dict[str, str]:
    """In this interpreter: import all, run what there is to run, and return the hashes that must be equal everywhere."""
    sys.path.insert(0, str(ROOT))
    import_all()
    if quick:
        return {"ledger": command("run", "market=class", *TINY)["ledger_sha256"]}
    tests = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *INTERNALS]
    if subprocess.run(tests, cwd=ROOT, stdout=sys.stderr).returncode:
        raise SystemExit("the test of what is taken from inside libraries fails")
    sensitivity = command("sensitivity", *SENSITIVITY)
    return {
        "ledger": command("run", "market=class", "days=200")["ledger_sha256"],
        "market": ledger_of_market(),
        "screening": sensitivity["screening"]["rows_sha256"],
        "indices": sensitivity["indices"]["rows_sha256"],
        "designs": hash_of_designs(),
    }


def import_all() -> None:
    """Every module of the project."""
    for name in ("sim", "experiments"):
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            importlib.import_module(module.name)


def command(*words: str) -> dict:
    """The summary that a command prints with --json."""
    with tempfile.TemporaryDirectory() as folder:
        line = [sys.executable, "-m", "experiments.cli", *words, "--json", "--output", folder]
        done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"plansim {words[0]} ends with status {done.returncode}: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def ledger_of_market() -> str:
    """A Market of the Python face, looked at through Mesa on the way."""
    from sim.market import Market

    market = Market(market="class", overrides={"days": 200})
    market.run(100)
    assert len(market.agents) > 0 and len(market.ledger()) == 100
    market.run(100)
    return market.ledger_sha256()


def hash_of_designs() -> str:
    """Points of each sampling design, and shares of variance from them, of which one resample does not vary."""
    import hashlib

    import numpy as np

    from experiments.sensitivity import indices
    from experiments.sweeps.designs import unit_points
    from experiments.sweeps.specification import SweepSpecification

    digest = hashlib.sha256()
    factors = {name: {"low": 0.0, "high": 1.0} for name in ("labour.bonding", "demand.digital_share", "enforcement.boss_present")}
    for design in ("latin_hypercube", "sobol", "morris", "saltelli", "random"):
        points = unit_points(SweepSpecification(design=design, rows=8, factors=factors), 1)
        digest.update(np.ascontiguousarray(points.round(12), "<f8"))
    points = unit_points(SweepSpecification(design="saltelli", rows=8, factors=factors), 1)
    rows = indices.rows_of_saltelli((points[:, 0] > 0.8).astype(float), 3)  # most are alike, so some resamples do not vary
    shares = indices.variance_shares(rows, 3, np.random.Generator(np.random.PCG64(1)), resamples=200)
    found = np.concatenate([np.ravel(part) for part in (*shares.first, *shares.total)])
    assert np.isfinite(found).all()
    digest.update(np.ascontiguousarray(found.round(9), "<f8"))
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())

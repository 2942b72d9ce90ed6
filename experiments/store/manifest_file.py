"""manifest.json of a result folder: read, compared with what is asked for, and kept true."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from experiments.store import source_code
from experiments.store.files import StoreError, damaged, read_sealed, write_sealed
from experiments.store.provenance import describe_difference, identity_hash

MANIFEST = "manifest.json"


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a result. StoreError if there is none, StoreFailure if it is damaged."""
    path = folder / MANIFEST
    if not path.exists():
        raise StoreError(f"{folder} holds no result: it has no {MANIFEST}")
    manifest = read_sealed(path)
    if not {"command", "configuration"} <= manifest.keys():
        raise damaged(path)
    return manifest


def refuse_other_identity(folder: Path, stored: dict, asked: dict) -> None:
    """Results of two configurations or two versions of the code never share a folder."""
    if identity_hash(stored) != identity_hash(asked):
        difference = describe_difference(stored, asked)
        raise StoreError(f"{folder} holds results of {difference}: choose another folder or remove it")


def renew_code(folder: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest with the hashes of the code that runs, which writes the summary; rewritten if they are others.

    Only code of summaries and pages can be another here: the rest is part of what the result is.
    """
    if "code_sha256" not in manifest or not source_code.changed_parts(manifest["code_sha256"]):
        return manifest
    renewed = {**manifest, "code_sha256": source_code.code_hashes()}
    write_sealed(folder / MANIFEST, renewed)
    return renewed

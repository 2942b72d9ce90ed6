"""A study: a folder of one's own policies, markets and hypotheses, with `study.yaml`, which says what is asked in it.

In a folder with that file, or in one given as `--configs`, files go by their names.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from pydantic import Field

from sim import __version__
from sim.configuration import ConfigurationError, validate_as
from sim.configuration.groups import searching
from sim.configuration.yaml_files import read_mapping
from sim.parameters import Group

STUDY = "study.yaml"


class StudyFile(Group):
    """The content of `study.yaml`: a title, the version of plansim that the study was made with, and its commands in order."""

    title: str = Field(min_length=1)
    plansim: str = Field(min_length=1)
    commands: tuple[str, ...] = ()


def read_study(folder: Path) -> StudyFile:
    """The study of a folder. ConfigurationError, one line, if there is none, or it was made for another version.

    Versions are the same where their first two numbers are.
    """
    file = folder / STUDY
    if not file.is_file():
        raise ConfigurationError(f"{folder}: no {STUDY} in it; plansim new study NAME makes a study")
    content = {key: value for key, value in read_mapping(file, str(file)).items() if value is not None}
    if isinstance(content.get("plansim"), int | float):  # 0.1 without quotes
        content["plansim"] = str(content["plansim"])
    study = validate_as(StudyFile, content, f"{file}: ")
    if study.plansim.split(".")[:2] != __version__.split(".")[:2]:
        raise ConfigurationError(
            f"{file}: made for plansim {study.plansim}, and this is {__version__}: numbers may differ; see CHANGELOG.md, "
            f"then set plansim: {__version__} there"
        )
    return study


def own_names(configs: str | None) -> contextlib.AbstractContextManager[None]:
    """While it is open, files of the folder `configs`, or of the current one if it is a study, go by their names.

    ConfigurationError, one line, for a folder or study that cannot be used.
    """
    folder = Path(configs or "")
    if (folder / STUDY).is_file():
        read_study(folder)
        return searching(folder, str(folder / STUDY), may_be_empty=True)
    return contextlib.nullcontext() if configs is None else searching(folder, f"--configs {configs}")

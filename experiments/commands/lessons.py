"""`plansim lessons check [FOLDER]`, `plansim lessons copy FOLDER`: lessons that a teacher writes or changes."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from experiments.classroom.lessons.files import SUFFIX, all_choices, all_lessons, built_in
from experiments.store.result import Options
from sim.configuration import ConfigurationError

EXAMPLE = "for example plansim lessons check or plansim lessons copy my_lessons"


def main(words: list[str], options: Options) -> int:
    """Check lessons, or copy those that come with plansim; returns the exit status."""
    done = {"check": check, "copy": copy}
    if not words or words[0] not in done:
        raise ConfigurationError(f"lessons: {words[0] if words else 'what?'}: check or copy is needed, {EXAMPLE}")
    if len(words) > 2:
        raise ConfigurationError(f"lessons {words[0]} {' '.join(words[1:])}: one folder is needed, {EXAMPLE}")
    return done[words[0]](words[1:], options)


def check(words: list[str], options: Options) -> int:
    """Print a line for each lesson and for each fault; 2 if there is a fault."""
    found, faults = all_lessons(Path(words[0]) if words else built_in(), all_choices())
    sound = [lesson for lessons in found.values() for lesson in lessons]
    if options.json:
        listed = [{"file": one.file, "title": one.front.title, "minutes": one.front.minutes} for one in sound]
        print(json.dumps({"lessons": listed, "faults": [str(fault) for fault in faults]}, indent=2, ensure_ascii=False))
    else:
        print("".join(f"{lesson.line}\n" for lesson in sound), end="", flush=True)
        for fault in faults:
            print(f"plansim: {fault}", file=sys.stderr)
    return 2 if faults else 0


def copy(words: list[str], options: Options) -> int:
    """Copy the lessons that come with plansim into a new folder, and print what to do next."""
    if not words:
        raise ConfigurationError("lessons copy: a folder is needed, for example plansim lessons copy my_lessons")
    folder = Path(words[0])
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise ConfigurationError(f"lessons copy {folder}: it is there already and not empty; give another name, or take it away")
    made = []
    for path in sorted(built_in().glob(f"*/*{SUFFIX}")):
        (folder / path.parent.name).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / path.parent.name / path.name)
        made.append(f"{path.parent.name}/{path.name}")
    next_step = f"plansim lessons check {folder}"
    if options.json:
        print(json.dumps({"folder": str(folder), "files": made, "next": [next_step]}, indent=2))
    else:
        print("\n".join([f"{folder}/ has the lessons, to be changed:", *(f"  {file}" for file in made), "", "Next", next_step]))
    return 0

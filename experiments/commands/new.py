"""`plansim new study NAME`: a folder for a study of one's own, which runs at once."""

from __future__ import annotations

import json
import re
from importlib import resources
from importlib.abc import Traversable
from pathlib import Path

from experiments.store.result import Options
from sim import __version__
from sim.configuration import ConfigurationError

STUDY = "study"
TEMPLATE = "new_study"  # in configs/; @NAME@ and @VERSION@ are filled in
EXAMPLE = "for example plansim new study mine"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def main(words: list[str], options: Options) -> int:
    """Make the folder, and print what to run next."""
    if words[:1] != [STUDY]:
        raise ConfigurationError(f"new: {words[0] if words else 'what?'}: only a study can be made, {EXAMPLE}")
    if len(words) != 2:
        raise ConfigurationError(f"new study: one name is needed, {EXAMPLE}")
    name = words[1]
    if not _NAME.fullmatch(name):
        raise ConfigurationError(f"new study {name}: a name of at most 64 letters, digits, _ and - is needed, {EXAMPLE}")
    folder = Path(name)
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise ConfigurationError(f"new study {name}: {name} is there already; give another name, or take it away")
    made = copy_template(resources.files("configs") / TEMPLATE, folder, {"@NAME@": name, "@VERSION@": __version__})
    next_steps = [f"cd {name}", f"plansim {STUDY}"]
    if options.json:
        print(json.dumps({"folder": name, "files": made, "next": next_steps}, indent=2))
    else:
        print("\n".join([f"{name}/ has a study that runs:", *(f"  {file}" for file in made), "", "Next", *next_steps]))
    return 0


def copy_template(source: Traversable, folder: Path, filled: dict[str, str]) -> list[str]:
    """Copy a folder of texts with words filled in; returns the files made, relative to `folder`."""
    folder.mkdir(exist_ok=True)
    made = []
    for part in sorted(source.iterdir(), key=lambda part: (part.is_dir(), part.name)):
        if part.name == "__pycache__":  # left by an installation
            continue
        if part.is_dir():
            made += [f"{part.name}/{file}" for file in copy_template(part, folder / part.name, filled)]
            continue
        text = part.read_text(encoding="utf-8")
        for mark, word in filled.items():
            text = text.replace(mark, word)
        (folder / part.name).write_text(text, encoding="utf-8")
        made.append(part.name)
    return made

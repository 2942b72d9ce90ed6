"""Hydra's own ways, for a handful of configurations: `--multirun`, `--cfg`, `--info`.

Each job is an ordinary result in its own folder; Hydra's folders and logs are off. Large sweeps
have a command of their own: Hydra spends a tenth of a second and more on each job.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable

from experiments.configuration.composition import CONFIGS, complete, hydra_apart, prepare_override
from experiments.configuration.override_values import in_quotes

_QUIET = (
    "hydra.run.dir=.",
    "hydra.sweep.subdir=.",
    "hydra.output_subdir=null",
    "hydra/job_logging=none",
    "hydra/hydra_logging=none",
)


def run_with_hydra(execute: Callable[[dict], int], config_name: str, overrides: list[str], words: list[str]) -> int:
    """Hand a command to `hydra.main`, which calls `execute` with each composed job; returns their highest exit status."""
    import hydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    from sim.configuration import ConfigurationError

    several = "--multirun" in words or "-m" in words
    statuses = [0]

    @hydra.main(config_path=f"pkg://{CONFIGS}", config_name=config_name, version_base="1.3")
    def job(composed) -> None:
        try:
            statuses.append(execute(complete(OmegaConf.to_container(composed, resolve=False))))
        except ConfigurationError as error:
            print(f"plansim: {error}", file=sys.stderr)
            statuses.append(2)

    before = sys.argv
    try:
        with hydra_apart(), tempfile.TemporaryDirectory() as elsewhere:  # for the note Hydra writes of each multirun
            prepared = [prepare_override(text, config_name, several) for text in overrides]
            sys.argv = ["plansim", *words, *_QUIET, f"hydra.sweep.dir={in_quotes(elsewhere)}", *prepared]
            job()
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigurationError(str(error).splitlines()[0]) from None
    except SystemExit as stop:
        return int(stop.code or 0) and 2
    finally:
        sys.argv = before
    return max(statuses)

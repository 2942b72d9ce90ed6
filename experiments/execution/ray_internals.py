"""All that the Ray engine takes from inside Ray, for which it has no public name: nothing else uses it.

`tests/unit/engine/test_library_internals.py` tries each, and is run with the lowest and the newest Ray of every interpreter
(`.ci/versions`). A Ray without one of these names works: it prints more, or takes longer to see that no cluster answers.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any


def hush_dead_workers() -> None:
    """Keep Ray from reporting every dead worker on standard output."""
    try:
        from ray._private import worker
    except ImportError:
        return
    worker._worker_logs_enabled = False


def folder_option(folder: str | Path) -> dict[str, Any]:
    """Argument of `ray.init` for where a cluster of our own puts its sockets and logs."""
    return {"_temp_dir": str(folder)}


def address_of_running_cluster() -> str | None:
    """host:port of the cluster that "auto" means, "" if none runs on this machine, None if only Ray itself knows."""
    try:
        from ray._private.services import canonicalize_bootstrap_address
    except ImportError:
        return os.environ.get("RAY_ADDRESS")
    try:
        return canonicalize_bootstrap_address("auto", None) or ""
    except Exception:  # noqa: BLE001 (none is running)
        return ""

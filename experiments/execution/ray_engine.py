"""Ray as an engine: workers on this machine, or on all machines of a running Ray cluster.

An own cluster (no address) is started on this machine and is gone after `close`. To use several
machines, join them with Ray's own command and name the head::

    ray start --head --port=6379          # on one machine
    ray start --address=HEAD:6379         # on each of the others
    plansim sweep ... engine=ray engine.address=HEAD:6379      # on any of them

plansim must be installed in the same version on every machine, in the Python that `ray start`
runs there; a worker with other code is refused. A checkout works if it has the same path
everywhere (a shared disk). Each machine compiles the model once, before its first chunk, into
`PLANSIM_CACHE` if that is set where plansim is started, and into the cache of its user if not.

Retries are decided by `run_chunks`, not by Ray: whoever loses a worker or a machine raises
`BrokenExecutor` here, once, and the chunk is tried again.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import os
import pickle
import re
import shutil
import signal
import site
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from experiments.execution import ray_internals
from experiments.execution.chunks import Chunk
from experiments.execution.engine_base import THREAD_LIMITS, ClosedByWith, EngineError, EngineFailure, describe, import_quietly
from experiments.execution.machine import count_cores, lock
from experiments.store.provenance import source_hash

_ROOT = Path(__file__).resolve().parents[2]
_INLINE_BYTES = 8 * 2**20  # results up to this size come back at once and need no fetching from a machine that may be gone
_STORE_BYTES = 200 * 2**20  # results are small; a container's /dev/shm is, too
_SECONDS_TO_CONNECT = 10.0
_SECONDS_BETWEEN_LOOKS = 0.25  # how soon a waiting thread sees that the engine was closed
_SECONDS_TO_FETCH = 60.0
_LONGEST_FOLDER = 36  # Ray puts sockets below it, and their paths may have 107 characters
_HTTP2_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"  # answered by a frame of type 4
_PASSED_ON = re.compile(r"(PLANSIM_|NUMBA_)(?!CACHE_DIR$)\w+")


class RayEngine(ClosedByWith):
    """Worker processes under Ray, one thread each, on one machine or many.

    Parameters
    ----------
    address
        None to start a cluster on this machine; "auto" or "host:port" to use a running one, of
        which this machine must be part.
    workers
        How many chunks run at once. 0 means one for each core of this machine, or of the running
        cluster as it is now; a running cluster is not given more than it has cores.
    preload
        Modules that every worker imports before its first chunk.
    prepare
        An importable function that every worker calls before its first chunk, one worker of a
        machine at a time: what the first leaves on disk, the others find (compiled code).

    Raises EngineError if the address or the number cannot be used, if Ray is not installed or
    already in use in this process, or if the cluster does not answer; EngineFailure if Ray cannot start here.
    """

    def __init__(
        self,
        address: str | None = None,
        workers: int = 0,
        preload: Sequence[str] = (),
        prepare: Callable[[], object] | None = None,
    ):
        if workers < 0:
            raise EngineError(f"engine.workers is {workers}; it must be at least 0")
        self._address = check_address(address)
        self._asked = workers
        self._setup = pickle.dumps((tuple(preload), prepare))
        self._fault: str | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._folder: str | None = None
        self._connect()

    def submit(self, function: Callable[[Chunk], Any], chunk: Chunk) -> Future:
        """Run the chunk in some worker of the cluster; a closed engine connects again.

        Raises EngineFailure if an earlier chunk showed that no worker can run any.
        """
        if self._pool is None:
            self._connect()
        if self._fault is not None:
            raise EngineFailure(self._fault)
        return self._pool.submit(self._run, function, chunk)

    def close(self) -> None:
        """End the workers, whatever they are doing; an own cluster ends with them."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        self._closing.set()
        pool.shutdown(wait=True, cancel_futures=True)  # no thread may be inside Ray when it ends
        self._disconnect()

    def _connect(self) -> None:
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # else a warning about it
        import ray

        ray_internals.hush_dead_workers()
        if ray.is_initialized():
            raise EngineError("Ray is already in use in this process: call ray.shutdown() first")
        options = {"include_dashboard": False} if self._address is None else {}
        try:
            with _keep_signal_handler():
                ray.init(
                    **(options | self._choose_cluster()),
                    runtime_env={"env_vars": _environment_of_workers()},
                    logging_level="ERROR",
                    log_to_driver=False,
                )
            self.workers = self._count_workers(ray)
        except BaseException as error:
            self._disconnect()
            if isinstance(error, EngineError) or not isinstance(error, Exception):
                raise
            if self._address is None:
                raise EngineFailure(f"Ray cannot start on this machine ({_first_line(error)})") from error
            asked = "is this machine part of that cluster (ray start)?"
            raise EngineError(f"Ray cannot connect to {self._address} ({_first_line(error)}); {asked}") from error
        self._task = ray.remote(num_cpus=1, max_retries=0)(_run_in_worker)
        self._closing, self._fault = threading.Event(), None
        self._pool = ThreadPoolExecutor(self.workers, thread_name_prefix="ray-chunk")

    def _choose_cluster(self) -> dict[str, Any]:
        """Arguments of `ray.init` that choose the cluster."""
        if self._address is not None:
            _knock(self._address)
            return {"address": self._address}
        where = tempfile.gettempdir()
        self._folder = tempfile.mkdtemp(prefix="ray-", dir=where if len(where) < _LONGEST_FOLDER - 13 else "/tmp")
        return {
            "address": "local",
            "num_cpus": self._asked or count_cores(),
            "num_gpus": 0,
            "object_store_memory": _STORE_BYTES,
            **ray_internals.folder_option(self._folder),
        }

    def _count_workers(self, ray) -> int:
        cores = int(ray.cluster_resources().get("CPU", 0))
        if cores < 1:
            raise EngineError(f"the Ray cluster at {self._address} has no core to run on: start a node with ray start")
        return min(self._asked or cores, cores)

    def _disconnect(self) -> None:
        import ray

        with contextlib.suppress(Exception), _keep_signal_handler():
            ray.shutdown()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _run(self, function: Callable[[Chunk], Any], chunk: Chunk) -> Any:
        """Have a chunk run in the cluster and wait for it, in a thread of this process."""
        import ray
        from ray import exceptions

        call = pickle.dumps((function, chunk), protocol=pickle.HIGHEST_PROTOCOL)
        try:
            reference = self._task.remote(call, self._setup, source_hash())
            while not ray.wait([reference], timeout=_SECONDS_BETWEEN_LOOKS)[0]:
                if self._closing.is_set():
                    raise BrokenExecutor("the engine was closed")
            outcome, value = ray.get(reference, timeout=_SECONDS_TO_FETCH)
        except exceptions.RayTaskError as error:  # our own function raises nothing: Ray did not get as far as that
            why = _first_line(error.cause)
            raise self._give_up(f"a worker cannot run chunks ({why}); install the same plansim on every machine") from error
        except exceptions.LocalRayletDiedError as error:  # whatever is submitted now ends like this, and is not to blame
            raise self._give_up("Ray has ended on this machine; start again, finished chunks are kept") from error
        except exceptions.RayError as error:  # worker or machine died, memory exhausted, result lost with its machine
            raise BrokenExecutor(_first_line(error)) from error
        if outcome == "other code":
            raise self._give_up(f"a worker on {value} has another version of the code; install the same on every machine")
        if outcome == "raised":
            raise RuntimeError(value)
        return pickle.loads(value)

    def _give_up(self, fault: str) -> BrokenExecutor:
        """No worker can run anything: this chunk is not at fault, and the next `submit` raises the fault."""
        self._fault = fault
        return BrokenExecutor(fault)


def _run_in_worker(call: bytes, setup: bytes, source: str) -> tuple[str, Any]:
    """Run a chunk; ("result", its pickle), or why there is none. Raises nothing."""
    try:
        if source_hash() != source:
            return "other code", socket.gethostname()
        _be_prepared(setup)
        function, chunk = pickle.loads(call)
        return "result", pickle.dumps(function(chunk), protocol=pickle.HIGHEST_PROTOCOL)
    except (Exception, SystemExit) as error:  # noqa: BLE001 (what cannot be sent to a worker and back)
        return "raised", describe(error)


@functools.cache
def _be_prepared(setup: bytes) -> None:
    """Import and prepare what the chunks need, once a process, one process of a machine at a time."""
    preload, prepare = pickle.loads(setup)
    import_quietly(preload)
    if prepare is None:
        return
    path = Path(tempfile.gettempdir()) / f"plansim-prepare-{os.getuid()}-{source_hash()[:16]}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        lock(descriptor, wait=True)  # without locks, each process compiles for itself
        prepare()
    finally:
        os.close(descriptor)


def check_address(address: Any) -> str | None:
    """None for an own cluster, else the address if it has one of the two forms. EngineError if not, or without Ray."""
    if importlib.util.find_spec("ray") is None:
        raise EngineError("engine=ray needs the extra: pip install plansim[cluster]")
    if address is None or address == "":
        return None
    host, _, port = str(address).rpartition(":")
    if address != "auto" and not (host and "/" not in host and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise EngineError(
            f"engine.address={address}: give auto or host:port, as in ray start --address; null starts an own cluster"
        )
    return str(address)


def _knock(address: str) -> None:
    """Refuse what does not answer as gRPC servers do: Ray itself would go on trying for many minutes."""
    if address == "auto":
        address = ray_internals.address_of_running_cluster()
        if address is None:
            return
        if not address:
            raise EngineError("engine.address=auto: no Ray cluster runs on this machine; start one with: ray start --head")
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), _SECONDS_TO_CONNECT) as connection:
            connection.settimeout(_SECONDS_TO_CONNECT)
            connection.sendall(_HTTP2_GREETING)
            answer = connection.recv(9)
    except (OSError, UnicodeError) as error:  # the latter for a name that can be no host's
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise EngineError(f"no Ray cluster answers at {address} ({reason}); start one with: ray start --head") from None
    if answer[3:4] != b"\x04" and os.environ.get("RAY_USE_TLS", "0") == "0":
        raise EngineError(f"what answers at {address} is not a Ray cluster; give the address that ray start --head printed")


def _environment_of_workers() -> dict[str, str]:
    """One thread a library, this process's own import path, and the settings of model and compiler."""
    settings = {name: value for name, value in os.environ.items() if _PASSED_ON.fullmatch(name)}
    settings |= dict.fromkeys(THREAD_LIMITS, "1")
    settings["RAY_max_direct_call_object_size"] = str(_INLINE_BYTES)
    return settings | {"PYTHONPATH": os.pathsep.join(_own_import_path())}


def _own_import_path() -> list[str]:
    """Where modules come from besides the interpreter's folders, which every machine has of its own."""
    interpreters = [Path(place).resolve() for place in (sys.prefix, sys.base_prefix, *site.getsitepackages())]
    paths = [Path(entry or os.getcwd()).resolve() for entry in [str(_ROOT), *sys.path]]
    own = [path for path in paths if path.exists() and not any(path.is_relative_to(place) for place in interpreters)]
    return list(dict.fromkeys(map(str, own)))


@contextlib.contextmanager
def _keep_signal_handler() -> Iterator[None]:
    """Ray takes SIGTERM for itself; batch systems send it, and it must go on to mean Ctrl-C here."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread() and before is not None:
            signal.signal(signal.SIGTERM, before)


def _first_line(error: BaseException) -> str:
    """The first line that is not empty, without colours and at most 200 characters."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:200].rstrip(".")

"""Serve the classroom until it is stopped."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import tempfile
from pathlib import Path

from sim.configuration import ConfigurationError

LOOPBACK, ALL = "127.0.0.1", "0.0.0.0"
IDLE_CHECK_SECONDS = 300.0


def serve(port: int, network: bool, market: str, lessons: Path | None, teacher_key: str | None = None) -> None:
    """Serve on this machine alone, or with `network` in its local networks too. ConfigurationError if that cannot be."""
    with tempfile.TemporaryDirectory(prefix="plansim-") as folder:  # nothing is kept in the current one
        os.environ.setdefault("NICEGUI_STORAGE_PATH", folder)
        _serve(port, network, market, lessons, teacher_key)


def _serve(port: int, network: bool, market: str, lessons: Path | None, teacher_key: str | None) -> None:
    try:
        from nicegui import app, ui
    except ImportError:
        raise ConfigurationError("classroom: NiceGUI is needed; pip install 'plansim[classroom]'") from None
    from experiments.classroom.live.guard import LOCAL, Guard, own_addresses
    from experiments.classroom.live.pages import build
    from experiments.classroom.live.service import Service

    host = ALL if network else LOOPBACK
    check_port(host, port)
    service = Service(market, lessons)
    key = teacher_key or secrets.token_urlsafe(12)
    addresses = own_addresses() if network else []
    build(service, key)
    app.add_middleware(Guard, hosts=(*LOCAL, *addresses, *([socket.gethostname().lower()] if network else [])))
    app.timer(IDLE_CHECK_SECONDS, service.classes.forget_idle)
    app.on_startup(lambda: report(port, addresses, key))
    app.on_startup(service.be_ready)
    app.on_shutdown(service.close)
    ui.run(
        host=host, port=port, reload=False, show=False, title="plansim", storage_secret=secrets.token_urlsafe(32), dark=None,
        show_welcome_message=False, tailwind=False, reconnect_timeout=30.0, message_history_length=50,
        session_middleware_kwargs={"same_site": "strict", "https_only": False})  # fmt: skip


def check_port(host: str, port: int) -> None:
    """ConfigurationError, one line, for a port that another program has."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigurationError(f"port={port}: {error.strerror or error}; give another, such as port={port + 1}") from None


def report(port: int, addresses: list[str], key: str) -> None:
    """Say where the pages are."""
    for host in addresses or ["127.0.0.1"]:
        shown = f"[{host}]" if ":" in host else host
        print(f"Twin worlds: http://{shown}:{port}/")
        print(f"For the teacher: http://{shown}:{port}/teacher?key={key}")
        print(f"For students: http://{shown}:{port}/join")
    if addresses:
        print("Everyone in this network can open the first and the last; the teacher's needs its key. Nothing is encrypted.")
    print("Ctrl-C ends it; classes are not kept.")
    sys.stdout.flush()

"""`plansim classroom` serves until it is stopped, and then says so; nothing is left in the current folder."""

import os
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

from benchmarks.classroom import free_port


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_stopped(how, tmp_path):
    port = free_port()
    env = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}  # or NiceGUI takes it for its own
    server = subprocess.Popen(
        [sys.executable, "-m", "experiments.cli", "classroom", f"port={port}"], cwd=tmp_path, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env | {"PYTHONPATH": os.getcwd()})  # fmt: skip
    try:
        page = wait_for(f"http://127.0.0.1:{port}/", server)
    finally:
        server.send_signal(how)
        out, err = server.communicate(timeout=120)
    assert "<title>" in page and server.returncode == 0, err
    assert "The classroom is closed." in out and "teacher?key=" in out and "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def wait_for(address, server):
    """The text of a page, once the server answers."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(address) as answer:
                return answer.read().decode()
        except OSError:
            assert server.poll() is None, server.stderr.read()
            time.sleep(0.2)
    raise AssertionError("the server did not answer")

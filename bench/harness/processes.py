"""Starts programs on given cores and ends them."""

import contextlib
import os
import resource
import signal
import socket
import subprocess
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def raise_file_limit():
    """Descriptors for the large stream runs; returns what one process may open."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    for wanted in (65536, hard):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
            return wanted
    return hard


class Program:
    """A child process in its own group, pinned to `cores`; its output goes to `log`."""

    def __init__(self, arguments, cores, log, env=None):
        self.log = log
        self._output = open(log, "wb")
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            ["taskset", "-c", ",".join(map(str, cores)), *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=self._output, stderr=subprocess.STDOUT, env=env,
            process_group=0)

    @property
    def pid(self):
        return self.process.pid

    def wait_for_port(self, port, limit):
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            time.sleep(0.001)
        raise RuntimeError(f"{self.process.args[3]} does not listen:\n{self.tail()}")

    def tail(self):
        with open(self.log, "rb") as output:
            return output.read()[-2000:].decode("utf-8", "replace")

    def stop(self):
        if self.process.poll() is None:
            self._signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                pass
        self._signal(signal.SIGKILL)  # what of its group is left
        self.process.wait()
        self._output.close()

    def _signal(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

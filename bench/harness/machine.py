"""What the machine is, and which of its cores do what."""

import dataclasses
import os
import pathlib
import platform
import re
import time


@dataclasses.dataclass(frozen=True)
class Layout:
    """Cores by role. On two cores the load generator shares one with the upstream."""

    subject: tuple
    upstream: tuple
    load: tuple

    @staticmethod
    def of_this_machine():
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) == 1:
            return Layout(*[tuple(cores)] * 3)
        if len(cores) == 2:
            return Layout((cores[0],), (cores[1],), (cores[1],))
        return Layout((cores[0],), (cores[1],), (cores[2],))

    def as_dict(self):
        return {"measured server": list(self.subject), "upstream": list(self.upstream),
                "load generator": list(self.load)}


def describe():
    cpu = re.search(r"^model name\s*:\s*(.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    memory = re.search(r"^MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text(), re.M)
    return {
        "cpu": cpu.group(1) if cpu else "unknown",
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(memory.group(1)) / 2**20, 1),
        "kernel": platform.release(),
        "virtual": "hypervisor" in pathlib.Path("/proc/cpuinfo").read_text(),
        "distribution": _distribution(),
    }


def _distribution():
    text = pathlib.Path("/etc/os-release").read_text()
    found = re.search(r'^PRETTY_NAME="?(.*?)"?$', text, re.M)
    return found.group(1) if found else "unknown"


def foreign_load(seconds=0.5):
    """The share of all cores that others use while the bench itself is idle."""

    def busy_and_total():
        line = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0]
        ticks = [int(value) for value in line.split()[1:9]]
        return sum(ticks) - ticks[3] - ticks[4], sum(ticks)

    busy, total = busy_and_total()
    time.sleep(seconds)
    busy_after, total_after = busy_and_total()
    return round((busy_after - busy) / max(1, total_after - total), 3)

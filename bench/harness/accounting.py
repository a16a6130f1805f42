"""CPU time and memory of a process tree, from /proc."""

import os
import pathlib
import re

_TICKS = os.sysconf("SC_CLK_TCK")


def tree(pid):
    """The process and all its descendants."""
    found = [pid]
    for parent in found:
        for task in _listed(f"/proc/{parent}/task"):
            children = _read(f"/proc/{parent}/task/{task}/children")
            found.extend(int(child) for child in children.split())
    return found


def cpu_nanoseconds(pids):
    """Scheduler time of every thread, to the nanosecond: (on a CPU, waiting for one)."""
    ran = waited = 0
    for pid in pids:
        for task in _listed(f"/proc/{pid}/task"):
            fields = _read(f"/proc/{pid}/task/{task}/schedstat").split()
            if len(fields) == 3:
                ran += int(fields[0])
                waited += int(fields[1])
    return ran, waited


def user_and_system_seconds(pids):
    user = system = 0
    for pid in pids:
        fields = _read(f"/proc/{pid}/stat").rsplit(")", 1)[-1].split()
        if len(fields) > 13:
            user += int(fields[11])
            system += int(fields[12])
    return user / _TICKS, system / _TICKS


def memory_bytes(pids):
    """Proportional set size, so that pages shared within the tree count once."""
    total = 0
    for pid in pids:
        found = re.search(r"^Pss:\s+(\d+) kB", _read(f"/proc/{pid}/smaps_rollup"), re.M)
        total += int(found.group(1)) * 1024 if found else 0
    return total


def peak_bytes(pids):
    """Sum of the peaks of resident memory since the start; shared pages count in each process."""
    total = 0
    for pid in pids:
        found = re.search(r"^VmHWM:\s+(\d+) kB", _read(f"/proc/{pid}/status"), re.M)
        total += int(found.group(1)) * 1024 if found else 0
    return total


def _read(path):
    try:
        return pathlib.Path(path).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""  # it ended in between


def _listed(path):
    try:
        return os.listdir(path)
    except (FileNotFoundError, ProcessLookupError):
        return []

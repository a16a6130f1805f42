"""Switches the faults of faulty_libc.cpp on and off in a running server."""

import os
import pathlib
import struct

LIBRARY = os.environ.get("FAULTY_LIBC_LIBRARY")
# Where each number lies; the layout of struct Control.
_FIELDS = ("clock_offset_seconds", "sync_delay_millis", "sync_error", "random_error",
           "thread_error", "failing_allocation", "kill_at_call", "kill_at_send", "kill_at_step",
           "sync_error_at", "read_error_at", "failing_reads", "allocation_at")


class FaultyLibc:
    """One server's control file. Give `environment` to the server's process."""

    def __init__(self, folder):
        self.file = pathlib.Path(folder) / "faulty_libc.control"
        self.file.write_bytes(bytes(8 * len(_FIELDS)))
        self.environment = {"LD_PRELOAD": LIBRARY, "FAULTY_LIBC_CONTROL": str(self.file)}

    def set(self, **values):
        with open(self.file, "r+b", buffering=0) as file:
            for name, value in values.items():
                file.seek(8 * _FIELDS.index(name))
                file.write(struct.pack("=q", value))

    def get(self, name):
        """What is left of a number that counts down; 0: its fault has struck."""
        with open(self.file, "rb", buffering=0) as file:
            file.seek(8 * _FIELDS.index(name))
            return struct.unpack("=q", file.read(8))[0]

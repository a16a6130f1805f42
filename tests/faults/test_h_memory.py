"""Row H3 of faults.md where the kernel sets the bound: a control group of 128 MiB. (What the server
sheds by itself: test_h_resources.py.)"""

import contextlib
import os
import pathlib
import unittest

from ledger_support import UNDER_WAY, Load, LedgerTest, Mix
from support import SANITIZED, harness

MEMORY = pathlib.Path("/sys/fs/cgroup/memory")
LIMIT = 128 << 20


class MemoryGroup:
    """A control group of version 1 of its own; None from make() where there may be none."""

    def __init__(self, folder):
        self.folder = folder

    @classmethod
    def make(cls, limit):
        folder = MEMORY / f"gatehouse-test-{os.getpid()}"
        try:
            folder.mkdir()
            (folder / "memory.limit_in_bytes").write_text(str(limit))
            with contextlib.suppress(OSError):  # where swap is counted
                (folder / "memory.memsw.limit_in_bytes").write_text(str(limit))
        except OSError:
            with contextlib.suppress(OSError):
                folder.rmdir()
            return None
        return cls(folder)

    def enter(self):
        (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def remove(self):
        harness.wait_for(lambda: not (self.folder / "cgroup.procs").read_text(), 10, "its end")
        self.folder.rmdir()


@unittest.skipIf(SANITIZED, "sanitizers multiply memory")
class KernelLimitTest(LedgerTest):
    def enter_group(self, limit):
        self.group = MemoryGroup.make(limit)
        if self.group is None:
            self.skipTest("no control group can be made here")
        self.addCleanup(self.group.remove)
        self.addCleanup(self.stop_gateway)
        return self.group.enter

    def large_bodies(self, count):
        """Requests that have sent 8 MiB and wait with their last byte."""
        clients = []
        self.addCleanup(lambda: [client.close() for client in clients])
        head = (f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                f"{harness.MASTER_KEY}\r\nContent-Length: {(8 << 20) + 1}\r\n\r\n").encode()
        for _ in range(count):
            with contextlib.suppress(OSError):
                client = self.gateway.socket(10)
                clients.append(client)
                client.send(head)
                client.send(b" " * (8 << 20))
        return clients

    def test_h3_killed_by_the_kernel_it_recovers_as_after_any_kill(self):
        """With a bound of its own that is too high, it grows until the kernel ends it."""
        config = self.config()
        config["server"]["memory_limit"] = 4 << 30
        self.start(config, preexec=self.enter_group(LIMIT))
        mix = Mix(self, self.new_key(max_budget=1000), seed=3)
        load = Load(mix, 6)
        harness.wait_for(lambda: mix.done > 50, 30, "calls under way")
        self.large_bodies(40)
        self.assertEqual(self.gateway.program.wait(30), -9)
        load.stop()
        self.gateway.stop()
        self.start()
        report = self.check(in_flight=UNDER_WAY * 6)
        self.assertGreater(mix.done, 50)
        print(f"H3: {mix.done} answers, unknown {report['more']['unknown_calls']}, figures "
              f"{report['figures']}")

    def test_h3_with_a_bound_of_its_own_it_sheds_before_the_kernel_ends_it(self):
        """It looks ten times a second, so a burst takes it beyond its own bound for a moment; the
        group has room for that."""
        config = self.config()
        config["server"]["memory_limit"] = LIMIT
        self.start(config, preexec=self.enter_group(2 * LIMIT))
        key = self.new_key()
        clients = self.large_bodies(40)
        self.assertEqual(self.gateway.get("/health/liveliness").status, 200)
        self.assertIn("memory_pressure", self.gateway.program.output())
        for client in clients:
            client.close()
        harness.wait_for(lambda: self.gateway.chat("fake/tokens=5", headers={
            "Authorization": f"Bearer {key}"}).status == 200, 20, "recovery")
        self.check()
        peak = int((self.group.folder / "memory.max_usage_in_bytes").read_text())
        print(f"H3: the group had {peak >> 20} MiB at most")


if __name__ == "__main__":
    unittest.main()

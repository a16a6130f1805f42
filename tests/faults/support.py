"""Makes the functional harness importable from this folder."""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "functional"))

import harness  # noqa: E402,F401
from certificates import Certificates  # noqa: E402,F401
from gate import Gate  # noqa: E402,F401

SANITIZED = bool(os.environ.get("GATEHOUSE_SANITIZED"))
# faults.md, "std": peak memory in MiB. Sanitizers multiply memory, so there the bound is loose.
PEAK_MIB = 2048 if SANITIZED else 256


def assert_peak(test, gateway, limit_mib=PEAK_MIB):
    peak = gateway.program.peak_rss_kib() / 1024
    test.assertLessEqual(peak, limit_mib, f"peak RSS {peak:.0f} MiB")

"""A data folder with a large ledger. Made once for each build: it takes a minute a million."""

import hashlib
import os
import pathlib
import shutil
import subprocess

from support import harness

MODELS = tuple(f"model-{number}" for number in range(20))  # of the generator's calls


def large_ledger(rows):
    """The file, within the build folder. Another build's schema may be another: its files go."""
    generator = pathlib.Path(os.environ.get("LEDGER_GENERATOR_BINARY") or _newest())
    digest = hashlib.sha256(generator.read_bytes()).hexdigest()[:12]
    file = generator.parent / f"ledger-{rows}-{digest}.db"
    if file.exists():
        return file
    for old in generator.parent.glob("ledger-*.db*"):
        old.unlink(missing_ok=True)
    draft = file.with_suffix(f".{os.getpid()}.draft")
    try:
        subprocess.run([generator, draft, str(rows)], check=True, timeout=500)
        draft.rename(file)
    finally:
        for left in draft.parent.glob(draft.name + "*"):
            left.unlink(missing_ok=True)
    return file


def _newest():
    found = sorted((harness.ROOT / "build").glob("*/tests/ledger_generator"),
                   key=lambda path: path.stat().st_mtime)
    if not found:
        raise RuntimeError("no ledger_generator: build it, or set LEDGER_GENERATOR_BINARY")
    return found[-1]


def lay_down(rows, data):
    """Puts it into a data folder that has no database."""
    data.mkdir(parents=True, exist_ok=True)
    target = data / "gatehouse.db"
    shutil.copyfile(large_ledger(rows), target)
    target.chmod(0o600)

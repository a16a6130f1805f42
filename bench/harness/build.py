"""The programs under test, release build."""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGETS = ("gatehouse", "fake_provider", "load_generator")


def build(folder, extra=()):
    """Configures `folder` if need be and builds; {target: path}."""
    if not (folder / "build.ninja").exists():
        _run(["cmake", "-S", ROOT, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
              "-DGATEHOUSE_TESTS=OFF", "-DGATEHOUSE_BENCHES=ON", *extra])
    elif "GATEHOUSE_BENCHES:BOOL=ON" not in (folder / "CMakeCache.txt").read_text():
        _run(["cmake", "-S", ROOT, "-B", folder, "-DGATEHOUSE_BENCHES=ON"])
    _run(["cmake", "--build", folder, "--target", *TARGETS])
    return paths(folder)


def paths(folder):
    found = {name: folder / name for name in TARGETS}
    missing = [str(path) for path in found.values() if not path.exists()]
    if missing:
        raise SystemExit("not built: " + ", ".join(missing))
    return found


def _run(command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\n{(done.stdout + done.stderr)[-4000:]}")

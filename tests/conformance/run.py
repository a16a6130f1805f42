"""Runs an official SDK's suite against the real binary: run.py node | python.

Packages are installed on demand below CONFORMANCE_BUILD_DIR (default build/conformance), from
the lock files beside this script.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "functional"))

import harness  # noqa: E402

BUILD = pathlib.Path(os.environ.get("CONFORMANCE_BUILD_DIR",
                                    harness.ROOT / "build" / "conformance"))


def install(folder, lock, command):
    """Runs `command` in `folder` unless it did so for this very lock file before."""
    stamp = folder / ".installed"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        sys.exit(f"cannot install the packages of {lock}:\n{done.stdout}\n{done.stderr}")
    stamp.write_text(digest)


def prepare_node():
    folder = BUILD / "node"
    folder.mkdir(parents=True, exist_ok=True)
    for file in (HERE / "node").iterdir():
        if file.is_file():
            shutil.copy(file, folder)
    install(folder, HERE / "node" / "package-lock.json",
            ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"])
    tests = sorted(path.name for path in folder.glob("*.test.mjs"))
    return ["node", "--test", *tests], folder


def prepare_python():
    folder = BUILD / "python"
    python = folder / "venv" / "bin" / "python"
    if not python.exists():
        venv.create(folder / "venv", with_pip=True, clear=True)
    requirements = HERE / "python" / "requirements.txt"
    install(folder, requirements,
            [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "-r", str(requirements)])
    return [str(python), "-m", "unittest", "discover", "-s", str(HERE / "python")], folder


def config(fake):
    openai, anthropic = fake.url + "/v1", fake.url
    return {
        "model_list": [
            harness.deployment("chat", "chat-upstream", openai),
            harness.deployment("claude", "claude-upstream", anthropic, provider="anthropic"),
            harness.deployment("fake/*", "fake/*", openai),
            harness.deployment("anthropic-fake/*", "fake/*", anthropic, provider="anthropic"),
        ],
        "router_settings": {"num_retries": 0, "disable_cooldowns": True},
        "general_settings": {"master_key": harness.MASTER_KEY},
    }


def main():
    suite = sys.argv[1] if len(sys.argv) == 2 else ""
    if suite not in ("node", "python"):
        sys.exit("usage: run.py node | python")
    command, folder = prepare_node() if suite == "node" else prepare_python()
    fake = harness.Fake()
    gateway = None
    try:
        gateway = harness.Gateway(config(fake))
        environment = {**os.environ, "GATEWAY_URL": gateway.url, "FAKE_URL": fake.url,
                       "GATEWAY_KEY": harness.MASTER_KEY, "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(command, cwd=folder, env=environment, timeout=600).returncode
    finally:
        if gateway:
            gateway.stop()
        fake.stop()


if __name__ == "__main__":
    sys.exit(main())

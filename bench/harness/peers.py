"""Other gateways, where they can be installed from their package registries."""

import pathlib
import re
import shutil
import subprocess

from .subjects import MASTER_KEY, Subject

_ROOT = pathlib.Path(__file__).resolve().parents[2] / "build" / "bench-peers"
_INSTALL_LIMIT = 600


class Peer(Subject):
    """A server from a registry; `install()` returns why it cannot be had, or None."""

    start_limit = 120.0

    def installed(self):
        raise NotImplementedError

    def install_commands(self):
        raise NotImplementedError

    def install(self):
        if self.installed():
            return None
        for command in self.install_commands():
            if not shutil.which(command[0]) and not pathlib.Path(command[0]).exists():
                return f"{command[0]} is not installed"
            try:
                done = subprocess.run(command, capture_output=True, text=True, check=False,
                                      timeout=_INSTALL_LIMIT)
            except subprocess.TimeoutExpired:
                return f"{command[0]} took more than {_INSTALL_LIMIT} s"
            if done.returncode != 0:
                return f"{' '.join(command[:2])}: {done.stderr.strip()[-200:]}"
        return None if self.installed() else "installed, but its program is missing"


class Portkey(Peer):
    name = "portkey"
    _package = "@portkey-ai/gateway"
    _version = "1.15.2"

    def _folder(self):
        return _ROOT / "portkey" / "node_modules" / "@portkey-ai" / "gateway"

    def installed(self):
        return (self._folder() / "build" / "start-server.js").exists()

    def install_commands(self):
        folder = _ROOT / "portkey"
        folder.mkdir(parents=True, exist_ok=True)
        return [["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder),
                 f"{self._package}@{self._version}"]]

    def command(self):
        return ["node", self._folder() / "build" / "start-server.js", "--headless",
                f"--port={self.port}"], None

    def headers(self):
        return super().headers() | {
            "x-portkey-provider": "openai",
            "x-portkey-custom-host": f"http://127.0.0.1:{self.context.upstream.port}/v1"}

    def version(self):
        text = (self._folder() / "package.json").read_text()
        return re.search(r'"version": "(.*?)"', text).group(1)

    def configuration(self):
        return "--headless; x-portkey-provider: openai; x-portkey-custom-host: the upstream"


class LiteLlm(Peer):
    name = "litellm"
    _version = "1.106.2"

    def __init__(self, context, models):
        super().__init__(context)
        self.models = models

    def _program(self, name):
        return _ROOT / "litellm" / "venv" / "bin" / name

    def installed(self):
        return self._program("litellm").exists() and self._program("uvicorn").exists()

    def install_commands(self):
        folder = _ROOT / "litellm"
        folder.mkdir(parents=True, exist_ok=True)
        return [["python3", "-m", "venv", str(folder / "venv")],
                [str(self._program("pip")), "install", "-q", f"litellm[proxy]=={self._version}"]]

    def command(self):
        path = self.folder / "config.yaml"
        path.write_text(self.configuration())
        return [self._program("litellm"), "--config", path, "--host", "127.0.0.1",
                "--port", self.port, "--num_workers", "1"], {
                    "PATH": "/usr/bin:/bin", "HOME": str(self.folder), "LITELLM_LOG": "ERROR",
                    "LITELLM_MODE": "PRODUCTION", "LITELLM_LOCAL_MODEL_COST_MAP": "True",
                    "DISABLE_ADMIN_UI": "True"}

    def configuration(self):
        base = f"http://127.0.0.1:{self.context.upstream.port}/v1"
        entries = "".join(
            f'  - model_name: "{model}"\n    litellm_params:\n      model: "openai/{model}"\n'
            f"      api_base: {base}\n      api_key: sk-upstream\n" for model in self.models)
        return f"general_settings:\n  master_key: {MASTER_KEY}\nmodel_list:\n{entries}"

    def version(self):
        done = subprocess.run([self._program("pip"), "show", "litellm"], capture_output=True,
                              text=True, check=False)
        return re.search(r"^Version: (.*)$", done.stdout, re.M).group(1)

"""The servers that are measured: the upstream itself, nginx before it, Gatehouse before it."""

import contextlib
import http.client
import json
import pathlib
import shutil
import subprocess
import time

from . import accounting
from .processes import Program, free_port

MASTER_KEY = "sk-bench-0123456789abcdef0123456789abcdef"


class Subject:
    """A server on the loopback. One that is never started here has no processes of its own."""

    name = ""
    path = "/v1/chat/completions"
    # Each server reaches the upstream under an address of its own: the ports that one has used
    # stay reserved towards that address for a minute, and a later one would have to search.
    upstream_address = "127.0.0.1"
    start_limit = 20.0

    def __init__(self, context):
        self.context = context
        self.folder = context.folder / self.name
        self.port = 0
        self.program = None

    def start(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.launch()

    def launch(self):
        """Starts it on the folder as it is."""
        self.port = free_port()
        arguments, env = self.command()
        self.program = Program(arguments, self.context.layout.subject, self.folder / "output.log",
                               env)
        self.program.wait_for_port(self.port, self.start_limit)

    def stop(self):
        if self.program:
            self.program.stop()
            self.program = None

    def command(self):
        """Writes what the server needs into its folder; (arguments, environment)."""
        raise NotImplementedError

    def headers(self):
        return {"Content-Type": "application/json", "Authorization": f"Bearer {MASTER_KEY}"}

    def version(self):
        raise NotImplementedError

    def configuration(self):
        """The configuration as used, for the report."""
        return ""

    def pids(self):
        return accounting.tree(self.program.pid) if self.program else []

    def check(self, shape, limit=10.0):
        """Sends one request until it succeeds, so that no window meets a server that is not up."""
        end = time.monotonic() + limit
        while True:
            status, body = self.request(shape)
            if status == 200:
                return
            if time.monotonic() > end:
                log = self.program.tail() if self.program else ""
                raise RuntimeError(f"{self.name} answers {status}: {body[:500]!r}\n{log}")
            time.sleep(0.05)

    def request(self, shape):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            try:
                connection.request("POST", self.path, shape.body(), self.headers())
                response = connection.getresponse()
                return response.status, response.read()
            except (OSError, http.client.HTTPException) as error:
                return 0, str(error).encode()


class Upstream(Subject):
    """fake_provider; measured as "direct"."""

    name = "direct"

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self._provider = Program(
            [self.context.fake_provider, "--address", "0.0.0.0", "--port", self.port, "--record",
             0],
            self.context.layout.upstream, self.folder / "output.log")
        self._provider.wait_for_port(self.port, self.start_limit)

    def stop(self):
        self._provider.stop()

    def provider_pids(self):
        return accounting.tree(self._provider.pid)

    def version(self):
        return "fake_provider of this build"


class Nginx(Subject):
    name = "nginx"
    upstream_address = "127.0.0.2"

    def command(self):
        self.text = _NGINX % {"folder": self.folder, "port": self.port,
                              "upstream": self.context.upstream.port,
                              "address": self.upstream_address}
        path = self.folder / "nginx.conf"
        path.write_text(self.text)
        return ["nginx", "-p", self.folder, "-c", path, "-e", self.folder / "error.log"], None

    def version(self):
        done = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=False)
        return done.stderr.strip().rsplit("/", 1)[-1]

    def configuration(self):
        return self.text


# Buffers as large as Gatehouse's, so that neither writes a body to a file; events of a stream are
# passed on at once, as a gateway must.
_NGINX = """daemon off;
worker_processes 1;
worker_rlimit_nofile 65536;
pid %(folder)s/nginx.pid;
events { worker_connections 32768; }
http {
  access_log off;
  client_body_temp_path %(folder)s/body;
  proxy_temp_path %(folder)s/proxy;
  fastcgi_temp_path %(folder)s/fastcgi;
  uwsgi_temp_path %(folder)s/uwsgi;
  scgi_temp_path %(folder)s/scgi;
  keepalive_requests 1000000000;
  client_max_body_size 64m;
  client_body_buffer_size 1m;
  upstream provider {
    server %(address)s:%(upstream)d;
    keepalive 16384;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:%(port)d backlog=4096;
    location / {
      proxy_pass http://provider;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }
  }
}
"""


class Gatehouse(Subject):
    name = "gatehouse"
    upstream_address = "127.0.0.3"

    def __init__(self, context, models):
        super().__init__(context)
        self.models = models  # (model of the upstream, "openai" or "anthropic") each

    def command(self):
        self.text = self._configuration()
        path = self.folder / "gatehouse.yaml"
        path.write_text(self.text)
        return [self.context.gatehouse, "serve", "--config", path, "--port", self.port,
                "--data", self.folder / "data"], None

    def version(self):
        done = subprocess.run([self.context.gatehouse, "--version"], capture_output=True, text=True,
                              check=False)
        return done.stdout.strip() + _revision()

    def configuration(self):
        return self.text

    def _configuration(self):
        port = self.context.upstream.port
        lines = ["server: {address: 127.0.0.1, threads: 1}",
                 f"general_settings: {{master_key: {MASTER_KEY}}}", "model_list:"]
        for model, vendor in self.models:
            base = f"http://{self.upstream_address}:{port}" + ("/v1" if vendor == "openai" else "")
            lines += [f"  - model_name: {json.dumps(_public_name(model, vendor))}",
                      "    litellm_params:",
                      f"      model: {json.dumps(vendor + '/' + model)}",
                      f"      api_base: {base}",
                      "      api_key: sk-upstream-0123456789abcdef",
                      "      input_cost_per_token: 0.000001",
                      "      output_cost_per_token: 0.000002"]
        return "\n".join(lines) + "\n"


def _public_name(model, vendor):
    """Pass-through keeps the upstream's name; the same model in another dialect has its own."""
    return model if vendor == "openai" else translated(model)


def translated(model):
    return "translated-" + model


def _revision():
    root = pathlib.Path(__file__).resolve().parents[2]
    done = subprocess.run(["git", "-C", str(root), "rev-parse", "--short", "HEAD"],
                          capture_output=True, text=True, check=False)
    return f" ({done.stdout.strip()})" if done.returncode == 0 else ""

"""An address that alerts are sent to."""

import http.server
import json
import threading

from harness import wait_for


class AlertSink:
    """Collects what is posted; `answers` are statuses, or (status, headers), for the first ones."""

    def __init__(self, answers=()):
        self.received = []  # (path, body as JSON)
        self.requests = []  # (header fields, body as bytes) of the same
        self.answers = list(answers)
        sink = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = sink.answers.pop(0) if sink.answers else 200
                status, headers = answer if isinstance(answer, tuple) else (answer, {})
                sink.requests.append((dict(self.headers), body))
                sink.received.append((self.path, json.loads(body)))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def url(self, path="/hook"):
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def bodies(self, **members):
        """Those with these members."""
        return [body for _, body in self.received
                if all(body.get(name) == value for name, value in members.items())]

    def wait_for(self, count=1, **members):
        return wait_for(lambda: (lambda found: found if len(found) >= count else None)(
            self.bodies(**members)), 10, f"{count} alerts with {members}; got {self.received}")

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

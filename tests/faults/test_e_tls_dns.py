"""Rows E18 and E19 of faults.md: certificates and names of an upstream."""

import contextlib
import shutil
import socket
import ssl
import tempfile
import threading
import time
import unittest

from support import Certificates, harness


class TlsTrap:
    """A TLS server that keeps every byte it could decrypt."""

    def __init__(self, certificate, key, version=None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        if version is not None:
            self.context.set_ciphers("ALL:@SECLEVEL=0")
            self.context.minimum_version = version
            self.context.maximum_version = version
        self.received = b""
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            plain.settimeout(5)
            with contextlib.suppress(OSError, ssl.SSLError):
                with self.context.wrap_socket(plain, server_side=True) as secure:
                    while data := secure.recv(65536):
                        self.received += data
            plain.close()

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@unittest.skipUnless(shutil.which("openssl"), "needs the openssl program")
class UpstreamTlsTest(harness.GatewayTest):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        certificates = Certificates(folder.name)
        local = "IP:127.0.0.1,DNS:localhost"
        good = certificates.leaf("good", local)
        cls.traps = {
            "expired": TlsTrap(*certificates.leaf("expired", local,
                                                  ("20200101000000Z", "20210101000000Z"))),
            "future": TlsTrap(*certificates.leaf("future", local,
                                                 ("20900101000000Z", "20910101000000Z"))),
            "wrong-name": TlsTrap(*certificates.leaf("wrong", "DNS:example.com,IP:10.0.0.1")),
            "self-signed": TlsTrap(*certificates.leaf("selfsigned", local, signed=False)),
            "tls10": TlsTrap(*good, version=ssl.TLSVersion.TLSv1),
            "tls11": TlsTrap(*good, version=ssl.TLSVersion.TLSv1_1),
        }
        for trap in cls.traps.values():
            cls.addClassCleanup(trap.close)
        cls.fake = harness.Fake()
        cls.addClassCleanup(cls.fake.stop)
        cls.secure = harness.Fake("--tls-cert", good[0], "--tls-key", good[1])
        cls.addClassCleanup(cls.secure.stop)
        config = {**cls.config(), "server": {"trust_store": str(certificates.root)}}
        cls.gateway = harness.Gateway(config)
        cls.addClassCleanup(cls.gateway.stop)

    @classmethod
    def model_list(cls):
        entries = [harness.deployment(name, "m", f"https://127.0.0.1:{trap.port}/v1")
                   for name, trap in cls.traps.items()]
        entries += [
            harness.deployment("good", "m", f"https://127.0.0.1:{cls.secure.port}/v1"),
            harness.deployment("by-name", "m", f"https://localhost:{cls.secure.port}/v1"),
            harness.deployment("plain-to-tls", "m", f"https://127.0.0.1:{cls.fake.port}/v1"),
            harness.deployment("chat", "chat-upstream", cls.fake.url + "/v1"),
        ]
        return entries

    def test_e18_good_certificates_work(self):
        for model in ("good", "by-name"):
            for _ in range(3):
                self.assertEqual(self.gateway.chat(model).status, 200, model)
            stream = self.gateway.chat_stream(model)
            self.assertEqual(stream.all()[-1][1], "[DONE]")

    def test_e18_bad_ones_are_refused_and_see_nothing(self):
        for name, trap in self.traps.items():
            with self.subTest(certificate=name):
                self.assert_error(self.gateway.chat(name), (502, 503))
                self.assertGreater(trap.connections, 0)
                self.assertEqual(trap.received, b"", "bytes were sent to an unproven server")

    def test_e18_a_server_without_tls(self):
        self.assert_error(self.gateway.chat("plain-to-tls"), (502, 503, 504))


class NamesTest(harness.GatewayTest):
    @classmethod
    def model_list(cls):
        return [harness.deployment("missing", "m", "http://no-such-host.invalid/v1"),
                harness.deployment("by-name", "m", f"http://localhost:{cls.fake.port}/v1"),
                harness.deployment("chat", "chat-upstream", cls.fake.url + "/v1")]

    def test_e19_a_name_that_does_not_exist(self):
        begin = time.monotonic()
        error = self.assert_error(self.gateway.chat("missing"), (502, 504))
        self.assertLess(time.monotonic() - begin, 10)
        self.assertNotIn("127.0.0.1", error["message"])
        self.assert_alive()

    def test_e19_look_ups_do_not_hold_up_others(self):
        threads = [threading.Thread(target=self.gateway.chat, args=("missing",)) for _ in range(8)]
        for thread in threads:
            thread.start()
        begin = time.monotonic()
        self.assertEqual(self.gateway.chat("chat").status, 200)
        self.assertLess(time.monotonic() - begin, 1)
        for thread in threads:
            thread.join()

    def test_names_are_resolved(self):
        self.assertEqual(self.gateway.chat("by-name").status, 200)


if __name__ == "__main__":
    unittest.main()

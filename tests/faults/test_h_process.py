"""Rows H2 and H6 of faults.md: file descriptors run out; pooled connections are evicted."""

import itertools
import resource
import threading
import time
import unittest

from support import harness


class FewDescriptorsTest(unittest.TestCase):
    LIMIT = 64

    def setUp(self):
        self.fake = harness.Fake()
        self.addCleanup(self.fake.stop)
        self.gateway = harness.Gateway(
            {"model_list": [harness.deployment("chat", "m", self.fake.url + "/v1")],
             "general_settings": {"master_key": harness.MASTER_KEY},
             "server": {"threads": 1}},
            preexec=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (self.LIMIT, self.LIMIT)))
        self.addCleanup(self.gateway.stop)

    def test_h2_accepting_pauses_without_spinning_and_recovers(self):
        self.assertEqual(self.gateway.chat("chat").status, 200)
        clients = [self.gateway.socket(30) for _ in range(self.LIMIT * 2)]
        # Gives the gateway time to run into the limit, then watches it do nothing.
        harness.wait_for(lambda: self.gateway.program.open_files() >= self.LIMIT - 8, 10,
                         "descriptors to run out")
        before = self.gateway.program.cpu_seconds()
        time.sleep(1.0)
        self.assertLess(self.gateway.program.cpu_seconds() - before, 0.2, "it spins")
        for client in clients:
            client.close()
        harness.wait_for(self.served, 10, "recovery")
        for _ in range(50):
            self.assertEqual(self.gateway.chat("chat").status, 200)

    def served(self):
        try:
            return self.gateway.chat("chat", timeout=2).status == 200
        except OSError:
            return False

    def test_h2_connections_that_have_one_are_served(self):
        client = self.gateway.socket(30)
        get = (b"GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " +
               harness.MASTER_KEY.encode() + b"\r\n\r\n")
        client.send(get)
        self.assertEqual(client.read_response()[0], 200)
        crowd = [self.gateway.socket(30) for _ in range(self.LIMIT * 2)]
        for _ in range(20):
            client.send(get)
            self.assertEqual(client.read_response()[0], 200)
        for one in crowd:
            one.close()
        client.close()


class EvictionTest(harness.GatewayTest):
    """H6: connections are closed by either side while others are in use; no call notices,
    and no call gets the answer of another."""

    # One thread has one pool of upstream connections.
    extra_config = {"server": {"threads": 1}}

    @classmethod
    def model_list(cls):
        base = cls.fake.url + "/v1"
        return [harness.deployment("chat", "chat-upstream", base),
                harness.deployment("paced", "fake/tokens=40;tps=40", base)] + [
                    harness.deployment(f"echo-{way}", f"fake/echo{way}", base)
                    for way in ("", ";close", ";until-close", ";extra", ";http10")]

    def test_h6_no_call_notices(self):
        failures = []
        stop = threading.Event()

        def load(model):
            for number in itertools.count():
                if stop.is_set():
                    return
                text = f"{model} {number} {threading.get_ident()}"
                answer = self.gateway.chat(model, text=text)
                if answer.status != 200 or answer.json()["choices"][0]["message"]["content"] != text:
                    failures.append(answer)

        def stream():
            while not stop.is_set():
                if self.gateway.chat_stream("paced").all()[-1][1] != "[DONE]":
                    failures.append("stream")

        threads = [threading.Thread(target=load, args=(model,))
                   for model in ("echo-", "echo-;close", "echo-;until-close", "echo-;extra",
                                 "echo-;http10", "echo-")]
        threads += [threading.Thread(target=stream) for _ in range(2)]
        for thread in threads:
            thread.start()
        for _ in range(6):
            # Both sides' pools change under load: a reload makes new targets each time.
            self.gateway.reload()
            time.sleep(0.5)
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])

    def test_h6_after_quiet_nothing_is_left(self):
        before = self.gateway.program.open_files()
        clients = [threading.Thread(target=lambda: [self.gateway.chat("chat") for _ in range(20)])
                   for _ in range(16)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        harness.wait_for(lambda: self.fake.stats()["in_flight"] == 0, 5, "quiet")
        # Idle pooled connections may stay, one per concurrent call at most.
        self.assertLessEqual(self.gateway.program.open_files(), before + 16 + 4)


class ShortLivedTest(harness.GatewayTest):
    """H6 with a lifetime of one second: what is idle goes, what is in use lives on."""

    extra_config = {"server": {"threads": 1, "idle_timeout": "1s", "header_timeout": "1s",
                               "body_timeout": "1s"}}

    def test_h6_what_is_in_use_outlives_the_time_outs(self):
        idle = [self.gateway.socket() for _ in range(20)]
        used = self.gateway.socket(30)
        streams = [self.gateway.chat_stream("fake/tokens=60;tps=20") for _ in range(5)]
        slow = []
        threads = [threading.Thread(target=lambda: slow.append(
            self.gateway.chat("fake/ttfb=3000").status)) for _ in range(5)]
        for thread in threads:
            thread.start()
        get = (b"GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " +
               harness.MASTER_KEY.encode() + b"\r\n\r\n")
        end = time.monotonic() + 3
        while time.monotonic() < end:
            used.send(get)
            self.assertEqual(used.read_response()[0], 200)
            self.assertEqual(self.gateway.chat("chat").status, 200)
            time.sleep(0.1)
        for stream in streams:
            self.assertEqual(stream.all()[-1][1], "[DONE]")
        for thread in threads:
            thread.join()
        self.assertEqual(slow, [200] * 5)
        for client in idle:
            self.assertTrue(client.closed_by_peer(0.5), "an idle connection was kept")
            client.close()
        # Silent for longer than the lifetime, this one goes, too.
        self.assertTrue(used.closed_by_peer(3))
        used.close()


if __name__ == "__main__":
    unittest.main()

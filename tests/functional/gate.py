"""A scripted TCP relay: delays, cuts, resets and swallows what passes."""

import contextlib
import socket
import struct
import threading


class Gate:
    """Relays connections to a port on loopback. The rules may be changed while it runs.

    delay           seconds before each piece towards the client
    cut_at          close after so many bytes towards the client (None: never)
    reset_at        reset after so many bytes towards the client
    swallow         nothing passes towards the client any more
    refuse          close connections at once
    piece           largest piece towards the client
    """

    def __init__(self, target_port):
        self.target_port = target_port
        self.delay = 0.0
        self.cut_at = None
        self.reset_at = None
        self.swallow = False
        self.refuse = False
        self.piece = 65536
        self.connections = 0
        self.upward = b""  # what clients sent
        self._stop = threading.Event()
        self._open = set()
        self._lock = threading.Lock()
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(128)
        self.port = self.listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self):
        while not self._stop.is_set():
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            if self.refuse:
                client.close()
                continue
            upstream = socket.create_connection(("127.0.0.1", self.target_port))
            for one in (client, upstream):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open |= {client, upstream}
            for pump in (self._up, self._down):
                threading.Thread(target=pump, args=(client, upstream), daemon=True).start()

    def _up(self, client, upstream):
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                self.upward += data
                upstream.sendall(data)
        self._close(client, upstream)

    def _down(self, client, upstream):
        passed = 0
        with contextlib.suppress(OSError):
            while data := upstream.recv(self.piece):
                if self.swallow:
                    continue
                if self.delay:
                    self._stop.wait(self.delay)
                limit = self.cut_at if self.cut_at is not None else self.reset_at
                if limit is not None and passed + len(data) >= limit:
                    client.sendall(data[:limit - passed])
                    if self.reset_at is not None:
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                          struct.pack("ii", 1, 0))
                    break
                client.sendall(data)
                passed += len(data)
        self._close(client, upstream)

    def _close(self, *sockets):
        with self._lock:
            self._open -= set(sockets)
        for one in sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def close(self):
        self._stop.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self._lock:
            open_now = list(self._open)
        self._close(*open_now)

"""Scales on the wire: how many bytes a server sends to a browser, whoever in it asked, the service worker too.

    with scales(port) as wire:      a browser visits f"http://127.0.0.1:{wire.port}"
        wire.taken()                bytes that came since the last time, heads and all

A browser's own counts leave out what a service worker imports; nothing passes a wire unseen.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# A phone that saves data: the worker fetches no page ahead, so that what is weighed is the visit.
SPARING = "Object.defineProperty(Object.getPrototypeOf(navigator.connection), 'saveData', { get: () => true })"


class Scales:
    """A door in front of a server that counts what goes out."""

    def __init__(self, port: int) -> None:
        self.to, self.bytes, self.lock = port, 0, threading.Lock()
        self.door = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self.door.getsockname()[1]
        self.open: set[socket.socket] = set()
        threading.Thread(target=self._welcome, daemon=True).start()

    def taken(self) -> int:
        """What came since the last time."""
        with self.lock:
            count, self.bytes = self.bytes, 0
        return count

    def close(self) -> None:
        """Shut the door and end every conversation."""
        self._end(self.door)
        for one in list(self.open):
            self._end(one)

    def _welcome(self) -> None:
        with suppress(OSError):
            while True:
                guest, _ = self.door.accept()
                host = socket.create_connection(("127.0.0.1", self.to))
                self.open |= {guest, host}
                threading.Thread(target=self._pass, args=(guest, host, False), daemon=True).start()
                threading.Thread(target=self._pass, args=(host, guest, True), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if counted:
                    with self.lock:
                        self.bytes += len(data)
                target.sendall(data)
        self._end(source)
        self._end(target)

    def _end(self, one: socket.socket) -> None:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
        self.open.discard(one)


@contextmanager
def scales(port: int) -> Iterator[Scales]:
    """Scales before the server on this port, until the block ends."""
    made = Scales(port)
    try:
        yield made
    finally:
        made.close()

"""A wire between a journal and its server that can be cut exactly at a COMMIT, before or after the server gets it."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from tests.stores.servers import Server

Cut = Literal["before", "after"]
_COMMIT = re.compile(rb"COMMIT(?!TED)")


class Proxy:
    """``cut`` arms it for the next COMMIT; with ``refuse`` nobody gets through afterwards."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.cut: Cut | None = None
        self.refuse = False
        self.armed_to_refuse = False
        self.cuts = 0
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.refuse:
                    client.close()
                    continue
                server = socket.create_connection(("127.0.0.1", self._target))
                self._open += [client, server]
                threading.Thread(target=self._requests, args=(client, server), daemon=True).start()
                threading.Thread(target=self._replies, args=(client, server), daemon=True).start()

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                if self.cut is not None and _COMMIT.search(data):
                    cut, self.cut = self.cut, None
                    self.refuse = self.refuse or self.armed_to_refuse
                    client.shutdown(socket.SHUT_RDWR)
                    if cut == "after":
                        server.sendall(data)
                        _close(client)
                        self.cuts += 1
                        return  # the server answers into the void
                    self.cuts += 1
                    break
                server.sendall(data)
        _close(client, server)

    def _replies(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data)
        _close(client, server)

    def arm(self, cut: Cut, *, refuse: bool) -> None:
        self.armed_to_refuse, self.cut = refuse, cut

    def heal(self) -> None:
        self.refuse = self.armed_to_refuse = False

    def close(self) -> None:
        _close(self._listener, *self._open)


def _close(*sockets: socket.socket) -> None:
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


@contextmanager
def proxied(server: Server, url: str) -> Iterator[tuple[Proxy, str]]:
    """A proxy in front of the server, and the address through it."""
    proxy = Proxy(server.port)
    try:
        yield proxy, url.replace(f":{server.port}/", f":{proxy.port}/")
    finally:
        proxy.close()

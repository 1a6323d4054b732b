# SPDX-License-Identifier: GPL-2.0-or-later
"""Something between the processor and a TPM at a socket: it may answer in the TPM's place."""

import socket
import struct
import threading
from collections.abc import Callable

from lib.ports import free_ports

NV_INCREMENT = 0x134
NV_READ = 0x14E

# The code of a command, the command, what the TPM would say → what the program is told; the TPM is
# asked only when the last one is called.
Answer = Callable[[int, Callable[[], bytes]], bytes]


def _message(connection: socket.socket) -> bytes:
    """A command or an answer: tag, size, code and the rest. Empty: the other end has closed."""
    data = b""
    while len(data) < 6 or len(data) < struct.unpack(">I", data[2:6])[0]:
        more = connection.recv(4096)
        if not more:
            return b""
        data += more
    return data


class Interposer:
    """Stands before the TPM at this port, with a port of its own."""

    def __init__(self, port: int, answer: Answer) -> None:
        self.below, self.answer = port, answer
        self.port = free_ports(2)
        self._listening = []
        for number in range(2):
            listening = socket.create_server(("127.0.0.1", self.port + number))
            self._listening.append(listening)
            threading.Thread(target=self._serve, args=(listening, number), daemon=True).start()

    def __enter__(self) -> "Interposer":
        return self

    def __exit__(self, *_: object) -> None:
        for listening in self._listening:
            listening.close()

    def _serve(self, listening: socket.socket, number: int) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=self._commands if number == 0 else self._control,
                             args=(connection,), daemon=True).start()

    def _ask(self, command: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.below)) as tpm:
            tpm.sendall(command)
            return _message(tpm)

    def _commands(self, connection: socket.socket) -> None:
        with connection:
            while command := _message(connection):
                code = struct.unpack(">I", command[6:10])[0]
                connection.sendall(self.answer(code, lambda command=command: self._ask(command)))

    def _control(self, connection: socket.socket) -> None:
        with connection, socket.create_connection(("127.0.0.1", self.below + 1)) as tpm:
            while data := connection.recv(4096):
                tpm.sendall(data)
                connection.sendall(tpm.recv(4096))

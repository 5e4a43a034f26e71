"""A PulseAudio server of a test's own, with a null sink: it can be killed and started again."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

from tests.fakes.waiting import wait_until


class PulseServer:
    """Everything of it lies in `folder`; `address` is what PULSE_SERVER has to say."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = folder / "socket"
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"unix:{self._socket}"

    def start(self) -> None:
        """Returns when it can be connected to."""
        home = {name: str(self._folder) for name in ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME")}
        with open(self._folder / "log", "ab") as log:
            self._process = subprocess.Popen(
                [
                    *("pulseaudio", "-n", "--daemonize=no", "--system=false", "--exit-idle-time=-1"),
                    "--disallow-exit=no",
                    f"--load=module-native-protocol-unix socket={self._socket} auth-anonymous=1",
                    "--load=module-null-sink sink_name=A rate=48000",
                ],
                env=os.environ | home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_until(self._answers)

    def kill(self) -> None:
        """As a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            return connection.connect_ex(str(self._socket)) == 0

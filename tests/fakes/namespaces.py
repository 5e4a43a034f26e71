"""Networks of their own on one machine (Linux, root): namespaces joined by virtual cables.

A namespace lives as long as the process that holds it, which ends when its standard input does: when the test ends, and
just as well when the tests are killed. Nothing has a name that could be left behind.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import shutil
import subprocess
import sys
from typing import Any, Self

import pytest

from tests.fakes.loop_thread import LoopThread
from tests.fakes.waiting import wait_until

CLONE_NEWNET = 0x40000000
_cables = itertools.count()


def why_not() -> str:
    """Why there can't be namespaces here; "": there can."""
    if sys.platform != "linux":
        return "network namespaces are Linux's"
    if os.geteuid() != 0:
        return "only root may make network namespaces"
    for program in ("ip", "nft", "nsenter", "unshare"):
        if shutil.which(program, path=_path()) is None:
            return f"{program} is not installed"
    tried = subprocess.run(["unshare", "--net", "true"], capture_output=True, text=True, check=False)
    return f"this kernel makes no network namespaces: {tried.stderr.strip()}" if tried.returncode else ""


def need_namespaces() -> None:
    """Skip this test where there are none, which counts as a failure in CI (conftest.py)."""
    reason = why_not()
    if reason:
        pytest.skip(reason)


class Namespace:
    """One of them, within a `with`; loopback works in it and nothing else."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._holder: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        pipe = subprocess.PIPE
        self._holder = subprocess.Popen(["unshare", "--net", "cat"], stdin=pipe, stdout=subprocess.DEVNULL)
        ours = os.readlink("/proc/self/ns/net")
        wait_until(lambda: os.readlink(self.path) != ours, f"the namespace {self.name}")
        self.set("net.ipv6.conf.all.disable_ipv6", 1)
        self.run("ip", "link", "set", "lo", "up")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._holder is not None
        assert self._holder.stdin is not None
        self._holder.stdin.close()
        self._holder.wait()

    @property
    def process_id(self) -> int:
        assert self._holder is not None
        return self._holder.pid

    @property
    def path(self) -> str:
        return f"/proc/{self.process_id}/ns/net"

    def words(self, *command: str) -> list[str]:
        """What runs a command in it."""
        return ["nsenter", f"--net={self.path}", "--", *command]

    def run(self, *command: str, said: str = "") -> str:
        """Run a command to its end, `said` on its standard input; what it printed."""
        done = subprocess.run(
            self.words(*command),
            input=said,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PATH": _path()},
        )
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}{done.stdout}"
        return done.stdout

    def start(self, *command: str, **options: Any) -> subprocess.Popen[Any]:
        """Run a command beside the test, which has to end it."""
        return subprocess.Popen(self.words(*command), **options)

    def set(self, name: str, value: object) -> None:
        """A kernel's setting of this network, as `sysctl` calls it."""
        self.run("sh", "-c", f"echo {value} > /proc/sys/{name.replace('.', '/')}")

    def filter(self, rules: str) -> None:
        """Add rules to nftables."""
        self.run("nft", "-f", "-", said=rules)

    def connect(self, other: Namespace, ours: str, theirs: str) -> tuple[str, str]:
        """A cable to another one, with an address and prefix length at either end ("": none); the names of the two
        interfaces."""
        here, there = f"v{next(_cables)}", f"v{next(_cables)}"
        at_other = f"{other.process_id}"
        self.run("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", at_other)
        for namespace, interface, address in ((self, here, ours), (other, there, theirs)):
            if address:
                namespace.run("ip", "address", "add", address, "dev", interface)
            namespace.run("ip", "link", "set", interface, "up")
        return here, there

    def thread(self) -> LoopThread:
        """An event loop in a thread whose sockets are in this namespace, and those of the threads that it starts."""
        return LoopThread(self.name, self._enter)

    def _enter(self) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        handle = os.open(self.path, os.O_RDONLY)
        try:
            assert libc.setns(handle, CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        finally:
            os.close(handle)


def _path() -> str:
    """Debian keeps ip and nft out of a user's PATH."""
    return os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"

"""The routers that this machine sends to. What the systems say is read in `player/core/default_gateway.py`."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

from player.core.default_gateway import gateways_of_linux, gateways_of_macos, gateways_of_windows, guessed_gateways
from player.net.addresses import own_addresses

PATIENCE = 3.0  # s for a program of the system's


async def default_gateways() -> tuple[str, ...]:
    """Their IPv4 addresses, the likeliest first; guessed where the system does not tell."""
    return await _told() or guessed_gateways(own_addresses())


async def _told() -> tuple[str, ...]:
    match sys.platform:
        case "linux":
            try:
                return gateways_of_linux(Path("/proc/net/route").read_text("ascii", "replace"))
            except OSError:
                return ()
        case "win32":
            return gateways_of_windows(await _said("route", "print", "-4", "0.0.0.0"))
        case _:
            return gateways_of_macos(await _said("/sbin/route", "-n", "get", "default"))


async def _said(*command: str) -> str:
    """What a program writes; "" where it does not run."""

    def run() -> str:
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                timeout=PATIENCE,
                check=False,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout[:65536].decode("ascii", "replace")

    return await asyncio.to_thread(run)

"""`matinee-server` as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from tests.fakes.visitors import PATIENCE


@dataclass
class Program:
    """A running server and what it printed so far."""

    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)

    async def read_until(self, start: str) -> str:
        """What follows `start` on the first line that begins with it. Fails if the program ends before."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            while line := (await self.process.stdout.readline()).decode():
                self.lines.append(line.rstrip())
                if line.startswith(start):
                    return line.removeprefix(start).strip()
        raise AssertionError(f"ended with {await self.process.wait()}: {await self.errors()}")

    async def port(self) -> int:
        return int((await self.read_until("listening: ")).rpartition(":")[2])

    async def errors(self) -> str:
        """All of standard error, once the program has ended."""
        assert self.process.stderr is not None
        return (await self.process.stderr.read()).decode()

    async def end(self) -> int:
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()


@contextlib.asynccontextmanager
async def run_server(*argv: str, **environ: str) -> AsyncIterator[Program]:
    """`python -m server ARGV`, which is killed at the end of the block if it still runs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MATINEE_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "server", *argv),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**kept, **environ},
    )
    program = Program(process)
    try:
        yield program
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
        process._transport.close()  # type: ignore[attr-defined]

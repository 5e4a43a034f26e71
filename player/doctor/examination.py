"""`matinee doctor`: the clock first, while nothing else runs, then all inspections side by side, told in order."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from player.core.invite import Invite
from player.doctor.finding import Finding, note

log = logging.getLogger(__name__)

Inspection = Callable[[], list[Finding]]


def inspections(invite: Invite | None = None) -> dict[str, Inspection]:
    """What is inspected side by side, in the order in which it is told."""
    from player.doctor import calls, network, senses, software

    return {
        "Software": software.inspect_software,
        "GPU": software.inspect_gpu,
        "Sound": senses.inspect_hearing,
        "Camera": senses.inspect_cameras,
        "Display": senses.inspect_display,
        "Network": network.inspect_network,
        "Calls": calls.inspect_library,
        "NAT": partial(calls.inspect_ways, invite),
    }


def examine(what: dict[str, Inspection], tell: Callable[[Finding], None]) -> list[Finding]:
    """Run all, tell their findings in order; an inspection that fails itself is a note."""
    findings: list[Finding] = []
    with ThreadPoolExecutor(max_workers=max(1, len(what))) as pool:
        running = {name: pool.submit(inspection) for name, inspection in what.items()}
        for name, future in running.items():
            try:
                found = future.result()
            except Exception as error:
                log.info("the inspection of %s failed", name, exc_info=True)
                found = [
                    note(name, f"it could not be inspected ({type(error).__name__}: {error}); please report that.")
                ]
            for finding in found:
                tell(finding)
                findings.append(finding)
    return findings


def summary(findings: Sequence[Finding]) -> str:
    """The last line."""
    problems = [finding.subject for finding in findings if finding.grade == "problem"]
    if problems:
        return f"Films can't be played here yet: see {', '.join(problems)} above."
    return "Films can be played here."


def run_doctor(invite: Invite | None = None) -> int:
    """Say what works here. Returns the exit status: 1 where something that playing needs is missing."""
    from player.doctor import timing

    def tell(finding: Finding) -> None:
        _say(finding.line())

    findings = examine({"clock": timing.inspect_clock}, tell)
    findings += examine(inspections(invite), tell)
    _say(summary(findings))
    return 1 if any(finding.grade == "problem" for finding in findings) else 0


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()

"""`matinee demo`: two real players in one room on one machine, and a ruler that believes neither.

Makes the film if need be, starts the stage, runs the script, measures, reports. The order of things is here, what they
are is in the modules around it.
"""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from player.demo import report, ruler, sights
from player.demo.clip import demo_clip
from player.demo.director import Director
from player.demo.medium import Medium, probe
from player.demo.players import DemoError, Stage, StageSettings
from player.demo.presented import Presented, TelemetryError, frame_duration
from player.demo.proxy import PathShape
from player.demo.script import Phase, script_for
from player.ports import LinkError

TIMEOUT = 10.0  # s, of a command
AFTERWARDS = 0.3  # s, for the last lines of telemetry


@dataclass(frozen=True, slots=True)
class CallWish:
    """A call of four beside the film. `camera`, `mic`: player A's devices."""

    camera: str = "test"
    mic: str = "test"


def run_demo(media: str | None, out: Path, call: CallWish | None = None) -> int:
    """Run it and write the results into `out`. Returns the exit status: 0 they were on the same frame (and saw each
    other, in a call), else 1."""
    try:
        return asyncio.run(_perform(media, out, call))
    except (DemoError, LinkError, TelemetryError) as error:
        return _fail(str(error))
    except OSError as error:
        name = f" “{error.filename}”" if error.filename else ""
        return _fail(f"The demo can't write or start{name}: {error.strerror or error}.")


async def _perform(media: str | None, out: Path, call: CallWish | None) -> int:
    out.mkdir(parents=True, exist_ok=True)
    medium = probe(media if media is not None else str(_own_film()))
    settings = StageSettings(folder=out.resolve() / "details", media=medium.path, has_picture=medium.has_picture)
    if call is not None:
        settings = replace(settings, has_call=True, camera=call.camera, mic=call.mic)
    _say("Starting a server, player A near it and player B behind a path of 80 ± 20 ms, with a clock 5 s ahead.")
    if call is not None:
        _say(
            "C and D come for the call; all four show a test picture and sound a test tone, unless A was given others."
        )
    async with Stage(settings) as stage:
        spans = await _play_script(stage, medium, out)
        await asyncio.sleep(AFTERWARDS)
        both = {name: player.presented() for name, player in stage.players.items()}
        seen = stage.sights()
    wish = call or CallWish()
    hidden, silent = (["A"] if each == "off" else [] for each in (wish.camera, wish.mic))
    return _report(both, spans, medium, out, seen, sights.problems(seen, hidden, silent))


async def _play_script(stage: Stage, medium: Medium, out: Path) -> list[ruler.Span]:
    from player.net.remote import Controller

    progress = Progress(stage)
    assert stage.proxy is not None  # the demo's stage has a long path
    async with Controller(stage.invite, TIMEOUT) as controller:
        director = Director(
            controller.command,
            {"A": stage.a, "B": stage.b},
            stage.proxy,
            windows=out.resolve(),
            frames=stage.settings.folder,
            begun=progress.begun,
            done=progress.done,
        )
        return await director.run(script_for(medium.duration))


class Progress:
    """A line for each phase: when, what, and as soon as it has ended how far apart the two were."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._start = time.perf_counter()

    def begun(self, phase: Phase) -> None:
        """Also sees to it that there is somebody to measure. Raises DemoError."""
        self._stage.check_alive()
        seconds = int(time.perf_counter() - self._start)
        _say(f"  {seconds // 60}:{seconds % 60:02d}  {phase.name:32}", end="")

    def done(self, span: ruler.Span) -> None:
        a, b = self._stage.a.presented(), self._stage.b.presented()
        frame = _frame(a, b)
        difference = ruler.compare(a, b, span.start, span.end, frame)
        _say(report.figures(ruler.measure(difference, span, frame)))


def _report(
    both: dict[str, Presented],
    spans: list[ruler.Span],
    medium: Medium,
    out: Path,
    seen: tuple[sights.Sight, ...],
    problems: tuple[str, ...],
) -> int:
    from player.demo.plot import write_plot

    a, b = both["A"], both["B"]
    frame, start, end = _frame(a, b), spans[0].start, spans[-1].end
    difference = ruler.compare(a, b, start, end, frame)
    verdict = ruler.judge(difference, spans, frame)
    verdict = replace(verdict, problems=(*verdict.problems, *problems))
    defaults, shape = StageSettings(folder=out, media=""), PathShape()
    circumstances = report.Circumstances(
        media=medium.path,
        frame=frame,
        seconds=round(end - start, 1),
        path=f"B: {1e3 * shape.delay:.0f} +- {1e3 * shape.jitter:.0f} ms each way",
        clock=f"B: {defaults.clock_offset:g} s ahead, {defaults.clock_ppm:g} ppm fast",
    )
    content = report.as_json(verdict, circumstances, both)
    report.write_json(out / "demo.json", content | ({"call": sights.as_json(seen)} if seen else {}))
    write_plot(out / "difference.png", difference, spans, frame)
    _say("\n" + report.table(verdict, both))
    if seen:
        _say("\n" + sights.table(seen))
    _say(f"\nWritten to {out}: demo.json, difference.png, player-a.png, player-b.png")
    return 0 if verdict.ok else 1


def _frame(a: Presented, b: Presented) -> float:
    return frame_duration(a.picture, b.picture) or ruler.USUAL_FRAME


def _own_film() -> Path:
    shown = -1

    def progress(share: float) -> None:
        nonlocal shown
        if int(share * 10) > shown:
            shown = int(share * 10)
            _say(f"\rMaking a film of a minute, once: {shown * 10} %", end="\n" if shown == 10 else "")

    return demo_clip(progress)


def _say(words: str, end: str = "\n") -> None:
    sys.stdout.write(words + end)
    sys.stdout.flush()


def _fail(words: str) -> int:
    sys.stdout.flush()
    sys.stderr.write(f"matinee demo: {words}\n")
    return 1

"""What the film of the demo is: whether it can be shown, and for how long."""

from __future__ import annotations

from dataclasses import dataclass

from player.demo.players import DemoError
from player.demo.script import LEAST_SECONDS


@dataclass(frozen=True, slots=True)
class Medium:
    """A film as the demo needs to know it; `duration` in s."""

    path: str
    duration: float
    has_picture: bool


def probe(path: str) -> Medium:
    """Look at a film. Raises DemoError: it is none, or too short for the script."""
    import av

    try:
        with av.open(path) as container:
            pictures = [stream for stream in container.streams.video if not _is_cover(stream)]
            duration = (container.duration or 0) / 1e6
            if not pictures and not container.streams.audio:
                raise DemoError(f"“{path}” has neither picture nor sound; choose a film.")
    except FileNotFoundError:
        raise DemoError(f"There is no “{path}”; check the name, or leave it out to use the demo's own film.") from None
    except (av.FFmpegError, OSError) as error:
        raise DemoError(f"“{path}” can't be opened as a film ({error.strerror}); choose another.") from error
    if duration < LEAST_SECONDS:
        raise DemoError(
            f"“{path}” lasts {duration:.0f} s, and the demo needs {LEAST_SECONDS:.0f}; choose a longer film."
        )
    return Medium(path, duration, bool(pictures))


def _is_cover(stream: object) -> bool:
    """A picture that belongs to a piece of music, not a film."""
    import av

    return bool(getattr(stream, "disposition", 0) & av.stream.Disposition.attached_pic)

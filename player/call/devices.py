"""Cameras by libavdevice: which there are, how one is opened, and what its errors mean.

v4l2 on Linux, avfoundation on macOS, dshow on Windows. Only the first has been seen by us; names and options of the
others are those of FFmpeg's documentation (ffmpeg-devices, sections 3.2 and 3.5).
"""

from __future__ import annotations

import errno
import logging
import os
import sys
from collections.abc import Iterator
from typing import Protocol

import av

from player.core.call_pipe import Device

log = logging.getLogger(__name__)

FORMAT = {"win32": "dshow", "darwin": "avfoundation"}.get(sys.platform, "v4l2")
# What a camera is asked for first. 640x480 is the largest picture that is sent, and every camera has it.
WISHES: tuple[dict[str, str], ...] = ({"video_size": "640x480", "framerate": "30"}, {"framerate": "30"}, {})

NOBODY = "There is no camera: connect one, or go on without."
GONE = "The camera is not there any more: connect it, or choose another."
BUSY = "The camera is used by another program: close that one."
FORBIDDEN = "Matinee may not use the camera: allow it in the system’s settings."
SILENT = "The camera does not answer: disconnect it and connect it again, or choose another."


class CameraError(Exception):
    """A camera that can't be used. The words are for a person."""


class Source(Protocol):
    """An open camera."""

    def frames(self) -> Iterator[av.VideoFrame]:
        """As they come; each waits in the device. Raises CameraError or OSError, or ends: it is gone."""

    def close(self) -> None: ...


def find_cameras() -> tuple[Device, ...]:
    """All that there are; takes a moment, and hangs where a driver does."""
    try:
        found = av.enumerate_input_devices(FORMAT)
    except (av.FFmpegError, OSError, ValueError, NotImplementedError) as error:
        log.info("cameras can't be listed: %s", error)
        return ()
    cameras = [each for each in found if not each.media_types or "video" in each.media_types]
    return tuple(Device(each.name, each.description or each.name) for each in cameras)


class InputCamera:
    """A camera of this machine. Implements Source."""

    def __init__(self, device: str, wish: dict[str, str]) -> None:
        """Raises OSError."""
        name, options = device, dict(wish)
        if FORMAT == "dshow":
            name = f"video={device}"
        elif FORMAT == "avfoundation":
            name = ""
            there = [each.id for each in find_cameras()]
            if device not in there:
                raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
            options["video_device_index"] = str(there.index(device))
        self._container = av.open(name, format=FORMAT, options=options)

    def frames(self) -> Iterator[av.VideoFrame]:
        stream = self._container.streams.video[0]
        stream.codec_context.thread_count = 1  # each thread of a decoder holds a picture back
        for frame in self._container.decode(stream):
            assert isinstance(frame, av.VideoFrame)
            yield frame

    def close(self) -> None:
        self._container.close()


def open_camera(device: str) -> Source:
    """The camera with an id, "" is the system's first. Waits for as long as its driver does. Raises CameraError."""
    if not device:
        cameras = find_cameras()
        if not cameras:
            raise CameraError(NOBODY)
        device = cameras[0].id
    failed: Exception | None = None
    for wish in WISHES:
        try:
            return InputCamera(device, wish)
        except ValueError as error:  # not in the list, or FFmpeg's EINVAL: it can't do what we wish
            failed = error
        except OSError as error:
            failed = error
            if error.errno not in {errno.EINVAL, errno.EIO, errno.ENOTTY}:
                break
    assert failed is not None
    log.info("camera %s can't be opened: %s", device, failed)
    raise CameraError(words_of(failed)) from None


def words_of(error: Exception) -> str:
    """What is wrong, for people. FFmpeg passes on what the system said; where its camera layers know no better than
    "input/output error", another program has the camera as a rule."""
    number = getattr(error, "errno", None)
    if number in {errno.ENOENT, errno.ENODEV, errno.ENXIO}:
        return GONE
    if number in {errno.EBUSY, errno.EIO}:
        return BUSY
    if number in {errno.EACCES, errno.EPERM}:
        return FORBIDDEN
    return f"The camera can't be used ({getattr(error, 'strerror', None) or error}): choose another."

"""Pictures of a call that nobody is in: a source with levers, and faces that look like people in front of a camera."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from player.ports import TilePicture


def plain_tile(number: int, width: int, height: int, bgr: tuple[int, int, int] = (40, 90, 160)) -> TilePicture:
    """A picture of one colour."""
    return TilePicture(number, width, height, bytes((*bgr, 255)) * (width * height))


def half_tile(number: int, width: int, height: int) -> TilePicture:
    """Its left half is blue and its right half red: a mirror turns it round."""
    row = bytes((255, 0, 0, 255)) * (width // 2) + bytes((0, 0, 255, 255)) * (width - width // 2)
    return TilePicture(number, width, height, row * height)


def face_tile(number: int, seed: int, width: int = 320, height: int = 240) -> TilePicture:
    """Head and shoulders before a wall, lit from one side."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    rng = np.random.default_rng(seed)
    wall = rng.uniform(60, 190, 3).astype(np.float32)
    picture = wall * (0.65 + 0.5 * (x / width))[..., None]
    shirt = rng.uniform(30, 200, 3).astype(np.float32)
    shoulders = ((x - width * 0.5) / (width * 0.34)) ** 2 + ((y - height * 1.12) / (height * 0.42)) ** 2 < 1
    picture[shoulders] = shirt
    skin = np.array([120, 150, 205], np.float32) * rng.uniform(0.6, 1.1)
    head = ((x - width * 0.5) / (width * 0.13)) ** 2 + ((y - height * 0.45) / (height * 0.25)) ** 2
    picture[head < 1] = skin
    hair = rng.uniform(15, 90, 3).astype(np.float32)
    picture[(head < 1.15) & (y < height * 0.34)] = hair
    whole = np.full((height, width, 4), 255, np.uint8)
    whole[..., :3] = np.clip(picture, 0, 255).astype(np.uint8)
    return TilePicture(number, width, height, whole.tobytes())


@dataclass
class FakeTiles:
    """A `TileSource`: has the picture that a test put there, and notes who was asked for."""

    pictures: dict[str, TilePicture] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)

    def tile(self, peer: str, seen: int) -> TilePicture | None:
        self.asked.append((peer, seen))
        picture = self.pictures.get(peer)
        return picture if picture is not None and picture.number > seen else None

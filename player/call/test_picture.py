"""The camera "test": a moving picture with the person's name and the instant at which it was taken.

Black and white blocks along its lower edge hold the instant in ms, so that a test reads from what has arrived when it
was shown to the camera, through any scaling and encoding.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.uint8]
"""One plane of a picture, shape (height, width)."""

WIDTH, HEIGHT = 640, 480
BITS = 24  # of the instant in ms: 4.6 hours
BLOCK = WIDTH // (BITS + 4)  # px; one white and one black at each end, to measure the grey by
EDGE = 48  # px, height of the blocks
BRIGHT, DARK, GROUND = 235, 16, 60

# Seven rows of five dots a letter, a row a digit of base 32.
_FONT = {
    "A": "4AHHVHH", "B": "UHHUHHU", "C": "EHGGGHE", "D": "UHHHHHU", "E": "VGGUGGV", "F": "VGGUGGG", "G": "EHGNHHF",
    "H": "HHHVHHH", "I": "E44444E", "J": "11111HE", "K": "HIKOKIH", "L": "GGGGGGV", "M": "HRLLHHH", "N": "HPPLJJH",
    "O": "EHHHHHE", "P": "UHHUGGG", "Q": "EHHHLID", "R": "UHHUKIH", "S": "FGGE11U", "T": "V444444", "U": "HHHHHHE",
    "V": "HHHHAA4", "W": "HHHLLLA", "X": "HHA4AHH", "Y": "HHA4444", "Z": "V1248GV", "0": "EHJLPHE", "1": "4C4444E",
    "2": "EH1248V", "3": "V2421HE", "4": "26AIV22", "5": "VGU11HE", "6": "68GUHHE", "7": "V124888", "8": "EHHEHHE",
    "9": "EHHF12C", " ": "0000000", ".": "0000066", ":": "0660660", "-": "000V000", "?": "EH12404",
}  # fmt: skip


def letters(text: str, scale: int) -> Plane:
    """A text as dots, 1 where it is, `scale` px a dot; what the font does not know is a question mark."""
    import unicodedata

    plain = unicodedata.normalize("NFKD", text.upper())
    known = [_FONT.get(sign, _FONT["?"]) for sign in plain if not unicodedata.combining(sign)] or [_FONT[" "]]
    rows = np.array([[int(row, 32) for row in sign] for sign in known], np.uint8)
    dots = (rows[:, :, None] >> np.arange(4, -1, -1)) & 1
    dots = np.pad(dots, ((0, 0), (0, 0), (0, 1)))
    line = dots.transpose(1, 0, 2).reshape(7, -1)
    return line.repeat(scale, 0).repeat(scale, 1).astype(np.uint8)


class TestPicture:
    """Draws into planes of its own."""

    __test__ = False  # for pytest, which takes it for a test

    def __init__(self, name: str) -> None:
        self._ground = _ground(name)
        self._luma = self._ground.copy()

    def draw(self, instant: float) -> Plane:
        """The luma of the picture of an instant, local time, s; overwritten by the next one."""
        luma, ground = self._luma, self._ground
        luma[...] = ground
        size = 64
        x = int((WIDTH - size) * (0.5 + 0.5 * np.sin(instant * 1.3)))
        y = 200 + int(100 * (0.5 + 0.5 * np.cos(instant * 1.7)))
        luma[y : y + size, x : x + size] = 255 - luma[y : y + size, x : x + size] // 2
        clock = letters(f"{instant % 1000:07.3f}", 4)
        luma[380 : 380 + clock.shape[0], 20 : 20 + clock.shape[1]] += clock * np.uint8(120)
        _mark(luma, round(instant * 1000) % (1 << BITS))
        return luma


def _ground(name: str) -> Plane:
    luma = np.full((HEIGHT, WIDTH), GROUND, np.uint8)
    luma += (np.arange(WIDTH, dtype=np.uint16) // 16 % 2 * 6).astype(np.uint8)
    scale = max(2, min(8, (WIDTH - 40) // (6 * max(1, len(name)))))
    text = letters(name, scale)[:, : WIDTH - 40]
    left = (WIDTH - text.shape[1]) // 2
    luma[60 : 60 + text.shape[0], left : left + text.shape[1]] += text * np.uint8(150)
    return luma


def _mark(luma: Plane, value: int) -> None:
    bits = [1, 0, *(value >> place & 1 for place in range(BITS)), 0, 1]
    left = (WIDTH - BLOCK * len(bits)) // 2
    row = np.where(np.array(bits, bool), BRIGHT, DARK).astype(np.uint8).repeat(BLOCK)
    luma[HEIGHT - EDGE :, :left] = luma[HEIGHT - EDGE :, left + len(row) :] = GROUND
    luma[HEIGHT - EDGE :, left : left + len(row)] = row


def read_instant(luma: Plane) -> float | None:
    """The instant, s modulo 2**BITS ms, that a picture of any size was drawn for; None: this is none, or too bad."""
    height, width = luma.shape
    block = width * BLOCK / WIDTH
    count = BITS + 4
    left = (width - block * count) / 2
    y = round(height * (1 - EDGE / HEIGHT / 2))
    rows = luma[max(0, y - 2) : y + 3]
    centres = (left + block * (np.arange(count) + 0.5)).astype(int)
    values = rows[:, centres].astype(np.float64).mean(0)
    bright, dark = min(values[0], values[-1]), max(values[1], values[-2])
    if bright - dark < (BRIGHT - DARK) / 2:
        return None
    bits = values[2:-2] > (bright + dark) / 2
    return float((bits << np.arange(BITS)).sum()) / 1000

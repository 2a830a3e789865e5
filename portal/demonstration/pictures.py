"""Pictures of the demonstration, drawn by code."""

import io
import math
import random
from collections.abc import Callable

from PIL import Image, ImageDraw

WIDTH_PX, HEIGHT_PX = 1440, 810
SUPERSAMPLING = 2  # drawn larger and made smaller: the edges come out smooth

Colour = tuple[int, int, int]
Point = tuple[float, float]


class Canvas:
    """A drawing with places from 0 to 1, left to right and top to bottom."""

    def __init__(self, top: Colour, bottom: Colour) -> None:
        strip = Image.new("RGB", (1, HEIGHT_PX * SUPERSAMPLING))
        for y in range(strip.height):
            share = y / strip.height
            strip.putpixel((0, y), tuple(round(a + (b - a) * share) for a, b in zip(top, bottom, strict=True)))
        self.picture = strip.resize((WIDTH_PX * SUPERSAMPLING, HEIGHT_PX * SUPERSAMPLING))
        self.draw = ImageDraw.Draw(self.picture)

    def to_pixels(self, *points: Point) -> list[Point]:
        return [(x * self.picture.width, y * self.picture.height) for x, y in points]

    def polygon(self, colour: Colour, *points: Point) -> None:
        self.draw.polygon(self.to_pixels(*points), fill=colour)

    def rectangle(
        self, colour: Colour, left: float, top: float, right: float, bottom: float, radius: float = 0
    ) -> None:
        corners = [side for point in self.to_pixels((left, top), (right, bottom)) for side in point]
        self.draw.rounded_rectangle(corners, radius * self.picture.height, fill=colour)

    def circle(self, colour: Colour, x: float, y: float, radius: float) -> None:
        """`radius` in parts of the height."""
        (middle,), size = self.to_pixels((x, y)), radius * self.picture.height
        self.draw.ellipse([middle[0] - size, middle[1] - size, middle[0] + size, middle[1] + size], fill=colour)

    def line(self, colour: Colour, *points: Point, width: float = 0.004) -> None:
        self.draw.line(self.to_pixels(*points), fill=colour, width=round(width * self.picture.height), joint="curve")

    def ridge(self, colour: Colour, height: float, swing: float, waves: float, shift: float) -> None:
        """A hill from side to side, whose outline stands at `height` and swings about it."""
        outline = [
            (
                x / 80,
                height - swing * (math.sin(waves * x / 80 * math.pi + shift) + 0.4 * math.sin(3.1 * x / 80 + shift)),
            )
            for x in range(81)
        ]
        self.polygon(colour, (0, 1), *outline, (1, 1))

    def tree(self, x: float, y: float, size: float, leaves: Colour) -> None:
        self.rectangle((96, 74, 60), x - size * 0.04, y - size * 0.5, x + size * 0.04, y)
        for dx, dy, part in [(-0.14, -0.62, 0.34), (0.14, -0.62, 0.34), (0, -0.92, 0.4)]:
            self.circle(leaves, x + dx * size, y + dy * size, part * size)

    def house(self, x: float, y: float, size: float) -> None:
        """White walls and stepped black gables, as they are built in the south of Anhui."""
        wall, tiles = (244, 241, 232), (58, 62, 68)
        self.rectangle(wall, x, y - size, x + size * 1.3, y)
        self.polygon(
            tiles,
            (x + size * 0.1, y - size),
            (x + size * 1.2, y - size),
            (x + size, y - size * 1.35),
            (x + size * 0.3, y - size * 1.35),
        )
        for left in (x - size * 0.06, x + size * 1.14):
            for step in range(3):
                inset, top = step * size * 0.04, y - size * (1.12 + 0.13 * step)
                self.rectangle(wall, left + inset, top, left + size * 0.22 - inset, y - size * 0.6)
                self.rectangle(tiles, left + inset - size * 0.03, top, left + size * 0.25 - inset, top + size * 0.07)
        self.rectangle((120, 84, 62), x + size * 0.54, y - size * 0.5, x + size * 0.76, y)
        for left in (0.2, 0.92):
            self.rectangle((90, 104, 112), x + size * left, y - size * 0.62, x + size * (left + 0.16), y - size * 0.4)

    def jpeg(self) -> bytes:
        out = io.BytesIO()
        self.picture.resize((WIDTH_PX, HEIGHT_PX), Image.Resampling.LANCZOS).save(out, "JPEG", quality=88)
        return out.getvalue()


def valley(chance: random.Random) -> Canvas:
    """A village by a canal in the hills, in the morning."""
    sheet = Canvas((251, 214, 165), (228, 236, 224))
    sheet.circle((255, 244, 214), 0.72, 0.26, 0.11)
    for at, colour in enumerate([(190, 203, 199), (150, 178, 170), (112, 152, 138), (84, 128, 104)]):
        sheet.ridge(colour, 0.42 + 0.1 * at, 0.05 - 0.006 * at, 2.2 + 0.7 * at, 1.3 * at)
    sheet.ridge((140, 170, 96), 0.78, 0.015, 1.2, 0.4)
    for step in range(7):
        y = 0.79 + 0.03 * step
        sheet.line((118, 148, 80), (0, y + 0.03), (0.3, y), (0.62, y + 0.035), (1, y), width=0.005)
    sheet.polygon((126, 176, 190), (0.5, 0.79), (0.54, 0.79), (0.8, 1), (0.57, 1))
    sheet.polygon((160, 202, 210), (0.515, 0.79), (0.525, 0.79), (0.71, 1), (0.64, 1))
    for x, y, size in [(0.12, 0.8, 0.11), (0.26, 0.78, 0.09), (0.36, 0.81, 0.08), (0.7, 0.79, 0.1)]:
        sheet.house(x, y, size)
    for _ in range(9):
        sheet.tree(chance.uniform(0.02, 0.46), chance.uniform(0.83, 0.9), chance.uniform(0.05, 0.09), (74, 118, 70))
    for x in (0.86, 0.93, 0.98):
        sheet.tree(x, chance.uniform(0.82, 0.88), 0.11, (62, 104, 64))
    return sheet


def books(chance: random.Random) -> Canvas:
    """A wall of shelves with a window and a bench."""
    sheet = Canvas((243, 232, 210), (232, 214, 184))
    spines = [
        (178, 58, 46),
        (52, 92, 118),
        (204, 158, 66),
        (86, 122, 92),
        (120, 84, 104),
        (226, 214, 190),
        (70, 72, 88),
    ]
    for shelf in range(4):
        top, bottom = 0.06 + 0.19 * shelf, 0.22 + 0.19 * shelf
        for left, right in [(0.03, 0.36), (0.66, 0.97)]:
            sheet.rectangle((150, 108, 70), left, bottom, right, bottom + 0.022)
            x = left + 0.006
            while x < right - 0.03:
                width, height = chance.uniform(0.009, 0.019), chance.uniform(0.1, 0.15)
                if chance.random() < 0.9:
                    sheet.rectangle(chance.choice(spines), x, bottom - height, x + width, bottom)
                    sheet.rectangle(
                        (244, 236, 214),
                        x + width * 0.25,
                        bottom - height * 0.7,
                        x + width * 0.75,
                        bottom - height * 0.6,
                    )
                x += width + 0.0015
        sheet.rectangle((150, 108, 70), 0.022, top - 0.02, 0.03, 0.83)
        sheet.rectangle((150, 108, 70), 0.97, top - 0.02, 0.978, 0.83)
    sheet.rectangle((255, 255, 250), 0.4, 0.1, 0.62, 0.6, 0.01)
    sheet.rectangle((176, 212, 224), 0.41, 0.118, 0.505, 0.582)
    sheet.rectangle((190, 222, 230), 0.515, 0.118, 0.61, 0.582)
    sheet.circle((122, 160, 112), 0.45, 0.5, 0.08)
    sheet.circle((104, 146, 100), 0.57, 0.52, 0.06)
    sheet.rectangle((205, 178, 140), 0, 0.83, 1, 1)
    sheet.rectangle((164, 70, 54), 0.41, 0.72, 0.61, 0.78, 0.02)
    for x in (0.43, 0.58):
        sheet.rectangle((110, 80, 58), x, 0.78, x + 0.012, 0.9)
    sheet.rectangle((52, 92, 118), 0.46, 0.695, 0.51, 0.72)
    sheet.rectangle((204, 158, 66), 0.465, 0.672, 0.505, 0.695)
    return sheet


def courtyard(chance: random.Random) -> Canvas:
    """An office building behind trees."""
    sheet = Canvas((176, 208, 232), (238, 242, 240))
    for x, y, size in [(0.15, 0.16, 0.05), (0.2, 0.15, 0.07), (0.26, 0.17, 0.05), (0.74, 0.1, 0.05), (0.8, 0.11, 0.06)]:
        sheet.circle((250, 252, 252), x, y, size)
    sheet.rectangle((222, 214, 200), 0.2, 0.28, 0.8, 0.82)
    sheet.rectangle((206, 196, 180), 0.42, 0.22, 0.58, 0.82)
    sheet.rectangle((150, 60, 50), 0.19, 0.265, 0.81, 0.285)
    sheet.rectangle((150, 60, 50), 0.41, 0.205, 0.59, 0.225)
    for floor in range(4):
        for window in range(10):
            x = 0.225 + window * 0.0575
            if 0.37 < x < 0.58:
                continue
            y = 0.33 + floor * 0.115
            lit = chance.random() < 0.15
            sheet.rectangle((250, 232, 176) if lit else (128, 160, 178), x, y, x + 0.034, y + 0.07)
            sheet.line((236, 230, 220), (x + 0.017, y), (x + 0.017, y + 0.07), width=0.006)
    for floor in range(3):
        sheet.rectangle((128, 160, 178), 0.45, 0.29 + floor * 0.115, 0.55, 0.36 + floor * 0.115)
    sheet.rectangle((96, 72, 60), 0.465, 0.66, 0.535, 0.82)
    sheet.rectangle((180, 172, 160), 0.4, 0.81, 0.6, 0.84)
    sheet.rectangle((196, 190, 178), 0.38, 0.84, 0.62, 0.87)
    sheet.rectangle((190, 196, 170), 0, 0.87, 1, 1)
    sheet.polygon((216, 208, 192), (0.42, 0.87), (0.58, 0.87), (0.72, 1), (0.28, 1))
    for x in (0.06, 0.15, 0.3, 0.7, 0.86, 0.95):
        sheet.tree(x, chance.uniform(0.88, 0.92), chance.uniform(0.16, 0.22), (88, 132, 84))
    return sheet


def market(chance: random.Random) -> Canvas:
    """Tents on a threshing ground, with tables and boxes under them."""
    sheet = Canvas((196, 222, 236), (246, 240, 222))
    sheet.ridge((164, 190, 170), 0.5, 0.04, 2.4, 0.6)
    sheet.ridge((130, 166, 130), 0.58, 0.03, 3.1, 2.0)
    sheet.rectangle((226, 206, 164), 0, 0.66, 1, 1)
    for x, size in [(0.04, 0.12), (0.9, 0.14), (0.97, 0.11)]:
        sheet.tree(x, 0.68, size, (92, 138, 88))
    for at, colour in enumerate([(196, 66, 52), (52, 104, 138), (214, 164, 62), (78, 130, 98)]):
        x = 0.1 + at * 0.205
        for leg in (x + 0.01, x + 0.165):
            sheet.rectangle((110, 112, 116), leg, 0.5, leg + 0.005, 0.84)
        sheet.polygon(colour, (x - 0.01, 0.52), (x + 0.0875, 0.37), (x + 0.185, 0.52))
        paler = tuple(min(255, part + 40) for part in colour)
        sheet.polygon(paler, (x + 0.0875, 0.37), (x + 0.185, 0.52), (x + 0.12, 0.52))
        for edge in range(8):
            sheet.circle(colour if edge % 2 else (250, 246, 238), x + edge * 0.0245 + 0.002, 0.525, 0.02)
        sheet.rectangle((250, 248, 240), x + 0.015, 0.7, x + 0.16, 0.73)
        sheet.rectangle((222, 214, 198), x + 0.015, 0.73, x + 0.16, 0.8)
        for box in range(5):
            left = x + 0.022 + box * 0.027
            height = chance.uniform(0.03, 0.08)
            sheet.rectangle(
                chance.choice([(178, 58, 46), (206, 150, 70), (104, 146, 100), (90, 122, 150)]),
                left,
                0.7 - height,
                left + 0.02,
                0.7,
            )
    return sheet


def workshop(chance: random.Random) -> Canvas:
    """Rows of seats before a screen with a chart."""
    sheet = Canvas((236, 230, 220), (214, 204, 190))
    sheet.rectangle((120, 96, 78), 0.22, 0.09, 0.78, 0.6, 0.012)
    sheet.rectangle((250, 250, 246), 0.235, 0.115, 0.765, 0.575)
    for bar, height in enumerate([0.1, 0.16, 0.13, 0.22, 0.28]):
        left = 0.29 + bar * 0.045
        sheet.rectangle([(52, 104, 138), (196, 66, 52)][bar == 4], left, 0.52 - height, left + 0.028, 0.52)
    sheet.line((150, 150, 150), (0.275, 0.52), (0.52, 0.52), width=0.005)
    for row in range(5):
        sheet.rectangle((206, 200, 190), 0.56, 0.2 + row * 0.066, 0.72 - 0.02 * (row % 3), 0.218 + row * 0.066)
    sheet.rectangle((186, 168, 146), 0, 0.68, 1, 1)
    sheet.rectangle((140, 100, 68), 0.08, 0.5, 0.15, 0.7, 0.01)
    sheet.rectangle((158, 116, 80), 0.07, 0.48, 0.16, 0.51, 0.01)
    for row in range(3):
        y, size = 0.72 + row * 0.1, 0.9 + row * 0.25
        for seat in range(9):
            x = 0.5 + (seat - 4) * 0.088 * size
            colour = chance.choice([(70, 92, 112), (92, 112, 128), (120, 76, 66), (84, 108, 92)])
            sheet.circle((64, 52, 46), x, y - 0.035 * size, 0.024 * size)
            sheet.rectangle(colour, x - 0.026 * size, y, x + 0.026 * size, y + 0.12, 0.03)
    return sheet


SCENES: dict[str, Callable[[random.Random], Canvas]] = {
    scene.__name__: scene for scene in (valley, books, courtyard, market, workshop)
}


def render_scene(name: str) -> bytes:
    """The scene of SCENES as a JPEG, 1440 × 810, the same at every call."""
    return SCENES[name](random.Random(name)).jpeg()  # noqa: S311 (it places trees)

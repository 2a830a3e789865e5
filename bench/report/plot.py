"""The growth plot (SVG): milliseconds over number of articles, log axes."""

import math
from html import escape

WIDTH_PX, HEIGHT_PX = 960, 600
LEFT, RIGHT, TOP, BOTTOM = 80, 280, 60, 70  # margins; names stand at the right
# Okabe and Ito's, which colour-blind people can tell apart, the yellow left out ("Color universal design", 2008).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#000000", "#8a5a00")
DASHES = ("", "7 4", "2 3")
LABEL_SPACING_PX = 17  # pixels between two names


def growth_svg(sets: list[str], times: dict[str, dict[str, float]]) -> str:
    """`sets`: labels such as 10k; `times`: kind of page → label → milliseconds."""
    articles = [int(label.removesuffix("k")) * 1000 for label in sets]
    every = [kind[label] for kind in times.values() for label in sets]
    lowest, highest = _round_to_tick(min(every), math.floor), _round_to_tick(max(every), math.ceil)
    if lowest == highest:
        highest = lowest * 10

    def x(count: float) -> float:
        return LEFT + (WIDTH_PX - LEFT - RIGHT) * _log_fraction(count, articles[0], articles[-1])

    def y(milliseconds: float) -> float:
        return HEIGHT_PX - BOTTOM - (HEIGHT_PX - TOP - BOTTOM) * _log_fraction(milliseconds, lowest, highest)

    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_PX}" height="{HEIGHT_PX}"',
        f'viewBox="0 0 {WIDTH_PX} {HEIGHT_PX}"',
        'font-family="sans-serif" font-size="13" role="img" aria-labelledby="title">',
        '<title id="title">Milliseconds for one page by number of articles</title>',
        f'<rect width="{WIDTH_PX}" height="{HEIGHT_PX}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="30" font-size="17" fill="#111111">Time for one page, rendered anew</text>',
    ]
    for tick in _ticks(lowest, highest):
        drawn.append(
            f'<line x1="{LEFT}" y1="{y(tick):.1f}" x2="{WIDTH_PX - RIGHT}" y2="{y(tick):.1f}" stroke="#dddddd"/>'
        )
        drawn.append(_svg_text(LEFT - 8, y(tick) + 4, f"{tick:g}", "end"))
    for count, label in zip(articles, sets, strict=True):
        drawn.append(
            f'<line x1="{x(count):.1f}" y1="{TOP}" x2="{x(count):.1f}" y2="{HEIGHT_PX - BOTTOM}" stroke="#dddddd"/>'
        )
        drawn.append(_svg_text(x(count), HEIGHT_PX - BOTTOM + 20, label, "middle"))
    drawn.append(_svg_text((LEFT + WIDTH_PX - RIGHT) / 2, HEIGHT_PX - 20, "articles (logarithmic)", "middle"))
    middle = (TOP + HEIGHT_PX - BOTTOM) / 2
    drawn.append(
        f'<text transform="translate(24 {middle:.0f}) rotate(-90)" text-anchor="middle" fill="#333333">'
        "milliseconds (logarithmic)</text>"
    )
    names = _spread_labels({kind: y(found[sets[-1]]) for kind, found in times.items()})
    for at, (kind, found) in enumerate(times.items()):
        colour, dashes = COLOURS[at % len(COLOURS)], DASHES[at // len(COLOURS) % len(DASHES)]
        points = [(x(count), y(found[label])) for count, label in zip(articles, sets, strict=True)]
        path = " ".join(f"{across:.1f},{down:.1f}" for across, down in points)
        drawn.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/>'
        )
        drawn += [f'<circle cx="{across:.1f}" cy="{down:.1f}" r="3" fill="{colour}"/>' for across, down in points]
        edge, name = WIDTH_PX - RIGHT, names[kind]
        drawn.append(
            f'<line x1="{edge + 4}" y1="{points[-1][1]:.1f}" x2="{edge + 22}" y2="{name:.1f}" stroke="{colour}"/>'
        )
        ratio = found[sets[-1]] / found[sets[0]]
        drawn.append(f'<text x="{edge + 26}" y="{name + 4:.1f}" fill="{colour}">{escape(kind)} ({ratio:.2f}×)</text>')
    return "\n".join([*drawn, "</svg>", ""])


def _log_fraction(value: float, lowest: float, highest: float) -> float:
    if lowest == highest:
        return 0.5
    return math.log(value / lowest) / math.log(highest / lowest)


def _round_to_tick(value: float, rounding) -> float:
    """The power of ten, or half of the next, below or above."""
    steps = [digit * 10.0**power for power in range(-3, 6) for digit in (1, 2, 5)]
    fitting = [step for step in steps if (step <= value if rounding is math.floor else step >= value)]
    return fitting[-1] if rounding is math.floor else fitting[0]


def _ticks(lowest: float, highest: float) -> list[float]:
    steps = [digit * 10.0**power for power in range(-3, 6) for digit in (1, 2, 5)]
    return [step for step in steps if lowest <= step <= highest]


def _svg_text(across: float, down: float, words: str, anchor: str) -> str:
    return f'<text x="{across:.1f}" y="{down:.1f}" text-anchor="{anchor}" fill="#333333">{escape(words)}</text>'


def _spread_labels(wanted: dict[str, float]) -> dict[str, float]:
    """Heights of names near where they are wanted, but LABEL_SPACING_PX apart and inside the picture."""
    order = sorted(wanted, key=wanted.get)
    placed, last = {}, TOP - LABEL_SPACING_PX
    for kind in order:
        last = max(wanted[kind], last + LABEL_SPACING_PX)
        placed[kind] = last
    lowest = HEIGHT_PX - 24
    for kind in reversed(order):
        placed[kind] = min(placed[kind], lowest)
        lowest = placed[kind] - LABEL_SPACING_PX
    return placed

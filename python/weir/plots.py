# SPDX-License-Identifier: Apache-2.0
"""Plots as plain SVG: lines and bars, nothing to install, the same bytes for the same figures."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 28, 34, 62
COLOURS = ("#2563a8", "#b3541e", "#3d7a3d", "#7a4a9c", "#8a6d0b", "#0f7f7f", "#a32a4e", "#555555", "#9a9a9a")
_FONT = 'font-family="system-ui, sans-serif" font-size="12"'

Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    name: str
    points: Sequence[Point]
    steps: bool = False  # a value holds until the next


@dataclass(frozen=True)
class Bar:
    """`part` of `whole`, and what the plot says about it beside the bar."""

    name: str
    part: float
    whole: float
    group: str = ""


def lines_svg(title: str, x_name: str, y_name: str, lines: Sequence[Line], log_x: bool = True) -> str:
    """Shares from 0 to 1 over x. `log_x`: x of 0 is drawn at the left edge."""
    drawn = [line for line in lines if line.points]
    xs = [x for line in drawn for x, _ in line.points if x > 0 or not log_x] or [1.0]
    low, high = _range(min(xs), max(xs), log_x)

    def place_x(x: float) -> float:
        if log_x:
            share = (math.log10(max(x, low)) - math.log10(low)) / (math.log10(high) - math.log10(low))
        else:
            share = (x - low) / (high - low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    parts = _frame(title, x_name, y_name)
    for tick in _ticks(low, high, log_x):
        at = place_x(tick)
        parts.append(f'<line x1="{at:.1f}" y1="{TOP}" x2="{at:.1f}" y2="{HEIGHT - BOTTOM}" stroke="#8884"/>')
        parts.append(_text(at, HEIGHT - BOTTOM + 16, f"{tick:g}", "middle"))
    for n, line in enumerate(drawn):
        colour = COLOURS[n % len(COLOURS)]
        path = _path([(place_x(x), _place_y(y)) for x, y in line.points], line.steps)
        parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{place_x(x):.1f}" cy="{_place_y(y):.1f}" r="2.5" fill="{colour}">'
            f"<title>{escape(line.name)}: {x:.4g}, {100 * y:.1f} %</title></circle>"
            for x, y in line.points
            if not line.steps
        ]
    return _svg(title, parts, [line.name for line in drawn], HEIGHT - 12)


def bars_svg(title: str, groups: Sequence[str], bars: Sequence[Bar]) -> str:
    """Shares side by side: a row for each name, in it a bar for each group."""
    names = list(dict.fromkeys(bar.name for bar in bars))
    thick, gap = 13, 10
    step = thick * len(groups) + gap
    bottom = TOP + step * len(names)
    left = 150
    span = WIDTH - left - 150
    parts = [_text(8, 20, title, "start", bold=True)]
    for quarter in range(5):
        x = left + span * quarter / 4
        parts.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}" stroke="#8884"/>')
        parts.append(_text(x, bottom + 14, f"{25 * quarter} %", "middle"))
    for bar in bars:
        place = groups.index(bar.group) if bar.group else 0
        y = TOP + step * names.index(bar.name) + gap / 2 + thick * place
        share = bar.part / bar.whole if bar.whole else 0.0
        colour = COLOURS[place % len(COLOURS)]
        parts.append(f'<rect x="{left}" y="{y:.1f}" width="{share * span:.1f}" height="{thick - 2}" fill="{colour}"/>')
        figures = f"{bar.part:.0f} of {bar.whole:.0f}" if bar.whole else "-"
        parts.append(_text(left + share * span + 6, y + thick - 3, figures, "start"))
    for n, name in enumerate(names):
        parts.append(_text(left - 8, TOP + step * (n + 0.5) + 4, name, "end"))
    return _svg(title, parts, groups if len(groups) > 1 else (), bottom + 24)


def _range(low: float, high: float, log: bool) -> tuple[float, float]:
    if not log:
        return low, high if high > low else low + 1
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return 10.0**first, 10.0 ** max(last, first + 1)


def _ticks(low: float, high: float, log: bool) -> list[float]:
    if not log:
        return [low + (high - low) * n / 4 for n in range(5)]
    return [10.0**n for n in range(round(math.log10(low)), round(math.log10(high)) + 1)]


def _place_y(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)


def _path(points: Sequence[Point], steps: bool) -> str:
    text = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for x, y in points[1:]:
        text += f"H{x:.1f}V{y:.1f}" if steps else f"L{x:.1f} {y:.1f}"
    return text


def _frame(title: str, x_name: str, y_name: str) -> list[str]:
    parts = [_text(8, 20, title, "start", bold=True)]
    for quarter in range(5):
        y = _place_y(quarter / 4)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#8884"/>')
        parts.append(_text(LEFT - 8, y + 4, f"{25 * quarter} %", "end"))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM + 36, x_name, "middle"))
    parts.append(
        f'<text transform="translate(16 {(TOP + HEIGHT - BOTTOM) / 2:.1f}) rotate(-90)" text-anchor="middle" '
        f'fill="currentColor" {_FONT}>{escape(y_name)}</text>'
    )
    return parts


def _text(x: float, y: float, text: str, anchor: str, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="currentColor"{weight} {_FONT}>{escape(text)}</text>'


def _legend(names: Sequence[str], top: float) -> tuple[list[str], float]:
    """Names with their colours, in lines from `top` on; and where they end."""
    parts, x, y = [], 8.0, top + 12
    for n, name in enumerate(names):
        width = 30 + 6.6 * len(name)
        if x + width > WIDTH and x > 8:
            x, y = 8.0, y + 18
        parts.append(f'<rect x="{x:.1f}" y="{y - 9:.1f}" width="12" height="10" fill="{COLOURS[n % len(COLOURS)]}"/>')
        parts.append(_text(x + 17, y, name, "start"))
        x += width
    return parts, y + 8 if names else top


def _svg(title: str, parts: Sequence[str], names: Sequence[str], body: float) -> str:
    legend, height = _legend(names, body)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
        f'aria-label="{escape(title)}" color="#333">' + "".join(parts) + "".join(legend) + "</svg>\n"
    )

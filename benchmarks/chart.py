"""A line chart as SVG, by hand: one line a series, from zero, with its name at its end."""

from collections.abc import Mapping, Sequence
from html import escape

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _EDGE = 860, 320, 50, 220, 40
_COLOURS = ("#1b6ca8", "#7fb2d9", "#b3541e", "#e0a37e")


def lines(title: str, series: Mapping[str, Sequence[float]]) -> str:
    """The chart; all series have a value for each of the same steps, which are counted from 1."""
    top = max(max(values) for values in series.values()) * 1.1
    steps = max(len(values) for values in series.values())

    def x(step: int) -> float:
        return _LEFT + step * (_WIDTH - _LEFT - _RIGHT) / max(steps - 1, 1)

    def y(value: float) -> float:
        return _HEIGHT - _EDGE - value / top * (_HEIGHT - 2 * _EDGE)

    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_LEFT}" y="20" font-size="14">{escape(title)}</text>',
    ]
    for value in range(0, int(top) + 1, 50):
        drawn.append(
            f'<path d="M{_LEFT} {y(value):.1f}H{_WIDTH - _RIGHT}" stroke="#ddd"/>'
            f'<text x="{_LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value}</text>'
        )
    for step in range(steps):
        drawn.append(
            f'<text x="{x(step):.1f}" y="{_HEIGHT - _EDGE + 18}" text-anchor="middle">{step + 1}</text>'
        )
    for place, (name, values) in enumerate(series.items()):
        colour = _COLOURS[place % len(_COLOURS)]
        points = " ".join(f"{x(step):.1f},{y(value):.1f}" for step, value in enumerate(values))
        drawn.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        drawn.append(
            f'<rect x="{_WIDTH - _RIGHT + 12}" y="{_EDGE + 20 * place}" width="10" height="10" '
            f'fill="{colour}"/><text x="{_WIDTH - _RIGHT + 28}" y="{_EDGE + 20 * place + 9}">'
            f"{escape(name)}</text>"
        )
    return "\n".join([*drawn, "</svg>"]) + "\n"

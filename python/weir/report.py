# SPDX-License-Identifier: Apache-2.0
"""The study as a page to look at: `study/` beside the model card.

    python -m weir.report models/default/study

report.html holds every plot and table and needs nothing else; the plots lie beside it as SVG, and the figures that they were drawn
from as CSV, from which the command draws them anew.
"""

import argparse
import html
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from weir import plots, study
from weir.study import Study

TABLES = ("episodes", "alarms", "points")
ABSENT = {
    "nothing": "network never seen",
    "tool": "network and tool never seen",
    "class": "network and class never seen",
}

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }
svg { width: 100%; max-width: 44rem; display: block; margin: 1rem 0; }
table { border-collapse: collapse; font-size: .85rem; } th, td { border-bottom: 1px solid #ccc; padding: .2rem .6rem; text-align: left; }
h2 { margin-top: 2.5rem; } p { max-width: 44rem; }
"""


def write(seen: Study, title: str, folder: Path) -> None:
    """Tables, plots and the page, replacing what is there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in TABLES:
        getattr(seen, name).to_csv(folder / f"{name}.csv", index=False, float_format="%.6g")
    seen = read(folder)  # what is drawn is what the tables say, to their last digit
    drawn = {name: draw(seen) for name, draw in PLOTS.items()}
    for name, svg in drawn.items():
        (folder / f"{name}.svg").write_text(svg)
    (folder / "report.html").write_text(page(seen, title, drawn))


def read(folder: Path) -> Study:
    tables = {name: _table(folder / f"{name}.csv") for name in TABLES}
    for column in ("found", "right"):
        tables["episodes"][column] = tables["episodes"][column].astype(bool)
    return Study(**tables)


def _table(path: Path) -> pd.DataFrame:
    """Without columns where there was nothing to count: no normal traffic, say."""
    return pd.read_csv(path) if path.read_text().strip() else pd.DataFrame()


def calibrated(seen: Study) -> pd.DataFrame:
    """Episodes from an address of their own, judged with the network's own threshold."""
    table = seen.episodes
    return table[(table["way"] == "calibrated") & ~table["variant"].isin(study.TOLD_OTHERWISE)]


def operating_curve(seen: Study) -> str:
    """Each point is one threshold for all rows of a network; networks together."""
    lines = []
    counted = "pairs" in seen.points  # not in tables of before alarms were counted at each point
    for absent, name in ABSENT.items():
        points = seen.points[seen.points["absent"] == absent] if len(seen.points) else seen.points
        if not len(points):
            continue
        sums = points.groupby("share", sort=True).sum(numeric_only=True)
        at = 24 * sums["pairs"] / sums["hours"].clip(lower=1e-9) if counted else 100 * sums.index.to_series()
        found = sums["found"] / sums["episodes"].clip(lower=1)
        # A network with no normal row beyond a threshold has 0 alarms, which a logarithm cannot show.
        lines.append(plots.Line(name, [(x, y) for x, y in zip(at, found, strict=True) if x > 0]))
    alarms = "false alarms a day: (source, minute) pairs" if counted else "normal rows flagged, %"
    return plots.lines_svg("Episodes found against false alarms", alarms, "episodes found", lines)


def first_alert(seen: Study) -> str:
    lines = [
        plots.Line(name, _arrivals(part), steps=True)
        for absent, name in ABSENT.items()
        if len(part := calibrated(seen)[calibrated(seen)["absent"] == absent])
    ]
    return plots.lines_svg(
        "Time to the first alert", "seconds since the episode began", "episodes found by then", lines
    )


def first_alert_by_class(seen: Study) -> str:
    table = calibrated(seen)
    known = table[table["absent"] == "nothing"]
    lines = [plots.Line(str(label), _arrivals(part), steps=True) for label, part in known.groupby("label", sort=True)]
    return plots.lines_svg(
        "Time to the first alert, by class (network never seen)",
        "seconds since the episode began",
        "found by then",
        lines,
    )


def _arrivals(episodes: pd.DataFrame) -> list[plots.Point]:
    """Of all the episodes, the share that has its first alert by then."""
    times = np.sort(episodes["first_s"].dropna().to_numpy())
    points = [(max(float(t), 0.1), (n + 1) / len(episodes)) for n, t in enumerate(times)]
    return [(0.1, 0.0), *points] if points else []


def found_by(column: str, title: str) -> Callable[[Study], str]:
    def draw(seen: Study) -> str:
        table = calibrated(seen)
        present = [absent for absent in ABSENT if (table["absent"] == absent).any()]
        bars = []
        for name in sorted(set(table[column])):
            for absent in present:
                part = table[(table[column] == name) & (table["absent"] == absent)]
                bars.append(plots.Bar(str(name), float(part["found"].sum()), float(len(part)), ABSENT[absent]))
        return plots.bars_svg(title, [ABSENT[absent] for absent in present], bars)

    return draw


PLOTS: dict[str, Callable[[Study], str]] = {
    "operating-curve": operating_curve,
    "first-alert": first_alert,
    "first-alert-by-class": first_alert_by_class,
    "found-by-class": found_by("label", "Episodes found, by class"),
    "found-by-network": found_by("network", "Episodes found, by network"),
}


def page(seen: Study, title: str, drawn: dict[str, str]) -> str:
    parts = [
        "<p>Every network here was held out of training, with its normal traffic and the episodes recorded there; beside it nothing, "
        "the tool, or the whole class of attack. Each episode was set alone onto normal traffic. Bars and times are with the "
        "threshold that <code>weir model calibrate</code> sets from the first third of that network's own normal traffic; the "
        "operating curve is what one threshold for all rows would do.</p>"
    ]
    for heading, names in (
        ("Operating curve", ("operating-curve",)),
        ("Time to the first alert", ("first-alert", "first-alert-by-class")),
        ("By class and network", ("found-by-class", "found-by-network")),
    ):
        parts += [f"<h2>{heading}</h2>", *(drawn[name] for name in names)]
    for absent, name in ABSENT.items():
        part = seen.episodes[seen.episodes["absent"] == absent]
        if len(part):
            parts += [f"<h2>Classes: {name}</h2>", table_html(study.table_by(part, "label"))]
    calm = seen.alarms[seen.alarms["absent"] == "nothing"] if len(seen.alarms) else seen.alarms
    if len(calm):
        parts += ["<h2>False alarms</h2>", table_html(study.table_of_alarms(calm))]
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>\n<h1>{html.escape(title)}</h1>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def table_html(markdown: str) -> str:
    """One of the study's Markdown tables; its only markup is **bold**."""
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in markdown.splitlines()]
    rows = []
    for n, cells in enumerate(lines):
        if n == 1:
            continue
        tag = "th" if n == 0 else "td"
        texts = [html.escape(cell) for cell in cells]
        texts = [f"<b>{text[2:-2]}</b>" if text.startswith("**") and text.endswith("**") else text for text in texts]
        rows.append("<tr>" + "".join(f"<{tag}>{text}</{tag}>" for text in texts) + "</tr>")
    return "<table>" + "".join(rows) + "</table>"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="weir.report", description="Draw a study's plots and page from its tables.")
    parser.add_argument("folder", type=Path, help="study folder of a bundle: episodes.csv, alarms.csv, points.csv")
    parser.add_argument("--title", default="How the models do on what they never saw")
    options = parser.parse_args(arguments)
    missing = [name for name in TABLES if not (options.folder / f"{name}.csv").is_file()]
    if missing:
        parser.error(f"{options.folder} holds no {missing[0]}.csv; `python -m weir.train` writes it")
    write(read(options.folder), options.title, options.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())

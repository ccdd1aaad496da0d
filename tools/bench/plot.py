#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""plot.py - the plot of a run, by gnuplot.

    tools/bench/plot.py RESULTS.json PLOT.svg

Above: server CPU per exchange relative to the bare loop, which is the line at
1; a bar that would leave the plot ends there and says its figure.  Below: the
latency of the open loop.  Who did not keep the rate that was asked for in
every round has no bar, but these words.  Without a background and in colours of middle
brightness, so that it reads on light and on dark."""
import json
import os
import shutil
import subprocess
import sys

import summary

SIZE = (1120, 800)
INK = "#7d8590"
COLOURS = {
    "bare": "#9aa4af", "bare-again": "#c3cad1", "cohort": "#e8590c", "cohort-busy-poll": "#f2a30f", "tokio": "#3b82f6",
    "libuv": "#8b6fe0", "uvloop": "#1fa08a", "go": "#22a5c9", "asyncio": "#5f9c3a", "libevent": "#b03a6f",
    "bufferevent": "#d98cb8",
}  # fmt: skip
OTHER_COLOURS = ["#b08968", "#6c757d", "#d6336c"]
RATIO_LIMIT = 2.5
QUANTILES = [("p50", "p50"), ("p99", "p99"), ("p999", "p99.9")]

SETTINGS = """\
set encoding utf8
set terminal svg size {width},{height} noenhanced font "Helvetica,14"
set output "{path}"
set border 3 lc rgb "{ink}"
set grid y lc rgb "{ink}" lw 0.4 dt 3
set tics nomirror textcolor rgb "{ink}"
set xtics scale 0 font ",13"
set key at screen 0.059,{key} left top Left reverse horizontal maxcols 5 samplen 1 width -4 textcolor rgb "{ink}"
set style fill solid 1 noborder
set multiplot
"""

PANEL = """\
set lmargin at screen 0.062
set rmargin at screen 0.99
set tmargin at screen {top}
set bmargin at screen {bottom}
set label "{title}" at screen 0.062,{title_at} left textcolor rgb "{ink}" font ",16"
set xrange [-0.5:{groups}-0.5]
set yrange [{low}:{high}]
{scale} logscale y
set xtics ({ticks})
{more}
plot {plots}{also}
unset label
unset arrow
"""


def colour(peer, others):
    if peer not in COLOURS and peer not in others:
        others.append(peer)
    return COLOURS.get(peer) or OTHER_COLOURS[others.index(peer) % len(OTHER_COLOURS)]


def median(case, peer, key):
    return case["summary"].get(peer, {}).get(key, {}).get("median")


def quoted(text):
    """Of gnuplot, where \\n is a new line."""
    return '"' + text.replace('"', "'") + '"'


class Panel:
    """Groups of bars: `values` is {group: {peer: value}}, in order; a value may
    be words, which stand in the place of a bar."""

    def __init__(self, values, peers, limit=None):
        self.values, self.limit = values, limit
        present = {peer for group in values.values() for peer in group}
        self.peers = [peer for peer in peers if peer["name"] in present]
        self.width = 0.84 / max(1, len(self.peers))

    def place(self, group, index):
        return group + (index - (len(self.peers) - 1) / 2) * self.width

    def bars(self, others):
        """The data, inline, and what plots it."""
        blocks, plots = [], []
        for index, peer in enumerate(self.peers):
            lines = []
            for group, values in enumerate(self.values.values()):
                if (value := values.get(peer["name"])) is not None and not isinstance(value, str):
                    shown = min(value, self.limit) if self.limit else value
                    lines.append(f"{self.place(group, index):.4f} {shown:.5f}")
            blocks.append(f"$bars{index} << END\n" + "\n".join(lines or ["NaN NaN"]) + "\nEND\n")
            plots.append(
                f'$bars{index} using 1:2:({self.width * 0.9:.4f}) with boxes '
                f'lc rgb "{colour(peer["name"], others)}" title {quoted(peer["label"])}'
            )
        return "".join(blocks), ", ".join(plots)

    def words(self):
        """Upwards, where there is no bar."""
        labels = []
        for group, values in enumerate(self.values.values()):
            for index, peer in enumerate(self.peers):
                if isinstance(words := values.get(peer["name"]), str):
                    labels.append(
                        f'set label {quoted(words)} at {self.place(group, index):.4f},graph 0.03 '
                        f'left rotate by 90 font ",11" textcolor rgb "{INK}"'
                    )
        return "\n".join(labels)

    def clipped(self):
        """A figure for each bar that ends at the limit."""
        labels = []
        for group, values in enumerate(self.values.values()):
            for index, peer in enumerate(self.peers):
                value = values.get(peer["name"])
                if not isinstance(value, (str, type(None))) and self.limit and value > self.limit:
                    labels.append(
                        f'set label "{value:.1f}" at {self.place(group, index):.4f},{self.limit} '
                        f'center offset 0,0.6 font ",11" textcolor rgb "{INK}"'
                    )
        return "\n".join(labels)

    def ticks(self):
        return ", ".join(f"{quoted(name)} {number}" for number, name in enumerate(self.values))


def values_of(case, peers, key):
    """Of each its figure, or words why there is none; None if nobody has one."""
    values = {}
    for peer in peers:
        own = case["summary"].get(peer["name"], {})
        if shown := median(case, peer["name"], key) or summary.not_kept(own):
            values[peer["name"]] = shown
    return values if any(not isinstance(value, str) for value in values.values()) else None


def ratios(results):
    """Of all cases, relative to the bare loop, which is not shown: it is 1."""
    groups = {}
    peers = [peer for peer in results["peers"] if peer["name"] != "bare"]
    for case in results["cases"]:
        if case["kind"] in ("echo", "churn") and (values := values_of(case, peers, "cpu_ratio")):
            groups[case_tick(case)] = values
    return groups


def case_tick(case):
    """Narrow, on some lines."""
    if case["kind"] == "churn":
        return r"connect,\necho,\nclose"
    return case["words"].replace("× ", r"×\n").replace(", ", r"\n")


def latencies(results):
    groups = {}
    for case in results["cases"]:
        if not case.get("is_open_loop"):
            continue
        for key, words in QUANTILES:
            if values := values_of(case, results["peers"], key):
                groups[f"{words}\\n{case['words'].split(', ')[0]}"] = values
    return groups


def panel_of(groups, peers, limit, others, **more):
    panel = Panel(groups, peers, limit)
    blocks, plots = panel.bars(others)
    more["more"] += f"\n{panel.clipped()}\n{panel.words()}"
    return blocks + PANEL.format(ink=INK, groups=len(groups), ticks=panel.ticks(), plots=plots, **more)


def script_of(results, path):
    """For gnuplot; None if there is nothing to show."""
    others, peers = [], results["peers"]
    upper, lower = ratios(results), latencies(results)
    if not upper:
        return None
    highest = max(value for group in upper.values() for value in group.values() if not isinstance(value, str))
    limit = min(RATIO_LIMIT, max(1.25, highest * 1.05))
    script = SETTINGS.format(width=SIZE[0], height=SIZE[1] if lower else SIZE[1] * 0.6, ink=INK, path=path, key=0.945)
    reference = next(peer for peer in peers if peer["name"] == "bare")
    script += panel_of(
        upper, peers, limit, others, title="Server CPU per exchange, relative to a bare epoll loop: less is better",
        title_at=0.97, top=0.84 if lower else 0.76, bottom=0.47 if lower else 0.17, low=0, high=limit, scale="unset",
        more=f'set arrow from -0.5,1 to {len(upper) - 0.5},1 nohead front lc rgb "{INK}" lw 1.6',
        also=f', keyentry with boxes lc rgb "{COLOURS["bare"]}" title {quoted(reference["label"])}',
    )  # fmt: skip
    if lower:
        script += "unset key\n" + panel_of(
            lower, peers, None, others, title="Open loop at half of what the bare loop does at most: latency in µs",
            title_at=0.36, top=0.33, bottom=0.075, low="*", high="*", scale="set", more="", also="",
        )  # fmt: skip
    return script + "unset multiplot\n"


def draw(results, path):
    """Words why there is no plot, or None."""
    if not shutil.which("gnuplot"):
        return "gnuplot is missing; make bench-install brings gnuplot-nox"
    if not (script := script_of(results, path + ".new")):
        return "no case that it shows was run"
    done = subprocess.run(["gnuplot"], input=script, text=True, capture_output=True, timeout=60, check=False)
    if done.returncode:
        return done.stderr.strip()
    os.replace(path + ".new", path)
    return None


def main():
    if len(sys.argv) != 3:
        print(__doc__)
        return 2
    with open(sys.argv[1], encoding="utf-8") as file:
        complaint = draw(json.load(file), sys.argv[2])
    if complaint:
        print(f"plot: {complaint}", file=sys.stderr)
    return 1 if complaint else 0


if __name__ == "__main__":
    sys.exit(main())

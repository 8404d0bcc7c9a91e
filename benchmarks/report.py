"""The figures as a page of Markdown: what was measured, on what, and how it compares."""

import os
import platform
from collections.abc import Mapping
from pathlib import Path

from benchmarks.footprint import Footprint
from benchmarks.latency import Latency
from benchmarks.throughput import Figures

_OURS, _BARE, _QUIX = "DoseWarden", "bare aiokafka loop", "Quix Streams"


def machine() -> str:
    """The processor, its cores, the interpreter and how busy the machine is, in one line."""
    name = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            name = line.split(":", 1)[1].strip()
            break
    busy = os.getloadavg()[0]
    return f"{os.cpu_count()} cores, {name}; CPython {platform.python_version()}; load before {busy:.1f}"


def throughput(figures: Mapping[str, Figures]) -> str:
    """One row per contender, with ours as a multiple of each."""
    rows = ["| | events/s | CPU per event | ours, events/s | ours, CPU |", "| --- | --- | --- | --- | --- |"]
    ours = figures[_OURS]
    for title, one in figures.items():
        faster = f"{ours.per_second / one.per_second:.2f} x"
        cheaper = f"{one.cpu_us / ours.cpu_us:.2f} x"
        rows.append(f"| {title} | {one.per_second:,.0f} | {one.cpu_us:.0f} us | {faster} | {cheaper} |")
    return "\n".join(rows)


def core(one: Footprint) -> str:
    """The core alone: bytes and microseconds per event, and whether a long stay changes them."""

    def grown(pair: tuple[float, float], unit: str) -> str:
        return f"{pair[0]:,.0f} -> {pair[1]:,.0f} {unit} ({pair[1] / pair[0]:.2f} x)"

    return "\n".join(
        [
            "| the core alone | |",
            "| --- | --- |",
            f"| changelog per event | mean {one.changelog_mean:,.0f} B, p99 {one.changelog_p99:,.0f} B |",
            f"| judging | mean {one.judging_mean:.0f} us, p99 {one.judging_p99:.0f} us |",
            f"| decoding and encoding | mean {one.codec_mean:.0f} us |",
            f"| long stay, first to last third: changelog | {grown(one.long_stay_changelog, 'B')} |",
            f"| the same: judging | {grown(one.long_stay_judging, 'us')} |",
            f"| the same: decoding and encoding | {grown(one.long_stay_codec, 'us')} |",
            f"| issue records | {one.issues:,} |",
        ]
    )


def latency(one: Latency) -> str:
    """One line."""
    return (
        f"event to issue at {one.per_second} events/s: p50 {one.p50:.1f} ms, p99 {one.p99:.1f} ms "
        f"({one.issues} issues)"
    )

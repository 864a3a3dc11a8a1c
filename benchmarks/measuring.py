"""What every benchmark shares: timing, resident memory, and how a result is shown."""

import argparse
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

import rules
from engine.domain.ruleset import Rulebook
from notifiers.rendering import Templates
from tacit.bootstrap import check_rules
from tacit.home import shipped

LEAST_REPETITIONS = 3


@dataclass(frozen=True, slots=True)
class Bar:
    """One number that is to stay at or below a limit."""

    what: str
    measured: float
    limit: float

    @property
    def met(self) -> bool:
        return self.measured <= self.limit

    def as_json(self) -> dict[str, object]:
        return {
            "what": self.what,
            "measured": round(self.measured, 3),
            "limit": self.limit,
            "met": self.met,
        }


@dataclass(frozen=True, slots=True)
class Result:
    """The timings of one benchmark, in seconds, and what it says besides."""

    name: str
    ours: Sequence[float]
    floor: Sequence[float]
    units: int
    peak_rss_mb: float
    bars: Sequence[Bar] = ()
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        return statistics.median(self.ours) / statistics.median(self.floor)

    def as_json(self) -> dict[str, object]:
        ours = statistics.median(self.ours)
        return {
            "name": self.name,
            "ours_s": round(ours, 6),
            "floor_s": round(statistics.median(self.floor), 6),
            "ratio": round(self.ratio, 3),
            "per_s": round(self.units / ours, 1),
            "peak_rss_mb": round(self.peak_rss_mb, 1),
            "repetitions": len(self.ours),
            **self.facts,
            "bars": [bar.as_json() for bar in self.bars],
        }


def stopwatch(work: Callable[[], object]) -> float:
    """How many seconds the work took."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peak_rss_mb() -> float:
    """The most that this process ever held resident; Linux counts in kilobytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1_000_000


def check(claims: Mapping[str, bool]) -> None:
    """End with exit code 1 unless every claim holds: a wrong result is not fast."""
    wrong = [claim for claim, holds in claims.items() if not holds]
    if wrong:
        raise SystemExit("wrong result: " + "; ".join(wrong))


def shipped_rulebook() -> Rulebook:
    """The rules that the program ships."""
    rulebook, problems = check_rules(shipped(rules), Templates())
    if rulebook is None:
        raise SystemExit("\n".join(str(problem) for problem in problems))
    return rulebook


def parser(module: str, about: str) -> argparse.ArgumentParser:
    """The options that all benchmarks have."""
    made = argparse.ArgumentParser(prog=f"python -m benchmarks.{module}",
                                   description=about)  # fmt: skip
    made.add_argument("--json", action="store_true", help="print one JSON object")
    made.add_argument(
        "--repeat", type=_repetitions, default=5, help="at least three (default: 5)"
    )
    return made


def _repetitions(text: str) -> int:
    number = int(text)
    if number < LEAST_REPETITIONS:
        raise argparse.ArgumentTypeError(f"at least {LEAST_REPETITIONS}")
    return number


def show(result: Result, *, as_json: bool) -> None:
    """One JSON object for programs, a table for people."""
    if as_json:
        print(json.dumps(result.as_json()))
        return
    table = Table(title=result.name, title_justify="left", box=None, show_header=False)
    for name, value in result.as_json().items():
        if name not in ("name", "bars"):
            table.add_row(name.replace("_", " "), _shown(value))
    for bar in result.bars:
        met = "met" if bar.met else "missed"
        table.add_row(bar.what, f"{_shown(bar.measured)} of {_shown(bar.limit)}: {met}")
    Console(highlight=False).print(table)


def _shown(value: object) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)

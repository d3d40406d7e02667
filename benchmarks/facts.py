"""How often insights are right: simulated dashboards in which it is known what is planted.

    python -m benchmarks.facts [SEEDS] [NOISE_DASHBOARDS] [HEAVY_TAILED_NOISE_DASHBOARDS]

Prints the calibration table, precision and recall by kind, the share of dashboards of nothing but
noise with a false statement, and the time for a dashboard. The table of
`domain/facts/confidence.py` comes from other seeds than those measured here.
"""

import sys
import time
from collections import Counter
from decimal import Decimal
from math import inf

from domain.facts import run
from domain.facts.facts import Fact, Kind
from tests.facts.simulated import Simulated, dashboard, planted_kinds

SEEDS = int(sys.argv[1]) if len(sys.argv) > 1 else 200
NOISE = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
HEAVY = int(sys.argv[3]) if len(sys.argv) > 3 else NOISE // 5
FIRST_SEED = 1
COUNTED: tuple[Kind, ...] = ("quality", "concentration")
SURE = Decimal("0.9")
BUCKETS = [Decimal(one) for one in ("0.5", "0.6", "0.7", "0.8", "0.85", "0.9", "0.95")]


def statements(simulated: Simulated) -> list[Fact]:
    """What a run tells, without what is only counted."""
    told = run.run(simulated.board).facts
    return [one for one in told if one.kind not in COUNTED and simulated.knows(one)]


def candidates(simulated: Simulated) -> list[Fact]:
    """What would be told of wholes if there were room for all, and the rankings of parts."""
    found = [one for one in run.everything(simulated.board) if isinstance(one, Fact)]
    return [
        one
        for one in run.judged(simulated.board, found)
        if one.kind not in COUNTED
        and simulated.knows(one)
        and (one.subject.dimension is None or one.kind == "ranking")
    ]


def calibration(title: str, judged: list[tuple[Fact, bool]]) -> None:
    print(f"\n{title}\n{'confidence':>12} {'claimed':>8} {'right':>8} {'statements':>11}")
    for low, high in zip(BUCKETS, [*BUCKETS[1:], Decimal(2)], strict=True):
        some = [(one, ok) for one, ok in judged if low <= (one.confidence or 0) < high]
        if some:
            claimed = sum(one.confidence or 0 for one, _ in some) / len(some)
            right = sum(ok for _, ok in some) / len(some)
            print(f"{low:>8} ... {claimed:>8.3f} {right:>8.3f} {len(some):>11}")


def by_kind(judged: list[tuple[Fact, bool]], planted: Counter[str], found: Counter[str]) -> None:
    print(f"\n{'kind':>14} {'precision':>10} {'of':>6} {'recall':>8} {'of':>6}")
    for kind in dict.fromkeys(one.kind for one, _ in judged):
        some = [ok for one, ok in judged if one.kind == kind]
        recall = f"{found[kind] / planted[kind]:8.3f} {planted[kind]:6}" if planted[kind] else ""
        print(f"{kind:>14} {sum(some) / len(some):10.3f} {len(some):6} {recall}")


def main() -> None:
    every: list[tuple[Fact, bool]] = []
    told: list[tuple[Fact, bool]] = []
    planted, found = Counter[str](), Counter[str]()
    for seed in range(FIRST_SEED, FIRST_SEED + SEEDS):
        simulated = dashboard(seed)
        some = [(one, simulated.is_right(one)) for one in candidates(simulated)]
        every += some
        told += [(one, simulated.is_right(one)) for one in statements(simulated)]
        planted.update(planted_kinds(simulated))
        right = {(one.kind, one.subject) for one, ok in some if ok}
        found.update(kind for kind, _ in right)
    print(f"{SEEDS} dashboards with something planted in half of their series")
    calibration("all statements of wholes", every)
    calibration("the at most ten that are told", told)
    by_kind(every, planted, found)

    noise("of noise", NOISE, inf)
    noise("of noise with tails like t with 5 degrees of freedom", HEAVY, 5.0)


def noise(title: str, number: int, tails: float) -> None:
    """Print how many dashboards of nothing but noise have a false statement that is sure."""
    false = Counter[str]()
    started, spent = time.process_time(), 0
    for seed in range(FIRST_SEED, FIRST_SEED + number):
        simulated = dashboard(seed, is_noise=True, tails=tails)
        spent += len(simulated.board.series)
        wrong = [one for one in statements(simulated) if not simulated.is_right(one)]
        sure = [one for one in wrong if (one.confidence or 0) > SURE]
        false.update({"any": bool(wrong), "sure": bool(sure)})
        false.update(dict.fromkeys({fact.kind for fact in sure}, 1))
    seconds = time.process_time() - started
    print(f"\n{number} dashboards {title}, {spent // number} series each")
    print(f"with a false statement of confidence over 0.9: {false['sure'] / number:.3f}")
    kinds = {kind: number for kind, number in false.items() if kind not in ("any", "sure")}
    print(f"of these by kind: {kinds}")
    print(f"CPU for a series, simulated and searched: {1000 * seconds / spent:.2f} ms")


if __name__ == "__main__":
    main()

"""Writes tests/facts/golden.json: what scipy, pymannkendall and ruptures make of some series.

    pip install scipy pymannkendall ruptures
    python -m benchmarks.facts_golden

The tests compare with the file, so that nobody needs 220 MB of packages to run them.
"""

import json
import warnings
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any

import numpy
import pymannkendall
import ruptures
from scipy import special, stats

PLACE = Path(__file__).parent.parent / "tests" / "facts" / "golden.json"
PACKAGES = ("scipy", "pymannkendall", "ruptures")


def series(seed: int) -> list[float]:
    """Noise with a trend, a step, correlation or ties, by the seed."""
    random = Random(seed)
    n, value, values = random.randint(8, 104), 0.0, []
    correlation, slope = random.choice((0, 0.4, 0.8)), random.choice((0, 0.02, -0.1))
    height, at = random.choice((0, 0, 3)), n // 3
    for place in range(n):
        value = correlation * value + random.gauss(0, 1)
        values.append(round(10 + slope * place + height * (place >= at) + value, 6))
    return [round(one) for one in values] if seed % 4 == 0 else values


def of_series(values: list[float]) -> dict[str, Any]:
    """What the packages make of one series."""
    plain = pymannkendall.original_test(values)
    sen = stats.theilslopes(values, alpha=0.9)
    margin = max(3, len(values) // 10)
    algorithm = ruptures.Binseg(model="l2", min_size=margin, jump=1)
    found = algorithm.fit(numpy.array(values)).predict(n_bkps=1)
    return {
        "values": values,
        "s": float(plain.s),
        "z": float(plain.z),
        "p": float(plain.p),
        "variance": float(plain.var_s),
        "slope": [float(sen.slope), float(sen.low_slope), float(sen.high_slope)],
        "mad": float(stats.median_abs_deviation(values, scale="normal")),
        "change": int(found[0]),
    }


def of_distributions() -> dict[str, list[list[float]]]:
    """Points of the distributions."""
    degrees = (1, 2, 3.5, 8, 24, 103, 1000)
    return {
        "t": [
            [t, one, float(2 * stats.t.sf(t, one))]
            for t in (0.0, 0.3, 1.0, 2.5, 6.0, 20.0)
            for one in degrees
        ],
        "tQuantile": [
            [level, one, float(stats.t.ppf(level, one))]
            for level in (0.05, 0.5, 0.9, 0.975, 0.9999)
            for one in degrees
        ],
        "normal": [[z, float(2 * stats.norm.sf(z))] for z in (0.0, 0.5, 1.96, 4.9, 5.1, 9, 30)],
        "beta": [
            [x, a, b, float(special.betainc(a, b, x))]
            for x in (0.001, 0.2, 0.5, 0.93, 0.9999)
            for a, b in ((0.5, 0.5), (2, 3), (50, 0.5), (0.5, 80))
        ],
    }


def of_contrasts() -> list[dict[str, Any]]:
    """Two groups whose neighbours are not correlated, and the t test of their means."""
    found = []
    for seed in range(8):
        random = Random(seed)
        values = [(-1) ** at * abs(random.gauss(0, 1)) for at in range(random.randint(10, 40))]
        groups = [round(one, 6) for one in values[:5]], [round(one + 1, 6) for one in values[5:]]
        test, one = stats.ttest_ind(*groups), stats.ttest_1samp(groups[1], 0)
        found.append(
            {
                "now": groups[0],
                "before": groups[1],
                "t": [float(test.statistic), float(test.pvalue)],
                "fromZero": [float(one.statistic), float(one.pvalue)],
            }
        )
    return found


def of_p_values() -> list[list[list[float]]]:
    """Some p values, and what Benjamini and Hochberg make of them."""
    random, found = Random(7), []
    for count in (1, 2, 5, 40):
        values = [round(random.random() ** 3, 6) for _ in range(count)]
        found.append([values, [float(one) for one in stats.false_discovery_control(values)]])
    return found


def main() -> None:
    warnings.simplefilter("ignore")
    golden = {
        "madeBy": {name: version(name) for name in PACKAGES},
        "series": [of_series(series(seed)) for seed in range(24)],
        "distributions": of_distributions(),
        "contrasts": of_contrasts(),
        "falseDiscoveries": of_p_values(),
    }
    PLACE.write_text(json.dumps(golden, indent=None, separators=(",", ":")) + "\n")
    print(f"{PLACE.name}: {len(golden['series'])} series")


if __name__ == "__main__":
    main()

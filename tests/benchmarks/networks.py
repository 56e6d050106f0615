"""Networks: the labelled regions, exchange graphs beside their peers, and made-up regions on the real register."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded: a worker has one thread

import csv
import gzip
import resource
import sys
import tempfile
import venv
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from subprocess import run as run_process
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import LinearConstraint, milp
from scipy.sparse import csr_matrix

from sharing.listings.terms import Consideration, Mode, Unit
from sharing.matching.engine.facts import Codes, Fact, Owner, side_of
from sharing.matching.engine.gates import EARTH_RADIUS_KM, open_pairs
from sharing.matching.engine.score import default_weights
from sharing.networks.engine import cycles
from sharing.networks.engine.packing import Packing, greedy, pack
from sharing.networks.engine.propose import Problem, problem
from sharing.networks.engine.region import Region
from sharing.networks.engine.terms import Rules
from tests.benchmarks.market import Result
from tests.benchmarks.scale import REGISTER, SHARED

KASSEL = 51.31, 9.49
FIRST_DAY = date(2027, 1, 1).toordinal()
LARGEST = "Saidman_500_NoNDD_Weight_0"
LIMIT = 100.0  # seconds a peer gets


def run() -> list[Result]:
    return [*exchange(), *mixed(), *rings()]


def exchange() -> list[Result]:
    """Cycles of up to three on the published graphs."""
    folder, results = SHARED / "data/exchange", []
    with (folder / "optima.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    missed, ours = 0, 0.0
    largest: tuple[NDArray[np.int64], csr_matrix] | None = None
    for row in rows:
        seconds, (values, uses), found = solved(folder / f"{row['instance']}.txt.gz", int(row["max_cycle_length"]))
        missed += not found.value == found.bound == int(row["optimum"])
        if row["instance"].startswith(LARGEST):
            ours, largest = seconds, (values, uses)
    results.append(Result(f"of {len(rows)} exchange graphs, optimum not reached or not proven", missed, "", 0))
    if largest is not None:
        theirs = at_once(*largest, seconds=LIMIT)
        results += [
            Result("Saidman 500, cycles up to 3, found and proven", ours, "s"),
            Result(
                f"the same, all {len(largest[0]):,} cycles given to HiGHS at once (stopped at {LIMIT:.0f} s)",
                theirs,
                "s",
            ),
            Result("the first divided by the second", ours / theirs, "x", 0.2),
            *beside_kep_solver(folder / f"{LARGEST}.txt.gz"),
        ]
    return results


def beside_kep_solver(path: Path) -> list[Result]:
    """Most transplants on the same graph. It is AGPL and so no dependency: it gets a place of its own, for this run."""
    giver, taker, _ = graph(path)
    start = perf_counter()
    found = pack(*columns(giver, taker, np.ones(len(giver)), 3), seconds=LIMIT)
    ours = perf_counter() - start
    with tempfile.TemporaryDirectory(prefix="allmende-kep-") as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin/python")
        installed = run_process([python, "-m", "pip", "install", "--quiet", "kep_solver"], check=False)
        if installed.returncode:
            print("kep_solver cannot be installed here: left out")
            return []
        program = Path(__file__).with_name("kep.py")
        told = run_process([python, program, path], capture_output=True, text=True, check=True).stdout.split()
    theirs, most = float(told[0]), int(told[1])
    return [
        Result("Saidman 500, most members in cycles up to 3", ours, "s"),
        Result("kep_solver on the same", theirs, "s"),
        Result("the first divided by the second", ours / theirs, "x", 0.2),
        Result("its optimum less ours, which is proven", abs(most - found.value) + found.bound - found.value, "", 0),
    ]


def solved(path: Path, longest: int) -> tuple[float, tuple[NDArray[np.int64], csr_matrix], Packing]:
    giver, taker, worth = graph(path)
    start = perf_counter()
    values, uses = columns(giver, taker, worth, longest)
    found = pack(values, uses, seconds=LIMIT)
    return perf_counter() - start, (values, uses), found


def graph(path: Path) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Givers, takers and worth of the arcs of one file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines = file.read().split("\n")
    pairs, donors, arcs = (int(line.split("=")[1]) for line in lines[:3])
    rows = [
        line.strip("() ").replace("(", "").replace(")", "").split(",") for line in lines[3 + pairs + donors :][:arcs]
    ]
    table = np.array(rows, float)
    worth = table[:, -1] if "Weight" in path.name else np.ones(len(table))
    return table[:, 0].astype(np.intp), table[:, 1].astype(np.intp), worth


def columns(
    giver: NDArray[np.intp], taker: NDArray[np.intp], worth: NDArray[np.float64], longest: int
) -> tuple[NDArray[np.int64], csr_matrix]:
    """Every cycle as a column: its worth, and the vertices it needs."""
    found = cycles.cycles(giver, taker, longest)
    values = np.concatenate([worth[some].sum(axis=1) for some in found]).astype(np.int64)
    starts = np.cumsum([0, *(length for some in found for length in [some.shape[1]] * len(some))])
    vertices = np.concatenate([giver[some].ravel() for some in found])
    return values, csr_matrix((np.ones(len(vertices)), vertices, starts), shape=(len(values), int(giver.max()) + 1))


def at_once(values: NDArray[np.int64], uses: csr_matrix, *, seconds: float) -> float:
    """Seconds that branch and bound takes over all columns."""
    start = perf_counter()
    milp(
        -values,
        constraints=LinearConstraint(uses.T.tocsc(), -np.inf, 1.0),
        integrality=np.ones(len(values)),
        bounds=(0, 1),
        options={"time_limit": seconds},
    )
    return perf_counter() - start


def mixed() -> list[Result]:
    """Proposals of all kinds on made-up regions."""
    results = []
    for name, listings, km, categories, most in (
        ("2,000 listings, 90 km", 2_000, 90, 24, 0.01),
        ("2,000 listings, 60 km, dense", 2_000, 60, 6, 0.01),
        ("5,000 listings, 120 km", 5_000, 120, 24, 0.02),
    ):
        made = region(listings, km, categories)
        start = perf_counter()
        whole = problem(made, Rules())
        listed = perf_counter() - start
        found = pack(whole.values, whole.uses, seconds=60 - listed)
        seconds = perf_counter() - start
        bare = int(whole.values[greedy(whole.values, whole.uses)].sum())
        results += [
            Result(f"{name}: candidates", len(whole.values), ""),
            Result(f"{name}: seconds, of them {listed:.1f} to list the candidates", seconds, "s", 61),
            Result(f"{name}: proven gap", 100 * found.gap, "%", 100 * most),
            Result(f"{name}: benefit, beside greedy", 100 * (found.value / bare - 1), "% more"),
        ]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return [*results, Result("memory of this process at most", memory, "GB", 1.0)]


def rings() -> list[Result]:
    """Swaps and rings among 2,000 municipalities."""
    results = []
    made = region(12_000, 2_000, 12, places=2_000, exchange=0.6)
    for longest, wanted in ((3, (1.0, 0)), (4, (61.0, 3))):
        start = perf_counter()
        rules = Rules(longest_ring=longest)
        whole = Problem.of(made, cycles.candidates(made, rules))
        found = pack(whole.values, whole.uses, seconds=60)
        seconds, (most, gap) = perf_counter() - start, wanted
        results += [
            Result(f"rings of up to {longest}, 2,000 municipalities: candidates", len(whole.values), ""),
            Result(f"rings of up to {longest}, seconds", seconds, "s", most),
            Result(f"rings of up to {longest}, proven gap", 100 * found.gap, "%", gap),
        ]
    return results


def region(listings: int, km: float, categories: int, *, places: int | None = None, exchange: float = 0.2) -> Region:
    """Offers and requests of real municipalities around Kassel, with made-up subjects, sizes, windows and scores."""
    chance = np.random.default_rng(listings)
    owners = near(km)[:places]
    facts = [made_up(number, owners, chance, categories, exchange) for number in range(listings)]
    codes = Codes()
    sides = [side_of([fact for fact in facts if fact.direction == way], codes) for way in ("request", "offer")]
    requests, offers = sides
    pairs, likes = [], []
    for start in range(0, len(requests), 500):
        part = requests.cut(slice(start, start + 500))
        r, o, _ = open_pairs(part, offers)
        same = part.category[r] == offers.category[o]
        own = chance.normal(1.0, 2.0, same.sum())
        pairs += [(part.facts[a].id, offers.facts[b].id, w) for a, b, w in zip(r[same], o[same], own, strict=True)]
        a, b, _ = open_pairs(part, requests)
        same = (part.category[a] == requests.category[b]) & (a + start < b)
        own = chance.normal(0.5, 2.0, same.sum())
        likes += [(part.facts[x].id, requests.facts[y].id, w) for x, y, w in zip(a[same], b[same], own, strict=True)]
    return Region.of(facts, pairs, likes, weights=default_weights())


def near(km: float) -> list[Owner]:
    """Municipalities within a distance from Kassel, the nearest first."""
    with (SHARED / REGISTER).open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["lat"] and int(row["population"] or 0) > 0]
    lat, lon = (np.radians([float(row[name]) for row in rows]) for name in ("lat", "lon"))
    lat0, lon0 = np.radians(KASSEL)
    h = np.sin((lat - lat0) / 2) ** 2 + np.cos(lat) * np.cos(lat0) * np.sin((lon - lon0) / 2) ** 2
    far = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(h))
    return [
        Owner(
            id=row["ags"],
            country="DE",
            latitude=float(row["lat"]),
            longitude=float(row["lon"]),
            population=int(row["population"]),
        )
        for row in (rows[place] for place in np.argsort(far, kind="stable") if far[place] <= km)
    ]


SIZES = (0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6)


def made_up(
    number: int, owners: Sequence[Owner], chance: np.random.Generator, categories: int, exchange: float
) -> Fact:
    way = "request" if number % 2 else "offer"
    first = FIRST_DAY + int(chance.integers(0, 365))
    project = chance.random() < 0.05
    in_kind = chance.random() < exchange
    large = chance.random() < (0.1 if way == "request" else 0.3)
    kind = Consideration.PARTNERSHIP if project else Consideration.EXCHANGE if in_kind else Consideration.COST_REFUND
    return Fact(
        id=f"{number:06}",
        owner=owners[int(chance.integers(len(owners)))],
        direction=way,
        resource="project" if project else "expertise",
        category=str(chance.integers(categories)),
        title="",
        first_day=first,
        last_day=first + int(chance.integers(365, 1_200)),
        quantity=3.0 if project else float(chance.choice(SIZES)) * (3 if large else 1),
        unit=Unit.PARTNERS if project and way == "request" else Unit.FTE,
        mode=Mode.REMOTE if project else Mode.HYBRID,
        radius_km=None if project else 40.0,
        considerations=frozenset({kind}),
    )


if __name__ == "__main__":
    for result in run():
        print(result)
    sys.exit(0)

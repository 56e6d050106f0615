"""Retrieval at 100,000 x 100,000 and one listing against 1,000,000: beside the bare product, faiss and brute force."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded: the engine's workers have one each

import csv
import hashlib
import multiprocessing
import statistics
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from sharing.matching.engine.facts import Codes, Fact, Owner, Side, side_of
from sharing.matching.engine.gates import open_pairs
from sharing.matching.engine.retrieval import Index, best, best_of_one, blocks, tiles
from tests.benchmarks.market import Result

LISTINGS, MANY, K = 100_000, 1_000_000, 10
SIZE, TOPICS, CATEGORIES = 512, 20_000, 40
SAMPLE, EDITS, QUERIES = 200, 1_000, 5_000
REGISTER = Path("data/register/gemeinden_de_2021.csv")
SHARED = Path(os.environ.get("SHARED", Path(__file__).parents[3] / "shared"))
NOTHING = Fact(
    id="", owner=Owner(id=""), direction="", resource="", category="", title="", first_day=740_000, last_day=740_000
)


def run() -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="allmende-scale-") as folder:
        return [*all_pairs(Path(folder)), *one_against_many()]


def all_pairs(folder: Path) -> list[Result]:
    """(a) 100,000 requests against 100,000 offers, all in one run on the same data."""
    _warm()
    sides = [market(LISTINGS, "request", 1), market(LISTINGS, "offer", 2)]
    texts = [vectors(LISTINGS, seed) for seed in (1, 2)]
    build, (asked, given) = _timed(lambda: [Index.of(side, text) for side, text in zip(sides, texts, strict=True)])
    bare, pairs = bare_product(asked, given)
    cpu = process_time()
    seconds, found = _timed(lambda: best(asked, given, K))
    cpu = process_time() - cpu
    return [
        Result(f"build both indices, {LISTINGS:,} listings a side", build, "s"),
        Result("pairs in reach of one another's tiles, of all", 100 * pairs / LISTINGS**2, "%"),
        Result("bare float32 product of these pairs, one thread", bare, "s"),
        Result(f"the exact {K} best of each, one thread", seconds, "s"),
        Result("that, divided by the bare product", seconds / bare, "x", 2.0),
        *beside_faiss(texts, seconds),
        Result(f"of {SAMPLE} sampled listings, differ from brute force", differing(sides, texts, found), "", 0),
        *two_processes(folder, (asked, given), (seconds, cpu), _digest(found)),
        *after_edits(asked, given, (sides[1], texts[1])),
        *growth(sides, texts, seconds),
    ]


def one_against_many() -> list[Result]:
    """(b) One new request against 1,000,000 live offers."""
    offers = Index.of(market(MANY, "offer", 2), vectors(MANY, 2))
    requests, texts = market(400, "request", 9), vectors(400, 9)
    dense = statistics.median(_timed(lambda: offers.base.vectors @ texts[0])[0] for _ in range(9))
    times: dict[bool, list[float]] = {True: [], False: []}
    for row in range(len(requests)):
        one = Index.of(requests.cut(np.array([row])), texts[row : row + 1])
        times[bool(requests.remote[row])].append(_timed(lambda: best_of_one(one, offers, K))[0])  # noqa: B023
    local, remote = statistics.median(times[False]), statistics.median(times[True])
    return [
        Result(f"dense matrix-vector product over {MANY:,} offers", 1000 * dense, "ms"),
        Result("one new request against them, local, p50", 1000 * local, "ms"),
        Result("that, divided by the product", local / dense, "x", 0.2),
        Result("the same, remote and without a limit, p50", 1000 * remote, "ms"),
        Result("that, divided by the product", remote / dense, "x", 0.7),
        Result("the same, p95 of all", 1000 * statistics.quantiles(times[False] + times[True], n=20)[18], "ms"),
        Result(f"growth: per listing, one against {MANY:,} (mean of the mix)", _mean_ms(times), "ms"),
    ]


def bare_product(asked: Index, given: Index) -> tuple[float, int]:
    """Seconds and pairs of the products alone: without finding and copying their rows."""
    seconds, pairs = 0.0, 0
    for part, alive in asked.parts():
        for circle in part.tiles[part.tiles["mode"] != 0]:
            rows = circle["start"] + np.flatnonzero(alive[circle["start"] : circle["stop"]])
            for _, ours, theirs in blocks(part, rows, circle, given):
                seconds += _timed(lambda: np.matmul(ours[1], theirs[1].T))[0]  # noqa: B023
                pairs += len(ours[0]) * len(theirs[0])
    return seconds, pairs


def beside_faiss(texts: list[np.ndarray], seconds: float) -> list[Result]:
    """Text alone, without a single gate: what a vector index would have to be filtered from afterwards."""
    try:
        import faiss
    except ImportError:
        print("faiss is not installed (pip install faiss-cpu): left out")
        return []
    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatIP(SIZE)
    index.add(texts[1])
    flat = _timed(lambda: index.search(texts[0][:QUERIES], K))[0] * LISTINGS / QUERIES
    return [
        Result(f"faiss IndexFlatIP, text only ({QUERIES:,} requests, scaled to {LISTINGS:,})", flat, "s"),
        Result("the exact best by the whole score, divided by faiss", seconds / flat, "x", 0.4),
    ]


def differing(sides: list[Side], texts: list[np.ndarray], found: tuple[np.ndarray, ...]) -> int:
    """Requests whose answer is not what all their open pairs, scored one by one, give."""
    sample = np.sort(np.random.default_rng(5).choice(LISTINGS, SAMPLE, replace=False))
    requests, wrong = sides[0].cut(sample), 0
    r, o, km = open_pairs(requests, sides[1])
    products = texts[0][sample].astype(float) @ texts[1].T.astype(float)
    score = np.round(_scores(requests, sides[1], (r, o), km, products[r, o]), 4)
    for row, place in enumerate(sample):
        mine = np.flatnonzero(r == row)
        order = mine[np.lexsort((o[mine], -score[mine]))][:K]
        theirs = found[0] == place
        wrong += not (np.array_equal(o[order], found[1][theirs]) and np.array_equal(score[order], found[2][theirs]))
    return wrong


def _scores(requests: Side, offers: Side, pairs: tuple[np.ndarray, np.ndarray], km, text) -> np.ndarray:
    r, o = pairs
    first, last = (
        np.maximum(requests.first_day[r], offers.first_day[o]),
        np.minimum(requests.last_day[r], offers.last_day[o]),
    )
    days = last - first + 1
    near = np.exp(-km / 30)
    near = np.where(requests.remote[r] & offers.remote[o], np.maximum(near, 0.5), near)
    quantity = np.round(np.minimum(1, offers.measure[o] / requests.measure[r]), 6)  # all in hours a week
    return (
        0.55 * np.maximum(0, text)
        + 0.15 * (requests.category[r] == offers.category[o])
        + 0.05 * (requests.resource[r] == offers.resource[o])
        + 0.10 * (days / (requests.last_day[r] - requests.first_day[r] + 1))
        + 0.10 * near
        + 0.05 * quantity
    )


def two_processes(folder: Path, both: tuple[Index, Index], one: tuple[float, float], digest: str) -> list[Result]:
    """Each maps the same files and takes the next stretch of tiles when it is done with one."""
    for index, name in zip(both, ("asked", "given"), strict=True):
        index.save(folder / name)
    ids = tiles(both[0])
    stretches = [ids[start : start + 8] for start in range(0, len(ids), 8)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context, initializer=_open, initargs=(folder,)) as pool:
        list(pool.map(_work, [ids[:1]] * 8))  # both are there, with their compiled code
        seconds, work = _timed(lambda: list(pool.map(_work, stretches)))
        peak = max(pool.map(_peak, range(8)))
    joined = tuple(np.concatenate(columns) for columns in zip(*(found for found, _ in work), strict=True))
    return [
        Result("two processes that share the tiles: other bytes than one", float(_digest(joined) != digest), "", 0),
        Result("their time, divided by that of one (needs two idle cores)", seconds / one[0], "x", 0.6),
        Result("their processor time together, divided by that of one", sum(cpu for _, cpu in work) / one[1], "x"),
        Result("peak memory of one of them, mapped index included", peak, "GB"),
    ]


_opened: list[Index] = []


def _open(folder: Path) -> None:
    _opened.extend(Index.load(folder / name) for name in ("asked", "given"))


def _work(some: list[int]) -> tuple[tuple[np.ndarray, ...], float]:
    """What these tiles' listings find, and the processor seconds it took."""
    start = process_time()
    return best(*_opened, K, tiles=some), process_time() - start


def _peak(_: int) -> float:
    """GB. Not from `getrusage`: what this process was forked from counts there."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**20


def after_edits(asked: Index, given: Index, offers: tuple[Side, np.ndarray]) -> list[Result]:
    """1,000 single edits of the offers (new, changed, gone), beside an index built afresh of what is left."""
    random = np.random.default_rng(7)
    news, texts = market(EDITS, "offer", 8), vectors(EDITS, 8)
    live = {place: place for place in range(LISTINGS)}  # where its facts are: from LISTINGS on among the new ones
    seconds = 0.0
    edited = given
    for number, kind in enumerate(random.choice(["new", "changed", "gone"], EDITS)):
        place = LISTINGS + number if kind == "new" else _any(live, random)
        one, gone = (slice(number, number + 1), []) if kind != "gone" else (slice(0, 0), [place])
        places = [] if kind == "gone" else [place]
        took, edited = _timed(lambda: edited.changed(news.cut(one), texts[one], places, gone=gone))  # noqa: B023
        seconds += took
        live.pop(place, None)
        live |= {} if kind == "gone" else {place: LISTINGS + number}
    places = np.array(sorted(live))
    rows = np.array([live[place] for place in places])
    rebuilt = Index.of(_joined(offers[0], news).cut(rows), np.concatenate([offers[1], texts])[rows], places=places)
    some = tiles(asked)[::10]
    answers = [_digest(best(asked, index, K, tiles=some)) for index in (edited, edited.compact(), rebuilt)]
    arrays = sum(
        getattr(edited.compact().base, name).tobytes() != getattr(rebuilt.base, name).tobytes()
        for name in rebuilt.base.__slots__
    )
    return [
        Result(
            f"after {EDITS:,} edits: answers other than of a rebuilt index (every tenth tile)",
            len(set(answers)) - 1,
            "",
            0,
        ),
        Result("the same: arrays of the compacted index with other bytes", arrays, "", 0),
        Result("one edit, mean", 1000 * seconds / EDITS, "ms"),
    ]


def growth(sides: list[Side], texts: list[np.ndarray], seconds: float) -> list[Result]:
    few = LISTINGS // 10
    asked, given = (Index.of(side.cut(slice(0, few)), text[:few]) for side, text in zip(sides, texts, strict=True))
    small = _timed(lambda: best(asked, given, K))[0]
    return [
        Result(f"growth: per listing, all pairs of {few:,} a side", 1000 * small / few, "ms"),
        Result(f"growth: per listing, all pairs of {LISTINGS:,} a side", 1000 * seconds / LISTINGS, "ms"),
    ]


def market(count: int, direction: str, seed: int) -> Side:
    """Listings of German municipalities: a quarter remote and without a limit, the others 10 to 100 km."""
    random = np.random.default_rng([seed, count, direction == "offer"])
    one = side_of([replace(NOTHING, direction=direction)], Codes())
    columns = {
        name: np.repeat(column, count) for name, column in one.columns().items() if not isinstance(column, tuple)
    }
    latitudes, longitudes, states = municipalities()
    owner = random.integers(len(latitudes), size=count)
    first = 740_000 + random.integers(365, size=count)
    how = random.random(count)
    radius = np.where(how < 0.25, np.inf, random.integers(10, 101, count))
    columns |= {"owner": owner, "acting": owner, "state": states[owner]}
    columns |= {"latitude": latitudes[owner], "longitude": longitudes[owner], "radius": radius}
    columns |= {"remote": how < 0.25, "on_site": how >= 0.4, "sale": random.random(count) < 0.02}
    columns |= {"first_day": first, "last_day": first + random.integers(30, 365, count)}
    columns |= {"category": _topics(count, seed) % CATEGORIES, "resource": random.integers(5, size=count)}
    columns |= {"visibility": (random.random(count) < 0.03).astype(np.int64)}  # some for their own state only
    columns |= {"kind": np.ones(count, np.int64), "measure": random.integers(2, 40, count).astype(float)}
    return Side(facts=one.facts * count, audience=one.audience * count, **columns)


def vectors(count: int, seed: int) -> np.ndarray:
    """Unit vectors around their topic: two of one topic have a cosine of about .7."""
    centres = _unit(np.random.default_rng(11).standard_normal((TOPICS, SIZE), np.float32))
    found = np.random.default_rng([seed, count]).standard_normal((count, SIZE), np.float32)
    found *= np.float32(0.65 / SIZE**0.5)
    topics = _topics(count, seed)
    for start in range(0, count, 50_000):
        found[start : start + 50_000] = _unit(found[start : start + 50_000] + centres[topics[start : start + 50_000]])
    return found


def _joined(one: Side, other: Side) -> Side:
    both = zip(one.columns().items(), other.columns().values(), strict=True)
    return Side(**{n: a + b if isinstance(a, tuple) else np.concatenate([a, b]) for (n, a), b in both})


def _topics(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng([seed, count, 3]).integers(TOPICS, size=count)


def municipalities() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Latitude, longitude and state of each; made up where the register is not at hand."""
    if not (SHARED / REGISTER).is_file():
        random = np.random.default_rng(13)
        return random.uniform(47.5, 54.5, 11_000), random.uniform(6.5, 14.5, 11_000), random.integers(16, size=11_000)
    with (SHARED / REGISTER).open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["lat"] and row["lon"]]
    places = np.array([(float(row["lat"]), float(row["lon"]), int(row["ags"][:2])) for row in rows])
    return places[:, 0], places[:, 1], places[:, 2].astype(np.int64)


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _any(live: dict[int, int], random: np.random.Generator) -> int:
    """A live place, without listing all of them each time."""
    while (place := int(random.integers(LISTINGS))) not in live:
        pass
    return place


def _warm() -> None:
    """Compiles, so that no figure contains it."""
    sides = [market(500, "request", 1), market(500, "offer", 2)]
    asked, given = (Index.of(side, vectors(500, seed)) for seed, side in enumerate(sides, 1))
    best(asked, given, K)
    best_of_one(Index.of(sides[0].cut(np.array([0])), vectors(1, 3)), given, K)


def _digest(found: tuple[np.ndarray, ...]) -> str:
    return hashlib.sha256(b"".join(column.tobytes() for column in found)).hexdigest()


def _mean_ms(times: dict[bool, list[float]]) -> float:
    return 1000 * statistics.mean(times[False] + times[True])


def _timed(act):
    start = perf_counter()
    result = act()
    return perf_counter() - start, result

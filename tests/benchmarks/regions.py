"""Region bundles of any size from a seed: the same bytes in every run."""

import csv
from datetime import date, timedelta
from pathlib import Path
from random import Random

from sharing.regions.bundle import REQUIRED

CATEGORIES = ("BAU", "DSB", "IT", "ORD", "PER", "MOB")
THINGS = (
    "Kehrmaschine", "Hubsteiger", "Streufahrzeug", "Vermessungsgerät", "Notstromaggregat", "Häcksler", "Radlader",
    "Datenschutzbeauftragte", "Standesbeamter", "Bauleitplanung", "Brandschutzprüfung", "Vergabestelle",
    "Lohnabrechnung", "Wasserrecht", "Baumkontrolle", "Klimaschutzkonzept", "Fördermittelberatung", "Bürgerbus",
    "Archivpflege", "Geoportal", "Spielplatzkontrolle", "Kanalreinigung", "Ratsinformationssystem", "Wärmeplanung",
    "Gewässerschau", "Obdachlosenhilfe", "Schulsozialarbeit", "Jugendpflege", "Hochwassermeldung", "Straßenbeleuchtung",
)  # fmt: skip
TASKS = (
    "Wartung", "Prüfung", "Vertretung", "Beratung", "Schulung", "Planung", "Aufbau", "Betrieb", "Dokumentation",
    "Abrechnung", "Winterdienst", "Bereitschaft", "Ausschreibung", "Auswertung", "Einführung", "Erneuerung",
)  # fmt: skip
DETAILS = (
    "mit Bediener", "an zwei Tagen", "in den Ferien", "nach Absprache", "im Herbst", "für kleine Ortsteile",
    "mit Anhänger", "samt Software", "ohne Anfahrt", "auch kurzfristig", "für Bestandsgebäude", "an der Landesstraße",
    "im Ortskern", "bei Starkregen", "zur Probe", "für das Ehrenamt", "mit Zertifikat", "im Außenbereich",
    "nach Norm", "mit Übergabe",
)  # fmt: skip
MONDAY = date(2031, 3, 3)


def write_region(folder: Path, *, listings: int, municipalities: int = 200, templates: int | None = None) -> Path:
    """A bundle in `folder`. With `templates` all listings share so few texts, as from towns that copy one another."""
    folder.mkdir(parents=True, exist_ok=True)
    random = Random(f"{listings} {municipalities} {templates}")
    texts = [text(random) for _ in range(templates or listings)]
    places = [_municipality(number, random) for number in range(municipalities)]
    keys = [place["key"] for place in places]
    _write(folder, "municipalities", places)
    _write(folder, "listings", [_listing(n, texts[n % len(texts)], keys, random) for n in range(listings)])
    return folder


def _write(folder: Path, table: str, rows: list[dict[str, object]]) -> None:
    with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, REQUIRED[table])
        writer.writeheader()
        writer.writerows(rows)


def _municipality(number: int, random: Random) -> dict[str, object]:
    return {
        "key": f"98{number:06}",
        "name": f"Stadt Übungsort {number}",
        "kind": "Stadt",
        "state": random.choice(["HE", "NI", "NW"]),
        "district": f"Kreis {number % 12}",
        "country": "DE",
        "population": random.randrange(2_000, 90_000),
        "latitude": round(random.uniform(50, 53), 4),
        "longitude": round(random.uniform(7, 10), 4),
    }


def text(random: Random) -> tuple[str, str, str, str]:
    """Category, title, description, keywords."""
    thing, task = random.choice(THINGS), random.choice(TASKS)
    details = " und ".join(random.sample(DETAILS, 4))
    others = ", ".join(random.sample(TASKS, 4))
    description = f"{thing}: {task} {details}. Dazu gehören {others} sowie {random.choice(THINGS)}, soweit nötig."
    return CATEGORIES[THINGS.index(thing) % len(CATEGORIES)], f"{thing}, {task}", description, f"{thing};{task}"


def _listing(number: int, text: tuple[str, str, str, str], keys: list[str], random: Random) -> dict[str, object]:
    category, title, description, keywords = text
    first = MONDAY + timedelta(days=random.randrange(120))
    return {
        "ref": f"L{number}",
        "municipality": random.choice(keys),
        # Not by number: that would put all copies of a text on one side.
        "direction": random.choice(["offer", "request"]),
        "resource": random.choice(["equipment", "expertise"]),
        "category": category,
        "title": title,
        "description": description,
        "language": "de",
        "keywords": keywords,
        "quantity": random.randrange(2, 40),
        "unit": "hours_per_week",
        "starts_on": first.isoformat(),
        "ends_on": (first + timedelta(days=random.randrange(60, 300))).isoformat(),
        "mode": random.choice(["on_site", "hybrid", "remote"]),
        "radius_km": random.choice([25, 50, 100, ""]),
        "considerations": "fee",
    }

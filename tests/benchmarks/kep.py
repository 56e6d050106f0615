"""A program of its own, for the Python where kep_solver is installed: seconds to solve a graph for most transplants."""

import gzip
import sys
from time import perf_counter

from kep_solver.entities import Donor, Instance, Recipient, Transplant  # type: ignore[import-not-found]
from kep_solver.model import TransplantCount  # type: ignore[import-not-found]
from kep_solver.programme import Programme  # type: ignore[import-not-found]


def main(path: str) -> None:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines = file.read().split("\n")
    pairs, _, arcs = (int(line.split("=")[1]) for line in lines[:3])
    instance = Instance()
    donors, recipients = zip(*(_pair(instance, number) for number in range(pairs)), strict=True)
    for line in lines[3 + pairs :][:arcs]:
        giver, taker = (int(cell) for cell in line.replace("(", "").replace(")", "").split(",")[:2])
        instance.addTransplant(Transplant(donors[giver], recipients[taker], 1.0))
    start = perf_counter()
    programme = Programme([TransplantCount()], maxCycleLength=3, maxChainLength=0, description="", full_details=False)
    solution, _ = programme.solve_single(instance)
    print(perf_counter() - start, int(solution.values[0]))


def _pair(instance: Instance, number: int) -> tuple[Donor, Recipient]:
    donor, recipient = Donor(f"D{number}"), instance.recipient(f"R{number}")
    donor.recipient = recipient
    recipient.addDonor(donor)
    instance.addDonor(donor)
    return donor, recipient


if __name__ == "__main__":
    main(sys.argv[1])

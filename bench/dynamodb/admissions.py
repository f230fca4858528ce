"""How many admissions of one key an interval of length W is proven to hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class Admission(NamedTuple):
    asked_ns: int
    granted_ns: int
    key: int


def read(files: Iterable[Path]) -> list[Admission]:
    lines = (line for file in files for line in file.read_text().splitlines())
    return [Admission(*map(int, line.split())) for line in lines]


def most_in_any(window_ns: int, admissions: Iterable[Admission]) -> int:
    """The largest number of admissions of one key that were asked for and granted within W.

    Each was decided somewhere between, so this never says more than was true.
    """
    by_key: dict[int, list[Admission]] = defaultdict(list)
    for admission in admissions:
        by_key[admission.key].append(admission)
    most = 0
    for of_key in by_key.values():
        of_key.sort()
        for first, opening in enumerate(of_key):
            end = opening.asked_ns + window_ns
            inside = 0
            for admission in of_key[first:]:
                if admission.asked_ns >= end:
                    break
                inside += admission.granted_ns < end
            most = max(most, inside)
    return most

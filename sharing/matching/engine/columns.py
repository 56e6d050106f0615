"""Columns as files: written bit by bit, mapped when read."""

import json
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]
Columns = Mapping[str, Column]
_SHAPES = "columns.json"


def write_columns(folder: Path, bits: Iterable[Columns]) -> None:
    """One file for each column, its bits one below the other: every bit has the same names, types and widths."""
    folder.mkdir(parents=True)
    shapes: dict[str, tuple[str, tuple[int, ...]]] = {}
    with ExitStack() as stack:
        files: dict[str, Any] = {}
        for bit in bits:
            for name, column in bit.items():
                if name not in files:
                    files[name] = stack.enter_context((folder / name).open("wb"))
                np.ascontiguousarray(column).tofile(files[name])
                rows = shapes[name][1][0] if name in shapes else 0
                shapes[name] = column.dtype.str, (rows + len(column), *column.shape[1:])
    (folder / _SHAPES).write_text(json.dumps(shapes))


def mapped_columns(folder: Path) -> dict[str, Column]:
    """What `write_columns` wrote, read-only. An empty file cannot be mapped, so its column is made."""
    found: dict[str, Column] = {}
    for name, (kind, shape) in json.loads((folder / _SHAPES).read_text()).items():
        if all(shape):
            found[name] = np.memmap(folder / name, kind, "r", shape=tuple(shape))
        else:
            found[name] = np.empty(shape, kind)
            found[name].flags.writeable = False
    return found

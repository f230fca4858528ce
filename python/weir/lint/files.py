"""The Python files below a path, read and parsed.

Links to folders are not followed, a file that is reached twice is read once. What cannot be read
is skipped with the reason: never silently. Nothing of what is read is run or imported.
"""

from __future__ import annotations

import ast
import io
import os
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

MAX_FILE_BYTES = 1_000_000
MAX_FILES = 20_000

# Code of others, and what is generated.
FOREIGN_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages", "dist-packages"})


@dataclass(frozen=True)
class Source:
    path: Path
    text: str
    tree: ast.Module


@dataclass(frozen=True)
class Skipped:
    path: Path
    reason: str


@dataclass
class Sources:
    read: list[Source] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def coverage(self) -> int:
        """The share of the files that could be read, in percent, rounded down."""
        found = len(self.read) + len(self.skipped)
        return 100 * len(self.read) // found if found else 100


def _is_foreign(folder: Path) -> bool:
    name = folder.name
    return name.startswith(".") or name in FOREIGN_FOLDERS or (folder / "pyvenv.cfg").exists()


def _python_files(root: Path) -> Iterator[Path]:
    if not root.is_dir():
        yield root
        return
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if not _is_foreign(here / name))
        for name in sorted(files):
            if name.endswith(".py"):
                yield here / name


def _parse(path: Path) -> Source | Skipped:
    try:
        if not path.is_file():
            return Skipped(path, "is no file")
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        return Skipped(path, f"cannot be read: {error.strerror}")
    if len(content) > MAX_FILE_BYTES:
        return Skipped(path, f"is larger than {MAX_FILE_BYTES:,} bytes")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = io.TextIOWrapper(io.BytesIO(content), encoding).read()
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return Skipped(path, "is not in the encoding that it says, or in UTF-8 if it says none")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the code that is read, not of ours
            return Source(path, text, ast.parse(content, str(path)))
    except SyntaxError as error:
        return Skipped(path, f"does not parse: line {error.lineno}: {error.msg}")
    except ValueError as error:
        return Skipped(path, f"does not parse: {error}")
    except (RecursionError, MemoryError):
        return Skipped(path, "is nested too deeply")


def read_sources(roots: list[Path]) -> Sources:
    sources = Sources()
    seen: set[tuple[int, int]] = set()
    for root in roots:
        for path in _python_files(root):
            try:
                status = path.stat()
            except OSError as error:  # a link to nowhere, or to itself
                sources.skipped.append(Skipped(path, f"cannot be read: {error.strerror}"))
                continue
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            if len(seen) > MAX_FILES:
                sources.skipped.append(
                    Skipped(path, f"and what follows: more than {MAX_FILES:,} files")
                )
                return sources
            parsed = _parse(path)
            if isinstance(parsed, Source):
                sources.read.append(parsed)
            else:
                sources.skipped.append(parsed)
    return sources

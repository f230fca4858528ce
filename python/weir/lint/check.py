"""Files in, findings out."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from weir.lint.catalogue import RULES, SEVERITIES
from weir.lint.files import Source, Sources, read_sources
from weir.lint.operations import MARKS, METHODS
from weir.lint.program import Function, Module, Program, functions_in
from weir.lint.rules import Found, Place, find
from weir.lint.suppress import Suppressions
from weir.lint.walk import Walk

MAX_NESTED = 1_000  # functions inside of functions, of one that stands free


@dataclass(frozen=True)
class Location:
    path: Path
    line: int
    column: int
    end_line: int
    function: str


@dataclass(frozen=True)
class Finding:
    rule: str
    location: Location
    message: str
    line_text: str
    refusal: Location | None = None
    suppressed: str | None = None  # the reason

    @property
    def severity(self) -> str:
        return RULES[self.rule].severity


@dataclass(frozen=True)
class Report:
    sources: Sources
    findings: list[Finding]
    mistakes: list[str]  # of comments that were to suppress something
    unfinished: list[Location]  # functions that are too large to be gone through

    @property
    def counted(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.suppressed is None]


def check(paths: list[Path]) -> Report:
    sources = read_sources(paths)
    program = Program(sources.read)
    by_path = {source.path: source for source in sources.read}
    findings: dict[tuple[Any, ...], Finding] = {}
    unfinished: list[Location] = []
    for entry in _entries(program):
        walk = Walk(program, entry)
        episode = walk.run({})
        if not episode.complete:
            unfinished.append(_location(Place(entry, entry.node)))
        for found in find(episode):
            finding = _finding(found, by_path)
            findings.setdefault(_identity(finding), finding)
        waiting = walk.nested
        for nested, seen in waiting[:MAX_NESTED]:
            inner = Walk(program, nested)
            for found in find(inner.run(dict(seen))):
                finding = _finding(found, by_path)
                findings.setdefault(_identity(finding), finding)
            waiting.extend(inner.nested)
    return _judged(sources, list(findings.values()), unfinished)


def _identity(finding: Finding) -> tuple[Any, ...]:
    return finding.rule, finding.location.path, finding.location.line, finding.location.column


def _judged(sources: Sources, findings: list[Finding], unfinished: list[Location]) -> Report:
    suppressions = {source.path: Suppressions(source) for source in sources.read}
    judged = [
        replace(
            finding,
            suppressed=suppressions[finding.location.path].reason(
                finding.rule, finding.location.line, finding.location.end_line
            ),
        )
        for finding in findings
    ]
    judged.sort(
        key=lambda each: (
            -SEVERITIES.index(each.severity),
            str(each.location.path),
            each.location.line,
            each.rule,
        )
    )
    mistakes = [mistake for each in suppressions.values() for mistake in each.mistakes]
    return Report(sources, judged, mistakes, unfinished)


def _finding(found: Found, by_path: dict[Path, Source]) -> Finding:
    location = _location(found.at)
    lines = by_path[location.path].text.splitlines()
    text = lines[location.line - 1].strip() if location.line <= len(lines) else ""
    refusal = _location(found.refusal) if found.refusal else None
    return Finding(found.rule, location, found.message, text, refusal)


def _location(place: Place) -> Location:
    node: Any = place.node
    line = getattr(node, "lineno", 1)
    whole = not isinstance(node, ast.ExceptHandler)  # of a handler its first line
    end = (getattr(node, "end_lineno", None) or line) if whole else line
    name = place.function.name
    if place.function.owner is not None:
        name = f"{place.function.owner.node.name}.{name}"
    return Location(place.function.module.path, line, getattr(node, "col_offset", 0) + 1, end, name)


def _entries(program: Program) -> list[Function]:
    """The functions that get to DynamoDB, by themselves or by what they call."""
    used = {
        function: _names_in(function.node)
        for module in program.modules
        for function in functions_in(module)
    }
    reaching = {function for function in used if _operates(function.node)}
    nearby = program.seeing({function.module for function in reaching})
    while True:
        # By the names that a module can see: too many, rather than one too few.
        names: dict[Module, set[str]] = {}
        for function in reaching:
            seen = names.setdefault(function.module, set())
            seen.add(function.name)
            if function.owner is not None:
                seen.add(function.owner.node.name)
        visible = {
            module: set().union(*(names.get(each, set()) for each in program.seen_from(module)))
            for module in nearby
        }
        more = {
            function
            for function, mentioned in used.items()
            if function not in reaching and mentioned & visible.get(function.module, set())
        }
        if not more:
            return [function for function in used if function in reaching]
        reaching |= more


def _operates(node: ast.AST) -> bool:
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute):
            kind = METHODS.get(each.func.attr)
            named = {keyword.arg for keyword in each.keywords}
            if each.func.attr == "transact_write_items":
                return True
            if kind is not None and (None in named or MARKS[kind] <= named):
                return True
    return False


def _names_in(node: ast.AST) -> set[str]:
    names = set()
    for each in ast.walk(node):
        # Also what is handed over without being called: to_thread(f).
        if isinstance(each, ast.Attribute):
            names.add(each.attr)
        elif isinstance(each, ast.Name):
            names.add(each.id)
    return names

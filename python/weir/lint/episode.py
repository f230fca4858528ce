"""What happens while one function runs, as far as the source tells: its operations and refusals."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from weir.lint.operations import Operation
from weir.lint.program import Function
from weir.lint.values import Fact, Failed, Read


@dataclass(frozen=True)
class Guard:
    """What has to hold for a statement to be reached.

    encloses: the statement stands inside of the test, not behind a branch that left the function.
    condition_failed: True: only after a condition of an attempt failed; False: only after another
    error; None: neither is known.
    """

    facts: frozenset[Fact]
    encloses: bool
    condition_failed: bool | None = None
    vague: bool = False  # it asks about an error, and what it asks is not known


def deciding(guards: tuple[Guard, ...]) -> frozenset[Fact]:
    """What the nearest test that rests on an operation knows: it decides what follows.

    Only the very nearest may be one that another branch left by: `if cached: return` says nothing
    about a refusal further down.
    """
    for distance, guard in enumerate(reversed(guards)):
        if distance > 0 and not guard.encloses:
            continue
        if any(isinstance(fact, (Read, Failed)) for fact in guard.facts):
            return guard.facts
    return frozenset()


@dataclass(frozen=True)
class Refusal:
    node: ast.AST
    function: Function
    facts: frozenset[Fact]


@dataclass(frozen=True)
class Swallow:
    """Errors of operations that end in the same outcome for everybody."""

    node: ast.AST
    function: Function
    operations: tuple[int, ...]


@dataclass(frozen=True)
class Loser:
    """Operations whose failed condition changes nothing."""

    node: ast.AST
    function: Function
    operations: tuple[int, ...]


@dataclass
class Episode:
    entry: Function
    operations: list[Operation] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    swallows: list[Swallow] = field(default_factory=list)
    losers: list[Loser] = field(default_factory=list)
    complete: bool = True

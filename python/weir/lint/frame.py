"""One function while it is gone through."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from weir.lint.episode import Guard
from weir.lint.program import Function
from weir.lint.values import Value


@dataclass
class Frame:
    function: Function
    env: dict[str, Value]  # by name; "a.b" is an attribute that was set here
    guards: tuple[Guard, ...] = ()
    place: tuple[tuple[int, bool], ...] = ()
    depth: int = 0
    stack: tuple[ast.AST, ...] = ()
    returns: list[Value] = field(default_factory=list)
    # What was returned after an error of any kind: the statement, its value, the operations.
    returned_on_error: list[tuple[ast.AST, Value, tuple[int, ...]]] = field(default_factory=list)
    served: set[str] = field(default_factory=set)  # signatures of what is returned otherwise
    handling: tuple[tuple[int, int], ...] = ()  # (attempt, number of guards at its handler)

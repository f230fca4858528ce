"""What is known of a value without running the program: where it comes from, sometimes what it is.

Facts only ever say what certainly went into a value. What is not known is no fact, and no rule
decides on what is not there: a finding is never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

MAX_SIGNATURE = 2000


@dataclass(frozen=True)
class Read:
    """The answer of an operation (its place in the episode), or one attribute of it."""

    operation: int
    attribute: str | None = None


@dataclass(frozen=True)
class Failed:
    """That an operation raised. broad: whatever the error was, not only a failed condition."""

    operation: int
    broad: bool


@dataclass(frozen=True)
class Caught:
    """The exception of a try statement's handler."""

    attempt: int


@dataclass(frozen=True)
class ConditionFailed:
    """Whether the caught exception says that a condition failed, or that it does not."""

    attempt: int
    positive: bool


@dataclass(frozen=True)
class Caller:
    """Text that the caller chose. raw: as it came, neither hashed nor checked."""

    source: str
    raw: bool


@dataclass(frozen=True)
class Address:
    """The network address of the peer."""


@dataclass(frozen=True)
class Time:
    """What a clock says. finer: counted in less than seconds."""

    whole_seconds: bool = False
    finer: bool = False


@dataclass(frozen=True)
class Ratio:
    """Time over a period, not yet cut to a whole number. period: in seconds, if it is known."""

    period: float | None


@dataclass(frozen=True)
class Remainder:
    """Time modulo a period."""

    period: float | None


@dataclass(frozen=True)
class Window:
    """The number or the start of a window of the clock."""

    period: float | None


@dataclass(frozen=True)
class Future:
    """A time with something added to it: when something ends."""


@dataclass(frozen=True)
class Coarse:
    """Whole seconds reckoned against a period of a few seconds."""

    period: float


@dataclass(frozen=True)
class Random:
    source: str


@dataclass(frozen=True)
class Divided:
    """A quotient: of a limit, perhaps a share of it."""


Fact = (
    Read
    | Failed
    | Caught
    | ConditionFailed
    | Caller
    | Address
    | Time
    | Ratio
    | Remainder
    | Window
    | Future
    | Coarse
    | Random
    | Divided
)
NO_FACTS: frozenset[Fact] = frozenset()


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()


@dataclass(frozen=True)
class Value:
    """facts: where it comes from. signature: equal ones are the same value. constant: what it is.

    entries: of a dictionary whose keys are all known. elements: of a list or tuple. target: the
    function, class, module or instance that it is. fixed: nothing but constants went into it.
    """

    facts: frozenset[Fact] = NO_FACTS
    signature: str = "?"
    constant: Any = UNKNOWN
    entries: Mapping[str, Value] | None = field(default=None, compare=False)
    elements: tuple[Value, ...] | None = field(default=None, compare=False)
    target: Any = field(default=None, compare=False)
    fixed: bool = False

    @property
    def text(self) -> str | None:
        return self.constant if isinstance(self.constant, str) else None

    @property
    def number(self) -> float | None:
        if isinstance(self.constant, (int, float)) and not isinstance(self.constant, bool):
            return self.constant
        return None

    @property
    def known(self) -> bool:
        """Whether the signature tells this value from others."""
        return "?" not in self.signature

    def with_facts(self, facts: Iterable[Fact]) -> Value:
        return replace(self, facts=self.facts | frozenset(facts))

    def without(self, *kinds: type) -> Value:
        return replace(self, facts=frozenset(f for f in self.facts if not isinstance(f, kinds)))

    def vetted(self) -> Value:
        """The same, no longer as it came."""
        return replace(
            self,
            facts=frozenset(
                replace(fact, raw=False) if isinstance(fact, Caller) else fact
                for fact in self.facts
            ),
        )


def signature(*parts: str) -> str:
    """Of what is made from these."""
    text = "(" + " ".join(parts) + ")"
    return text if len(text) <= MAX_SIGNATURE else "?"


def constant(value: Any) -> Value:
    text = repr(value)
    # "?" stands for what is not known, also inside other signatures.
    return Value(
        signature=text.replace("?", "\\x3f") if len(text) <= MAX_SIGNATURE else "?",
        constant=value,
        fixed=True,
    )


def made_of(name: str, parts: Iterable[Value]) -> Value:
    """A value of which no more is known than what went into it."""
    parts = list(parts)
    return Value(
        facts=frozenset().union(*(part.facts for part in parts)),
        signature=signature(name, *(part.signature for part in parts)),
        fixed=bool(parts) and all(part.fixed for part in parts),
    )


def either(one: Value, other: Value) -> Value:
    """A value that is one of two, depending on the way that was taken."""
    if one == other and one.target is other.target:
        return one
    entries = None
    mine, theirs = one.entries, other.entries
    if mine is not None and theirs is not None and mine.keys() == theirs.keys():
        entries = {key: either(mine[key], theirs[key]) for key in mine}
    return Value(
        facts=one.facts | other.facts,
        signature=one.signature if one.signature == other.signature else "?",
        entries=entries,
        target=one.target if one.target is other.target else None,
        fixed=one.fixed and other.fixed,
    )


def facts_of(value: Value) -> frozenset[Fact]:
    """Its own and those of what it holds."""
    facts = set(value.facts)
    for part in (value.entries or {}).values():
        facts |= facts_of(part)
    for part in value.elements or ():
        facts |= facts_of(part)
    return frozenset(facts)

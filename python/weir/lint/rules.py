"""What an episode shows. A rule holds against a limiter only: operations that decide a refusal."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from weir.lint import known
from weir.lint.episode import Episode, Refusal
from weir.lint.operations import (
    BOUNDS,
    EQUALS,
    Operation,
    attributes_compared,
    only_asks_existence,
    same_item,
)
from weir.lint.program import Function
from weir.lint.values import (
    Address,
    Caller,
    Coarse,
    Failed,
    Future,
    Random,
    Read,
    Window,
    facts_of,
)

TTL_NAMES = ("ttl", "expire", "expiry", "expiration", "exp", "delete_at", "purge")


@dataclass(frozen=True)
class Place:
    function: Function
    node: ast.AST

    @property
    def line(self) -> int:
        return int(getattr(self.node, "lineno", 1))


@dataclass(frozen=True)
class Found:
    """A rule that holds against the code at a place."""

    rule: str
    at: Place
    message: str
    refusal: Place | None = None


@dataclass
class Limiter:
    """The operations that decide a refusal, and those on the same items."""

    episode: Episode
    refusal: Refusal | None
    by_answer: dict[int, set[str | None]] = field(default_factory=dict)  # and by which attributes
    by_failure: set[int] = field(default_factory=set)
    errors_refuse: set[int] = field(default_factory=set)  # whatever the error is
    operations: list[int] = field(default_factory=list)

    def __getitem__(self, index: int) -> Operation:
        return self.episode.operations[index]

    @property
    def writes(self) -> list[int]:
        return [index for index in self.operations if self[index].writes]

    @property
    def counts(self) -> set[str | None]:
        """The attributes that its writes raise."""
        return {name for index in self.writes for name in self[index].incremented()}

    def enforces(self, index: int) -> bool:
        """Whether a write decides by itself, by its answer or by the failure of its condition."""
        return index in self.by_answer or (index in self.by_failure and not self.is_weak(index))

    def is_weak(self, index: int) -> bool:
        """Whether a write raises a count under a condition that does not bound it."""
        operation = self[index]
        raised = set(operation.incremented())
        if not raised or operation.condition is None:
            return False
        if raised & attributes_compared(operation.condition, BOUNDS | EQUALS):
            return False
        return only_asks_existence(operation.condition) or not attributes_compared(
            operation.condition, EQUALS
        )

    def is_bounded(self, index: int) -> bool:
        operation = self[index]
        if operation.condition is None:
            return False
        return bool(set(operation.incremented()) & attributes_compared(operation.condition, BOUNDS))

    def place(self, index: int) -> Place:
        return Place(self[index].function, self[index].node)


def find(episode: Episode) -> Iterator[Found]:
    if not episode.complete:
        return
    for limiter in limiters_of(episode):
        for rule in RULES:
            yield from rule(limiter)


def limiters_of(episode: Episode) -> Iterator[Limiter]:
    for refusal in episode.refusals:
        limiter = Limiter(episode, refusal)
        for fact in refusal.facts:
            if isinstance(fact, Read):
                limiter.by_answer.setdefault(fact.operation, set()).add(fact.attribute)
            elif isinstance(fact, Failed):
                limiter.by_failure.add(fact.operation)
                if fact.broad:
                    limiter.errors_refuse.add(fact.operation)
        # What fails for want of a condition is an error, and refuses nobody in particular.
        limiter.by_failure = {
            index
            for index in limiter.by_failure
            if not episode.operations[index].lacks("ConditionExpression")
        }
        yield from _completed(limiter)
    yield from _unrefused(episode)


def _completed(limiter: Limiter) -> Iterator[Limiter]:
    operations = limiter.episode.operations
    deciding = sorted(limiter.by_answer.keys() | limiter.by_failure)
    related = [
        index
        for index, operation in enumerate(operations)
        if operation.writes
        and index not in deciding
        and any(
            same_item(operation, operations[other]) and _touches(limiter, operation, other)
            for other in limiter.by_answer
        )
    ]
    limiter.operations = sorted({*deciding, *related})
    if limiter.writes:
        yield limiter


def _touches(limiter: Limiter, write: Operation, read: int) -> bool:
    """Whether a write changes what a refusal was read from."""
    if limiter[read].kind == "query":
        return write.kind == "put"
    written = write.written()
    if written is None:
        return False
    attributes = limiter.by_answer[read]
    return bool(attributes & written.keys()) or (attributes == {None} and write.kind == "put")


def _unrefused(episode: Episode) -> Iterator[Limiter]:
    """A bounded count in a window of the clock is a limiter, though its failure is not caught."""
    refused = {
        fact.operation
        for refusal in episode.refusals
        for fact in refusal.facts
        if isinstance(fact, (Read, Failed))
    }
    for index, operation in enumerate(episode.operations):
        limiter = Limiter(episode, None, by_failure={index}, operations=[index])
        if index in refused or not operation.writes or not limiter.is_bounded(index):
            continue
        if any(isinstance(fact, Window) for fact in operation.key_facts):
            yield limiter


def _found(limiter: Limiter, rule: str, index: int, message: str) -> Found:
    refusal = limiter.refusal
    return Found(
        rule,
        limiter.place(index),
        message,
        Place(refusal.function, refusal.node) if refusal else None,
    )


def _exclude_each_other(one: Operation, other: Operation) -> bool:
    ways = dict(one.place)
    return any(ways.get(branch, way) != way for branch, way in other.place)


def read_then_write(limiter: Limiter) -> Iterator[Found]:
    reads = [index for index in limiter.by_answer if not limiter[index].writes]
    for index in limiter.writes:
        write = limiter[index]
        before = [
            read for read in reads if read < index and not _exclude_each_other(limiter[read], write)
        ]
        if not before or limiter.enforces(index):
            continue
        line = limiter.place(before[0]).line
        if write.lacks("ConditionExpression"):
            yield _found(
                limiter,
                "ddb-read-then-write",
                index,
                f"This write has no condition on what line {line} read: of requests that arrive "
                "together, all pass and one is counted",
            )
            continue
        for loser in limiter.episode.losers:
            if index in loser.operations and write.condition is not None:
                yield _found(
                    limiter,
                    "ddb-read-then-write",
                    index,
                    "Whoever loses the race for this write (its condition fails, line "
                    f"{Place(loser.function, loser.node).line}) goes on as if it had been counted",
                )


def eventual_read(limiter: Limiter) -> Iterator[Found]:
    decided = any(limiter.is_bounded(index) or limiter.enforces(index) for index in limiter.writes)
    if decided and not any(limiter[index].lacks("ConditionExpression") for index in limiter.writes):
        return  # what a stale read lets through, the condition stops
    for index in limiter.by_answer:
        read = limiter[index]
        if not read.writes and read.is_consistent() is False:
            what = "an index" if "IndexName" in read.arguments else "without ConsistentRead"
            yield _found(
                limiter,
                "ddb-eventual-read",
                index,
                f"This read ({what}) decides a refusal, and may not see the latest requests",
            )


def weak_condition(limiter: Limiter) -> Iterator[Found]:
    for index in limiter.writes:
        if limiter.is_weak(index) and index not in limiter.by_answer:
            yield _found(
                limiter,
                "ddb-weak-condition",
                index,
                f"This condition does not bound {_words(limiter[index].incremented())}",
            )


def unconditional_increment(limiter: Limiter) -> Iterator[Found]:
    for index in limiter.by_answer:
        write = limiter[index]
        if write.kind == "update" and write.lacks("ConditionExpression") and write.incremented():
            yield _found(
                limiter,
                "ddb-unconditional-increment",
                index,
                f"{_words(write.incremented())} is raised whether or not there is room, and "
                "looked at afterwards",
            )


def fixed_window_key(limiter: Limiter) -> Iterator[Found]:
    for index in _by_key(limiter):
        windows = [fact for fact in limiter[index].key_facts if isinstance(fact, Window)]
        short = [each for each in windows if each.period is None or each.period < known.DAY_S]
        if short:
            yield _found(
                limiter,
                "ddb-fixed-window-key",
                index,
                "The key changes at the window's edge, and the count starts anew: twice the limit "
                "fits around it",
            )


def client_clock_coarse(limiter: Limiter) -> Iterator[Found]:
    if limiter.refusal is None:
        return
    for index in limiter.operations:
        facts = facts_of(limiter[index].key) | limiter.refusal.facts
        for value in (limiter[index].written() or {}).values():
            facts |= facts_of(value)
        periods = {fact.period for fact in facts if isinstance(fact, Coarse)}
        if periods:
            yield _found(
                limiter,
                "ddb-client-clock-coarse",
                index,
                f"Whole seconds of the clock are held against a window of {min(periods):g} s",
            )
            return


def raw_identifier(limiter: Limiter) -> Iterator[Found]:
    for index in _by_key(limiter):
        raw = {f.source for f in limiter[index].key_facts if isinstance(f, Caller) and f.raw}
        if raw:
            yield _found(
                limiter,
                "ddb-raw-identifier",
                index,
                f"{_words(sorted(raw))} stands in the key as the caller sent it",
            )


def random_salt(limiter: Limiter) -> Iterator[Found]:
    for index in _by_key(limiter):
        facts = limiter[index].key_facts
        idle = {f.source for f in facts if isinstance(f, Caller) and known.is_idle(f.source)}
        made_up = {fact.source for fact in facts if isinstance(fact, Random)}
        if idle:
            yield _found(
                limiter,
                "ddb-random-salt",
                index,
                f"{_words(sorted(idle))} is part of the key: another one is another counter",
            )
        elif made_up and _is_one_attribute(limiter[index]):
            yield _found(
                limiter,
                "ddb-random-salt",
                index,
                f"{_words(sorted(made_up))} is part of the key: each request has a counter of its "
                "own",
            )


def no_ttl(limiter: Limiter) -> Iterator[Found]:
    if not any(_is_unbounded(limiter[index]) for index in limiter.operations):
        return
    for index in limiter.writes:
        written = limiter[index].written()
        if written is None or any(_ends(name, facts_of(v)) for name, v in written.items()):
            return
    yield _found(
        limiter,
        "ddb-no-ttl",
        limiter.writes[0],
        "No attribute says when this counter ends, so the table grows with every new key",
    )


def refusal_writes(limiter: Limiter) -> Iterator[Found]:
    if _refused_before(limiter):
        return
    looked_at: set[str | None] = set()
    for index, attributes in limiter.by_answer.items():
        if not limiter[index].writes:
            # Of an item that is looked at as a whole, the count may be what is looked at.
            looked_at |= limiter.counts if attributes == {None} else attributes
    for index in sorted(limiter.by_failure | limiter.by_answer.keys()):
        write = limiter[index]
        # If the count was read before, that may have refused without a write.
        if write.writes and not looked_at & set(write.incremented()):
            yield _found(
                limiter,
                "ddb-refusal-writes",
                index,
                "What is refused has paid for this write: a flood is paid for by you",
            )


def hot_key(limiter: Limiter) -> Iterator[Found]:
    for index in limiter.writes:
        operation = limiter[index]
        if operation.kind == "update" and operation.key.fixed and not operation.key_facts:
            yield _found(
                limiter,
                "ddb-hot-key",
                index,
                "The key is the same for every request: this item takes all writes",
            )


def error_swallowed(limiter: Limiter) -> Iterator[Found]:
    for swallow in limiter.episode.swallows:
        if set(swallow.operations) & set(limiter.operations):
            yield Found(
                "ddb-error-swallowed",
                Place(swallow.function, swallow.node),
                "An error of DynamoDB ends here, and the request goes on as if it had been "
                "admitted",
                _found(limiter, "", limiter.operations[0], "").refusal,
            )
    if limiter.errors_refuse and limiter.refusal is not None:
        yield Found(
            "ddb-error-swallowed",
            Place(limiter.refusal.function, limiter.refusal.node),
            "Whatever the error is, it ends in this refusal: throttling and outages too",
        )


RULES = (
    read_then_write,
    eventual_read,
    weak_condition,
    unconditional_increment,
    fixed_window_key,
    client_clock_coarse,
    raw_identifier,
    random_salt,
    no_ttl,
    refusal_writes,
    hot_key,
    error_swallowed,
)


def _by_key(limiter: Limiter) -> Iterator[int]:
    """One operation for each key: what is wrong with a key is said once."""
    seen: set[str] = set()
    for index in limiter.operations:
        sign = limiter[index].key.signature
        if limiter[index].kind != "put" and (sign == "?" or sign not in seen):
            seen.add(sign)
            yield index


def _is_one_attribute(operation: Operation) -> bool:
    entries = operation.key.entries
    return (
        operation.kind in ("get", "update", "delete") and entries is not None and len(entries) == 1
    )


def _is_unbounded(operation: Operation) -> bool:
    """Whether there is no end of its keys: callers make them up, or time does."""
    return any(isinstance(fact, (Caller, Address, Window)) for fact in operation.key_facts)


def _ends(name: str, facts: Iterable[object]) -> bool:
    lower = name.lower()
    return any(part in lower for part in TTL_NAMES) or any(isinstance(f, Future) for f in facts)


def _refused_before(limiter: Limiter) -> bool:
    """Whether something else refuses first: a read, a cache."""
    if limiter.refusal is None:
        return False
    for other in limiter.episode.refusals:
        if other is limiter.refusal:
            return False
        operations = {f.operation for f in other.facts if isinstance(f, (Read, Failed))}
        if not operations or any(not limiter[index].writes for index in operations):
            return True
    return False


def _words(names: list[str]) -> str:
    return " and ".join(names)

"""try statements: which errors of which operations end where."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from weir.lint.calls import Calls
from weir.lint.episode import Guard, Loser, Swallow, deciding
from weir.lint.frame import Frame
from weir.lint.names import last_name
from weir.lint.values import Caught, Fact, Failed, Read, Value, either, facts_of

BROAD = frozenset(
    {
        "Exception", "BaseException", "ClientError", "BotoCoreError", "Boto3Error",
        "EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "HTTPClientError",
        "ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded",
        "InternalServerError",
    }
)  # fmt: skip
CONDITION_FAILED = "ConditionalCheckFailedException"


class Attempts(Calls):
    # What Walk has.
    def _block(
        self,
        statements: list[ast.stmt],
        frame: Frame,
        guard: Guard | None = None,
        way: tuple[int, bool] | None = None,
    ) -> tuple[bool, tuple[Guard, ...]]:
        raise NotImplementedError

    def _do_try(self, node: ast.Try, frame: Frame) -> bool:
        falls = self._attempt(node.body, node.handlers, node.orelse, frame)
        ends, _ = self._block(node.finalbody, frame)
        return falls and ends

    _do_trystar = _do_try

    def _attempt(
        self,
        body: list[ast.stmt],
        handlers: list[ast.ExceptHandler],
        orelse: list[ast.stmt],
        frame: Frame,
    ) -> bool:
        attempt = len(self.attempts)
        first = len(self.episode.operations)
        self.attempts.append((first, first))
        guards, place = frame.guards, frame.place
        before = dict(frame.env)
        body_falls, end = self._block(body, frame)
        last = len(self.episode.operations)
        self.attempts[attempt] = (first, last)
        operations = tuple(range(first, last))
        body_env = frame.env
        falls = body_falls
        if body_falls:
            # What left from inside the body left the function: the rest is guarded by it as well.
            frame.guards = end
            falls = self._block(orelse, frame)[0]
            body_env = frame.env
        after = dict(body_env)
        condition_handled = False
        for handler in handlers:
            named = {last_name(each) for each in _types(handler)}
            specific = bool(named) and all(name.endswith(CONDITION_FAILED) for name in named)
            broad = not named or bool(named & BROAD)
            facts: frozenset[Fact] = frozenset()
            if specific or broad:
                facts = frozenset(Failed(each, broad=broad) for each in operations)
            guard = Guard(
                facts,
                encloses=True,
                condition_failed=True if specific else None,
                vague=not specific and not broad,
            )
            frame.env = merged(before, body_env, frozenset())
            if handler.name:
                frame.env[handler.name] = Value(frozenset([Caught(attempt)]))
            frame.guards, frame.place = guards, place
            frame.handling += ((attempt, len(guards)),)
            handler_falls, end = self._block(handler.body, frame, guard)
            frame.handling = frame.handling[:-1]
            if handler_falls:
                outcome = self._outcome(end[len(guards) :])
                if body_falls and not orelse and operations and self._is_idle(handler, frame):
                    if outcome == "condition":
                        condition_handled = True
                        self.episode.losers.append(Loser(handler, frame.function, operations))
                    elif outcome == "any":
                        self.episode.swallows.append(Swallow(handler, frame.function, operations))
                        if not condition_handled:
                            self.episode.losers.append(Loser(handler, frame.function, operations))
                failed = deciding(end[len(guards) :])
                after = merged(after, frame.env, failed) if falls else frame.env
                falls = True
            condition_handled = condition_handled or specific
        frame.env, frame.guards, frame.place = after, guards, place
        return falls

    def _outcome(self, guards: tuple[Guard, ...]) -> str:
        """Which errors get to the end of a handler: "condition", "any" or "some"."""
        if any(guard.condition_failed is True for guard in guards):
            return "condition"
        if any(guard.vague for guard in guards):
            return "some"
        return "any"

    def _is_idle(self, handler: ast.ExceptHandler, frame: Frame) -> bool:
        """Whether a handler that is gone through leaves everything as it was: it tells, at most."""
        for node in ast.walk(ast.Module(handler.body, [])):
            assigned = getattr(node, "value", None)
            is_assignment = isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign))
            if is_assignment and (assigned is None or not self.value(assigned, frame).fixed):
                return False
            if isinstance(node, ast.Call) and not self.is_telling(node, frame):
                return False
        return True

    def _unspecific_error(self, frame: Frame) -> tuple[int, ...] | None:
        """The operations of the attempt whose error, of any kind, led here; None: none did."""
        if not frame.handling:
            return None
        attempt, depth = frame.handling[-1]
        first, last = self.attempts[attempt]
        if first == last or self._outcome(frame.guards[depth:]) != "any":
            return None
        return tuple(range(first, last))


def _types(handler: ast.ExceptHandler) -> Iterator[ast.expr]:
    if isinstance(handler.type, ast.Tuple):
        yield from handler.type.elts
    elif handler.type is not None:
        yield handler.type


def merged(
    one: dict[str, Value], other: dict[str, Value], test: frozenset[Fact]
) -> dict[str, Value]:
    """What is known where two ways meet. Which constant a name has tells which way was taken."""
    merged = {}
    for name in one.keys() | other.keys():
        if name not in one or name not in other:
            merged[name] = Value(facts=facts_of(one.get(name) or other[name]))
            continue
        merged[name] = either(one[name], other[name])
        if one[name] != other[name] and (one[name].fixed or other[name].fixed):
            merged[name] = merged[name].with_facts(
                fact for fact in test if isinstance(fact, (Read, Failed))
            )
    return merged

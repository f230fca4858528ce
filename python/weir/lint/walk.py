"""Goes through a function once, both ways at each branch, into the functions that it calls.

What it meets goes into an Episode. Loops are gone through once. Depth and steps are bounded; an
episode that met a bound is not complete, and no rule is held against it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from weir.lint.attempts import Attempts, merged
from weir.lint.episode import Episode, Guard, Refusal, Swallow, deciding
from weir.lint.frame import Frame
from weir.lint.names import last_name
from weir.lint.program import Function, Program
from weir.lint.values import (
    Caught,
    ConditionFailed,
    Fact,
    Failed,
    Read,
    Value,
    constant,
    facts_of,
)

MAX_STEPS = 40_000

REFUSING_EXCEPTION = re.compile(
    r"too_?many|throttled|rate_?limit|ratelimited|quota_?exceeded|limit_?exceeded", re.IGNORECASE
)


class BoundMetError(Exception):
    """The function is too large."""


class Walk(Attempts):
    """Of one entry function. `nested` are the functions that it defines, with what they see."""

    def __init__(self, program: Program, entry: Function) -> None:
        super().__init__(program)
        self.episode = Episode(entry)
        self.nested: list[tuple[Function, dict[str, Value]]] = []
        self._steps = 0
        self._branches = 0

    def run(self, env: dict[str, Value]) -> Episode:
        entry = self.episode.entry
        frame = Frame(entry, env, stack=(entry.node,))
        frame.env.update(self.parameters(entry))
        try:
            self.body_of(frame)
        except (BoundMetError, RecursionError):
            self.episode.complete = False
        self.nested = [(function, frame.env) for function, _ in self.nested]
        return self.episode

    def body_of(self, frame: Frame) -> None:
        node = frame.function.node
        if isinstance(node, ast.Lambda):
            frame.returns.append(self.value(node.body, frame))
            return
        self._block(node.body, frame)
        for statement, value, operations in frame.returned_on_error:
            if value.known and value.signature in frame.served:
                self.episode.swallows.append(Swallow(statement, frame.function, operations))

    def step(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise BoundMetError

    def refuse(self, node: ast.AST, frame: Frame, facts: frozenset[Fact] | None = None) -> None:
        facts = deciding(frame.guards) if facts is None else facts
        self.episode.refusals.append(Refusal(node, frame.function, facts))

    # Statements. Each says whether what stands behind it is reached.

    def _block(
        self,
        statements: list[ast.stmt],
        frame: Frame,
        guard: Guard | None = None,
        way: tuple[int, bool] | None = None,
    ) -> tuple[bool, tuple[Guard, ...]]:
        """Whether its end is reached, and under which guards."""
        guards, place = frame.guards, frame.place
        if guard is not None:
            frame.guards += (guard,)
        if way is not None:
            frame.place += (way,)
        falls = True
        for statement in statements:
            self.step()
            falls = self._statement(statement, frame)
            if not falls:
                break
        end = frame.guards
        frame.guards, frame.place = guards, place
        return falls, end

    def _statement(self, node: ast.stmt, frame: Frame) -> bool:
        method = getattr(self, "_do_" + type(node).__name__.lower(), None)
        if method is not None:
            falls = method(node, frame)
            return True if falls is None else bool(falls)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child, frame)
        return True

    def _do_expr(self, node: ast.Expr, frame: Frame) -> None:
        self.value(node.value, frame)
        self.vet_arguments(node.value, frame)

    def _do_assign(self, node: ast.Assign, frame: Frame) -> None:
        value = self.value(node.value, frame)
        for target in node.targets:
            self._bind(target, value, frame)

    def _do_annassign(self, node: ast.AnnAssign, frame: Frame) -> None:
        if node.value is not None:
            self._bind(node.target, self.value(node.value, frame), frame)

    def _do_augassign(self, node: ast.AugAssign, frame: Frame) -> None:
        sum_of = ast.copy_location(ast.BinOp(_loaded(node.target), node.op, node.value), node)
        self._bind(node.target, self.value(sum_of, frame), frame)

    def _bind(self, target: ast.expr, value: Value, frame: Frame) -> None:
        if isinstance(target, ast.Name):
            frame.env[target.id] = value
        elif isinstance(target, ast.Attribute):
            if target.attr in ("status_code", "status") and value.number == 429:
                self.refuse(target, frame)
            if isinstance(target.value, ast.Name):
                frame.env[f"{target.value.id}.{target.attr}"] = value
        elif isinstance(target, ast.Subscript):
            self._put_into(target, value, frame)
        elif isinstance(target, (ast.Tuple, ast.List)):
            parts = value.elements
            for place, part in enumerate(target.elts):
                if parts is not None and len(parts) == len(target.elts):
                    self._bind(part, parts[place], frame)
                else:
                    self._bind(part, Value(facts=facts_of(value)), frame)
        elif isinstance(target, ast.Starred):
            self._bind(target.value, Value(facts=facts_of(value)), frame)

    def _put_into(self, target: ast.Subscript, value: Value, frame: Frame) -> None:
        if not isinstance(target.value, ast.Name):
            return
        holder = self.value(target.value, frame)
        name = self.value(target.slice, frame).constant
        entries = holder.entries
        if entries is not None:
            # A branch may not be taken: what was there before may still be.
            entries = {**entries, name: value} if isinstance(name, str) else None
        frame.env[target.value.id] = replace(
            holder, facts=holder.facts | facts_of(value), entries=entries, signature="?"
        )

    def _do_return(self, node: ast.Return, frame: Frame) -> bool:
        value = constant(None) if node.value is None else self.value(node.value, frame)
        if isinstance(node.value, ast.Tuple) and any(
            part.number == 429 for part in value.elements or ()
        ):
            self.refuse(node, frame)
        if frame.function.name == "allow_request" and frame.function.owner is not None:
            self._answer_of_throttle(node, value, frame)
        attempt = self._unspecific_error(frame)
        if attempt is not None:
            frame.returned_on_error.append((node, value, attempt))
        elif not frame.handling and (deciding(frame.guards) or not value.fixed):
            frame.served.add(value.signature)
        if value.fixed:
            value = value.with_facts(
                fact for fact in deciding(frame.guards) if isinstance(fact, (Read, Failed))
            )
        frame.returns.append(value)
        return False

    def _answer_of_throttle(self, node: ast.Return, value: Value, frame: Frame) -> None:
        """REST framework asks allow_request(); False is a 429."""
        if value.constant is False:
            self.refuse(node, frame)
        elif value.constant is True:
            attempt = self._unspecific_error(frame)
            if attempt is not None:
                self.episode.swallows.append(Swallow(node, frame.function, attempt))
        elif any(isinstance(fact, (Read, Failed)) for fact in value.facts):
            self.refuse(node, frame, value.facts)
        elif isinstance(node.value, ast.Call) and last_name(node.value.func) == "throttle_failure":
            self.refuse(node, frame)

    def _do_raise(self, node: ast.Raise, frame: Frame) -> bool:
        if node.exc is not None:
            before = len(self.episode.refusals)
            self.value(node.exc, frame)
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if len(self.episode.refusals) == before and REFUSING_EXCEPTION.search(
                last_name(raised)
            ):
                self.refuse(node, frame)
        return False

    def _do_break(self, node: ast.Break, frame: Frame) -> bool:
        return False

    def _do_continue(self, node: ast.Continue, frame: Frame) -> bool:
        return False

    def _do_if(self, node: ast.If, frame: Frame) -> bool:
        test = self.value(node.test, frame)
        self.vet_arguments(node.test, frame)
        return self._branch(test, node.body, node.orelse, frame)

    def _branch(
        self, test: Value, body: list[ast.stmt], orelse: list[ast.stmt], frame: Frame
    ) -> bool:
        yes, no = self._guards_of(test)
        self._branches += 1
        branch = self._branches
        before = dict(frame.env)
        yes_falls, _ = self._block(body, frame, yes, (branch, True))
        yes_env, frame.env = frame.env, dict(before)
        no_falls, _ = self._block(orelse, frame, no, (branch, False))
        if yes_falls and no_falls:
            frame.env = merged(yes_env, frame.env, yes.facts)
        elif yes_falls or no_falls:
            if yes_falls:
                frame.env = yes_env
            frame.guards += (replace(yes if yes_falls else no, encloses=False),)
            frame.place += ((branch, yes_falls),)
        return yes_falls or no_falls

    def _guards_of(self, test: Value) -> tuple[Guard, Guard]:
        facts = facts_of(test)
        asked = [fact for fact in facts if isinstance(fact, ConditionFailed)]
        if len(asked) == 1:
            first, last = self.attempts[asked[0].attempt]
            failed = {
                way: frozenset(Failed(each, broad=not way) for each in range(first, last))
                for way in (True, False)
            }
            positive = asked[0].positive
            return (
                Guard(failed[positive], True, condition_failed=positive),
                Guard(failed[not positive], True, condition_failed=not positive),
            )
        vague = any(isinstance(fact, Caught) for fact in facts)
        return Guard(facts, True, vague=vague), Guard(facts, True, vague=vague)

    def _do_for(self, node: ast.For, frame: Frame) -> bool:
        iterated = self.value(node.iter, frame)
        self._bind(node.target, Value(facts=facts_of(iterated)), frame)
        return self._loop(node, frame)

    _do_asyncfor = _do_for

    def _do_while(self, node: ast.While, frame: Frame) -> bool:
        self.value(node.test, frame)
        return self._loop(node, frame)

    def _loop(self, node: ast.For | ast.While, frame: Frame) -> bool:
        before = dict(frame.env)
        self._block(node.body, frame)
        frame.env = merged(frame.env, before, frozenset())
        self._block(node.orelse, frame)
        endless = isinstance(node, ast.While) and isinstance(node.test, ast.Constant)
        return not endless or any(isinstance(inner, ast.Break) for inner in ast.walk(node))

    def _do_with(self, node: ast.With, frame: Frame) -> bool:
        suppressed: list[ast.expr] = []
        for item in node.items:
            value = self.value(item.context_expr, frame)
            if item.optional_vars is not None:
                self._bind(item.optional_vars, value, frame)
            call = item.context_expr
            if isinstance(call, ast.Call) and last_name(call.func) == "suppress":
                suppressed += call.args
        if not suppressed:
            return self._block(node.body, frame)[0]
        handler = ast.ExceptHandler(
            type=ast.Tuple(suppressed, ast.Load()), name=None, body=[ast.Pass()]
        )
        ast.copy_location(handler, node)
        return self._attempt(node.body, [handler], [], frame)

    _do_asyncwith = _do_with

    def _do_match(self, node: Any, frame: Frame) -> bool:
        subject = self.value(node.subject, frame)
        falls = True
        for case in node.cases:
            for name in _captured(case.pattern):
                frame.env[name] = Value(facts=facts_of(subject))
            falls = self._branch(subject, case.body, [], frame) or falls
        return falls

    def _do_functiondef(self, node: ast.FunctionDef, frame: Frame) -> None:
        function = Function(node, frame.function.module)
        frame.env[node.name] = self.closure(function, frame)
        if frame.depth == 0:
            self.nested.append((function, frame.env))

    _do_asyncfunctiondef = _do_functiondef

    def _do_classdef(self, node: ast.ClassDef, frame: Frame) -> None:
        frame.env[node.name] = Value()


def _loaded(target: ast.expr) -> ast.expr:
    """An assignment's target, read instead of written."""
    if isinstance(target, ast.Name):
        return ast.copy_location(ast.Name(target.id, ast.Load()), target)
    if isinstance(target, ast.Attribute):
        return ast.copy_location(ast.Attribute(target.value, target.attr, ast.Load()), target)
    return ast.copy_location(ast.Constant(None), target)


def _captured(pattern: Any) -> Iterator[str]:
    for node in ast.walk(pattern):
        name = getattr(node, "name", None) or getattr(node, "rest", None)
        if isinstance(name, str):
            yield name

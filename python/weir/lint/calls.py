"""The value of a call: an operation of DynamoDB, a function of the program, one of others."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from weir.lint import known, operations
from weir.lint.expressions import Expressions, has
from weir.lint.frame import Frame
from weir.lint.names import MAX_DEPTH, REQUEST, Closure, Instance, last_name
from weir.lint.program import Class, Function, Module
from weir.lint.values import (
    Read,
    Time,
    Value,
    Window,
    constant,
    either,
    made_of,
    signature,
)

SAYS_LIMITED = re.compile(r"rate.?limit|too many (requests|attempts)|throttled", re.IGNORECASE)
# Callables that answer or abort with a status.
ANSWERS = re.compile(r"response|http|abort|error|exception|problem|json|html", re.IGNORECASE)
IN_A_THREAD = re.compile(r"(^|\.)(to_thread|run_in_threadpool|run_sync)$")
AS_ASYNC = re.compile(r"(^|\.)(sync_to_async|database_sync_to_async|async_to_sync)$")


class Calls(Expressions):
    # Calls

    def _of_call(self, node: ast.Call, frame: Frame) -> Value:
        arguments = [self.value(argument, frame) for argument in node.args]
        named: dict[str, Value] = {}
        is_open = any(isinstance(argument, ast.Starred) for argument in node.args)
        for keyword in node.keywords:
            value = self.value(keyword.value, frame)
            if keyword.arg is not None:
                named[keyword.arg] = value
            elif value.entries is not None:
                named.update(value.entries)
            else:
                is_open = True
        name = self.dotted(node.func, frame)
        self._answer(node, arguments, named, frame)
        if IN_A_THREAD.search(name) and arguments:
            return self._invoke(arguments[0], arguments[1:], named, name, frame)
        if AS_ASYNC.search(name) and arguments:
            return arguments[0]
        if isinstance(node.func, ast.Attribute):
            return self._of_method(node, node.func, name, arguments, named, is_open, frame)
        if name.rsplit(".", 1)[-1] in ("Attr", "Key") and arguments and arguments[0].text:
            return operations.attribute(arguments[0].text)
        return self._invoke(self.value(node.func, frame), arguments, named, name, frame)

    def _answer(
        self, node: ast.Call, arguments: list[Value], named: dict[str, Value], frame: Frame
    ) -> None:
        """Records a refusal if the call makes one."""
        last = last_name(node.func)
        if last[:1].isupper() and "toomanyrequests" in last.lower():
            self.refuse(node, frame)
            return
        if not ANSWERS.search(last):
            return
        stated = [named[name].number for name in ("status", "status_code") if name in named]
        statuses = [value.number for value in arguments] + stated
        texts = " ".join(
            value.text or "" for part in (*arguments, *named.values()) for value in _flat(part)
        )
        refuses = any(number is not None and 400 <= number < 600 for number in stated)
        if 429 in statuses or (refuses and SAYS_LIMITED.search(texts)):
            self.refuse(node, frame)

    def _of_method(
        self,
        node: ast.Call,
        func: ast.Attribute,
        name: str,
        arguments: list[Value],
        named: dict[str, Value],
        is_open: bool,
        frame: Frame,
    ) -> Value:
        subject = self.value(func.value, frame)
        kind = operations.METHODS.get(func.attr)
        if kind is not None and operations.MARKS[kind] <= named.keys():
            return self._operate(kind, node, subject, named, is_open, frame)
        if func.attr == "transact_write_items" and "TransactItems" in named:
            return self._transact(node, subject, named["TransactItems"], frame)
        if func.attr in ("Attr", "Key") and arguments and arguments[0].text:
            return operations.attribute(arguments[0].text)
        if isinstance(subject.target, tuple):
            condition = operations.condition_on(subject, func.attr, arguments)
            if condition is not None:
                return condition
        if isinstance(subject.target, (Instance, Class, Module)):
            method = self.value(func, frame)
            if method.target is not None:
                return self._invoke(method, arguments, named, name, frame)
        if func.attr in ("get", "pop", "setdefault") and arguments and not name:
            return self._get(subject, arguments, named)
        if subject.target is REQUEST:
            held = func.attr.replace("get_", "")  # request.get_json(), await request.json()
            return self._of_request(held, subject)
        if name and not subject.facts:
            return known.called(name, [*arguments, *named.values()])
        made = made_of("." + func.attr, [subject, *arguments, *named.values()])
        if func.attr == "strftime" and arguments:
            return known.formatted(subject, arguments[0], made)
        if func.attr == "replace" and named:
            return known.truncated(subject, named, made)
        if func.attr == "date" and has(subject, Time):
            return made.without(Time).with_facts([Window(known.DAY_S)])
        if func.attr in known.TRANSPARENT_METHODS:
            return made
        return replace(made.vetted(), fixed=False)

    def _get(self, subject: Value, arguments: list[Value], named: dict[str, Value]) -> Value:
        fallbacks = [*arguments[1:], *named.values()]
        return self._part(subject, arguments[0], fallbacks)

    def _operate(
        self,
        kind: str,
        node: ast.Call,
        subject: Value,
        named: dict[str, Value],
        is_open: bool,
        frame: Frame,
    ) -> Value:
        self.episode.operations.append(
            operations.make(
                kind, node, frame.function, frame.place, subject.signature, named, is_open
            )
        )
        return Value(frozenset([Read(len(self.episode.operations) - 1)]))

    def _transact(self, node: ast.Call, subject: Value, items: Value, frame: Frame) -> Value:
        for item in items.elements or ():
            for name, asked in (item.entries or {}).items():
                if name in operations.TRANSACTED and asked.entries is not None:
                    kind = operations.TRANSACTED[name]
                    self._operate(kind, node, subject, dict(asked.entries), False, frame)
        return Value()

    def _invoke(
        self,
        callee: Value,
        arguments: list[Value],
        named: dict[str, Value],
        name: str,
        frame: Frame,
    ) -> Value:
        if isinstance(callee.target, Class):
            return Value(
                facts=frozenset().union(*(part.facts for part in (*arguments, *named.values()))),
                signature=signature(callee.signature, *(part.signature for part in arguments)),
                target=Instance(callee.target),
            )
        if isinstance(callee.target, Closure):
            entered = self._enter(callee.target, arguments, named, frame)
            if entered is not None:
                return entered
        parts = [*arguments, *named.values()]
        if name:
            return known.called(name, parts)
        made = made_of(signature("call", callee.signature), parts).vetted()
        return replace(made, facts=made.facts | callee.facts, fixed=False)

    def _enter(
        self, closure: Closure, arguments: list[Value], named: dict[str, Value], frame: Frame
    ) -> Value | None:
        """What a function of the program returns; None if it is not gone into."""
        function = closure.function
        if frame.depth >= MAX_DEPTH or function.node in frame.stack:
            return None
        env = {**closure.env, **self.parameters(function)}
        positional = [
            argument.arg for argument in (*function.node.args.posonlyargs, *function.node.args.args)
        ]
        if closure.instance is not None and positional:
            env[positional.pop(0)] = closure.instance
        env.update(zip(positional, arguments, strict=False))
        env.update({key: value for key, value in named.items() if key in env})
        _fill_defaults(function, len(arguments), named, positional, env)
        inner = Frame(
            function,
            env,
            guards=frame.guards,
            place=frame.place,
            depth=frame.depth + 1,
            stack=(*frame.stack, function.node),
        )
        self.body_of(inner)
        if not inner.returns:
            return constant(None)
        result = inner.returns[0]
        for other in inner.returns[1:]:
            result = either(result, other)
        if not result.known:
            # Called alike, it answers alike: true of what keys are made by.
            signs = [part.signature for part in (*arguments, *named.values())]
            result = replace(result, signature=signature(function.name, *signs))
        return result

    # Looking at a value

    def is_telling(self, node: ast.Call, frame: Frame) -> bool:
        """Whether a call writes a log or counts a metric, and changes nothing."""
        return bool(known.TELLING.search(last_name(node.func)))

    def vet_arguments(self, node: ast.expr, frame: Frame) -> None:
        """What a test or a function looked at is no longer as it came."""
        for each in ast.walk(node):
            looked_at: list[ast.expr] = []
            if isinstance(each, ast.Call) and not self.is_telling(each, frame):
                looked_at = [*each.args]
            elif isinstance(each, ast.Compare) and isinstance(each.ops[0], (ast.In, ast.NotIn)):
                looked_at = [each.left]
            for part in looked_at:
                if isinstance(part, ast.Name) and part.id in frame.env:
                    frame.env[part.id] = frame.env[part.id].vetted()


def _fill_defaults(
    function: Function,
    given: int,
    named: dict[str, Value],
    positional: list[str],
    env: dict[str, Value],
) -> None:
    defaults = function.node.args.defaults
    names = [a.arg for a in (*function.node.args.posonlyargs, *function.node.args.args)]
    for name, default in zip(reversed(names), reversed(defaults), strict=False):
        if name in named or name in positional[:given]:
            continue
        if isinstance(default, ast.Constant):
            env[name] = constant(default.value)


def _flat(value: Value) -> list[Value]:
    inner = [*(value.entries or {}).values(), *(value.elements or ())]
    return [value, *(each for part in inner for each in _flat(part))]

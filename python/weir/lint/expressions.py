"""The value of an expression, but for calls."""

from __future__ import annotations

import ast
import operator
from dataclasses import replace
from typing import Any

from weir.lint import known, operations
from weir.lint.frame import Frame
from weir.lint.names import META, Names
from weir.lint.program import Function
from weir.lint.values import (
    NO_FACTS,
    UNKNOWN,
    Caller,
    Caught,
    ConditionFailed,
    Divided,
    Fact,
    Failed,
    Future,
    Ratio,
    Read,
    Remainder,
    Time,
    Value,
    Window,
    constant,
    either,
    facts_of,
    made_of,
    signature,
)

ARITHMETIC = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Div: operator.truediv,
}
# The parts of an answer that are not attributes of an item.
ENVELOPE = frozenset(
    {"Item", "Items", "Attributes", "Responses", "ResponseMetadata", "Count", *operations.TYPES}
)


class Expressions(Names):
    # Containers

    def _of_dict(self, node: ast.Dict, frame: Frame) -> Value:
        entries: dict[str, Value] | None = {}
        facts: frozenset[Fact] = NO_FACTS
        signs = []
        fixed = True
        for name, item in zip(node.keys, node.values, strict=False):
            value = self.value(item, frame)
            facts |= facts_of(value)
            fixed = fixed and value.fixed
            if name is None:  # **other
                entries = _joined(entries, value.entries)
                signs.append(value.signature)
                continue
            key = self.value(name, frame)
            facts |= key.facts
            entries = _joined(entries, None if key.text is None else {key.text: value})
            signs.append(signature(key.signature, value.signature))
        return Value(facts, signature("dict", *sorted(signs)), entries=entries, fixed=fixed)

    def _sequence(self, node: ast.Tuple | ast.List | ast.Set, frame: Frame) -> Value:
        elements = tuple(self.value(part, frame) for part in node.elts)
        return replace(made_of("list", elements), elements=elements)

    _of_tuple = _of_list = _of_set = _sequence

    def _of_subscript(self, node: ast.Subscript, frame: Frame) -> Value:
        holder = self.value(node.value, frame)
        name = self.value(node.slice, frame)
        return self._part(holder, name, [])

    def _part(self, holder: Value, name: Value, defaults: list[Value]) -> Value:
        """holder[name] and holder.get(name, default)."""
        made = made_of("[]", [holder, name, *defaults])
        count = len(holder.elements or ())
        if holder.elements and isinstance(name.constant, int) and -count <= name.constant < count:
            return holder.elements[name.constant]
        if name.text is None:
            return made
        if holder.entries is not None and name.text in holder.entries:
            return holder.entries[name.text]
        if holder.target is META:
            source = known.meta_source(name.text)
            return made.with_facts([source] if source else [])
        facts: set[Fact] = set()
        for fact in made.facts:
            if isinstance(fact, Read) and fact.attribute is None and name.text not in ENVELOPE:
                fact = replace(fact, attribute=name.text)
            if isinstance(fact, Caller) and fact.source == "headers":
                fact = replace(fact, source=name.text)
            facts.add(fact)
        return replace(made, facts=frozenset(facts), fixed=False)

    def _comprehension(self, node: Any, frame: Frame) -> Value:
        inner = replace(frame, env=dict(frame.env))
        parts = []
        for generator in node.generators:
            iterated = self.value(generator.iter, inner)
            parts.append(iterated)
            for name in _bound_names(generator.target):
                inner.env[name] = Value(facts=facts_of(iterated))
            parts += [self.value(test, inner) for test in generator.ifs]
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        parts += [self.value(result, inner) for result in results]
        return replace(made_of("?", parts), fixed=False)

    _of_listcomp = _of_setcomp = _of_generatorexp = _of_dictcomp = _comprehension

    # Operators

    def _of_joinedstr(self, node: ast.JoinedStr, frame: Frame) -> Value:
        parts = [self.value(part, frame) for part in node.values]
        if all(part.text is not None for part in parts):
            return constant("".join(part.text or "" for part in parts))
        return made_of("text", parts)

    def _of_formattedvalue(self, node: ast.FormattedValue, frame: Frame) -> Value:
        value = self.value(node.value, frame)
        if node.format_spec is not None:
            pattern = self.value(node.format_spec, frame)
            made = made_of("format", [value, pattern])
            return known.formatted(value, pattern, made) if pattern.text else made
        if value.constant is not UNKNOWN:
            return constant(str(value.constant))
        return value

    def _of_binop(self, node: ast.BinOp, frame: Frame) -> Value:
        left, right = self.value(node.left, frame), self.value(node.right, frame)
        conditions = isinstance(left.target, tuple) and isinstance(right.target, tuple)
        if conditions and isinstance(node.op, (ast.BitAnd, ast.BitOr)):
            word = "and" if isinstance(node.op, ast.BitAnd) else "or"
            return operations.joined(word, left, right)
        made = made_of(type(node.op).__name__, [left, right])
        if left.number is not None and right.number is not None and type(node.op) in ARITHMETIC:
            try:
                return constant(ARITHMETIC[type(node.op)](left.number, right.number))
            except ArithmeticError:
                return made
        if isinstance(node.op, ast.Add) and left.text is not None and right.text is not None:
            return constant(left.text + right.text)
        made = made.with_facts(known.coarse(left, right))
        if isinstance(node.op, ast.FloorDiv):
            return known.divided_down(left, right, made).with_facts([Divided()])
        times = has(left, Time)
        if isinstance(node.op, ast.Div):
            if times and right.number not in (1_000, 1_000_000, 1_000_000_000):
                made = made.with_facts([Ratio(right.number)])
            return made.with_facts([Divided()])
        if isinstance(node.op, ast.Mod) and times:
            return made.with_facts([Remainder(right.number)])
        if isinstance(node.op, ast.Mult) and times and (right.number or 0) > 1:
            return made.without(Time).with_facts([Time(finer=True)])
        if isinstance(node.op, ast.Sub) and times and has(right, Remainder):
            period = next(fact.period for fact in right.facts if isinstance(fact, Remainder))
            return made.without(Time, Remainder).with_facts([Window(period)])
        later = times or has(right, Time) or has(left, Window) or has(right, Window)
        if later and isinstance(node.op, ast.Add) and left.text is None and right.text is None:
            return made.with_facts([Future()])
        return made

    def _of_unaryop(self, node: ast.UnaryOp, frame: Frame) -> Value:
        value = self.value(node.operand, frame)
        if isinstance(node.op, ast.Not):
            return replace(
                made_of("not", [value]),
                facts=frozenset(
                    replace(fact, positive=not fact.positive)
                    if isinstance(fact, ConditionFailed)
                    else fact
                    for fact in value.facts
                ),
            )
        if isinstance(node.op, ast.USub) and value.number is not None:
            return constant(-value.number)
        if isinstance(node.op, ast.Invert) and isinstance(value.target, tuple):
            return operations.joined("not", value)
        return made_of(type(node.op).__name__, [value])

    def _of_boolop(self, node: ast.BoolOp, frame: Frame) -> Value:
        parts = [self.value(part, frame) for part in node.values]
        made = made_of(type(node.op).__name__, parts)
        # Which error it was is not told by one half of a test.
        return made.without(ConditionFailed).with_facts(
            Caught(fact.attempt) for fact in made.facts if isinstance(fact, ConditionFailed)
        )

    def _of_compare(self, node: ast.Compare, frame: Frame) -> Value:
        parts = [self.value(part, frame) for part in (node.left, *node.comparators)]
        made = replace(made_of("compare", parts), fixed=False)
        if len(parts) != 2:
            return made
        made = made.with_facts(known.coarse(*parts))
        for error, other in (parts, reversed(parts)):
            caught = [fact for fact in error.facts if isinstance(fact, Caught)]
            if len(caught) == 1 and _only_names_a_failed_condition(other):
                negative = isinstance(node.ops[0], (ast.NotEq, ast.NotIn))
                return made.without(Caught).with_facts(
                    [ConditionFailed(caught[0].attempt, positive=not negative)]
                )
        return made

    def _of_ifexp(self, node: ast.IfExp, frame: Frame) -> Value:
        test = self.value(node.test, frame)
        made = either(self.value(node.body, frame), self.value(node.orelse, frame))
        return made.with_facts(
            fact for fact in facts_of(test) if made.fixed and isinstance(fact, (Read, Failed))
        )

    def _of_await(self, node: ast.Await, frame: Frame) -> Value:
        return self.value(node.value, frame)

    def _of_starred(self, node: ast.Starred, frame: Frame) -> Value:
        return self.value(node.value, frame)

    def _of_namedexpr(self, node: ast.NamedExpr, frame: Frame) -> Value:
        value = self.value(node.value, frame)
        frame.env[node.target.id] = value
        return value

    def _of_lambda(self, node: ast.Lambda, frame: Frame) -> Value:
        return self.closure(Function(node, frame.function.module), frame)


def _joined(entries: dict[str, Value] | None, more: Any) -> dict[str, Value] | None:
    return None if entries is None or more is None else {**entries, **more}


def _bound_names(target: ast.expr) -> list[str]:
    return [node.id for node in ast.walk(target) if isinstance(node, ast.Name)]


def _only_names_a_failed_condition(value: Value) -> bool:
    names = [each.text for each in (value.elements or (value,))]
    return bool(names) and all(
        name is not None and name.startswith("ConditionalCheckFailed") for name in names
    )


def has(value: Value, kind: type) -> bool:
    return any(isinstance(fact, kind) for fact in value.facts)

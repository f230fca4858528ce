"""What a call asks DynamoDB: boto3's tables and clients, and what wraps them (aioboto3).

An operation is known by its method's name together with the arguments that only DynamoDB has
(`Key=`, `Item=`, `TableName=`), so no type needs to be inferred.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from weir._native import parse_condition, parse_update
from weir.lint.program import Function
from weir.lint.values import Fact, Value, constant, facts_of

Tree = Any  # weir._native.Tree

METHODS = {
    "get_item": "get",
    "put_item": "put",
    "update_item": "update",
    "delete_item": "delete",
    "query": "query",
}
MARKS = {
    "get": {"Key"},
    "put": {"Item"},
    "update": {"Key"},
    "delete": {"Key"},
    "query": {"KeyConditionExpression"},
}
TRANSACTED = {"Put": "put", "Update": "update", "Delete": "delete", "ConditionCheck": "check"}
TYPES = frozenset({"S", "N", "B", "SS", "NS", "BS", "M", "L", "BOOL", "NULL"})

# Which way out of an if statement an operation lies: it excludes those with another way out.
Place = tuple[tuple[int, bool], ...]


@dataclass(eq=False)
class Operation:
    """One call. `open`: it may have arguments that are not known, so that absence says nothing."""

    kind: str
    node: ast.Call
    function: Function
    place: Place
    table: str
    arguments: Mapping[str, Value]
    open: bool
    condition: Tree | None = None
    updates: list[tuple[str, str, Tree | None]] | None = None
    values: dict[str, Value] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        return self.kind in ("put", "update", "delete")

    @property
    def key(self) -> Value:
        name = {"put": "Item", "query": "KeyConditionExpression"}.get(self.kind, "Key")
        return self.arguments.get(name, Value())

    @property
    def key_facts(self) -> frozenset[Fact]:
        """Of what the item is found by. Which part of an Item is its key is not known here."""
        if self.kind == "put":
            return frozenset()
        values = key_values(self)
        if values is None:
            return facts_of(self.key)
        return frozenset().union(*(facts_of(value) for value in values.values()))

    def lacks(self, argument: str) -> bool:
        """Whether it certainly goes without this argument."""
        return not self.open and argument not in self.arguments

    def written(self) -> dict[str, Value] | None:
        """The attributes that it writes; None if that is not known."""
        if self.kind == "put":
            entries = self.key.entries
            return None if entries is None else {name: plain(e) for name, e in entries.items()}
        if self.updates is None:
            return None
        return {name: self._value_of(tree) for clause, name, tree in self.updates if tree}

    def _value_of(self, tree: Tree) -> Value:
        kind, text, operands = tree
        if kind == "value":
            return self.values.get(text, Value())
        facts: set[Fact] = set()
        for operand in operands:
            facts |= facts_of(self._value_of(operand))
        return Value(facts=frozenset(facts))

    def incremented(self) -> list[str]:
        """The attributes that it raises, whatever they are, by ADD or by `SET n = n + :x`."""
        found = []
        for clause, name, tree in self.updates or ():
            if clause == "ADD" and (self._value_of(tree).number or 0) > 0:
                found.append(name)
            if tree is None or clause != "SET" or tree[:2] != ("sum", "+"):
                continue
            if any(_begins_from(operand, name) for operand in tree[2]):
                found.append(name)
        return found

    def is_consistent(self) -> bool | None:
        """Whether it reads what was last written; None if that is not known."""
        if "IndexName" in self.arguments:
            return False  # an index never does, but a local one on demand
        if self.lacks("ConsistentRead"):
            return False
        stated = self.arguments.get("ConsistentRead", Value()).constant
        return stated if isinstance(stated, bool) else None

    @property
    def answers_new_values(self) -> bool:
        return self.arguments.get("ReturnValues", Value()).text in ("UPDATED_NEW", "ALL_NEW")


def _begins_from(tree: Tree, attribute: str) -> bool:
    kind, text, operands = tree
    if kind == "call" and text == "if_not_exists":
        return _begins_from(operands[0], attribute)
    return bool(kind == "path" and text == attribute)


def plain(value: Value) -> Value:
    """Without the type that the low-level client wants: {"S": x} is x."""
    if value.entries is not None and len(value.entries) == 1:
        ((name, inner),) = value.entries.items()
        if name in TYPES:
            return inner
    return value


def _names_of(arguments: Mapping[str, Value]) -> dict[str, str] | None:
    given = arguments.get("ExpressionAttributeNames")
    if given is None:
        return {}
    if given.entries is None:
        return None
    names = {name: value.text for name, value in given.entries.items()}
    return {k: v for k, v in names.items() if v is not None}


def make(
    kind: str,
    node: ast.Call,
    function: Function,
    place: Place,
    table: str,
    arguments: Mapping[str, Value],
    is_open: bool,
) -> Operation:
    operation = Operation(kind, node, function, place, table, arguments, is_open)
    if "TableName" in arguments:
        operation.table = arguments["TableName"].signature
    given = arguments.get("ExpressionAttributeValues", Value()).entries or {}
    operation.values = {name: plain(value) for name, value in given.items()}
    names = _names_of(arguments)
    condition = arguments.get("ConditionExpression", Value())
    if isinstance(condition.target, tuple):
        operation.condition = condition.target
    elif condition.text is not None and names is not None:
        operation.condition = _parsed(parse_condition, condition.text, names)
    update = arguments.get("UpdateExpression", Value()).text
    if update is not None and names is not None:
        operation.updates = _parsed(parse_update, update, names)
    return operation


def _parsed(parse: Any, text: str, names: dict[str, str]) -> Any:
    try:
        return parse(text, names)
    except ValueError:  # DynamoDB would not take it either, or it is not the whole text
        return None


def key_values(operation: Operation) -> dict[str, Value] | None:
    """The key's attributes, of an Item all of them; None if they are not known."""
    value = operation.key
    entries = value.entries
    if operation.kind == "query" and entries is None and value.text is not None:
        names = _names_of(operation.arguments)
        tree = None if names is None else _parsed(parse_condition, value.text, names)
        entries = _equalities(tree, operation.values)
    if not entries:
        return None
    return {name: plain(entry) for name, entry in entries.items()}


def _equalities(tree: Tree | None, values: Mapping[str, Value]) -> dict[str, Value]:
    if tree is None:
        return {}
    kind, text, operands = tree
    if kind == "and":
        return {**_equalities(operands[0], values), **_equalities(operands[1], values)}
    if (kind, text) == ("compare", "=") and operands[0][0] == "path" and operands[1][0] == "value":
        return {operands[0][1]: values.get(operands[1][1], Value())}
    return {}


def same_item(one: Operation, other: Operation) -> bool:
    """Whether both certainly mean the same item, or one of them the collection that holds it."""
    if one.table != other.table or "?" in one.table:
        return False
    mine, theirs = key_values(one), key_values(other)
    if mine is None or theirs is None:
        return one.key.known and one.key.signature == other.key.signature
    if one.kind == "put" or (other.kind == "query" and one.kind != "query"):
        mine, theirs = theirs, mine  # what has only key attributes first
    return all(
        value.known and name in theirs and theirs[name].signature == value.signature
        for name, value in mine.items()
    )


# What a condition asks.


def attributes_compared(tree: Tree, operators: frozenset[str]) -> set[str]:
    """The attributes that a condition holds against a value with one of these operators."""
    kind, text, operands = tree
    found: set[str] = set()
    if kind == "compare":
        left, right = operands
        mirrored = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
        if left[0] == "path" and text in operators:
            found.add(left[1])
        if right[0] == "path" and mirrored.get(text, text) in operators:
            found.add(right[1])
    if kind == "between" and "<" in operators and operands[0][0] == "path":
        found.add(operands[0][1])
    for operand in operands:
        found |= attributes_compared(operand, operators)
    return found


BOUNDS = frozenset({"<", "<=", "<>"})
EQUALS = frozenset({"="})


def only_asks_existence(tree: Tree) -> bool:
    kind, text, operands = tree
    if kind in ("and", "or", "not"):
        return all(only_asks_existence(operand) for operand in operands)
    return kind == "call" and text in ("attribute_exists", "attribute_not_exists")


# boto3's conditions in Python: Attr("hits").lt(limit), Key("pk").eq(key), joined by & | ~.

_COMPARISONS = {"eq": "=", "ne": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_FUNCTIONS = {
    "exists": "attribute_exists",
    "not_exists": "attribute_not_exists",
    "begins_with": "begins_with",
    "contains": "contains",
    "attribute_type": "attribute_type",
}


def attribute(name: str) -> Value:
    return Value(signature=constant(name).signature, target=("path", name, ()))


def condition_on(subject: Value, method: str, arguments: list[Value]) -> Value | None:
    """What a method of Attr() or Key() makes; None if it is none."""
    path = subject.target
    value: Tree = ("value", ":value", ())
    tree: Tree
    if method in _COMPARISONS and len(arguments) == 1:
        tree = ("compare", _COMPARISONS[method], (path, value))
    elif method == "between":
        tree = ("between", "", (path, value, value))
    elif method in _FUNCTIONS:
        tree = ("call", _FUNCTIONS[method], (path,))
    else:
        return None
    entries = {path[1]: arguments[0]} if method == "eq" and path[0] == "path" else {}
    facts = frozenset().union(*(facts_of(argument) for argument in arguments))
    return Value(facts=facts, target=tree, entries=entries)


def joined(word: str, *parts: Value) -> Value:
    entries: dict[str, Value] = {}
    for part in parts:
        entries.update(part.entries or {})
    facts = frozenset().union(*(part.facts for part in parts))
    tree = (word, "", tuple(part.target for part in parts))
    return Value(facts=facts, target=tree, entries=entries if word == "and" else {})

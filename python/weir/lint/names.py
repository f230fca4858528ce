"""What a name means: a local, a global, something imported, an attribute, a parameter."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from weir.lint import known
from weir.lint.episode import Episode
from weir.lint.frame import Frame
from weir.lint.program import Class, Function, Module, Program
from weir.lint.values import (
    NO_FACTS,
    Address,
    Caller,
    Fact,
    Value,
    constant,
    made_of,
    signature,
)

MAX_DEPTH = 8

TOO_MANY = frozenset({"HTTP_429_TOO_MANY_REQUESTS", "TOO_MANY_REQUESTS"})


@dataclass(eq=False)
class Closure:
    function: Function
    env: dict[str, Value]
    instance: Value | None = None


@dataclass(eq=False)
class Instance:
    owner: Class


REQUEST = object()  # the target of a value that is a web framework's request
META = object()  # and of the WSGI environment that Django's has


class Names:
    episode: Episode

    def __init__(self, program: Program) -> None:
        self.program = program
        self.attempts: list[tuple[int, int]] = []  # of each try: its first operation, and the end
        self._globals: dict[tuple[Module, str], Value] = {}

    # What Walk has.
    def step(self) -> None:
        raise NotImplementedError

    def body_of(self, frame: Frame) -> None:
        raise NotImplementedError

    def refuse(self, node: ast.AST, frame: Frame) -> None:
        raise NotImplementedError

    def value(self, node: ast.expr, frame: Frame) -> Value:
        self.step()
        method = getattr(self, "_of_" + type(node).__name__.lower(), None)
        if method is not None:
            found: Value = method(node, frame)
            return found
        return made_of("?", [self.value(part, frame) for part in children(node)])

    # Names

    def _of_constant(self, node: ast.Constant, frame: Frame) -> Value:
        return constant(node.value)

    def _of_name(self, node: ast.Name, frame: Frame) -> Value:
        if node.id in frame.env:
            return frame.env[node.id]
        return self._global(frame.function.module, node.id)

    def _global(self, module: Module, name: str) -> Value:
        cached = self._globals.get((module, name))
        if cached is not None:
            return cached
        unknown = Value(signature=signature(str(module.path), name))
        self._globals[module, name] = unknown  # until it is known: it may need itself
        found = self._find_global(module, name, unknown)
        self._globals[module, name] = found
        return found

    def _find_global(self, module: Module, name: str, unknown: Value) -> Value:
        if name in module.functions:
            return replace(unknown, target=Closure(module.functions[name], {}))
        if name in module.classes:
            return replace(unknown, target=module.classes[name])
        if name in module.imports:
            parts, inner = module.imports[name]
            if inner is None:
                whole = self.program.module_named(parts, module)
                return replace(unknown, target=whole) if whole else Value(signature=".".join(parts))
            if parts == ("flask",) and inner == "request":
                return replace(unknown, target=REQUEST)
            imported = self.program.module_named(parts, module)
            if imported is not None and imported is not module:
                return self._global(imported, inner)
            whole = self.program.module_named((*parts, inner), module)
            elsewhere = Value(signature=".".join((*parts, inner)))
            return replace(unknown, target=whole) if whole else elsewhere
        assigned = [
            item.value
            for item in module.source.tree.body
            if isinstance(item, (ast.Assign, ast.AnnAssign)) and name in _targets(item)
        ]
        if len(assigned) == 1 and assigned[0] is not None:
            value = self.value(assigned[0], self._module_frame(module))
            # One object for the life of the process, whatever it was made of.
            return value if value.fixed else replace(value, signature=unknown.signature)
        return unknown

    def _module_frame(self, module: Module) -> Frame:
        nothing = ast.Lambda(args=_NO_ARGUMENTS, body=ast.Constant(None))
        return Frame(Function(nothing, module), {}, depth=MAX_DEPTH)

    def closure(self, function: Function, frame: Frame) -> Value:
        return Value(target=Closure(function, frame.env))

    def dotted(self, node: ast.expr, frame: Frame) -> str:
        """The full name of something imported, "" if it is something else."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id in frame.env:
            return ""
        where = frame.function.module.imports.get(node.id)
        if where is None:
            parts.append(node.id)
        else:
            parts += [*([where[1]] if where[1] else []), *reversed(where[0])]
        return ".".join(reversed(parts))

    def _of_attribute(self, node: ast.Attribute, frame: Frame) -> Value:
        if isinstance(node.value, ast.Name):
            assigned = frame.env.get(f"{node.value.id}.{node.attr}")
            if assigned is not None:
                return assigned
        holder = self.value(node.value, frame)
        if node.attr in TOO_MANY:
            return constant(429)
        if isinstance(holder.target, Module):
            return self._global(holder.target, node.attr)
        if isinstance(holder.target, (Instance, Class)):
            return self._member(holder, node.attr)
        if holder.target is REQUEST:
            return self._of_request(node.attr, holder)
        made = made_of("." + node.attr, [holder])
        if node.attr == "request":
            return replace(made, target=REQUEST)
        return made

    def _of_request(self, name: str, request: Value) -> Value:
        made = made_of("." + name, [request])
        if name == "META":
            return replace(made, target=META)
        if name in known.REQUEST_CALLER:
            return made.with_facts([Caller(name, raw=True)])
        if name in known.REQUEST_ADDRESS:
            return made.with_facts([Address()])
        return made

    def _member(self, holder: Value, name: str) -> Value:
        owner = holder.target.owner if isinstance(holder.target, Instance) else holder.target
        method = self.program.method(owner, name)
        if method is not None:
            instance = holder if isinstance(holder.target, Instance) else None
            return Value(target=Closure(method, {}, instance))
        made = Value(signature=signature(owner.node.name, name))
        if name == "request":
            return replace(made, target=REQUEST)
        found = _assigned_to_self(self.program, owner, name)
        if found is None:
            return made
        function, expression = found
        frame = self._module_frame(owner.module)
        if function is not None:
            frame = replace(frame, function=function, env=self.parameters(function))
            # Only what __init__ was given and what the module has: other locals are not known.
        value = self.value(expression, frame)
        return value if value.fixed or value.target else replace(value, signature=made.signature)

    def parameters(self, function: Function) -> dict[str, Value]:
        """What a function is called with, if nothing is known of its callers."""
        arguments = function.node.args
        given: dict[str, Value] = {}
        listed = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        defaults: dict[str, ast.expr] = {}
        positional = [*arguments.posonlyargs, *arguments.args]
        for argument, default in zip(
            reversed(positional), reversed(arguments.defaults), strict=False
        ):
            defaults[argument.arg] = default
        for argument, keyword_default in zip(
            arguments.kwonlyargs, arguments.kw_defaults, strict=False
        ):
            if keyword_default is not None:
                defaults[argument.arg] = keyword_default
        for place, argument in enumerate(listed):
            name = argument.arg
            value = Value(
                signature=signature(str(function.module.path), function.name, name),
                facts=_facts_of_parameter(argument, defaults.get(name)),
            )
            if place == 0 and function.owner is not None and name == "self":
                value = replace(value, target=Instance(function.owner))
            elif name in ("request", "req") or _annotation(argument).endswith("Request"):
                value = replace(value, target=REQUEST)
            given[name] = value
        for extra in (arguments.vararg, arguments.kwarg):
            if extra is not None:
                given[extra.arg] = Value()
        return given


_NO_ARGUMENTS = ast.arguments(
    posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[], vararg=None, kwarg=None
)


def _targets(item: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = item.targets if isinstance(item, ast.Assign) else [item.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _annotation(argument: ast.arg) -> str:
    return last_name(argument.annotation) if argument.annotation is not None else ""


def _facts_of_parameter(argument: ast.arg, default: ast.expr | None) -> frozenset[Fact]:
    """FastAPI: `x_api_key: str = Header()`, `Annotated[str, Header()]`."""
    marks: list[ast.expr] = [default] if default is not None else []
    annotation = argument.annotation
    if isinstance(annotation, ast.Subscript) and last_name(annotation.value) == "Annotated":
        marks += children(annotation.slice)
    for mark in marks:
        if isinstance(mark, ast.Call) and last_name(mark.func) in known.PARAMETER_MARKERS:
            return frozenset([Caller(argument.arg.replace("_", "-"), raw=True)])
    return NO_FACTS


def _assigned_to_self(
    program: Program, owner: Class, name: str
) -> tuple[Function | None, ast.expr] | None:
    """The one expression that an attribute of an instance or a class is set to."""
    found: list[tuple[Function | None, ast.expr]] = []
    for item in owner.node.body:
        if not isinstance(item, (ast.Assign, ast.AnnAssign)) or name not in _targets(item):
            continue
        if item.value is not None:
            found.append((None, item.value))
    for method in owner.methods.values():
        for node in ast.walk(method.node):
            if isinstance(node, ast.Assign) and any(_is_own(each, name) for each in node.targets):
                found.append((method, node.value))
    return found[0] if len(found) == 1 else None


def children(node: ast.AST) -> list[ast.expr]:
    return [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]


def last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_own(target: ast.expr, name: str) -> bool:
    return (
        isinstance(target, ast.Attribute)
        and target.attr == name
        and isinstance(target.value, ast.Name)
        and target.value.id == "self"
    )

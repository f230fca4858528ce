"""What is defined where: modules, classes and functions of the files that were read.

Names are resolved as far as the files go. A name that leads out of them is unknown, and so is one
that could mean two things.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from weir.lint.files import Source

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
MAX_BASES = 20


@dataclass(eq=False)
class Function:
    node: FunctionNode
    module: Module
    owner: Class | None = None

    @property
    def name(self) -> str:
        return getattr(self.node, "name", "<lambda>")


@dataclass(eq=False)
class Class:
    node: ast.ClassDef
    module: Module

    @cached_property
    def methods(self) -> dict[str, Function]:
        return {
            item.name: Function(item, self.module, self)
            for item in self.node.body
            if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef))
        }


@dataclass(eq=False)
class Module:
    source: Source
    # name -> (module's parts, name in it); the second is None for the module itself
    imports: dict[str, tuple[tuple[str, ...], str | None]] = field(default_factory=dict)
    classes: dict[str, Class] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return self.source.path

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """Its dotted name as far as the path tells: the longest that it may have."""
        parts = self.path.resolve().with_suffix("").parts
        return parts[:-1] if parts[-1] == "__init__" else parts


class Program:
    def __init__(self, sources: list[Source]) -> None:
        self.modules = [_module(source) for source in sources]
        self._by_last: dict[str, list[Module]] = {}
        self._imported: dict[Module, list[Module]] = {}
        for module in self.modules:
            if module.parts:
                self._by_last.setdefault(module.parts[-1], []).append(module)

    def module_named(self, parts: tuple[str, ...], seen_from: Module) -> Module | None:
        """The file that an import means: the one whose path ends so and lies nearest."""
        if not parts:
            return None
        fitting = [
            module
            for module in self._by_last.get(parts[-1], ())
            if module.parts[-len(parts) :] == parts
        ]
        fitting.sort(key=lambda module: -_shared(module.parts, seen_from.parts))
        if len(fitting) > 1 and _shared(fitting[0].parts, seen_from.parts) == _shared(
            fitting[1].parts, seen_from.parts
        ):
            return None
        return fitting[0] if fitting else None

    def seen_from(self, module: Module) -> set[Module]:
        """Itself and all that it imports, by whatever way."""
        seen: set[Module] = set()
        waiting = [module]
        while waiting:
            each = waiting.pop()
            if each in seen:
                continue
            seen.add(each)
            waiting.extend(self._imported_by(each))
        return seen

    def seeing(self, modules: set[Module]) -> set[Module]:
        """Those modules, and all that import one of them by whatever way."""
        importers: dict[Module, list[Module]] = {}
        for module in self.modules:
            for imported in self._imported_by(module):
                importers.setdefault(imported, []).append(module)
        seen: set[Module] = set()
        waiting = list(modules)
        while waiting:
            each = waiting.pop()
            if each not in seen:
                seen.add(each)
                waiting.extend(importers.get(each, ()))
        return seen

    def _imported_by(self, module: Module) -> list[Module]:
        if module not in self._imported:
            found = []
            for parts, name in module.imports.values():
                found.append(self.module_named(parts, module))
                if name is not None:
                    found.append(self.module_named((*parts, name), module))
            self._imported[module] = [each for each in found if each is not None]
        return self._imported[module]

    def method(self, owner: Class, name: str) -> Function | None:
        """Of the class or of the nearest base that has it."""
        waiting = [owner]
        seen: set[Class] = set()
        while waiting and len(seen) < MAX_BASES:
            each = waiting.pop(0)
            if each in seen:
                continue
            seen.add(each)
            found = each.methods.get(name)
            if found is not None:
                return found
            for base in each.node.bases:
                if isinstance(base, ast.Name):
                    found_class = self.class_named(base.id, each.module)
                    if found_class is not None:
                        waiting.append(found_class)
        return None

    def class_named(self, name: str, module: Module) -> Class | None:
        if name in module.classes:
            return module.classes[name]
        where = module.imports.get(name)
        if where is None or where[1] is None:
            return None
        imported = self.module_named(where[0], module)
        return imported.classes.get(where[1]) if imported else None


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def _imported(node: ast.ImportFrom, module: Module) -> tuple[str, ...]:
    named = tuple(node.module.split(".")) if node.module else ()
    if not node.level:
        return named
    # The package that holds the module, then one further up for each further dot.
    package = module.path.resolve().parent.parts
    return package[: len(package) - (node.level - 1)] + named


def _module(source: Source) -> Module:
    module = Module(source)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                parts = tuple(alias.name.split("."))
                name = alias.asname or parts[0]
                module.imports[name] = (parts if alias.asname else parts[:1], None)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                module.imports[alias.asname or alias.name] = (_imported(node, module), alias.name)
    for item in source.tree.body:
        if isinstance(item, ast.ClassDef):
            module.classes[item.name] = Class(item, module)
        elif isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
            module.functions[item.name] = Function(item, module)
    return module


def functions_in(module: Module) -> list[Function]:
    """Those of the module and of its classes. Nested ones are met where they are defined."""
    found = list(module.functions.values())
    for each in module.classes.values():
        found.extend(each.methods.values())
    return found

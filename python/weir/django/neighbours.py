"""Other limiters in the project's views: django-ratelimit's decorators and DRF's own throttles.

For the system checks, which say what they let pass, and for `manage.py weir import`.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

RATELIMIT = "django_ratelimit.decorators"


@dataclass(frozen=True)
class Ratelimit:
    """One use of django-ratelimit's decorator."""

    view: str
    route: str
    group: str
    key: Any
    rate: Any
    methods: tuple[str, ...]  # none: all

    @property
    def chosen_by_client(self) -> bool:
        """Whether the client says which counter its requests go to."""
        return isinstance(self.key, str) and self.key.startswith(("get:", "post:", "header:"))


@dataclass(frozen=True)
class Throttle:
    """One throttle class of DRF, or derived from it and not from Weir's."""

    view: str
    route: str
    cls: type[Any]
    scope: str | None  # of the view


def views() -> Iterator[tuple[str, Any]]:
    """Every view of the project with its route, as Weir's `route` names it."""

    def below(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, Any]]:
        for entry in resolver.url_patterns:
            route = prefix + str(entry.pattern)
            if isinstance(entry, URLPattern):
                yield "/" + route, entry.callback
            else:
                yield from below(entry, route)

    return below(get_resolver(), "")


def name_of(view: Any) -> str:
    named = getattr(view, "cls", None) or getattr(view, "view_class", view)
    named = named if hasattr(named, "__qualname__") else type(named)
    return f"{named.__module__}.{named.__qualname__}"


def ratelimits() -> list[Ratelimit]:
    found: dict[Ratelimit, None] = {}
    for route, view in views():
        cls = getattr(view, "view_class", None)
        for variables, inner in decorations(view):
            group = name_of(view)
            if cls is None and inner is not None:
                group = f"{inner.__module__}.{inner.__qualname__}"
            found[ratelimit_of(variables, view, route, group)] = None
        for name in () if cls is None else ("dispatch", *cls.http_method_names):
            for variables, _ in decorations(getattr(cls, name, None)):
                group, only = f"{name_of(view)}.{name}", "" if name == "dispatch" else name.upper()
                found[ratelimit_of(variables, view, route, group, only)] = None
    return list(found)


def decorations(function: Any) -> Iterator[tuple[Mapping[str, Any], Any]]:
    """The arguments of each decorator of django-ratelimit around a function, and what it is on."""
    while inspect.isfunction(function):
        variables = inspect.getclosurevars(function).nonlocals
        inner = getattr(function, "__wrapped__", None)
        if is_ratelimit(function):
            yield variables, inner
        # django.utils.decorators.method_decorator
        several = variables.get("decorators", ())
        for decorator in several if isinstance(several, (list, tuple)) else (several,):
            if is_ratelimit(decorator):
                yield inspect.getclosurevars(decorator).nonlocals, inner
        function = inner


def is_ratelimit(function: Any) -> bool:
    return getattr(function, "__globals__", {}).get("__name__") == RATELIMIT


def ratelimit_of(
    variables: Mapping[str, Any], view: Any, route: str, group: str, only: str = ""
) -> Ratelimit:
    stated, named = variables.get("group"), variables.get("method")
    listed = [named] if isinstance(named, str) else list(named or ())
    # Its ALL is a None among them.
    methods = () if None in listed else tuple(sorted(str(one).upper() for one in listed))
    return Ratelimit(
        view=name_of(view),
        route=route,
        group=stated if isinstance(stated, str) else group,
        key=variables.get("key"),
        rate=variables.get("rate"),
        methods=methods or ((only,) if only else ()),
    )


def throttles() -> list[Throttle]:
    everything = list(views())  # which imports what they use
    theirs: Any = sys.modules.get("rest_framework.throttling")
    if theirs is None:
        return []
    ours: Any = sys.modules.get("weir.django.rest")
    return [
        Throttle(name_of(view), route, cls, getattr(view.cls, "throttle_scope", None))
        for route, view in everything
        for cls in getattr(getattr(view, "cls", None), "throttle_classes", ())
        if issubclass(cls, theirs.SimpleRateThrottle)
        and not (ours is not None and issubclass(cls, ours.SimpleRateThrottle))
    ]

"""@rate_limit: limits for one view."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from inspect import isawaitable
from typing import Any, TypeVar

from asgiref.sync import iscoroutinefunction

from weir import Rule
from weir.django.decide import ADMITTED, decide, decide_in_thread
from weir.django.finish import answered, answered_async
from weir.django.refusal import add_headers, refusal, refusal_in_thread

View = TypeVar("View", bound=Callable[..., Any])

MAX_ID = 64

# Where method_decorator keeps the dummy that it decorates once, only to see what that adds to it.
METHOD_DECORATOR = "django.utils.decorators"

# What the decorators of this process ask for, for the system checks. The rule of a method is made
# with its view object, by the first request; the parts of its key are known at once.
declared: set[Rule] = set()
declared_parts: set[str] = set()


def rate_limit(
    rate: str,
    *,
    key: str | Sequence[str] = (),
    id: str | None = None,  # noqa: A002
    on_store_failure: str = "local",
    algorithm: str | None = None,
    burst: int | None = None,
    strict: bool | None = None,
    time_zone: str | None = None,
    distinct: str | None = None,
    hold: str | None = None,
    cost: int | None = None,
    shadow: bool | None = None,
    methods: str | Sequence[str] = (),
) -> Callable[[View], View]:
    """Admits at most `rate`, such as "100/m", for each value of `key`, in any interval of a minute.

    rate              count/window: "10/s", "100/m", "5/10s", "1000/1h"
    key               "client_ip", "api_key", "user", "route", or several of them; nothing: all
                      requests together
    id                the rule's name in headers, logs and problem documents; by default that of
                      the view. Views with the same id and the same limit share its counters.
    on_store_failure  "local": go on with a share of the limit in this process; "deny": 503;
                      "allow": admit
    algorithm         "exact", "gcra", "fixed_window", "distinct" or "concurrency"; it and what
                      follows it are the fields of a rule in a policy (docs/policy.md)

    methods           those that are limited, such as "POST" or ("PUT", "DELETE"); nothing: all

    For functions, sync or async; for classes through Django's method_decorator. Decorators on one
    view make one decision: a request is charged to all of them or to none.

    Raises ValueError for what is not a rate, a key or an id.
    """
    parts = (key,) if isinstance(key, str) else tuple(key)
    limited_methods = (methods,) if isinstance(methods, str) else tuple(methods)

    def rule_named(rule_id: str) -> Rule:
        return Rule(
            rule_id,
            rate,
            parts,
            on_store_failure,
            algorithm=algorithm,
            burst=burst,
            strict=strict,
            time_zone=time_zone,
            distinct=distinct,
            hold=hold,
            cost=cost,
            shadow=shadow,
            methods=limited_methods,
        )

    # A mistake shows at import, with this line in the traceback.
    declared_parts.update(rule_named(id or "check").key)
    if distinct == "user":
        declared_parts.add(distinct)
    # method_decorator decorates anew for every request; its rules are made once.
    made: dict[str, Rule] = {}

    def decorate(view: View) -> View:
        if view.__module__ == METHOD_DECORATOR:
            return view
        rule_id = id or default_id(view)
        rule = made.get(rule_id)
        if rule is None:
            rule = made[rule_id] = rule_named(rule_id)
            declared.add(rule)
        inner = stacked_on(view)
        if inner is not None:
            return limited(inner.view, (*inner.rules, rule))  # type: ignore[no-any-return]
        return limited(view, (rule,))  # type: ignore[no-any-return]

    return decorate


@dataclass(frozen=True)
class Limited:
    """What a decorated view remembers of itself, in its attribute `weir`."""

    view: Any
    rules: tuple[Rule, ...]
    wrapper: Any


def stacked_on(view: Any) -> Limited | None:
    """What this very object was decorated with. functools.wraps copies attributes to others."""
    inner: Limited | None = getattr(view, "weir", None)
    return inner if inner is not None and inner.wrapper is view else None


def limited(view: Any, rules: tuple[Rule, ...]) -> Any:
    """The view behind a decision."""
    if is_async(view):

        @wraps(view)
        async def asynchronous(request: Any, *args: Any, **kwargs: Any) -> Any:
            answer = await decide_in_thread(require_request(request), rules)
            if answer.status != ADMITTED:
                return await refusal_in_thread(request, answer)

            async def respond() -> Any:
                response = view(request, *args, **kwargs)
                # Not so when a decorator in between has answered.
                return await response if isawaitable(response) else response

            response = await answered_async(answer, respond)
            add_headers(response, answer)
            return response

        wrapper: Any = asynchronous
    else:

        @wraps(view)
        def synchronous(request: Any, *args: Any, **kwargs: Any) -> Any:
            answer = decide(require_request(request), rules)
            if answer.status != ADMITTED:
                return refusal(request, answer)
            response = answered(answer, lambda: view(request, *args, **kwargs))
            add_headers(response, answer)
            return response

        wrapper = synchronous

    wrapper.weir = Limited(view, rules, wrapper)
    return wrapper


def bound_to(view: Any) -> Any:
    """The view object, if method_decorator hands over a method of it; else None.

    It comes as a partial of the bound method, perhaps inside of other decorators.
    """
    while not isinstance(view, partial):
        if not hasattr(view, "__wrapped__"):
            return None
        view = view.__wrapped__
    return getattr(view.func, "__self__", None)


def is_async(view: Any) -> bool:
    """Also for the dispatch() of a class with async methods, which is no coroutine function."""
    return iscoroutinefunction(view) or getattr(bound_to(view), "view_is_async", False)


def require_request(request: Any) -> Any:
    if not hasattr(request, "META"):
        raise TypeError(
            "@rate_limit was put on a method: use @method_decorator(rate_limit(...)) there"
        )
    return request


def wrappers_below(view: Any) -> int:
    """How often the method was decorated before, by the bases of its class or below this line."""
    method = view
    count = 0
    while hasattr(method, "__wrapped__"):
        method = method.__wrapped__
        count += not isinstance(method, partial)
    return count - 1


def default_id(view: Any) -> str:
    """The view's dotted name as a rule id, with a number from the second rule on.

    A class names its as_view(), and a method the class of its view object: many may inherit it.
    """
    instance = bound_to(view)
    named = type(instance) if instance is not None else getattr(view, "view_class", view)
    if not hasattr(named, "__qualname__"):
        named = type(named)  # a view that is an object with __call__
    name = f"{named.__module__}.{named.__qualname__}"
    if instance is not None:
        if view.__name__ != "dispatch":
            name += f".{view.__name__}"
        if below := wrappers_below(view):
            name += f"-{below + 1}"
    inner: Limited | None = getattr(view, "weir", None)
    if inner is not None:
        name += f"-{len(inner.rules) + 1}"
    text = re.sub("[^a-z0-9_-]+", "-", name.lower())
    if len(text) > MAX_ID:
        text = text[: MAX_ID - 9] + "-" + hashlib.sha256(name.encode()).hexdigest()[:8]
    return text

"""System checks: `manage.py check` says what is wrong with settings.WEIR and the rules.

weir.E001  WEIR has an unknown entry, or one of the wrong type
weir.E002  the policy cannot be read, or says something that cannot be
weir.E003  VERIFY, REFUSAL or OVERRIDES cannot be imported or called
weir.E004  a rule counts by api_key, and VERIFY is not stated
weir.E005  the policy counts by user, and RateLimitMiddleware comes before the user is known
weir.E006  RateLimitMiddleware comes before LocaleMiddleware
weir.E007  two rules have the same id and differ
weir.E008  the store cannot be opened, such as for want of a region
weir.E009  REST_FRAMEWORK has NUM_PROXIES, and views have Weir's throttles
weir.E010  a backend limits attempts to sign in, and there is no RateLimitMiddleware
weir.W001  counters live in each process by itself
weir.W002  a rule counts by user, and there is no AuthenticationMiddleware
weir.W003  the store is not ready; only with --deploy, because it asks the store
weir.W004  a view has a throttle of REST framework's own
weir.W005  a view is limited by django-ratelimit
weir.W006  django-ratelimit counts by what the client chooses
weir.W007  another limiter counts in a cache that each process has by itself
weir.W008  a middleware puts another address into REMOTE_ADDR
weir.W009  a proxy stands in front, and none is trusted
weir.W010  the table has no TTL; only with --deploy
"""

from __future__ import annotations

import inspect
import os
import re
import sys
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.urls import get_resolver
from django.utils.module_loading import import_string

from weir import PolicyError
from weir.django.configuration import Configuration, WrongSetting, configuration
from weir.django.decide import require_verify
from weir.django.decorator import declared, declared_parts
from weir.django.neighbours import ratelimits, throttles

AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"
LOCALE = "django.middleware.locale.LocaleMiddleware"
MIDDLEWARE = "weir.django.RateLimitMiddleware"


def check_configuration(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    try:
        current = configuration()
    except WrongSetting as wrong:
        return [Error(wrong.message, hint=wrong.hint, id=wrong.check_id)]
    if current.limiter.policy.store == "memory" and not settings.DEBUG:
        return [
            Warning(
                "counters live in each process by itself: with n workers, n times the limit passes",
                hint="Name a shared store in the policy, such as DynamoDB.",
                id="weir.W001",
            )
        ]
    return []


def check_rules(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    try:
        current = configuration()
    except WrongSetting:
        return []  # told by check_configuration
    # Decorators make their rules when the views are imported.
    get_resolver().url_patterns  # noqa: B018
    return [
        *wrong_keys(current),
        *wrong_users(current),
        *wrong_order(),
        *wrong_throttles(),
        *wrong_backends(),
        *conflicts(current),
    ]


def check_store(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    try:
        current = configuration()
    except WrongSetting:
        return []  # told by check_configuration
    problem = current.limiter.check_store()
    if problem is None:
        return missing_ttl(current)
    return [
        Warning(
            f"the {current.limiter.policy.store} store is not ready: {problem}",
            hint="Until it is, limited views follow their on_store_failure.",
            id="weir.W003",
        )
    ]


def missing_ttl(current: Configuration) -> list[CheckMessage]:
    try:
        table = dict(current.limiter.policy.table(dict(os.environ), create=False))
    except PolicyError:
        return []  # the limiter may not look, and need not
    if table.get("ttl") == "exp" or not table.get("ttl status"):
        return []  # or nobody may ask
    return [
        Warning(
            f"the table {table['table']!r} has no TTL on 'exp': counters that are over stay for "
            "ever, and are paid for",
            hint="Run manage.py weir table --create, which turns it on.",
            id="weir.W010",
        )
    ]


def check_neighbours(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Limiters that can be got around, in views that one may think are limited."""
    return [*other_limiters(), *replaced_addresses(), *unknown_proxies()]


def other_limiters() -> list[CheckMessage]:
    problems: list[CheckMessage] = []
    caches = {}
    for use in throttles():
        cache = getattr(use.cls.cache, "_alias", "default")
        caches[cache] = "REST framework's throttles"
        problems.append(
            Warning(
                f"{use.view} ({use.route}) has {use.cls.__module__}.{use.cls.__qualname__}, which "
                "reads and then writes its counter: at once, more pass than it says",
                hint="Take the class of the same name from weir.django.rest.",
                id="weir.W004",
            )
        )
    for limit in ratelimits():
        caches[getattr(settings, "RATELIMIT_USE_CACHE", "default")] = "django-ratelimit"
        problems.append(
            Warning(
                f"{limit.view} ({limit.route}) is limited by django-ratelimit, in fixed windows: "
                f"around the end of one, twice {limit.rate!r} pass",
                hint="manage.py weir import writes its limits as a policy.",
                id="weir.W005",
            )
        )
        if limit.chosen_by_client:
            problems.append(
                Warning(
                    f"{limit.view} ({limit.route}) counts by {limit.key!r}, which the client "
                    "chooses: each new value is a fresh counter",
                    hint="Count by client_ip or user; for accounts see weir.django.auth.",
                    id="weir.W006",
                )
            )
    for alias, who in caches.items():
        backend = settings.CACHES.get(alias, {}).get("BACKEND", "")
        if backend.rsplit(".", 1)[-1] in ("LocMemCache", "DummyCache"):
            problems.append(
                Warning(
                    f"{who} count in the cache {alias!r}, a {backend.rsplit('.', 1)[-1]}: each "
                    "process by itself, or not at all",
                    hint="Let Weir count, or share the cache.",
                    id="weir.W007",
                )
            )
    return problems


REPLACES_ADDRESS = re.compile(r"""\[["']REMOTE_ADDR["']\]\s*=[^=]""")


def replaced_addresses() -> list[CheckMessage]:
    return [
        Warning(
            f"{path} puts another address into REMOTE_ADDR, before Weir can ask whether whoever "
            "sent it may say so",
            hint='Remove it, and name the proxies in WEIR["TRUSTED_PROXIES"].',
            id="weir.W008",
        )
        for path in settings.MIDDLEWARE
        if not path.startswith("django.") and REPLACES_ADDRESS.search(source_of(path))
    ]


def source_of(path: str) -> str:
    try:
        return inspect.getsource(import_string(path))
    except (ImportError, OSError, TypeError):
        return ""


FROM_A_PROXY = ("USE_X_FORWARDED_HOST", "USE_X_FORWARDED_PORT", "SECURE_PROXY_SSL_HEADER")


def unknown_proxies() -> list[CheckMessage]:
    try:
        trusts_proxies = configuration().limiter.policy.trusts_proxies
    except WrongSetting:
        return []  # told by check_configuration
    named = [name for name in FROM_A_PROXY if getattr(settings, name, None)]
    if trusts_proxies or not named:
        return []
    return [
        Warning(
            f"{named[0]} says that a proxy stands in front, and Weir trusts none: all clients "
            "count as one, the proxy",
            hint='Name its network in WEIR["TRUSTED_PROXIES"], such as ["10.0.0.0/8"].',
            id="weir.W009",
        )
    ]


def wrong_keys(current: Configuration) -> list[CheckMessage]:
    parts = frozenset(declared_parts)
    if MIDDLEWARE in settings.MIDDLEWARE:
        parts |= current.key_parts
    try:
        require_verify(current, parts)
    except WrongSetting as wrong:
        return [Error(wrong.message, hint=wrong.hint, id=wrong.check_id)]
    return []


def wrong_users(current: Configuration) -> list[CheckMessage]:
    order = list(settings.MIDDLEWARE)
    in_policy = "user" in current.facts and MIDDLEWARE in order
    in_views = "user" in declared_parts
    if not (in_policy or in_views):
        return []
    hint = f"Put {AUTHENTICATION} before {MIDDLEWARE}."
    if AUTHENTICATION not in order:
        # Another middleware may do its work.
        return [
            Warning(
                "a rule counts by user, and AuthenticationMiddleware is not in MIDDLEWARE",
                hint=hint,
                id="weir.W002",
            )
        ]
    if in_policy and order.index(MIDDLEWARE) < order.index(AUTHENTICATION):
        return [
            Error(
                "the policy counts by user, and RateLimitMiddleware comes before the user is known",
                hint=hint,
                id="weir.E005",
            )
        ]
    return []


def wrong_order() -> list[CheckMessage]:
    order = list(settings.MIDDLEWARE)
    if MIDDLEWARE in order and LOCALE in order and order.index(MIDDLEWARE) < order.index(LOCALE):
        return [
            Error(
                "RateLimitMiddleware comes before the language is known, on which URLs may depend",
                hint=f"Put {LOCALE} before {MIDDLEWARE}.",
                id="weir.E006",
            )
        ]
    return []


def wrong_throttles() -> list[CheckMessage]:
    rest = sys.modules.get("weir.django.rest")  # there if a view has such throttles
    if rest is None:
        return []
    try:
        rest.require_no_num_proxies()
    except WrongSetting as wrong:
        return [Error(wrong.message, hint=wrong.hint, id=wrong.check_id)]
    return []


def wrong_backends() -> list[CheckMessage]:
    # A project without django.contrib.auth has the setting, and cannot import what it names.
    if MIDDLEWARE in settings.MIDDLEWARE or not apps.is_installed("django.contrib.auth"):
        return []
    named = {path: import_string(path) for path in settings.AUTHENTICATION_BACKENDS}
    auth = sys.modules.get("weir.django.auth")  # there if one of them needs it
    if auth is None:
        return []
    return [
        Error(
            f"{path} limits attempts to sign in, and RateLimitMiddleware is not there to answer "
            "those that are refused",
            hint=f"Put {MIDDLEWARE} into MIDDLEWARE.",
            id="weir.E010",
        )
        for path, backend in named.items()
        if issubclass(backend, auth.SignInLimits)
    ]


def conflicts(current: Configuration) -> list[CheckMessage]:
    problems: list[CheckMessage] = []
    for rule in sorted(declared, key=lambda one: one.id):
        try:
            current.limiter.add_rule(rule)
        except PolicyError as error:
            problems.append(Error(str(error), hint="Give one of them another id.", id="weir.E007"))
    return problems

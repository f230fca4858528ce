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
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.urls import get_resolver
from django.utils.module_loading import import_string

from weir import PolicyError
from weir.django.configuration import Configuration, WrongSetting, configuration
from weir.django.decide import require_verify
from weir.django.decorator import declared, declared_parts

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
        return []
    return [
        Warning(
            f"the {current.limiter.policy.store} store is not ready: {problem}",
            hint="Until it is, limited views follow their on_store_failure.",
            id="weir.W003",
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
    if MIDDLEWARE in settings.MIDDLEWARE:
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

"""settings.WEIR, read and checked once.

POLICY           path of a policy file, or the policy itself as a dict
API_KEY          {"HEADER": field name, "VERIFY": function that says whether a key exists, as a
                 dotted path; None states that every well-formed key is to count by itself}
TRUSTED_PROXIES  networks whose X-Forwarded-For or Forwarded is believed
LOG_DECISIONS    True: every decision goes to the logger weir.decision
SIGN_IN          limits of failed attempts to sign in (weir/django/sign_in.py)
REFUSAL          a template, or a function that answers those who are not admitted
                 (weir/django/refusal.py)
OVERRIDES        a function that gives single users other limits (weir/django/overrides.py)

Functions may be named by their dotted path.

What API_KEY and TRUSTED_PROXIES say goes before what the policy says of the same.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.http import HttpResponseBase
from django.utils.module_loading import import_string

from weir import Limiter, PolicyError
from weir.django.overrides import Overrides
from weir.django.sign_in import DEFAULTS, SignInRules, sign_in_rules
from weir.limiter import read_policy

KNOWN = (
    "POLICY",
    "API_KEY",
    "TRUSTED_PROXIES",
    "LOG_DECISIONS",
    "SIGN_IN",
    "REFUSAL",
    "OVERRIDES",
)
KNOWN_API_KEY = ("HEADER", "VERIFY")

Verify = Callable[[str], bool]


class WrongSetting(ImproperlyConfigured):
    """A mistake in settings.WEIR, with the id of the system check that reports it."""

    def __init__(self, check_id: str, message: str, hint: str) -> None:
        super().__init__(f"{message} ({check_id}). {hint}")
        self.check_id = check_id
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class Configuration:
    limiter: Limiter
    verify: Verify | None
    verify_stated: bool  # VERIFY is there, even if it is None
    key_parts: frozenset[str]  # of all the policy's rules
    facts: frozenset[str]  # what the policy's rules and lists want to know of a request
    listed_facts: frozenset[str]  # what its lists want to know of every request
    header_names: tuple[tuple[str, str], ...]  # fields that identity is read from, as in META
    sign_in: SignInRules
    refusal: Callable[..., HttpResponseBase | None] | str | None
    overrides: Overrides | None
    user_rules: frozenset[str]  # ids of the policy's rules that count users apart
    limits: Mapping[str, str] = field(default_factory=dict)  # by rule id: those of a test


# What tests put in the place of the configuration (weir.django.test); the last one counts.
replacements: list[Configuration] = []


def configuration() -> Configuration:
    """Raises WrongSetting."""
    return replacements[-1] if replacements else configured()


@lru_cache(maxsize=1)
def configured() -> Configuration:
    """What the settings say. Raises WrongSetting."""
    weir = getattr(settings, "WEIR", {})
    if not isinstance(weir, Mapping):
        raise WrongSetting("weir.E001", "WEIR is not a dict", "Write WEIR = {...}.")
    refuse_unknown(weir, KNOWN, "WEIR")
    api_key = weir.get("API_KEY", {})
    if not isinstance(api_key, Mapping):
        raise WrongSetting(
            "weir.E001",
            'WEIR["API_KEY"] is not a dict',
            'Write {"HEADER": "X-API-Key", "VERIFY": "dotted.path"}.',
        )
    refuse_unknown(api_key, KNOWN_API_KEY, 'WEIR["API_KEY"]')

    verify = load_function(
        api_key.get("VERIFY"),
        'WEIR["API_KEY"]["VERIFY"]',
        "weir.E003",
        "Name a function (not async) that takes the key and says whether it exists.",
    )
    limiter = read_limiter(weir, api_key, verify)
    if limiter.policy.verifies_api_key and verify is None:
        raise WrongSetting(
            "weir.E004",
            "the policy wants API keys verified, and nothing says which keys exist",
            'Set WEIR["API_KEY"] = {"VERIFY": "dotted.path.of.a.function"}.',
        )
    return Configuration(
        limiter,
        verify,
        verify_stated="VERIFY" in api_key,
        key_parts=frozenset(part for _, parts in limiter.policy.rules for part in parts),
        facts=frozenset(limiter.policy.facts),
        listed_facts=frozenset(limiter.policy.listed_facts),
        header_names=tuple(
            (name, "HTTP_" + name.upper().replace("-", "_")) for name in limiter.policy.header_names
        ),
        sign_in=read_sign_in(weir),
        refusal=read_refusal(weir),
        overrides=read_overrides(weir),
        user_rules=frozenset(name for name, parts in limiter.policy.rules if "user" in parts),
    )


def refuse_unknown(given: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(str(name).upper(), known, n=1)
            raise WrongSetting(
                "weir.E001",
                f"{where} has an unknown entry {name!r}",
                f"Did you mean {near[0]!r}?" if near else f"It may have {', '.join(known)}.",
            )


def load_function(named: Any, where: str, check_id: str, hint: str) -> Any:
    """A function, or the one of this dotted path; None for None."""
    if named is None:
        return None
    try:
        function = import_string(named) if isinstance(named, str) else named
    except ImportError as error:
        raise WrongSetting(check_id, f"{where} cannot be imported: {error}", hint) from error
    if not callable(function) or iscoroutinefunction(function):
        raise WrongSetting(check_id, f"{where} is not a plain function: {named!r}", hint)
    return function


def read_sign_in(weir: Mapping[str, Any]) -> SignInRules:
    limits = weir.get("SIGN_IN", {})
    if not isinstance(limits, Mapping):
        raise WrongSetting("weir.E001", 'WEIR["SIGN_IN"] is not a dict', 'Write {"PAIR": "5/15m"}.')
    refuse_unknown(limits, tuple(DEFAULTS), 'WEIR["SIGN_IN"]')
    try:
        return sign_in_rules(limits)
    except (ValueError, TypeError) as error:
        raise WrongSetting(
            "weir.E002", f'WEIR["SIGN_IN"] cannot be used: {error}', 'Write limits, as "5/15m".'
        ) from error


def read_refusal(weir: Mapping[str, Any]) -> Callable[..., HttpResponseBase | None] | str | None:
    named = weir.get("REFUSAL")
    if isinstance(named, str) and named.endswith(".html"):
        return named
    return load_function(  # type: ignore[no-any-return]
        named,
        'WEIR["REFUSAL"]',
        "weir.E003",
        "Name a template, with .html at its end, or a function (not async) that takes the request "
        "and the answer.",
    )


def read_overrides(weir: Mapping[str, Any]) -> Overrides | None:
    function = load_function(
        weir.get("OVERRIDES"),
        'WEIR["OVERRIDES"]',
        "weir.E003",
        "Name a function (not async) that takes the primary key of a user, as text, and gives a "
        "dict of limits by the id of the rule.",
    )
    return None if function is None else Overrides(function)


def read_limiter(
    weir: Mapping[str, Any], api_key: Mapping[str, Any], verify: Verify | None
) -> Limiter:
    source = weir.get("POLICY", {"version": 1})
    if not isinstance(source, (str, os.PathLike, Mapping)):
        raise WrongSetting(
            "weir.E002", 'WEIR["POLICY"] is neither a path nor a dict', "Name a weir.yaml."
        )
    # The settings are held to the same rules as a policy that says the same.
    key_settings: dict[str, Any] = {}
    identity: dict[str, Any] = {"api_key": key_settings}
    if "HEADER" in api_key:
        key_settings["header"] = api_key["HEADER"]
    if verify is not None:
        key_settings["verify"] = "required"
    if "TRUSTED_PROXIES" in weir:
        identity["trusted_proxies"] = weir["TRUSTED_PROXIES"]
    try:
        policy = read_policy(source, os.environ, 'WEIR["POLICY"]')
        settings_policy = read_policy({"version": 1, "identity": identity}, {}, "WEIR")
    except PolicyError as error:
        raise WrongSetting(
            "weir.E002", f"the policy cannot be used: {error}", "See docs/policy.md."
        ) from error
    except TypeError as error:
        raise WrongSetting(
            "weir.E001", f"WEIR holds something that no policy can: {error}", "See docs/django.md."
        ) from error
    limiter = Limiter(
        policy.with_identity(settings_policy, {*identity, *key_settings}),
        log_decisions=weir.get("LOG_DECISIONS") is True,
    )
    try:
        limiter.open()
    except PolicyError as error:
        raise WrongSetting(
            "weir.E008", f"the store cannot be opened: {error}", "See docs/dynamodb.md."
        ) from error
    return limiter


def forget_overrides(user: Any = None) -> None:
    """Makes WEIR["OVERRIDES"] be asked anew in this process: about one user, or about all."""
    overrides = configuration().overrides
    if overrides is not None:
        overrides.forget(None if user is None else str(user.pk))


def forget(*, setting: str, **_: Any) -> None:
    """For tests that override settings."""
    if setting == "WEIR":
        configured.cache_clear()


setting_changed.connect(forget)

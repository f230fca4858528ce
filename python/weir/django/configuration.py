"""settings.WEIR, read and checked once.

POLICY           path of a policy file, or the policy itself as a dict
API_KEY          {"HEADER": field name, "VERIFY": function that says whether a key exists, as a
                 dotted path; None states that every well-formed key is to count by itself}
TRUSTED_PROXIES  networks whose X-Forwarded-For or Forwarded is believed
LOG_DECISIONS    True: every decision goes to the logger weir.decision

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
from django.utils.module_loading import import_string

from weir import Limiter, PolicyError
from weir.limiter import read_policy

KNOWN = ("POLICY", "API_KEY", "TRUSTED_PROXIES", "LOG_DECISIONS")
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

    verify = load_verify(api_key.get("VERIFY"))
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


def load_verify(named: Any) -> Verify | None:
    if named is None:
        return None
    try:
        verify = import_string(named) if isinstance(named, str) else named
    except ImportError as error:
        raise WrongSetting(
            "weir.E003",
            f'WEIR["API_KEY"]["VERIFY"] cannot be imported: {error}',
            "Name a function that takes the key and says whether it exists.",
        ) from error
    if not callable(verify) or iscoroutinefunction(verify):
        raise WrongSetting(
            "weir.E003",
            f'WEIR["API_KEY"]["VERIFY"] is not a plain function: {named!r}',
            "Name a function (not async) that takes the key and says whether it exists.",
        )
    return verify  # type: ignore[no-any-return]


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


def forget(*, setting: str, **_: Any) -> None:
    """For tests that override settings."""
    if setting == "WEIR":
        configured.cache_clear()


setting_changed.connect(forget)

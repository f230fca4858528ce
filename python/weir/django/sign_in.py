"""WEIR["SIGN_IN"]: how many attempts to sign in may fail, and of whom.

PAIR     failures at one account from one network
NETWORK  failures from one network, at whatever accounts
ACCOUNT  different networks that try one account
DEVICE   failures at one account on a device that has signed in to it before

An entry is a limit ("5/15m"), or None for none. docs/django.md says why these four.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from weir import Rule

DEFAULTS: Mapping[str, str | None] = {
    "PAIR": "5/15m",
    "NETWORK": "50/15m",
    "ACCOUNT": "20/h",
    "DEVICE": "10/15m",
}

# What one customer has of IPv6, from which addresses are taken at will: rules by less would be
# counters at will.
CUSTOMER_IPV6_PREFIX = 48


@dataclass(frozen=True)
class SignInRules:
    """None: no limit of this kind."""

    pair: Rule | None
    network: Rule | None
    account: Rule | None
    device: Rule | None


def sign_in_rules(limits: Mapping[str, Any]) -> SignInRules:
    """Of DEFAULTS and what `limits` says otherwise. Raises ValueError for what is no limit."""
    said = {**DEFAULTS, **limits}

    def rule(name: str, **more: Any) -> Rule | None:
        if said[name] is None:
            return None
        return Rule(f"sign-in-{name.lower()}", said[name], ipv6_prefix=CUSTOMER_IPV6_PREFIX, **more)

    return SignInRules(
        pair=rule("PAIR", key=("client_ip",)),
        network=rule("NETWORK", key=("client_ip",)),
        account=rule("ACCOUNT", algorithm="distinct", distinct="client_ip"),
        device=rule("DEVICE"),
    )

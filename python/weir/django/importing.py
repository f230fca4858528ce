"""`manage.py weir import`: a project's limits by other means, as the text of a weir.yaml.

What cannot be taken over stands in comments, with the reason.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from weir.django.neighbours import Ratelimit, Throttle, ratelimits, throttles

RATELIMIT_RATE = re.compile(r"(\d+)/(\d*)([smhd])?")
KEYS = {"ip": "client_ip", "user": "user", "user_or_ip": "user"}

MAX_ID = 64


@dataclass
class Draft:
    """Rules by what they say, each with its routes; and what has no rule."""

    rules: dict[tuple[str, tuple[str, ...], str, str], list[str]] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)

    def add(self, name: str, methods: tuple[str, ...], key: str, limit: str, route: str) -> None:
        routes = self.rules.setdefault((name, methods, key, limit), [])
        if route and route not in routes:
            routes.append(route)

    def leave(self, what: str) -> None:
        if what not in self.left:
            self.left.append(what)


def policy_text() -> str:
    draft = Draft()
    for use in ratelimits():
        take_ratelimit(draft, use)
    for throttle in throttles():
        take_throttle(draft, throttle)
    lines = [
        "# Taken over by `manage.py weir import`. Check it: manage.py weir explain.",
        "version: 1",
    ]
    if draft.left:
        lines.append("# Not taken over:")
        lines += [f"#   {text}" for text in draft.left]
    lines.append("rules:" if draft.rules else "rules: []")
    used: set[str] = set()
    for (name, methods, key, limit), routes in draft.rules.items():
        match: dict[str, Any] = {"methods": list(methods)} if methods else {}
        match |= {"routes": routes} if routes else {}
        lines.append(f"  - id: {rule_id(name, used)}")
        if match:
            lines.append(f"    match: {json.dumps(match)}")  # JSON is YAML
        lines += [f"    key: [{key}]", f"    limit: {limit}"]
    return "\n".join(lines) + "\n"


def rule_id(name: str, used: set[str]) -> str:
    text = re.sub("[^a-z0-9_-]+", "-", name.lower()).strip("-") or "rule"
    if len(text) > MAX_ID - 4:
        text = f"{text[: MAX_ID - 13]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    chosen, number = text, 2
    while chosen in used:
        chosen, number = f"{text}-{number}", number + 1
    used.add(chosen)
    return chosen


def take_ratelimit(draft: Draft, use: Ratelimit) -> None:
    what = f"{use.view}: ratelimit(key={use.key!r}, rate={use.rate!r})"
    key = KEYS.get(use.key) if isinstance(use.key, str) else None
    if key is None and use.key == f"header:{api_key_header()}".lower():
        key = "api_key"
    if key is None and use.chosen_by_client:
        return draft.leave(
            f"{what}: the client chooses that, and with it a fresh counter for each request. To "
            "protect accounts see weir.django.auth"
        )
    if key is None:
        return draft.leave(f"{what}: its key is code; ask a Rule with a subject (weir.Ask)")
    found = RATELIMIT_RATE.fullmatch(use.rate) if isinstance(use.rate, str) else None
    if found is None or int(found[1]) == 0:
        return draft.leave(f"{what}: its rate is no limit that stands in a policy")
    limit = f"{found[1]}/{found[2]}{found[3] or 's'}"
    return draft.add(use.group, use.methods, key, limit, use.route)


def api_key_header() -> str:
    weir = getattr(settings, "WEIR", {})
    header: str = weir.get("API_KEY", {}).get("HEADER", "X-API-Key")
    return header.lower()


def take_throttle(draft: Draft, use: Throttle) -> None:
    from rest_framework import throttling

    what = f"{use.view}: {use.cls.__module__}.{use.cls.__qualname__}"
    if issubclass(use.cls, throttling.AnonRateThrottle):
        return draft.leave(
            f"{what}: a policy cannot count the anonymous alone; use "
            "weir.django.rest.AnonRateThrottle"
        )
    scoped = issubclass(use.cls, throttling.ScopedRateThrottle)
    if not (scoped or issubclass(use.cls, throttling.UserRateThrottle)):
        return draft.leave(f"{what}: its key is code; derive it from weir.django.rest's")
    throttle = use.cls()
    if scoped:
        if not use.scope:
            return None
        throttle.scope = use.scope
        throttle.rate = throttle.get_rate()
    count, seconds = throttle.parse_rate(throttle.rate)
    if not count:
        return draft.leave(f"{what}: it has no rate") if throttle.rate else None
    return draft.add(f"rest-{throttle.scope}", (), "user", f"{count}/{seconds}s", use.route)

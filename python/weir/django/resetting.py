"""manage.py weir reset: lets somebody in again whom the limits keep out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from weir import Ask, PolicyError, Request, Rule
from weir.django.configuration import Configuration


@dataclass(frozen=True)
class Somebody:
    """What is said of who is let in; None: nothing."""

    client_ip: str | None = None
    user: str | None = None
    api_key: str | None = None
    account: str | None = None  # that they sign in to
    method: str = "GET"
    route: str = ""


def reset(
    current: Configuration, who: Somebody, declared: Sequence[Rule], names: Sequence[str]
) -> Iterator[tuple[str, bool]]:
    """The id of each rule that counts by what is said, and whether anything was counted.

    names: these rules only. What counts everybody together is reset only by its name. Raises
    PolicyError.
    """
    rules: dict[str, Rule | Ask | str] = {name: name for name, _ in current.limiter.policy.rules}
    together = {name for name, parts in current.limiter.policy.rules if not parts}
    for rule in declared:
        rules[rule.id] = rule
        if not rule.key:
            together.add(rule.id)
    if who.account is not None:
        from weir.django.auth import asks_about, folded  # which wants django.contrib.auth

        rules.update((ask.rule.id, ask) for ask in asks_about(folded(who.account)))
    for name in names:
        if name not in rules:
            raise PolicyError(f"there is no rule {name!r}; there are: {', '.join(sorted(rules))}")
    request = Request(
        peer=who.client_ip or "",
        method=who.method,
        route=who.route,
        user=who.user,
        headers=[]
        if who.api_key is None
        else [(current.limiter.policy.header_names[0], who.api_key.encode())],
    )
    for name in names or [name for name in rules if name not in together]:
        forgotten = current.limiter.forget(request, rules[name])
        if forgotten is not None:
            yield name, forgotten
        elif names:
            raise PolicyError(f"rule {name!r} counts by more than what is said")

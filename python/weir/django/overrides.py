"""WEIR["OVERRIDES"]: other limits for single users, such as from the database.

    def limits_of(user_pk: str) -> dict[str, str]:
        plan = Plan.objects.filter(users=user_pk).first()
        return {"per-user": plan.limit} if plan else {}

It is asked once a user and KEPT_S seconds in each process; forgetting makes it ask anew, in this
process (weir.django.forget_overrides). An override is for rules that count users apart, in the
counters that they have.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import lru_cache

logger = logging.getLogger("weir")

LimitsOf = Callable[[str], "Mapping[str, str] | None"]

NONE: Mapping[str, str] = {}


class Overrides:
    """Bounded: beyond MAX_USERS the least lately asked about is forgotten, and asked for again.

    Thread safety: any thread; two at once may both ask about a user.
    """

    KEPT_S = 60.0
    MAX_USERS = 10_000

    def __init__(
        self, limits_of: LimitsOf, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._limits_of = limits_of
        self._monotonic = monotonic
        self._known: OrderedDict[str, tuple[float, Mapping[str, str]]] = OrderedDict()

    def of(self, user: str) -> Mapping[str, str]:
        """By the id of the rule. What cannot be found out is logged, and nobody's override."""
        now = self._monotonic()
        known = self._known.get(user)
        if known is not None and now < known[0]:
            return known[1]
        try:
            limits = dict(self._limits_of(user) or NONE)
        except Exception:
            logger.exception("WEIR OVERRIDES failed: the rules' own limits hold")
            return NONE
        self._known[user] = (now + self.KEPT_S, limits)
        self._known.move_to_end(user)
        while len(self._known) > self.MAX_USERS:
            self._known.popitem(last=False)
        return limits

    def forget(self, user: str | None = None) -> None:
        """What is known of a user, or of all."""
        if user is None:
            self._known.clear()
        else:
            self._known.pop(user, None)


@lru_cache(maxsize=256)
def tell_of_wrong_limit(limit: str, why: str) -> None:
    """Once for each, so that a request of each second makes no line of each second."""
    logger.error("WEIR OVERRIDES gave %r, which cannot be: %s. The rule's own holds", limit, why)

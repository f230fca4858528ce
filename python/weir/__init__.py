"""Weir: a rate limiter that cannot be got around.

    from weir import Limiter, Request

    limiter = Limiter("weir.yaml")
    answer = limiter.decide(Request(peer="203.0.113.7", method="GET", route="/quotes/{pair}"))
    if answer.status != 200:
        ...  # send answer.status, answer.headers and answer.body

Django projects use `weir.django` instead.
"""

from weir._native import Answer, FrozenClock, PolicyError
from weir.limiter import Ask, Limiter, Request, Rule

__all__ = ["Answer", "Ask", "FrozenClock", "Limiter", "PolicyError", "Request", "Rule"]

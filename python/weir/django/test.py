"""For tests of a project that uses Weir: counters of their own, limits of their own, and a clock
that stands still.

    from weir.django.test import override_limits

    def test_refuses_the_third(client):
        with override_limits({"sign-in": "2/m"}) as clock:
            assert [client.get("/").status_code for _ in range(3)] == [200, 200, 429]
            clock.advance(62)
            assert client.get("/").status_code == 200
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.test.utils import TestContextDecorator

from weir import FrozenClock, Limiter
from weir.django.configuration import configured, replacements

__all__ = ["override_limits"]


class override_limits(TestContextDecorator):  # noqa: N801 - as Django's override_settings
    """Inside of it nothing has been counted yet, counters are in memory, and time stands still.

    limits  by the rule's id: instead of its own, for everybody. Rules that are not named keep
            theirs.

    A context manager that gives the clock, and a decorator for test functions, sync or async, and
    for TestCase classes; `kwarg_name` names the argument that then gets the clock. Holds in all
    threads of the process, a live server's too; the store of the policy is not asked. Windows are
    not stretched by the store's budget and the clocks' skew, since there are none.
    """

    def __init__(
        self, limits: Mapping[str, str] | None = None, *, kwarg_name: str | None = None
    ) -> None:
        super().__init__(kwarg_name=kwarg_name)
        self.limits = dict(limits or {})

    def enable(self) -> FrozenClock:
        current = configured()
        clock = FrozenClock()
        limiter = Limiter(current.limiter.policy.in_memory(), clock=clock)
        replacements.append(replace(current, limiter=limiter, limits=self.limits))
        return clock

    def __enter__(self) -> FrozenClock:  # type: ignore[override]
        return self.enable()

    def disable(self) -> None:
        replacements.pop()

    def decorate_class(self, cls: Any) -> Any:
        """For a TestCase: each of its tests begins anew."""
        set_up = cls.setUp

        def set_up_with_limits(test: Any) -> None:
            clock = self.enable()
            test.addCleanup(self.disable)
            if self.kwarg_name:
                setattr(test, self.kwarg_name, clock)
            set_up(test)

        cls.setUp = set_up_with_limits
        return cls

"""Weir's throttles in views of Django REST framework.

The first half are the behaviours that DRF's own tests of its throttles ask for; where Weir promises
otherwise, the test says so. Time stands still unless a test lets it pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ImproperlyConfigured
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.throttling import BaseThrottle
from rest_framework.throttling import SimpleRateThrottle as TheirSimpleRateThrottle
from rest_framework.throttling import UserRateThrottle as TheirUserRateThrottle
from rest_framework.views import APIView

from servers import free_port
from weir import FrozenClock
from weir.django import checks
from weir.django.rest import (
    AnonRateThrottle,
    ScopedRateThrottle,
    SimpleRateThrottle,
    UserRateThrottle,
)
from weir.django.test import override_limits

ALICE = User(pk=1, username="alice")
BOB = User(pk=2, username="bob")


@pytest.fixture(autouse=True)
def clock() -> Iterator[FrozenClock]:
    with override_limits() as frozen:
        yield frozen


class PerSecond(UserRateThrottle):
    rate = "3/sec"
    scope = "seconds"


class PerMinute(UserRateThrottle):
    rate = "6/min"
    scope = "minutes"


class Served(APIView):
    authentication_classes = ()
    permission_classes = ()

    def get(self, request: Any) -> Response:
        return Response("served")

    post = get


def view_of(*throttles: type[BaseThrottle], **attributes: Any) -> Any:
    """A view class with these throttles, as a function."""
    cls: Any = type("View", (Served,), {"throttle_classes": throttles, **attributes})
    return cls.as_view()


def ask(view: Any, user: User | None = None, method: str = "get", **extra: Any) -> Any:
    request = getattr(APIRequestFactory(), method)("/", **extra)
    if user is not None:
        force_authenticate(request, user)
    return view(request)


def statuses(view: Any, times: int, user: User | None = None, **extra: Any) -> list[int]:
    return [ask(view, user, **extra).status_code for _ in range(times)]


# As DRF's own throttles.


def test_requests_are_throttled() -> None:
    assert statuses(view_of(PerSecond), 4) == [200, 200, 200, 429]


def test_the_same_request_object_counts_each_time() -> None:
    view, request = view_of(PerSecond), APIRequestFactory().get("/")
    assert [view(request).status_code for _ in range(4)] == [200, 200, 200, 429]


def test_throttling_expires(clock: FrozenClock) -> None:
    view = view_of(PerSecond)
    assert statuses(view, 4)[-1] == 429
    clock.advance(1.1)
    assert statuses(view, 1) == [200]


def test_throttling_is_per_user() -> None:
    view = view_of(PerSecond)
    assert statuses(view, 3, ALICE) == [200] * 3
    assert statuses(view, 1, BOB) == [200]
    assert statuses(view, 1, ALICE) == [429]


def test_views_with_one_throttle_share_its_counters() -> None:
    assert statuses(view_of(PerSecond), 3) == [200] * 3
    assert statuses(view_of(PerSecond), 1) == [429]


def test_several_throttles_hold_all(clock: FrozenClock) -> None:
    view = view_of(PerSecond, PerMinute)
    assert statuses(view, 4) == [200, 200, 200, 429]
    clock.advance(1.1)
    # DRF has charged the refused request to the minute as well; Weir has not.
    assert statuses(view, 4) == [200, 200, 200, 429]
    clock.advance(1.1)
    refused = ask(view)
    assert refused.status_code == 429
    assert 57 <= int(refused["Retry-After"]) <= 60


def test_the_wait_is_told_in_whole_seconds_and_is_honest(clock: FrozenClock) -> None:
    view = view_of(PerMinute)
    statuses(view, 6)
    refused = ask(view)
    wait = int(refused["Retry-After"])
    assert 60 <= wait <= 62
    assert f"available in {wait} seconds" in refused.data["detail"]
    clock.advance(wait)
    assert statuses(view, 1) == [200]


def test_a_lowered_rate_makes_no_negative_wait() -> None:
    class Lowered(UserRateThrottle):
        rate = "24/sec"
        scope = "lowered"

    view = view_of(Lowered)
    statuses(view, 24)
    Lowered.rate = "1/sec"
    refused = ask(view)
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) >= 1


def test_a_throttle_that_is_none_of_these_is_asked_as_ever() -> None:
    class Never(BaseThrottle):
        def allow_request(self, request: Any, view: Any) -> bool:
            return False

    refused = ask(view_of(Never))
    assert refused.status_code == 429
    assert "Retry-After" not in refused


RATES = {"x": "3/sec", "y": "1/min"}


class Scoped(ScopedRateThrottle):
    THROTTLE_RATES = RATES


def test_scopes_count_apart_and_views_of_one_scope_together() -> None:
    x, x2, y = (view_of(Scoped, throttle_scope=scope) for scope in "xxy")
    assert statuses(x, 2) + statuses(x2, 2) == [200, 200, 200, 429]
    assert statuses(y, 2) == [200, 429]


def test_a_view_without_a_scope_is_not_throttled() -> None:
    assert statuses(view_of(Scoped), 20) == [200] * 20


def test_scoped_throttles_are_per_user() -> None:
    view = view_of(Scoped, throttle_scope="y")
    assert statuses(view, 2, ALICE) == [200, 429]
    assert statuses(view, 2, BOB) == [200, 429]
    assert statuses(view, 2) == [200, 429]


def test_scopes_expire(clock: FrozenClock) -> None:
    view = view_of(Scoped, throttle_scope="y")
    assert statuses(view, 2) == [200, 429]
    clock.advance(62)
    assert statuses(view, 2) == [200, 429]


class Anonymous(AnonRateThrottle):
    rate = "2/day"


def test_who_is_signed_in_is_nothing_to_the_anonymous_throttle() -> None:
    view = view_of(Anonymous)
    assert statuses(view, 5, ALICE) == [200] * 5
    assert statuses(view, 3) == [200, 200, 429]


def test_cache_keys_are_those_of_drf() -> None:
    request = APIRequestFactory().get("/", REMOTE_ADDR="192.0.2.1")
    request.user = AnonymousUser()
    assert Anonymous().get_cache_key(request, None) == "throttle_anon_192.0.2.1"
    request.user = ALICE
    assert PerSecond().get_cache_key(request, None) == "throttle_seconds_1"
    assert Anonymous().get_cache_key(request, None) is None


def test_rates_come_from_the_settings_of_now(settings: Any) -> None:
    settings.REST_FRAMEWORK = {"DEFAULT_THROTTLE_RATES": {"user": "2/h", "anon": None}}
    assert statuses(view_of(UserRateThrottle), 3) == [200, 200, 429]
    assert statuses(view_of(AnonRateThrottle), 5) == [200] * 5


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (None, (None, None)),
        *[(f"5/{unit}", (5, 1)) for unit in ("s", "sec", "second")],
        *[(f"5/{unit}", (5, 60)) for unit in ("m", "min", "minute")],
        *[(f"5/{unit}", (5, 3600)) for unit in ("h", "hour")],
        *[(f"5/{unit}", (5, 86400)) for unit in ("d", "day")],
        ("5/10s", (5, 10)),
        ("1000/7days", (1000, 604800)),
    ],
)
def test_reads_rates(rate: str | None, expected: Any) -> None:
    assert PerSecond().parse_rate(rate) == expected


@pytest.mark.parametrize("rate", ["", "5", "5/", "/s", "-5/s", "5/month", "5/year", "5/fortnight"])
def test_refuses_what_is_no_rate(rate: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="not a rate"):
        PerSecond().parse_rate(rate)


def test_no_request_passes_under_a_rate_that_cannot_be() -> None:
    class Nothing(UserRateThrottle):
        rate = "0/s"
        scope = "nothing"

    with pytest.raises(ValueError, match="must be from 1"):
        ask(view_of(Nothing))


def test_wants_a_rate_or_a_scope() -> None:
    class Neither(SimpleRateThrottle):
        pass

    with pytest.raises(ImproperlyConfigured, match=r"either `\.scope` or `\.rate`"):
        Neither()


def test_wants_a_rate_for_the_scope() -> None:
    class Unknown(UserRateThrottle):
        scope = "unknown"

    with pytest.raises(ImproperlyConfigured, match="No default throttle rate set for 'unknown'"):
        Unknown()


def test_a_throttle_without_a_key_is_not_implemented() -> None:
    class Keyless(SimpleRateThrottle):
        rate = "1/s"

    with pytest.raises(NotImplementedError):
        ask(view_of(Keyless))


# Throttles of one's own.


class PerTenant(SimpleRateThrottle):
    scope = "tenant"
    rate = "2/h"

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        tenant: str | None = request.META.get("HTTP_X_TENANT")
        return tenant


def test_counts_by_the_key_that_a_subclass_makes() -> None:
    view = view_of(PerTenant)
    assert statuses(view, 3, HTTP_X_TENANT="one") == [200, 200, 429]
    assert statuses(view, 3, HTTP_X_TENANT="two") == [200, 200, 429]
    assert statuses(view, 3) == [200, 200, 200], "without a key it is not throttled"


def test_a_key_may_be_of_any_length() -> None:
    view = view_of(PerTenant)
    assert statuses(view, 3, HTTP_X_TENANT="n" * 10_000) == [200, 200, 429]
    assert statuses(view, 1, HTTP_X_TENANT="n" * 10_001) == [200]


def test_a_throttle_derived_from_theirs_counts_here() -> None:
    class Theirs(TheirUserRateThrottle):
        scope = "theirs"
        rate = "2/h"

        def get_cache_key(self, request: Any, view: Any) -> str:
            return f"mine_{super().get_cache_key(request, view)}"

    class Mine(Theirs, SimpleRateThrottle):
        pass

    assert statuses(view_of(Mine), 3) == [200, 200, 429]


def test_a_rate_may_depend_on_the_request() -> None:
    class Tiered(UserRateThrottle):
        scope = "tiered"
        rate = "1/h"

        def allow_request(self, request: Any, view: Any) -> bool:
            if request.user == BOB:
                self.num_requests, self.duration = self.parse_rate("3/h")
            return super().allow_request(request, view)

    view = view_of(Tiered)
    assert statuses(view, 2, ALICE) == [200, 429]
    assert statuses(view, 4, BOB) == [200, 200, 200, 429]


def test_a_throttle_may_let_somebody_pass_by_itself() -> None:
    class NotForBob(UserRateThrottle):
        scope = "not-for-bob"
        rate = "1/h"

        def allow_request(self, request: Any, view: Any) -> bool:
            return request.user == BOB or super().allow_request(request, view)

    view = view_of(NotForBob, PerMinute)
    assert statuses(view, 2, ALICE) == [200, 429]
    assert statuses(view, 7, BOB) == [200] * 6 + [429]


def test_throttles_of_one_scope_and_window_count_a_request_once() -> None:
    class Wider(PerMinute):
        rate = "9/min"

    assert statuses(view_of(Wider, PerMinute), 7) == [200] * 6 + [429]
    assert statuses(view_of(Wider), 4) == [200, 200, 200, 429], "the same counter"


def test_the_throttle_that_refuses_says_so_and_the_others_do_not() -> None:
    said: list[str] = []

    def failed(throttle: SimpleRateThrottle) -> bool:
        said.append(type(throttle).__name__)
        return False

    narrow = type("Narrow", (PerSecond,), {"throttle_failure": failed})
    wide = type("Wide", (PerMinute,), {"throttle_failure": failed})
    assert statuses(view_of(wide, narrow), 4)[-1] == 429
    assert said == ["Narrow"]


# What Weir promises besides.


def test_a_refused_request_is_charged_to_none_of_the_throttles() -> None:
    both = view_of(PerMinute, Anonymous)
    assert statuses(both, 6) == [200, 200, 429, 429, 429, 429]
    assert statuses(view_of(PerMinute), 5) == [200, 200, 200, 200, 429]


def test_the_answer_tells_what_is_left() -> None:
    view = view_of(PerSecond, PerMinute)
    admitted = ask(view)
    assert admitted["RateLimit-Policy"] == '"rest-seconds-1s";q=3;w=1, "rest-minutes-60s";q=6;w=60'
    assert '"rest-minutes-60s";r=5;' in admitted["RateLimit"]
    statuses(view, 2)
    assert '"rest-seconds-1s";r=0;' in ask(view)["RateLimit"]


def test_no_forwarded_address_is_believed() -> None:
    view = view_of(Anonymous)
    assert statuses(view, 2) == [200, 200]
    for address in ("198.51.100.1", "198.51.100.2"):
        assert statuses(view, 1, HTTP_X_FORWARDED_FOR=address) == [429]


def test_trusted_proxies_are_believed(settings: Any) -> None:
    settings.WEIR = {"TRUSTED_PROXIES": ["127.0.0.1"]}
    view = view_of(Anonymous)
    with override_limits():
        one: Any = {"HTTP_X_FORWARDED_FOR": "203.0.113.9, 198.51.100.1"}
        assert statuses(view, 3, **one) == [200, 200, 429]
        # Left of it stands what the client wrote.
        spoofed: Any = {"HTTP_X_FORWARDED_FOR": "203.0.113.10, 198.51.100.1"}
        assert statuses(view, 1, **spoofed) == [429]
        assert statuses(view, 1, HTTP_X_FORWARDED_FOR="198.51.100.2") == [200]


def test_addresses_of_one_network_are_one_client() -> None:
    view = view_of(Anonymous)
    assert statuses(view, 2, REMOTE_ADDR="2001:db8::1") == [200, 200]
    assert statuses(view, 1, REMOTE_ADDR="2001:db8::2") == [429]
    assert statuses(view, 2, REMOTE_ADDR="::ffff:192.0.2.1") == [200, 200]
    assert statuses(view, 1, REMOTE_ADDR="192.0.2.1") == [429]


def test_an_address_that_is_none_is_a_bad_request() -> None:
    assert statuses(view_of(Anonymous), 1, REMOTE_ADDR="") == [400]


def test_the_policy_may_deny_and_allow(settings: Any) -> None:
    settings.WEIR = {
        "POLICY": {"version": 1, "deny": [{"user": "1"}], "allow": [{"client_ip": "192.0.2.1"}]}
    }
    view = view_of(PerSecond)
    with override_limits():
        assert statuses(view, 1, ALICE) == [403]
        assert statuses(view, 9, BOB, REMOTE_ADDR="192.0.2.1") == [200] * 9


def test_an_outage_is_never_a_refusal(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    store = {"kind": "dynamodb", "table": "absent", "endpoint": f"http://127.0.0.1:{free_port()}"}
    settings.WEIR = {"POLICY": {"version": 1, "store": store, "pepper": "0123456789abcdef"}}

    class Denying(UserRateThrottle):
        scope = "denying"
        rate = "5/m"
        on_store_failure = "deny"

    monkeypatch.setattr("weir.django.configuration.replacements", [])
    answer = ask(view_of(Denying))
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) >= 1


def test_num_proxies_is_a_mistake_that_says_its_cure(settings: Any) -> None:
    settings.WEIR = {"API_KEY": {"VERIFY": None}}
    for number, wrong in ((1, True), (0, False), (None, False)):
        settings.REST_FRAMEWORK = {"NUM_PROXIES": number}
        assert [m.id for m in checks.check_rules(None)] == (["weir.E009"] if wrong else [])
    settings.REST_FRAMEWORK = {"NUM_PROXIES": 1}
    with pytest.raises(ImproperlyConfigured, match=r'WEIR\["TRUSTED_PROXIES"\]'):
        ask(view_of(PerSecond))


def test_a_throttle_asked_outside_of_a_view_decides_by_itself() -> None:
    request = APIRequestFactory().get("/")
    request.user = AnonymousUser()
    throttle = PerSecond()
    assert [throttle.allow_request(request, None) for _ in range(4)] == [True, True, True, False]
    assert throttle.wait() is not None


def test_is_a_throttle_of_drf() -> None:
    assert issubclass(SimpleRateThrottle, TheirSimpleRateThrottle)

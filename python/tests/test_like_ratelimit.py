"""What django-ratelimit's own tests ask of its decorator, asked of @rate_limit.

Where Weir promises otherwise, the test says so; docs/django.md has the list.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils.decorators import method_decorator
from django.views import View

from weir import FrozenClock
from weir.django import rate_limit
from weir.django.decorator import declared, declared_parts
from weir.django.test import override_limits

FACTORY = RequestFactory()
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


@pytest.fixture(autouse=True)
def clock(settings: Any) -> Iterator[FrozenClock]:
    settings.WEIR = {"API_KEY": {"VERIFY": None}}
    rules, parts = set(declared), set(declared_parts)
    with override_limits() as frozen:
        yield frozen
    # The views of one test are none of the project's that other tests check.
    declared.intersection_update(rules)
    declared_parts.intersection_update(parts)


def limited(rate: str = "1/m", **arguments: Any) -> Any:
    @rate_limit(rate, **arguments)
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("served")

    return view


def ask(view: Any, method: str = "GET", user: Any = None, **extra: Any) -> int:
    request = FACTORY.generic(method, "/", **extra)
    request.user = user or AnonymousUser()
    status: int = view(request).status_code
    return status


def test_by_address() -> None:
    view = limited(key="client_ip")
    assert [ask(view), ask(view)] == [200, 429]
    assert ask(view, REMOTE_ADDR="192.0.2.2") == 200


def test_without_a_key_all_count_together() -> None:
    """django-ratelimit wants a key."""
    view = limited()
    assert [ask(view), ask(view, REMOTE_ADDR="192.0.2.2")] == [200, 429]


def test_by_user_or_address() -> None:
    view = limited(key="user")
    alice, bob = User(pk=1), User(pk=2)
    assert [ask(view, user=alice), ask(view, user=alice), ask(view, user=bob)] == [200, 429, 200]
    assert [ask(view), ask(view), ask(view, REMOTE_ADDR="192.0.2.2")] == [200, 429, 200]


def test_by_a_header_that_is_an_api_key() -> None:
    view = limited(key="api_key")
    keys = ("one", "one", "two")
    assert [ask(view, HTTP_X_API_KEY=key) for key in keys] == [200, 429, 200]


@pytest.mark.parametrize("key", ["get:q", "post:name", "header:x-name", "ip", "user_or_ip"])
def test_what_the_client_chooses_is_no_key(key: str) -> None:
    with pytest.raises(ValueError):
        limited(key=key)


def test_methods_that_are_not_named_are_not_counted() -> None:
    view = limited(key="client_ip", methods="POST")
    assert [ask(view) for _ in range(3)] == [200, 200, 200]
    assert [ask(view, "POST"), ask(view, "POST"), ask(view)] == [200, 429, 200]


def test_several_methods_count_together() -> None:
    view = limited("2/m", key="client_ip", methods=UNSAFE)
    assert [ask(view, method) for method in ("POST", "PUT", "DELETE")] == [200, 200, 429]
    assert ask(view) == 200


def test_stacked_limits_of_different_methods() -> None:
    view = rate_limit("2/m", key="client_ip", methods="GET", id="reads")(
        limited(key="client_ip", methods=UNSAFE, id="writes")
    )
    assert [ask(view, "POST"), ask(view, "POST")] == [200, 429]
    assert [ask(view), ask(view), ask(view)] == [200, 200, 429]


def test_what_is_no_method_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="method"):
        limited(methods=("not a method",))


@pytest.mark.parametrize("rate", ["0/m", "", "many", "5", "5/fortnight"])
def test_a_rate_that_lets_nothing_pass_is_a_mistake(rate: str) -> None:
    """django-ratelimit refuses everything under 0/m."""
    with pytest.raises(ValueError):
        limited(rate)


def test_views_of_one_group_share_a_counter() -> None:
    one, two = limited(key="client_ip", id="group"), limited(key="client_ip", id="group")
    assert [ask(one), ask(two)] == [200, 429]


def test_views_without_a_group_do_not() -> None:
    @rate_limit("1/m", key="client_ip")
    def other(request: HttpRequest) -> HttpResponse:
        return HttpResponse("served")

    view = limited(key="client_ip")
    assert [ask(view), ask(other), ask(view)] == [200, 200, 429]


def test_a_limit_that_only_watches_refuses_nobody() -> None:
    """Where django-ratelimit has block=False and sets request.limited."""
    view = limited(key="client_ip", shadow=True)
    assert [ask(view) for _ in range(3)] == [200, 200, 200]


def test_on_a_class_and_on_one_method_of_it() -> None:
    @method_decorator(rate_limit("1/m", key="client_ip"), name="dispatch")
    class All(View):
        def get(self, request: HttpRequest) -> HttpResponse:
            return HttpResponse("served")

    class One(View):
        def get(self, request: HttpRequest) -> HttpResponse:
            return HttpResponse("served")

        @method_decorator(rate_limit("1/m", key="client_ip"))
        def post(self, request: HttpRequest) -> HttpResponse:
            return HttpResponse("served")

    assert [ask(All.as_view()), ask(All.as_view())] == [200, 429]
    assert [ask(One.as_view(), "POST"), ask(One.as_view(), "POST")] == [200, 429]
    assert ask(One.as_view()) == 200


def test_addresses_of_a_64_are_one_client_and_mapped_ones_are_not() -> None:
    """django-ratelimit takes all IPv4-mapped addresses for one /64."""
    view = limited(key="client_ip")
    addresses = ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "::ffff:192.0.2.1")
    assert [ask(view, REMOTE_ADDR=address) for address in addresses] == [200, 429, 200, 200]
    assert ask(view, REMOTE_ADDR="::ffff:192.0.2.2") == 200
    assert ask(view, REMOTE_ADDR="192.0.2.1") == 429


def test_no_more_pass_around_the_end_of_a_window(clock: FrozenClock) -> None:
    """In django-ratelimit's windows, 2N do."""
    view = limited("5/m", key="client_ip")
    admitted = 0
    for _ in range(60):
        clock.advance(0.9)
        admitted += ask(view) == 200
    assert admitted == 5


def test_what_was_refused_is_not_counted(clock: FrozenClock) -> None:
    """django-ratelimit counts it, so that who keeps trying is never admitted in a window."""
    view = limited(key="client_ip")
    assert ask(view) == 200
    for _ in range(20):
        clock.advance(2.5)
        assert ask(view) == 429
    clock.advance(12)
    assert ask(view) == 200

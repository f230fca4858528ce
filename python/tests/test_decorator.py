"""@rate_limit on views of every sort, with counters in memory."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from weir import Rule
from weir.django import rate_limit
from weir.django.decide import decide


def served(client: Client, path: str, times: int, **extra: Any) -> list[int]:
    return [client.get(path, **extra).status_code for _ in range(times)]


@pytest.mark.parametrize(
    "path",
    [
        "/by-address",
        "/asynchronous",
        "/first",
        "/asynchronous-class",
        "/plain",
        "/callable",
        "/all-together",
    ],
)
def test_refuses_the_fourth_of_three(client: Client, path: str) -> None:
    assert served(client, path, 5) == [200, 200, 200, 429, 429]


def test_answers_a_refusal_with_a_problem_document_and_when_to_come_back(client: Client) -> None:
    served(client, "/by-address", 3)
    refusal = client.get("/by-address")
    assert refusal["Content-Type"] == "application/problem+json"
    problem = json.loads(refusal.content)
    assert problem["status"] == 429
    assert 3500 <= int(refusal["Retry-After"]) <= 3661


def test_tells_what_is_left_on_admitted_and_refused_answers(client: Client) -> None:
    first = client.get("/by-address")
    assert first["RateLimit-Policy"] == '"project_urls-by_address";q=3;w=3600'
    assert first["RateLimit"].startswith('"project_urls-by_address";r=2;')
    served(client, "/by-address", 2)
    assert client.get("/by-address")["RateLimit"].startswith('"project_urls-by_address";r=0;')


def test_counts_each_address_by_itself(client: Client) -> None:
    assert served(client, "/by-address", 4, REMOTE_ADDR="192.0.2.1")[-1] == 429
    assert served(client, "/by-address", 1, REMOTE_ADDR="192.0.2.2") == [200]


def test_does_not_believe_a_forwarded_address(client: Client) -> None:
    served(client, "/by-address", 3)
    for name in ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP"):
        value = "for=198.51.100.1" if name == "HTTP_FORWARDED" else "198.51.100.1"
        extra: Any = {name: value}
        assert client.get("/by-address", **extra).status_code == 429


def test_counts_head_as_get(client: Client) -> None:
    served(client, "/first", 3)
    assert client.head("/first").status_code == 429


def test_counts_a_view_once_under_all_its_urls(client: Client) -> None:
    served(client, "/by-address", 3)
    assert client.get("/by-address/again").status_code == 429


def test_counts_each_class_by_itself(client: Client) -> None:
    served(client, "/first", 3)
    assert client.get("/second").status_code == 200


def test_counts_each_class_by_itself_however_it_is_decorated(client: Client) -> None:
    assert served(client, "/plain", 4)[-1] == 429
    assert served(client, "/decorated", 3) == [200, 200, 429]
    assert client.get("/other").status_code == 200


def test_lets_another_decorator_answer_for_an_asynchronous_class(client: Client) -> None:
    bot = {"HTTP_USER_AGENT": "bot"}
    assert served(client, "/decorated-asynchronous", 2, **bot) == [403, 403]
    assert served(client, "/decorated-asynchronous", 2) == [200, 429]


def test_holds_a_class_to_its_own_limit_and_to_that_of_its_base(client: Client) -> None:
    answer = client.get("/decorated-asynchronous")
    assert answer["RateLimit-Policy"] == (
        '"project_urls-decoratedasynchronous";q=3;w=3600, '
        '"project_urls-decoratedasynchronous-2";q=3;w=3600'
    )


def test_limits_one_method_of_a_class(client: Client) -> None:
    assert [client.post("/methods").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert client.get("/methods").status_code == 200


def test_counts_known_keys_by_themselves(client: Client) -> None:
    assert served(client, "/by-key", 4, HTTP_X_API_KEY="key-a")[-1] == 429
    assert client.get("/by-key", HTTP_X_API_KEY="key-b").status_code == 200


def test_counts_the_unknown_keys_of_a_network_together(client: Client) -> None:
    statuses = [client.get("/by-key", HTTP_X_API_KEY=f"made-up-{i}").status_code for i in range(4)]
    assert statuses == [200, 200, 200, 429]
    elsewhere = client.get("/by-key", HTTP_X_API_KEY="made-up-9", REMOTE_ADDR="192.0.2.9")
    assert elsewhere.status_code == 200
    assert client.get("/by-key", HTTP_X_API_KEY="key-a").status_code == 200


@pytest.mark.parametrize("spelling", ["KEY-A", "key%2Da", "k\u00e9y-a", "\uff4bey-a"])
def test_gives_no_counter_to_another_spelling_of_a_key(client: Client, spelling: str) -> None:
    served(client, "/by-key", 3, HTTP_X_API_KEY="made-up")
    assert client.get("/by-key", HTTP_X_API_KEY=spelling).status_code in (400, 429)


@pytest.mark.parametrize("value", ["key-a,key-a", "key-a, key-b", "k" * 129, "a\tb", "a\x00b"])
def test_answers_a_malformed_key_with_400(client: Client, value: str) -> None:
    answer = client.get("/by-key", HTTP_X_API_KEY=value)
    assert answer.status_code == 400
    assert json.loads(answer.content)["status"] == 400
    assert value not in answer.content.decode()


def test_holds_a_request_to_every_part_of_a_key(client: Client) -> None:
    assert served(client, "/by-both", 3, HTTP_X_API_KEY="key-a") == [200, 200, 429]
    assert client.get("/by-both", HTTP_X_API_KEY="key-b").status_code == 200
    other = client.get("/by-both", HTTP_X_API_KEY="key-a", REMOTE_ADDR="192.0.2.7")
    assert other.status_code == 200


def test_counts_a_route_once_whatever_its_arguments(client: Client) -> None:
    assert [client.get(f"/by-route/{i}").status_code for i in range(4)] == [200, 200, 200, 429]
    assert client.get("/by-route/other").status_code == 200


@pytest.mark.parametrize("path", ["/by-route/07", "/by-route/7?noise=1", "/by-route/%37"])
def test_gives_no_counter_to_another_spelling_of_a_path(client: Client, path: str) -> None:
    served(client, "/by-route/7", 3)
    assert client.get(path).status_code == 429


def test_gives_no_counter_to_another_language(client: Client, settings: Any) -> None:
    settings.MIDDLEWARE = ["django.middleware.locale.LocaleMiddleware"]
    assert served(client, "/en/translated", 3) == [200, 200, 200]
    assert client.get("/de/translated").status_code == 429


def test_decides_stacked_decorators_as_one(client: Client) -> None:
    first = client.get("/stacked")
    assert first["RateLimit-Policy"] == '"wide";q=5;w=3600, "narrow";q=2;w=3600'
    assert served(client, "/stacked", 9)[1:] == [429] * 8
    # What the narrow rule refused was not charged to the wide one: 3 of 5 are left.
    statuses = [
        client.get("/stacked", REMOTE_ADDR=f"192.0.2.{i}").status_code for i in range(10, 14)
    ]
    assert statuses == [200, 200, 200, 429]


def test_counts_users_by_themselves(client: Client, settings: Any) -> None:
    settings.MIDDLEWARE = ["test_decorator.signed_in"]
    assert served(client, "/by-user", 4, HTTP_X_TEST_USER="1")[-1] == 429
    assert client.get("/by-user", HTTP_X_TEST_USER="2").status_code == 200


def test_counts_strangers_by_their_network(client: Client) -> None:
    assert served(client, "/by-user", 4)[-1] == 429
    assert served(client, "/by-user", 1, REMOTE_ADDR="192.0.2.5") == [200]


def signed_in(get_response: Any) -> Any:
    """A middleware that signs in whom the test names."""
    from django.contrib.auth.models import AnonymousUser, User

    def middleware(request: HttpRequest) -> HttpResponse:
        pk = request.headers.get("X-Test-User")
        request.user = User(pk=int(pk)) if pk else AnonymousUser()
        return get_response(request)  # type: ignore[no-any-return]

    return middleware


def test_fails_rather_than_serve_uncounted_without_a_user(client: Client, settings: Any) -> None:
    settings.MIDDLEWARE = []
    client.raise_request_exception = False
    assert client.get("/by-user").status_code == 500


@pytest.mark.parametrize(
    "arguments",
    [
        {"rate": "100"},
        {"rate": "0/m"},
        {"rate": "-1/m"},
        {"rate": "100/fortnight"},
        {"rate": "1/m", "key": "ip"},
        {"rate": "1/m", "key": ["client_ip", "client_ip"]},
        {"rate": "1/m", "id": "Not a name"},
        {"rate": "1/m", "on_store_failure": "shrug"},
    ],
)
def test_refuses_a_wrong_decorator_where_it_is_written(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+\. .+"):
        rate_limit(**arguments)


def test_says_how_to_decorate_a_method() -> None:
    class Mistaken:
        @rate_limit("1/m")
        def get(self, request: HttpRequest) -> HttpResponse:
            raise AssertionError

    with pytest.raises(TypeError, match="method_decorator"):
        Mistaken().get(HttpRequest())


def test_counts_by_route_before_django_has_looked_for_it(settings: Any, client: Client) -> None:
    rule = Rule("early", "1/h", ("route",))
    asked = [decide(RequestFactory().get(f"/by-route/{i}"), [rule]).status for i in range(2)]
    other = decide(RequestFactory().get("/served"), [rule]).status
    assert [*asked, other] == [200, 429, 200]

"""What is answered to who is refused, and who hears of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client

from weir import Answer
from weir.django import checks, rate_limited
from weir.django.refusal import prefers_html
from weir.django.test import override_limits

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
PAGE = "<p>{{ status }} {{ title }}: {{ rule }}, again in {{ retry_after }} s</p>"


@pytest.fixture(autouse=True)
def templates(settings: Any) -> None:
    loader = ("django.template.loaders.locmem.Loader", {"429.html": PAGE})
    settings.TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {"loaders": [loader]},
        }
    ]


def refused(client: Client, **extra: Any) -> Any:
    with override_limits({"project_urls-by_address": "1/h"}):
        client.get("/by-address")
        return client.get("/by-address", **extra)


def using(settings: Any, refusal: Any) -> None:
    settings.WEIR = {"REFUSAL": refusal, "API_KEY": {"VERIFY": None}}


def test_a_browser_gets_the_template(settings: Any, client: Client) -> None:
    using(settings, "429.html")
    answer = refused(client, HTTP_ACCEPT=BROWSER)
    assert answer.status_code == 429
    assert answer["Content-Type"].startswith("text/html")
    wait = answer["Retry-After"]
    assert f"project_urls-by_address, again in {wait} s</p>" in answer.content.decode()
    assert answer["Vary"] == "Accept"
    assert "RateLimit" in answer


@pytest.mark.parametrize("accept", ["application/json", "*/*", "", "text/html;q=0.1, */*;q=0.2"])
def test_a_program_gets_the_problem_document(settings: Any, client: Client, accept: str) -> None:
    using(settings, "429.html")
    answer = refused(client, HTTP_ACCEPT=accept)
    assert answer["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content)["status"] == 429
    assert answer["Vary"] == "Accept"


@pytest.mark.parametrize(
    ("accept", "html"),
    [
        (BROWSER, True),
        ("text/html", True),
        ("text/*", True),
        ("text/html, application/json", False),
        ("text/html, application/json;q=0.9", True),
        ("text/html, application/problem+json", False),
        ("text/html;q=0", False),
        ("text/html;q=high", False),
        ("application/*, text/html;q=0.5", False),
        ("image/png", False),
        (";;,,;q=", False),
    ],
)
def test_reads_what_a_client_accepts(accept: str, html: bool) -> None:
    assert prefers_html(accept) is html


def own(request: HttpRequest, answer: Answer) -> HttpResponse:
    return HttpResponse(f"wait: {answer.reason}", status=420)


def usual(request: HttpRequest, answer: Answer) -> None:
    return None


def test_a_function_answers_and_the_fields_are_added(settings: Any, client: Client) -> None:
    using(settings, "test_refusal.own")
    answer = refused(client)
    assert answer.status_code == 420
    assert answer.content == (b"wait: rule 'project_urls-by_address': its limit of 1/h is used up")
    assert int(answer["Retry-After"]) > 0
    assert answer["Content-Type"].startswith("text/html")


def test_a_function_may_leave_it_as_it_is(settings: Any, client: Client) -> None:
    using(settings, usual)
    assert refused(client)["Content-Type"] == "application/problem+json"


def test_async_views_answer_alike(settings: Any, client: Client) -> None:
    using(settings, "429.html")

    async def ask() -> Any:
        headers: Any = {"ACCEPT": BROWSER}
        for _ in range(3):
            await AsyncClient().get("/asynchronous", **headers)
        return await AsyncClient().get("/asynchronous", **headers)

    answer = asyncio.run(ask())
    assert answer.status_code == 429
    assert answer["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("wrong", ["no.such.function", "project_urls.KNOWN_KEYS", 7])
def test_what_is_no_function_is_a_mistake(settings: Any, wrong: Any) -> None:
    using(settings, wrong)
    assert [message.id for message in checks.check_configuration(None)] == ["weir.E003"]


# The signal.


@pytest.fixture
def heard() -> Iterator[list[tuple[str, str]]]:
    told: list[tuple[str, str]] = []

    def hear(request: HttpRequest, answer: Answer, **_: Any) -> None:
        told.append((request.path, answer.rule))

    rate_limited.connect(hear)
    yield told
    rate_limited.disconnect(hear)


def test_a_refusal_is_told(client: Client, heard: list[tuple[str, str]]) -> None:
    refused(client)
    assert heard == [("/by-address", "project_urls-by_address")]


def test_a_refusal_of_the_middleware_is_told(
    settings: Any, client: Client, heard: list[tuple[str, str]]
) -> None:
    settings.MIDDLEWARE = ["weir.django.RateLimitMiddleware"]
    settings.WEIR = {"POLICY": {"version": 1, "rules": [{"id": "all", "limit": "1/h"}]}}
    client.get("/served")
    client.get("/served")
    assert heard == [("/served", "all")]


def test_what_is_no_refusal_is_not_told(client: Client, heard: list[tuple[str, str]]) -> None:
    assert client.get("/by-address", REMOTE_ADDR="nowhere").status_code == 400
    assert heard == []


def test_a_receiver_that_raises_changes_nothing(client: Client) -> None:
    def break_down(**_: Any) -> None:
        raise LookupError("the receiver's own")

    rate_limited.connect(break_down)
    try:
        assert refused(client).status_code == 429
    finally:
        rate_limited.disconnect(break_down)

"""Requests in flight: a place is held for as long as the request lasts, however it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template import engines
from django.template.response import TemplateResponse
from django.test import AsyncRequestFactory, RequestFactory

from weir.django import RateLimitMiddleware, rate_limit
from weir.django.configuration import configured

ONE_AT_ONCE: dict[str, Any] = {"algorithm": "concurrency", "hold": "1h"}
POLICY = {
    "version": 1,
    "rules": [{"id": "in-flight", "limit": "1 concurrent", **ONE_AT_ONCE}],
}


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    configured.cache_clear()
    yield
    configured.cache_clear()


def limited(view: Callable[..., Any]) -> Callable[..., Any]:
    decorate = rate_limit("1 concurrent", key="client_ip", id="one-at-once", **ONE_AT_ONCE)
    return decorate(view)


def get() -> HttpRequest:
    return RequestFactory().get("/")


def test_a_view_holds_its_place_while_it_runs() -> None:
    inside: list[int] = []

    @limited
    def view(request: HttpRequest) -> HttpResponse:
        if not inside:
            inside.append(0)
            inside[0] = view(get()).status_code
        return HttpResponse("served")

    assert view(get()).status_code == 200
    assert inside == [429]
    assert view(get()).status_code == 200


def test_a_view_that_raises_gives_its_place_back() -> None:
    @limited
    def view(request: HttpRequest) -> HttpResponse:
        raise LookupError("the view's own")

    for _ in range(3):
        with pytest.raises(LookupError):
            view(get())


def test_a_stream_holds_its_place_until_it_is_closed() -> None:
    @limited
    def view(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(iter([b"a", b"b"]))

    response = view(get())
    assert view(get()).status_code == 429
    assert b"".join(response.streaming_content) == b"ab"
    assert view(get()).status_code == 429
    response.close()
    response.close()
    again = view(get())
    assert again.status_code == 200
    assert view(get()).status_code == 429
    again.close()


def test_a_stream_whose_close_fails_gives_its_place_back() -> None:
    class Broken:
        def __iter__(self) -> Iterator[bytes]:
            return iter([b"a"])

        def close(self) -> None:
            raise OSError("gone")

    @limited
    def view(request: HttpRequest) -> StreamingHttpResponse:
        response = StreamingHttpResponse()
        response.close = Broken().close  # type: ignore[method-assign]
        return response

    with pytest.raises(OSError, match="gone"):
        view(get()).close()
    assert view(get()).status_code == 200


def test_a_template_that_is_rendered_later_holds_its_place_until_it_is_closed() -> None:
    template = engines.all()[0].from_string("served") if engines.all() else None

    @limited
    def view(request: HttpRequest) -> TemplateResponse:
        return TemplateResponse(request, template or "unused")

    response = view(get())
    assert view(get()).status_code == 429
    response.close()
    assert view(get()).status_code == 200


def test_an_async_view_holds_its_place_while_it_runs_and_gives_it_back_when_it_raises() -> None:
    @limited
    async def view(request: HttpRequest, fails: bool = False) -> HttpResponse:
        if fails:
            raise LookupError("the view's own")
        return HttpResponse(str((await other(AsyncRequestFactory().get("/"))).status_code))

    @limited
    async def other(request: HttpRequest) -> HttpResponse:
        return HttpResponse("served")

    async def run() -> list[bytes]:
        with pytest.raises(LookupError):
            await view(AsyncRequestFactory().get("/"), fails=True)
        return [(await view(AsyncRequestFactory().get("/"))).content for _ in range(2)]

    assert asyncio.run(run()) == [b"429", b"429"]


def test_a_request_that_is_cancelled_gives_its_place_back() -> None:
    inside = asyncio.Event()

    @limited
    async def view(request: HttpRequest) -> HttpResponse:
        inside.set()
        await asyncio.Event().wait()
        return HttpResponse("served")

    @limited
    async def quick(request: HttpRequest) -> HttpResponse:
        return HttpResponse("served")

    async def run() -> list[int]:
        task = asyncio.create_task(view(AsyncRequestFactory().get("/")))
        await inside.wait()
        during = await quick(AsyncRequestFactory().get("/"))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        after = await quick(AsyncRequestFactory().get("/"))
        return [during.status_code, after.status_code]

    assert asyncio.run(run()) == [429, 200]


def test_the_middleware_holds_a_place_for_what_comes_after_it(settings: Any) -> None:
    settings.WEIR = {"POLICY": POLICY}
    inside: list[int] = []

    def view(request: HttpRequest) -> HttpResponse:
        inner: Any = RateLimitMiddleware(lambda _: HttpResponse())
        inside.append(inner(get()).status_code)
        return HttpResponse("served")

    middleware: Any = RateLimitMiddleware(view)
    assert [middleware(get()).status_code for _ in range(2)] == [200, 200]
    assert inside == [429, 429]


def test_the_async_middleware_gives_the_place_back_when_the_view_raises(settings: Any) -> None:
    settings.WEIR = {"POLICY": POLICY}

    async def broken(request: HttpRequest) -> HttpResponse:
        raise LookupError("the view's own")

    middleware: Any = RateLimitMiddleware(broken)

    async def run() -> None:
        for _ in range(2):
            with pytest.raises(LookupError):
                await middleware(AsyncRequestFactory().get("/"))

    asyncio.run(run())

"""When a request is over: its place under rules that count requests in flight is freed once.

That is when the view has answered or raised; and where the answer is still to be made (a stream, a
template that is rendered later), when the server closes it, which it does also if the client has
gone away.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from asgiref.sync import sync_to_async
from django.http.response import HttpResponseBase

from weir import Answer
from weir.django.configuration import configuration


def finish(answer: Answer) -> None:
    """May wait for the store: not for an event loop."""
    configuration().limiter.finish(answer)


def answered(answer: Answer, view: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """What the view answers to an admitted request."""
    if not answer.is_open:
        return view()
    open_ended = False
    try:
        response = view()
        open_ended = finishes_later(response, answer)
        return response
    finally:
        if not open_ended:
            finish(answer)


async def answered_async(
    answer: Answer, view: Callable[[], Awaitable[HttpResponseBase]]
) -> HttpResponseBase:
    """The same for async views: nothing here waits on the event loop."""
    if not answer.is_open:
        return await view()
    open_ended = False
    try:
        response = await view()
        open_ended = finishes_later(response, answer)
        return response
    finally:
        if not open_ended:
            await sync_to_async(finish)(answer)


def finishes_later(response: HttpResponseBase, answer: Answer) -> bool:
    """Whether the response is not made yet; then finishes when it is closed."""
    if not response.streaming and getattr(response, "is_rendered", True):
        return False
    close = response.close

    def close_and_finish() -> None:
        try:
            close()
        finally:
            finish(answer)

    response.close = close_and_finish  # type: ignore[method-assign]
    return True

"""ASGI middleware: the rules of a policy for every request of FastAPI, Starlette or any other.

    from weir import Limiter
    from weir.asgi import RateLimitMiddleware, starlette_route

    app.add_middleware(
        RateLimitMiddleware, limiter=Limiter("weir.yaml"), route=starlette_route
    )

Django has a middleware of its own, in weir.django.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from inspect import isawaitable
from typing import Any

from weir._native import Answer
from weir.front import ADMITTED, Wanted, joined, warn_of_replaced_peer
from weir.limiter import Limiter, Request

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

TRY_AGAIN_LATER = 1013  # a WebSocket's close code


class RateLimitMiddleware:
    """Holds every HTTP request, and every WebSocket's handshake, to the rules of the policy.

    route   the matched route template of a scope, never its path: starlette_route, or a function
            of your own. Without it all requests have the same route, none
    user    the authenticated principal of a scope; None: anonymous
    verify  whether an API key exists; sync or async

    The last two are called if the policy's rules want to know. The application finds the answer in
    scope["weir.answer"], for Limiter.settle(). A request in flight is over when the application
    has returned.
    """

    def __init__(
        self,
        app: App,
        limiter: Limiter,
        *,
        route: Callable[[Scope], str] | None = None,
        user: Callable[[Scope], str | None] | None = None,
        verify: Callable[[str], bool | Awaitable[bool]] | None = None,
    ) -> None:
        self.app = app
        self.limiter = limiter
        self._wanted = Wanted(limiter)
        self._route = route
        self._user = user
        self._verify = verify

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        answer = await self.limiter.adecide(await self._request(scope))
        if answer.status != ADMITTED:
            return await refuse(scope, answer, send)
        scope["weir.answer"] = answer

        async def send_with_fields(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": with_fields(message.get("headers", ()), answer)}
            await send(message)

        try:
            return await self.app(scope, receive, send_with_fields)
        finally:
            await self.limiter.afinish(answer)

    async def _request(self, scope: Scope) -> Request:
        client = scope.get("client")
        if client and client[1] == 0:
            warn_of_replaced_peer()
        names = {name.lower().encode(): name for name in self._wanted.headers}
        headers = [(names[name], value) for name, value in scope["headers"] if name in names]
        key_known = None
        if self._wanted.api_key and self._verify is not None:
            key = self.limiter.api_key(headers)
            if key is not None:
                known = self._verify(key)
                key_known = bool(await known if isawaitable(known) else known)
        return Request(
            peer=client[0] if client else "",
            method=scope.get("method", "GET"),
            route=self._route(scope) if self._route else "",
            headers=headers,
            user=self._user(scope) if self._user and self._wanted.user else None,
            key_known=key_known,
        )


def with_fields(headers: Any, answer: Answer) -> list[tuple[bytes, bytes]]:
    fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
    return [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in joined(fields, answer)
    ]


async def refuse(scope: Scope, answer: Answer, send: Send) -> None:
    if scope["type"] == "websocket":  # before it was accepted: the server answers 403
        return await send({"type": "websocket.close", "code": TRY_AGAIN_LATER})
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": with_fields((), answer),
        }
    )
    return await send({"type": "http.response.body", "body": answer.body.encode()})


def starlette_route(scope: Scope) -> str:
    """The matched route template of a Starlette or FastAPI application, "/quotes/{pair}"."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    if root and path.startswith(root):
        path = path[len(root) :]
    return template_of(scope["app"].routes, path, scope.get("method"))


def template_of(routes: Iterable[Any], path: str, method: str | None) -> str:
    other_method = ""
    for route in flat(routes):
        found = route.path_regex.match(path)
        if found is None:
            continue
        template: str = route.path
        if hasattr(route, "routes"):  # a Mount
            template += template_of(route.routes or (), "/" + found["path"], method)
        methods = getattr(route, "methods", None)
        if not methods or method in methods:
            return template
        other_method = other_method or template
    return other_method


def flat(routes: Iterable[Any]) -> Iterator[Any]:
    """With those of FastAPI's included routers, which newer versions keep in one route."""
    for route in routes:
        included = getattr(route, "effective_route_contexts", None)
        if included is not None:
            for context in included():
                yield from flat([context.starlette_route or context])
        elif getattr(route, "path_regex", None) is not None:
            yield route

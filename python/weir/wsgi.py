"""WSGI middleware: the rules of a policy for every request of Flask or any other.

    from weir import Limiter
    from weir.wsgi import RateLimitMiddleware, flask_route

    app.wsgi_app = RateLimitMiddleware(
        app.wsgi_app, Limiter("weir.yaml"), route=flask_route(app)
    )

Django has a middleware of its own, in weir.django.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any

from weir._native import Answer
from weir.front import ADMITTED, Wanted, joined
from weir.limiter import Limiter, Request

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
App = Callable[[Environ, StartResponse], Iterable[bytes]]


class RateLimitMiddleware:
    """Holds every request to the rules of the policy.

    route   the matched route template of an environ, never its path: flask_route(app), or a
            function of your own. Without it all requests have the same route, none
    user    the authenticated principal of an environ; None: anonymous
    verify  whether an API key exists

    The last two are called if the policy's rules want to know. The application finds the answer in
    environ["weir.answer"], for Limiter.settle(). A request in flight is over when the server has
    closed the response.
    """

    def __init__(
        self,
        app: App,
        limiter: Limiter,
        *,
        route: Callable[[Environ], str] | None = None,
        user: Callable[[Environ], str | None] | None = None,
        verify: Callable[[str], bool] | None = None,
    ) -> None:
        self.app = app
        self.limiter = limiter
        self._wanted = Wanted(limiter)
        self._headers = [
            (name, "HTTP_" + name.upper().replace("-", "_")) for name in self._wanted.headers
        ]
        self._route = route
        self._user = user
        self._verify = verify

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        answer = self.limiter.decide(self._request(environ))
        if answer.status != ADMITTED:
            status = HTTPStatus(answer.status)
            start_response(f"{status.value} {status.phrase}", answer.headers)
            return [answer.body.encode()]
        environ["weir.answer"] = answer

        def start_with_fields(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            return start_response(status, joined(list(headers), answer), *error)

        try:
            body = self.app(environ, start_with_fields)
        except BaseException:
            self.limiter.finish(answer)
            raise
        return Finishing(body, self.limiter, answer) if answer.is_open else body

    def _request(self, environ: Environ) -> Request:
        headers = [
            (name, environ[key].encode("latin-1")) for name, key in self._headers if key in environ
        ]
        key_known = None
        if self._wanted.api_key and self._verify is not None:
            key = self.limiter.api_key(headers)
            key_known = None if key is None else bool(self._verify(key))
        return Request(
            peer=environ.get("REMOTE_ADDR") or "",
            method=environ["REQUEST_METHOD"],
            route=self._route(environ) if self._route else "",
            headers=headers,
            user=self._user(environ) if self._user and self._wanted.user else None,
            key_known=key_known,
        )


class Finishing:
    """A response whose close() also says that the request is over."""

    def __init__(self, body: Iterable[bytes], limiter: Limiter, answer: Answer) -> None:
        self._body = body
        self._limiter = limiter
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._limiter.finish(self._answer)


def flask_route(app: Any) -> Callable[[Environ], str]:
    """The matched route template of a Flask application, "/quotes/<pair>"."""
    from werkzeug.exceptions import HTTPException

    def route(environ: Environ) -> str:
        adapter = app.url_map.bind_to_environ(environ)
        try:
            rule, _ = adapter.match(return_rule=True)
        except HTTPException:  # no route, another method of one, or a redirect to one
            return ""
        template: str = rule.rule
        return template

    return route

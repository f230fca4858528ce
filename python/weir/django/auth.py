"""Protection of django.contrib.auth: passwords, one-time codes and password resets.

Passwords, wherever authenticate() is called (LoginView, the admin, an API):

    AUTHENTICATION_BACKENDS = ["weir.django.auth.ModelBackend"]  # for django.contrib.auth's
    MIDDLEWARE = [..., "weir.django.RateLimitMiddleware"]

or, with a backend of one's own, class Mine(weir.django.auth.SignInLimits, TheirBackend).

Failed attempts are limited for each pair of account and network, for each network, and for each
account by how many networks try it. A device that has signed in to the account before has a counter
of its own: nothing that strangers do locks its owner out. What succeeds is given back.

Codes and resets, as decorators of views: limit_codes() and limit_password_resets().
"""

from __future__ import annotations

import hashlib
import inspect
import json
import logging
import secrets
import unicodedata
from collections.abc import Callable
from functools import cache, wraps
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.contrib.auth import backends, get_user_model
from django.contrib.auth.signals import user_logged_in
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from weir import Answer, Ask, Rule
from weir.django.configuration import configuration
from weir.django.decide import ADMITTED, decide, on_response
from weir.django.decorator import is_async
from weir.django.refusal import Refused, add_headers, refusal, refusal_in_thread
from weir.django.sign_in import CUSTOMER_IPV6_PREFIX

__all__ = ["ModelBackend", "SignInLimits", "limit_codes", "limit_password_resets"]

View = TypeVar("View", bound=Callable[..., Any])

logger = logging.getLogger("weir")

DEVICE_COOKIE = "weir_device_"  # and a digest of the account
DEVICE_AGE_S = 180 * 86400
DEVICE_SALT = "weir.django.auth.device"

# Where a request keeps its attempts, so that several backends make one of them.
ATTEMPTS = "_weir_sign_in_attempts"


def folded(account: str) -> str:
    """One name for all spellings that a database may take for the same account."""
    text = unicodedata.normalize("NFKD", account)
    text = "".join(c for c in text if not unicodedata.combining(c))
    return text.casefold().strip()


def subject_of(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class Attempt:
    """One account and one password, from one request."""

    def __init__(self, request: HttpRequest, account: str | None) -> None:
        self.account = account
        self.backends: set[str] = set()  # that were asked about it
        self.succeeded = False
        # Charged as if it failed, so that attempts at once are no way around.
        self.answer = decide(request, asks_of(request, account), cost_is_estimate=True)
        if self.answer.status != ADMITTED:
            raise Refused(self.answer)

    def succeed(self) -> None:
        self.succeeded = True
        configuration().limiter.settle(self.answer, 0)


def asks_of(request: HttpRequest, account: str | None) -> list[Ask]:
    rules = configuration().sign_in
    if account is None:
        return asks((rules.network, ""))
    device = device_of(request, account)
    if device is not None and rules.device is not None:
        # Who has signed in here before: strangers have no part in this counter.
        return asks((rules.device, subject_of(account, device)))
    return asks_about(account)


def asks_about(account: str) -> list[Ask]:
    """What holds for whoever has not signed in here before. account: folded()."""
    rules = configuration().sign_in
    subject = subject_of(account)
    return asks((rules.pair, subject), (rules.network, ""), (rules.account, subject))


def asks(*pairs: tuple[Rule | None, str]) -> list[Ask]:
    return [Ask(rule, subject) for rule, subject in pairs if rule is not None]


def attempt_of(request: HttpRequest, account: str | None, backend: str) -> Attempt:
    """The attempt that this backend is asked about: a new one, unless another began it."""
    attempts: list[Attempt] = request.__dict__.setdefault(ATTEMPTS, [])
    for attempt in reversed(attempts):
        if attempt.account == account:
            if backend not in attempt.backends and not attempt.succeeded:
                attempt.backends.add(backend)
                return attempt
            break  # asked about it before: another password
    attempt = Attempt(request, account)
    attempt.backends.add(backend)
    attempts.append(attempt)
    return attempt


class SignInLimits:
    """Holds authenticate() of the class behind it to WEIR["SIGN_IN"].

    A refused attempt is Refused, which RateLimitMiddleware answers: no password is looked at.
    authenticate() without a request (a shell, the test client's login()) is not limited.
    """

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> Any:
        below: Any = super().authenticate  # type: ignore[misc]
        if not takes(below, request, credentials):
            return None
        attempt = self._attempt(request, credentials)
        user = below(request, **credentials)
        if user is not None and attempt is not None:
            attempt.succeed()
        return user

    async def aauthenticate(self, request: HttpRequest | None, **credentials: Any) -> Any:
        below: Any = super().aauthenticate  # type: ignore[misc]
        if not takes(below, request, credentials):
            return None
        attempt = await sync_to_async(self._attempt)(request, credentials)
        user = await below(request, **credentials)
        if user is not None and attempt is not None:
            await sync_to_async(attempt.succeed)()
        return user

    def _attempt(self, request: HttpRequest | None, credentials: dict[str, Any]) -> Attempt | None:
        if request is None:
            warn_of_no_request()
            return None
        # REST framework has a request around Django's.
        request = getattr(request, "_request", request)
        model: Any = get_user_model()
        name = credentials.get("username", credentials.get(model.USERNAME_FIELD))
        account = None if name is None else folded(str(name))
        return attempt_of(request, account, f"{type(self).__module__}.{type(self).__qualname__}")


class ModelBackend(SignInLimits, backends.ModelBackend):  # type: ignore[misc]
    """django.contrib.auth's, with limits."""


def takes(function: Any, request: Any, credentials: dict[str, Any]) -> bool:
    """Whether a backend is for such credentials: as Django itself finds out."""
    try:
        inspect.signature(function).bind(request, **credentials)
    except TypeError:
        return False
    return True


@cache
def warn_of_no_request() -> None:
    """Once a process."""
    logger.warning(
        "authenticate() was called without a request: such attempts to sign in are not limited. "
        "Pass the request on."
    )


# ---- Devices ----


def cookie_name(account: str) -> str:
    return DEVICE_COOKIE + subject_of("cookie", account)[:16]


def device_of(request: HttpRequest, account: str) -> str | None:
    """Which device this is, if it has signed in to the account before."""
    value = request.COOKIES.get(cookie_name(account))
    if value is None:
        return None
    try:
        device, of = signing.loads(value, salt=DEVICE_SALT, max_age=DEVICE_AGE_S)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return str(device) if of == subject_of(account) else None


def note_sign_in(request: Any, **_: Any) -> None:
    """Marks the device of who is signed in for good: not while a second factor is to come."""
    request = getattr(request, "_request", request)
    for account in {one.account for one in getattr(request, ATTEMPTS, ()) if one.succeeded}:
        if account is not None:
            on_response(request, mark(request, account))


def mark(request: HttpRequest, account: str) -> Callable[[Any], None]:
    def set_cookie(response: Any) -> None:
        device = device_of(request, account) or secrets.token_urlsafe(16)
        response.set_cookie(
            cookie_name(account),
            signing.dumps((device, subject_of(account)), salt=DEVICE_SALT),
            max_age=DEVICE_AGE_S,
            secure=request.is_secure(),
            httponly=True,
            samesite="Lax",
        )

    return set_cookie


user_logged_in.connect(note_sign_in, dispatch_uid="weir.django.auth")


# ---- Codes and resets ----

AccountOf = Callable[[HttpRequest], "str | None"]


def limit_codes(
    account: AccountOf,
    *,
    per_account: str = "5/15m",
    per_network: str | None = "50/15m",
    succeeded: Callable[[HttpResponseBase], bool] | None = None,
    id: str = "code",  # noqa: A002
) -> Callable[[View], View]:
    """For the view that takes a one-time code, of who has given the right password already.

    account    whose code it is, of a request: from the session, never from the form
    succeeded  whether a response says that the code was right; by default, a redirect

    The account alone counts, wherever the codes come from: a stranger does not get here. What
    succeeds is given back.
    """
    return attempts_limited(
        account,
        (rule_of(f"{id}-account", per_account), rule_of(f"{id}-network", per_network, True)),
        succeeded or is_redirect,
    )


def limit_password_resets(
    account: AccountOf | str = "email",
    *,
    per_account: str = "5/h",
    per_network: str | None = "20/h",
    id: str = "password-reset",  # noqa: A002
) -> Callable[[View], View]:
    """For the view that sends a link or a code for a new password.

    account  the field of the form that names the account, or a function of the request

    Nobody is locked out by it: who is refused has been sent the last five. Accounts that there are
    not are counted like the others, so that a refusal tells nothing of them.
    """
    account_of: AccountOf = field_of(account) if isinstance(account, str) else account
    return attempts_limited(
        account_of,
        (rule_of(f"{id}-account", per_account), rule_of(f"{id}-network", per_network, True)),
        None,
    )


def rule_of(name: str, limit: str | None, by_network: bool = False) -> Rule | None:
    if limit is None:
        return None
    key = ("client_ip",) if by_network else ()
    return Rule(name, limit, key, ipv6_prefix=CUSTOMER_IPV6_PREFIX)


def field_of(name: str) -> AccountOf:
    return lambda request: request.POST.get(name)


def is_redirect(response: HttpResponseBase) -> bool:
    return 300 <= response.status_code < 400


def attempts_limited(
    account_of: AccountOf,
    rules: tuple[Rule | None, Rule | None],
    succeeded: Callable[[HttpResponseBase], bool] | None,
) -> Callable[[View], View]:
    """POST requests of the view, by account and by network."""

    def begin(request: HttpRequest) -> Answer | None:
        if request.method != "POST":
            return None
        account = account_of(request)
        per_account, per_network = rules
        asked = asks((per_network, ""))
        if account is not None:
            asked += asks((per_account, subject_of(folded(account))))
        return decide(request, asked, cost_is_estimate=succeeded is not None)

    def end(answer: Answer, response: HttpResponseBase) -> None:
        if succeeded is not None and succeeded(response):
            configuration().limiter.settle(answer, 0)
        add_headers(response, answer)

    def decorate(view: View) -> View:
        wrapper: Any
        if is_async(view):

            @wraps(view)
            async def asynchronous(request: Any, *args: Any, **kwargs: Any) -> Any:
                answer = await sync_to_async(begin)(request)
                if answer is not None and answer.status != ADMITTED:
                    return await refusal_in_thread(request, answer)
                response = await view(request, *args, **kwargs)
                if answer is not None:
                    await sync_to_async(end)(answer, response)
                return response

            wrapper = asynchronous
        else:

            @wraps(view)
            def synchronous(request: Any, *args: Any, **kwargs: Any) -> Any:
                answer = begin(request)
                if answer is not None and answer.status != ADMITTED:
                    return refusal(request, answer)
                response = view(request, *args, **kwargs)
                if answer is not None:
                    end(answer, response)
                return response

            wrapper = synchronous
        return wrapper  # type: ignore[no-any-return]

    return decorate

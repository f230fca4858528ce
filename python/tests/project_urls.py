"""Views of every sort, each with a limit of its own."""

from functools import wraps
from typing import Any

from django.conf.urls.i18n import i18n_patterns
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View

from weir.django import rate_limit

KNOWN_KEYS = {"key-a", "key-b"}


def is_known(key: str) -> bool:
    return key in KNOWN_KEYS


def served(request: HttpRequest) -> HttpResponse:
    return HttpResponse("served")


@rate_limit("3/h", key="client_ip")
def by_address(request: HttpRequest) -> HttpResponse:
    return HttpResponse("served")


@rate_limit("3/h", key="api_key")
def by_key(request: HttpRequest) -> HttpResponse:
    return HttpResponse("served")


@rate_limit("3/h", key="user")
def by_user(request: HttpRequest) -> HttpResponse:
    return HttpResponse("served")


@rate_limit("2/h", key=["client_ip", "api_key"])
def by_both(request: HttpRequest) -> HttpResponse:
    return HttpResponse("served")


@rate_limit("3/h", key=("client_ip", "route"), id="by-route")
def by_route(request: HttpRequest, number: int = 0) -> HttpResponse:
    return HttpResponse("served")


@rate_limit("3/h")
def all_together(request: HttpRequest) -> HttpResponse:
    return HttpResponse("served")


@rate_limit("2/h", key="client_ip", id="narrow")
@rate_limit("5/h", id="wide")
def stacked(request: HttpRequest) -> HttpResponse:
    return HttpResponse("served")


@rate_limit("3/h", key="client_ip")
async def asynchronous(request: HttpRequest) -> HttpResponse:
    return HttpResponse("served")


@method_decorator(rate_limit("3/h", key="client_ip"), name="dispatch")
class First(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("served")


@method_decorator(rate_limit("3/h", key="client_ip"), name="dispatch")
class Second(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("served")


@method_decorator(rate_limit("3/h", key="client_ip"), name="dispatch")
class Asynchronous(View):
    async def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("served")


class Plain(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("served")


class Other(Plain):
    pass


def refuses_bots(view: Any) -> Any:
    """A decorator of the project, which answers by itself."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.headers.get("User-Agent") == "bot":
            return HttpResponse(status=403)
        return view(request, *args, **kwargs)

    return checked


@method_decorator([rate_limit("2/h", key="client_ip"), refuses_bots], name="dispatch")
class Decorated(Plain):
    pass


@method_decorator([rate_limit("3/h", key="client_ip"), refuses_bots], name="dispatch")
class DecoratedAsynchronous(Asynchronous):
    pass


class CallableObject:
    def __call__(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("served")


class Methods(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("served")

    @method_decorator(rate_limit("3/h", key="client_ip"))
    def post(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("served")


urlpatterns = [
    path("served", served),
    path("by-address", by_address),
    path("by-address/again", by_address),
    path("by-key", by_key),
    path("by-user", by_user),
    path("by-both", by_both),
    path("by-route/<int:number>", by_route),
    path("by-route/other", by_route),
    path("all-together", all_together),
    path("stacked", stacked),
    path("asynchronous", asynchronous),
    path("first", First.as_view()),
    path("second", Second.as_view()),
    path("asynchronous-class", Asynchronous.as_view()),
    path("plain", rate_limit("3/h", key="client_ip")(Plain.as_view())),
    path("other", rate_limit("3/h", key="client_ip")(Other.as_view())),
    path("decorated", Decorated.as_view()),
    path("decorated-asynchronous", DecoratedAsynchronous.as_view()),
    path("callable", rate_limit("3/h", key="client_ip")(CallableObject())),
    path("methods", Methods.as_view()),
    *i18n_patterns(path("translated", by_route)),
]

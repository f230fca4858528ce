"""Views that other libraries limit, for test_neighbours."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.utils.decorators import method_decorator
from django.views import View
from django_ratelimit.decorators import ratelimit
from rest_framework import throttling
from rest_framework.response import Response
from rest_framework.views import APIView

from weir.django import rate_limit
from weir.django.rest import UserRateThrottle


@ratelimit(key="ip", rate="5/m", method="POST")
@ratelimit(key="post:username", rate="5/m", method=["POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    return HttpResponse("served")


@ratelimit(group="reads", key="user_or_ip", rate="100/10m")
def one(request: HttpRequest) -> HttpResponse:
    return HttpResponse("served")


@ratelimit(group="reads", key="user_or_ip", rate="100/10m")
def two(request: HttpRequest, number: int) -> HttpResponse:
    return HttpResponse("served")


@ratelimit(key=lambda group, request: "all", rate="9/h")
@ratelimit(key="header:x-api-key", rate="7/")
def odd(request: HttpRequest) -> HttpResponse:
    return HttpResponse("served")


@method_decorator(ratelimit(key="user", rate="3/h"), name="dispatch")
class ByClass(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("served")


class ByMethod(View):
    @method_decorator(ratelimit(key="ip", rate="0/h"))
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("served")


class PerMinute(throttling.UserRateThrottle):
    rate = "10/month"


class PerTenant(throttling.SimpleRateThrottle):
    rate = "5/s"


class Scoped(throttling.ScopedRateThrottle):
    THROTTLE_RATES = {"uploads": "20/day"}


class Anonymous(throttling.AnonRateThrottle):
    rate = "1/s"


class Api(APIView):
    throttle_classes = (PerMinute, PerTenant, Anonymous, Scoped)
    throttle_scope = "uploads"

    def get(self, request: Any) -> Response:
        return Response("served")


class OurMinute(UserRateThrottle):
    rate = "10/m"


class Weirs(APIView):
    throttle_classes = (OurMinute,)


@rate_limit("5/m", key="client_ip")
def weirs(request: HttpRequest) -> HttpResponse:
    return HttpResponse("served")


urlpatterns = [
    path("sign-in", sign_in),
    path("shop/", include([path("one", one), path("two/<int:number>", two)])),
    path("odd", odd),
    path("by-class", ByClass.as_view()),
    path("by-method", ByMethod.as_view()),
    path("api", Api.as_view()),
    path("weirs-throttle", Weirs.as_view()),
    path("weirs", weirs),
]

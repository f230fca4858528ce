"""Views at which people sign in, for test_auth."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.views import LoginView, PasswordResetView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.decorators import method_decorator
from rest_framework.authentication import BasicAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from weir.django.auth import limit_codes, limit_password_resets


class Nobody(BaseBackend):
    """A second backend, which knows nobody."""

    def authenticate(self, request: Any, **credentials: Any) -> None:
        return None


def many(request: HttpRequest) -> HttpResponse:
    """An API that tries what it is given, one after the other."""
    for password in request.POST.getlist("password"):
        if authenticate(request, username="alice", password=password):
            return HttpResponse("found")
    return HttpResponse("not found")


def of_session(request: HttpRequest) -> str | None:
    account: str | None = request.COOKIES.get("half-signed-in")
    return account


@limit_codes(of_session)
def code(request: HttpRequest) -> HttpResponse:
    if request.POST.get("code") == "123456":
        return HttpResponseRedirect("/")
    return HttpResponse("wrong")


@limit_codes(of_session, id="async-code")
async def async_code(request: HttpRequest) -> HttpResponse:
    if request.POST.get("code") == "123456":
        return HttpResponseRedirect("/")
    return HttpResponse("wrong")


@limit_password_resets()
def reset(request: HttpRequest) -> HttpResponse:
    return HttpResponse("a link is on its way")


@method_decorator(limit_password_resets(id="reset-class"), name="dispatch")
class Reset(PasswordResetView):
    template_name = "form.html"
    email_template_name = "form.html"
    subject_template_name = "form.html"
    success_url = "/"


class Api(APIView):
    authentication_classes = (BasicAuthentication,)
    permission_classes = (IsAuthenticated,)

    def get(self, request: Any) -> Response:
        return Response("served")


urlpatterns = [
    path("sign-in", LoginView.as_view(template_name="form.html", next_page="/")),
    path("many", many),
    path("api", Api.as_view()),
    path("code", code),
    path("async-code", async_code),
    path("reset", reset),
    path("reset-class", Reset.as_view()),
]

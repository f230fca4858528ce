"""Which operation a request is for, as the URL resolver says. Never the raw path."""

from __future__ import annotations

from django.conf import settings
from django.conf.urls.i18n import is_language_prefix_patterns_used
from django.http import HttpRequest
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.translation import get_language


def resolved(request: HttpRequest) -> ResolverMatch | None:
    """The match of the request, before or after Django itself has looked for it."""
    if request.resolver_match is not None:
        return request.resolver_match
    try:
        return resolve(request.path_info, getattr(request, "urlconf", None))
    except Resolver404:
        return None


def route_of(request: HttpRequest, match: ResolverMatch | None) -> str:
    """The matched route template, "/items/<int:pk>"; "" if none matched.

    A language prefix (i18n_patterns) is no part of it: it would give a client one counter for each
    language.
    """
    if match is None:
        return ""
    route = match.route or ""
    urlconf = getattr(request, "urlconf", None) or settings.ROOT_URLCONF
    if is_language_prefix_patterns_used(urlconf)[0]:
        route = route.removeprefix(f"{get_language()}/")
    return "/" + route

"""Serves the same view by the same Django, each time with another limiter, and says what each adds to a request.

One process and one thread. Requests go to Django's own handler, without a server: a socket would cost the same for all, and hide
what is asked. They take turns, a hundred at a time, and come from a thousand addresses, none of which reaches its limit.
"""

import contextlib
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import django
from django.conf import settings

ADDRESSES = 1000
TURN = 100
RATE = "100/m"


@contextlib.contextmanager
def redis_server(folder):
    """One on a Unix socket, which is its fastest way."""
    socket = f"{folder}/redis.sock"
    command = ["redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 30
            while not os.path.exists(socket):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("redis-server does not start")
                time.sleep(0.02)
            yield socket
        finally:
            process.terminate()


def configure(folder, socket):
    rule = {"id": "per-client", "key": "client_ip", "limit": RATE}
    settings.configure(
        SECRET_KEY="bench",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        MIDDLEWARE=[],
        INSTALLED_APPS=["weir.django"],
        CACHES={
            "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 10 * ADDRESSES}},
            "redis": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": f"unix://{socket}"},
        },
        RATELIMIT_USE_CACHE="redis",
        REST_FRAMEWORK={"UNAUTHENTICATED_USER": None, "DEFAULT_AUTHENTICATION_CLASSES": []},
        WEIR={
            "POLICY": {
                "version": 1,
                "store": {"kind": "shared", "file": f"{folder}/counters"},
                "rules": [rule],
            }
        },
    )
    django.setup()


def views():
    """URL patterns by name. Imported late: the decorators read the settings."""
    from django.http import HttpResponse
    from django.urls import path
    from django_ratelimit.decorators import ratelimit
    from rest_framework import throttling
    from rest_framework.response import Response
    from rest_framework.views import APIView

    from weir.django import rate_limit, rest

    def plain(request):
        return HttpResponse("served")

    class Theirs(throttling.UserRateThrottle):
        rate = RATE

    class Weirs(rest.UserRateThrottle):
        rate = RATE

    def api(*throttles):
        class Api(APIView):
            throttle_classes = throttles

            def get(self, request):
                return Response("served", content_type="application/json")

        return Api.as_view()

    return [
        path("plain", plain),
        path("decorator", rate_limit(RATE, key="client_ip")(plain)),
        path("ratelimit", ratelimit(key="ip", rate=RATE)(plain)),
        path("api", api()),
        path("weir-throttle", api(Weirs)),
        path("drf-throttle", api(Theirs)),
    ]


def handler(middleware):
    from django.core.handlers.base import BaseHandler
    from django.test.utils import override_settings

    made = BaseHandler()
    with override_settings(MIDDLEWARE=middleware):
        made.load_middleware()
    return made


def main(requests):
    from django.test import RequestFactory

    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder, redis_server(folder) as socket:
        configure(folder, socket)
        global urlpatterns
        urlpatterns = views()
        bare = handler([])
        # name, handler, path, what it is compared with
        cases = [
            ("no limit", bare, "/plain", None),
            ("Weir, middleware", handler(["weir.django.RateLimitMiddleware"]), "/plain", "no limit"),
            ("Weir, decorator", bare, "/decorator", "no limit"),
            ("django-ratelimit, Redis", bare, "/ratelimit", "no limit"),
            ("REST framework, no limit", bare, "/api", None),
            ("Weir, throttle", bare, "/weir-throttle", "REST framework, no limit"),
            ("DRF's throttle, LocMemCache", bare, "/drf-throttle", "REST framework, no limit"),
        ]
        factory = RequestFactory()
        took = {name: [] for name, *_ in cases}
        for turn in range(-10, requests // TURN):  # the first are for warming up
            for name, serve, path, _ in cases:
                for i in range(TURN):
                    number = turn * TURN + i
                    request = factory.get(path, REMOTE_ADDR=f"10.{number % ADDRESSES // 250}.1.{number % 250 + 1}")
                    start = time.perf_counter_ns()
                    response = serve.get_response(request)
                    end = time.perf_counter_ns()
                    assert response.status_code == 200, (name, response.status_code)
                    if turn >= 0:
                        took[name].append(end - start)
        table(cases, took)


def table(cases, took):
    def at(name, percent):
        return statistics.quantiles(took[name], n=100)[percent - 1] / 1000

    print(f"{len(took['no limit'])} requests of each; CPython {platform.python_version()}, Django {django.__version__}\n")
    print("| | p50, us | p99, us | added at p50, us | added at p99, us |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, _, _, beside in cases:
        row = [f"{at(name, 50):.1f}", f"{at(name, 99):.1f}", "", ""]
        if beside:
            row[2:] = [f"{at(name, p) - at(beside, p):.1f}" for p in (50, 99)]
        print(f"| {name} | {' | '.join(row)} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20000)

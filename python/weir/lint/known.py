"""What the functions of others make of a value, as far as the rules want to know."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from weir.lint.values import (
    Address,
    Caller,
    Coarse,
    Fact,
    Random,
    Ratio,
    Time,
    Value,
    Window,
    made_of,
)

DAY_S = 86_400.0
# A window of no more than this is "a few seconds": one second of rounding is a tenth of it.
SHORT_S = 10

CLOCKS = re.compile(r"(^|\.)(time\.(time|monotonic)|datetime\.(now|utcnow|today)|timezone\.now)$")
NANOSECOND_CLOCKS = re.compile(r"(^|\.)time\.(time_ns|monotonic_ns)$")
TODAYS = re.compile(r"(^|\.)(date\.today|timezone\.localdate)$")
RANDOM = re.compile(
    r"^(uuid\.uuid[14]|secrets\.(token_hex|token_urlsafe|token_bytes)|os\.urandom"
    r"|random\.(random|getrandbits|randbytes)|django\.utils\.crypto\.get_random_string)$"
)
ROUNDING = frozenset({"int", "round", "math.floor", "math.ceil", "math.trunc"})
# What keeps text as it came, or nearly so.
TRANSPARENT = frozenset({"str", "repr", "bytes", "format", "tuple", "list"})
TRANSPARENT_METHODS = frozenset(
    {
        "strip", "lstrip", "rstrip", "lower", "upper", "casefold", "title", "split", "rsplit",
        "splitlines", "partition", "rpartition", "replace", "encode", "decode", "format", "join",
        "removeprefix", "removesuffix", "get", "pop", "setdefault", "items", "values", "keys",
        "copy", "hexdigest", "digest", "isoformat", "timestamp", "total_seconds",
    }
)  # fmt: skip
# Calls that look at a value without vouching for it.
TELLING = re.compile(
    r"(^|\.)(print|debug|info|warning|error|exception|critical|log|incr|increment)$"
)

# The attributes of a request by what they hold.
REQUEST_CALLER = frozenset(
    {
        "headers", "GET", "POST", "COOKIES", "cookies", "data", "query_params", "args", "form",
        "values", "json", "body", "files", "FILES", "view_args",
    }
)  # fmt: skip
REQUEST_ADDRESS = frozenset({"remote_addr", "client"})
# Fields that identify nobody: the caller changes them at no cost, and stays who they are.
IDLE_HEADERS = frozenset(
    {"user-agent", "accept", "accept-language", "accept-encoding", "referer", "origin"}
)
PARAMETER_MARKERS = frozenset({"Header", "Query", "Cookie", "Body", "Form"})


def meta_source(name: str) -> Fact | None:
    """What request.META holds under a name of the WSGI environment."""
    if name in ("REMOTE_ADDR", "REMOTE_HOST"):
        return Address()
    if name.startswith("HTTP_"):
        return Caller(name[5:].replace("_", "-").title(), raw=True)
    return None


def is_idle(source: str) -> bool:
    return source.lower() in IDLE_HEADERS


_Kind = TypeVar("_Kind")


def _replaced(value: Value, kind: type[_Kind], to: Callable[[_Kind], Fact]) -> Value:
    return value.without(kind).with_facts(
        to(fact) for fact in value.facts if isinstance(fact, kind)
    )


def rounded(value: Value, made: Value) -> Value:
    """int(), round() and the like."""
    made = _replaced(made, Ratio, lambda ratio: Window(ratio.period)).vetted()
    if any(isinstance(fact, Ratio) for fact in value.facts):
        made = made.without(Time)
    return _replaced(made, Time, lambda time: time if time.finer else Time(whole_seconds=True))


def divided_down(left: Value, right: Value, made: Value) -> Value:
    """Left // right."""
    times = [fact for fact in left.facts if isinstance(fact, Time)]
    if not times:
        return made
    if times[0].finer and right.number in (1_000, 1_000_000, 1_000_000_000):
        return made.without(Time).with_facts([Time(whole_seconds=True)])
    period = None if times[0].finer else right.number
    return made.without(Time).with_facts([Window(period)])


def coarse(left: Value, right: Value) -> list[Fact]:
    """Whether a time in whole seconds meets a period of a few seconds."""
    for time, period in ((left, right), (right, left)):
        whole = any(isinstance(fact, Time) and fact.whole_seconds for fact in time.facts)
        if whole and period.number is not None and 1 < period.number <= SHORT_S:
            return [Coarse(period.number)]
    return []


_FINEST = (("fScsXT", 1.0), ("MR", 60.0), ("HI", 3_600.0), ("dje", DAY_S), ("UWVaAwu", 7 * DAY_S))


def window_of_format(pattern: str) -> float:
    """The period of the windows that a strftime() pattern tells apart."""
    used = set(re.findall(r"%[-_0^#]?([A-Za-z])", pattern))
    for letters, period in _FINEST:
        if used & set(letters):
            return period
    return 28 * DAY_S


def formatted(time: Value, pattern: Value, made: Value) -> Value:
    if pattern.text is None or not any(isinstance(fact, Time) for fact in time.facts):
        return made
    return made.without(Time).with_facts([Window(window_of_format(pattern.text))])


def truncated(time: Value, given: dict[str, Value], made: Value) -> Value:
    """datetime.replace(second=0): the start of a window."""
    zeros = {name for name, value in given.items() if value.number == 0}
    for name, period in (("hour", DAY_S), ("minute", 3_600.0), ("second", 60.0)):
        if name in zeros and any(isinstance(fact, Time) for fact in time.facts):
            return made.without(Time).with_facts([Window(period)])
    return made


def called(name: str, arguments: list[Value]) -> Value:
    """The result of a function that is not among the files."""
    made = made_of(name or "?", arguments)
    if name in TRANSPARENT:
        return made
    made = replace(made, fixed=False)
    if CLOCKS.search(name):
        return made.with_facts([Time()])
    if NANOSECOND_CLOCKS.search(name):
        return made.with_facts([Time(finer=True)])
    if TODAYS.search(name):
        return made.with_facts([Window(DAY_S)])
    if RANDOM.match(name):
        return made.with_facts([Random(name)])
    if name in ROUNDING and arguments:
        return rounded(arguments[0], made)
    if name == "time.strftime" and arguments:
        return made.with_facts(
            [Window(window_of_format(arguments[0].text))] if arguments[0].text else []
        )
    return made.vetted()

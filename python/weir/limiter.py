"""The limiter for Python programs: safe to make before a fork, and to use from any thread.

Each of decide(), finish() and settle() has a form for event loops, adecide() and so on: what may
wait for the network is done in a thread of asyncio's own pool.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, Union

from weir import _native
from weir._native import Answer, FrozenClock, Policy, PolicyError

logger = logging.getLogger("weir")
decision_logger = logging.getLogger("weir.decision")

Result = TypeVar("Result")

PolicySource = Union[str, "os.PathLike[str]", Mapping[str, Any]]


@dataclass(frozen=True)
class Rule:
    """At most `rate` for each value of `key`, such as "100/m" for each ("api_key",).

    The parts of a key are "client_ip", "api_key", "user" and "route". Without any, everybody
    counts together. `on_store_failure` is "local", "deny" or "allow". `algorithm` and what follows
    it are the fields of a rule in a policy (docs/policy.md); None leaves one out. `methods` are
    those that the rule is about, such as ("POST",); nothing: all. GET means HEAD too.

    Raises ValueError if it is not a rule.
    """

    id: str
    rate: str
    key: tuple[str, ...] = ()
    on_store_failure: str = "local"
    algorithm: str | None = None
    burst: int | None = None
    strict: bool | None = None
    time_zone: str | None = None
    distinct: str | None = None
    hold: str | None = None
    cost: int | None = None
    shadow: bool | None = None
    log_keys: bool | None = None
    ipv4_prefix: int | None = None
    ipv6_prefix: int | None = None
    methods: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _native.check_rule(self.as_json())

    def __hash__(self) -> int:
        # Each decision looks its rules up, and ids are nearly always enough to tell them apart.
        return hash(self.id)

    @property
    def facts(self) -> tuple[str, ...]:
        """What a decision wants to know of a request."""
        return self.key if self.distinct is None else (*self.key, self.distinct)

    def as_json(self) -> str:
        """The rule as it stands in a policy."""
        fields = {**vars(self), "limit": self.rate, "rate": None, "key": list(self.key)}
        del fields["methods"]
        if self.methods:
            fields["match"] = {"methods": list(self.methods)}
        return json.dumps({name: value for name, value in fields.items() if value is not None})


@dataclass(frozen=True)
class Ask:
    """A rule as it is asked about one request.

    subject  what is counted apart besides the rule's key: what code knows and no policy can say,
             such as the account that somebody wants to sign in to; at most 512 bytes
    limit    instead of the rule's own, in the same counters
    """

    rule: Rule
    subject: str = ""
    limit: str | None = None


@dataclass(frozen=True)
class Request:
    """What the caller saw of one request. Nothing in it is believed before it is checked.

    peer        address of the socket's peer, without a port; "" for a Unix socket
    headers     pairs as they came; a repeated field is repeated
    route       the matched route template, never the raw path; "" if none matched
    user        the authenticated principal; None if there is none
    key_known   whether the API key exists; None if nobody looked
    cost        how much of a limit it uses up, under rules that do not say so themselves;
    cost_is_estimate  if Limiter.settle() will say what it came to
    request_id  the request's own id, made by something you trust: sent again, it is charged once
    """

    peer: str
    method: str
    route: str = ""
    headers: Sequence[tuple[str, bytes]] = field(default=())
    user: str | None = None
    key_known: bool | None = None
    cost: int = 1
    cost_is_estimate: bool = False
    request_id: str = ""


def read_policy(
    source: PolicySource, environment: Mapping[str, str], name: str = "policy"
) -> Policy:
    """A file, or a mapping with the same content. Raises PolicyError."""
    if isinstance(source, Mapping):
        # JSON is YAML.
        return Policy.read(json.dumps(source), name, environment)
    return Policy.load(os.fspath(source), environment)


class Limiter:
    """Decides by one policy: a file, or a mapping with the same content.

    The store is opened by the first decision in each process, so that a limiter made before a
    fork (gunicorn --preload) gives every worker connections of its own.

    log_decisions: every decision goes to the logger "weir.decision", INFO if it was admitted, else
    WARNING; the attribute `decision` of the log record holds the decision record (docs/policy.md).
    clock: another one than the machine's, for tests.

    Raises PolicyError if the policy is wrong.
    """

    def __init__(
        self,
        policy: PolicySource | Policy,
        *,
        environment: Mapping[str, str] | None = None,
        log_decisions: bool = False,
        clock: FrozenClock | None = None,
    ) -> None:
        self.logs_decisions = log_decisions
        self._clock = clock
        self._environment = dict(os.environ if environment is None else environment)
        self.policy = (
            policy if isinstance(policy, Policy) else read_policy(policy, self._environment)
        )
        # One for each process that decided. The entry of a parent is kept, never used or closed:
        # its threads and connections belong to the parent.
        self._opened: dict[int, _Opened] = {}

    def decide(
        self,
        request: Request,
        rules: Sequence[Rule | Ask] | None = None,
        limits: Mapping[str, str] | None = None,
    ) -> Answer:
        """Asks the rules of the policy that match, or only those given.

        limits: instead of those of the rules with these ids, in the same counters. For rules that
        count apart those whom it is about: else others of the same counter have another limit.
        """
        opened = self._here()
        answer = opened.limiter.decide(
            request.peer,
            request.headers,
            request.method,
            request.route,
            request.user,
            request.key_known,
            request.cost,
            request.cost_is_estimate,
            request.request_id,
            opened.asked(rules, limits),
            self.logs_decisions,
        )
        if answer.record is not None:
            log_decision(answer.record)
        return answer

    async def adecide(
        self,
        request: Request,
        rules: Sequence[Rule | Ask] | None = None,
        limits: Mapping[str, str] | None = None,
    ) -> Answer:
        return await self._off_the_loop(self.decide, request, rules, limits)

    def finish(self, answer: Answer) -> None:
        """The request is over: frees its place under rules that count requests in flight.

        To be called once a request, however it ended; more often does no harm. A request that is
        never finished keeps its place for the rule's `hold`.
        """
        if answer.is_open:
            self._here().limiter.finish(answer)

    async def afinish(self, answer: Answer) -> None:
        if answer.is_open:
            await self._off_the_loop(self.finish, answer)

    def settle(self, answer: Answer, actual: int) -> int:
        """What a request came to whose cost was an estimate; once.

        Less than the estimate: the rest is given back. More: it is charged as far as there is room,
        and what there is no room for is returned: that was used, and is not counted.
        """
        return self._here().limiter.settle(answer, actual) if answer.is_open else 0

    async def asettle(self, answer: Answer, actual: int) -> int:
        return await self._off_the_loop(self.settle, answer, actual) if answer.is_open else 0

    def forget(self, request: Request, rule: Rule | Ask | str) -> bool | None:
        """Forgets what a rule (or the policy's rule of this id) has counted of who is asking.

        For operators who let somebody in again, whatever the rule matches. Was there anything?
        None: the request does not say all that the rule counts by, and nothing was changed. Other
        machines go on to refuse until the time that they know of (docs/limiter.md). Raises
        PolicyError if the store cannot, or the policy has no such rule.
        """
        opened = self._here()
        if isinstance(rule, str):
            index, subject = opened.index_of(rule), ""
        else:
            ask = Ask(rule) if isinstance(rule, Rule) else rule
            index, subject = opened.index(ask.rule), ask.subject
        return opened.limiter.forget(
            request.peer,
            request.headers,
            request.method,
            request.route,
            request.user,
            index,
            subject,
        )

    async def _off_the_loop(self, function: Callable[..., Result], *arguments: Any) -> Result:
        # The other stores answer within microseconds: a thread would cost more than it saves.
        if self.policy.store != "dynamodb":
            return function(*arguments)
        import asyncio  # which programs without an event loop need not load

        return await asyncio.to_thread(function, *arguments)

    def api_key(self, headers: Sequence[tuple[str, bytes]]) -> str | None:
        """The key that decide() would count, for looking it up; None if there is none."""
        return self._here().limiter.api_key(headers)

    def client(self, peer: str, headers: Sequence[tuple[str, bytes]]) -> str | None:
        """The network that rules by client_ip count as one client, by its first address.

        None if the request does not say; decide() answers 400 then.
        """
        return self._here().limiter.client(peer, headers)

    def add_rule(self, rule: Rule) -> None:
        """Prepares a rule for decide(). Raises PolicyError if its id means another rule already."""
        self._here().index(rule)

    def open(self) -> None:
        """Opens the store in this process, as its first decision would; asks it nothing.

        Raises PolicyError if that cannot be, such as for want of a region.
        """
        self._here()

    def check_store(self) -> str | None:
        """Asks the store whether it is ready: what is wrong and how to mend it, or None.

        The first decision of a process does this by itself, and logs what is wrong.
        """
        return self._here().limiter.check_store()

    def _here(self) -> _Opened:
        pid = os.getpid()
        opened = self._opened.get(pid)
        if opened is None:
            # No lock, because a fork may copy a held one. If two threads come here at once, the
            # first to store its own wins, and nobody has used the other.
            limiter = _native.Limiter(self.policy, self._environment, _log_event, self._clock)
            opened = self._opened.setdefault(pid, _Opened(limiter, self.policy))
        return opened


class _Opened:
    """The native limiter of one process, and where it keeps the rules that code added."""

    def __init__(self, limiter: _native.Limiter, policy: Policy) -> None:
        self.limiter = limiter
        self._of_policy = [name for name, _ in policy.rules]  # they have the first indexes
        self._indexes: dict[Rule, int] = {}
        self._with_limit: dict[tuple[int, str], int] = {}

    def asked(
        self, rules: Sequence[Rule | Ask] | None, limits: Mapping[str, str] | None
    ) -> list[tuple[int, str]] | None:
        """Indexes and subjects; None: the policy's rules as they are."""
        limits = limits or {}
        if rules is None:
            if not limits:
                return None
            return [
                (self._limited(index, limits.get(name)), "")
                for index, name in enumerate(self._of_policy)
            ]
        asked = []
        for ask in rules:
            if isinstance(ask, Rule):
                ask = Ask(ask)
            limit = limits.get(ask.rule.id, ask.limit)
            asked.append((self._limited(self.index(ask.rule), limit), ask.subject))
        return asked

    def index_of(self, name: str) -> int:
        if name not in self._of_policy:
            raise PolicyError(f"the policy has no rule {name!r}")
        return self._of_policy.index(name)

    def _limited(self, index: int, limit: str | None) -> int:
        if limit is None:
            return index
        other = self._with_limit.get((index, limit))
        if other is None:
            other = self._with_limit[index, limit] = self.limiter.with_limit(index, limit)
        return other

    def index(self, rule: Rule) -> int:
        index = self._indexes.get(rule)
        if index is None:
            index = self.limiter.add_rule(rule.as_json())
            self._indexes[rule] = index
        return index


def log_decision(text: str) -> None:
    record = json.loads(text)
    level = logging.INFO if record["verdict"] == "admitted" else logging.WARNING
    decision_logger.log(
        level,
        "%s %s: %s",
        record["method"],
        record["route"] or "(no route)",
        record.get("reason", record["verdict"]),
        extra={"decision": record},
    )


def _log_event(level: str, message: str) -> None:
    logger.log(getattr(logging, level.upper()), message)

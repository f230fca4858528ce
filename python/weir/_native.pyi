from collections.abc import Callable, Mapping, Sequence, Set

class PolicyError(ValueError):
    """A policy or a rule says something that cannot be. The message says where, and the cure."""

class Policy:
    """A policy that was read and checked."""

    @staticmethod
    def load(path: str, environment: Mapping[str, str]) -> Policy: ...
    @staticmethod
    def read(text: str, name: str, environment: Mapping[str, str]) -> Policy: ...
    def with_identity(self, settings: Policy, stated: Set[str]) -> Policy:
        """The same with what `settings` says of "header", "verify" and "trusted_proxies"."""

    @property
    def store(self) -> str: ...
    @property
    def verifies_api_key(self) -> bool: ...
    @property
    def header_names(self) -> list[str]: ...
    @property
    def facts(self) -> set[str]: ...
    @property
    def listed_facts(self) -> set[str]: ...
    @property
    def rules(self) -> list[tuple[str, set[str]]]:
        """Each rule's id and the parts of its key."""

    @property
    def trusts_proxies(self) -> bool: ...
    def explain(self) -> list[str]:
        """Each rule in words, with its worst case."""

    def explain_rule(self, json: str) -> str:
        """A rule of code, as it is under this policy. Raises PolicyError."""

    def ways_around(self) -> list[str]: ...
    def table(self, environment: Mapping[str, str], create: bool) -> list[tuple[str, str]]:
        """What is to be known of the DynamoDB table; empty if counters are not in one.

        create: makes it first, unless it is there, and turns TTL on. Raises PolicyError.
        """

    def in_memory(self) -> Policy:
        """The same with counters of its own, that nobody shares."""

class FrozenClock:
    """Time stands still until advance(). For tests."""

    def __init__(self) -> None: ...
    def advance(self, seconds: float) -> None: ...

class Answer:
    """What a server answers: 200 goes on to the application, all others do not."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> list[tuple[str, str]]: ...
    @property
    def body(self) -> str: ...
    @property
    def rule(self) -> str:
        """The id of the rule that refused, was malformed or undecided; "" if admitted."""

    @property
    def reason(self) -> str: ...
    @property
    def retry_after(self) -> float:
        """Seconds; 0 if there is nothing to wait for."""

    @property
    def record(self) -> str | None:
        """The decision record in JSON, if it was asked for."""

    @property
    def is_open(self) -> bool:
        """Whether Limiter.finish() or settle() may have something to do."""

class Limiter:
    def __init__(
        self,
        policy: Policy,
        environment: Mapping[str, str],
        on_event: Callable[[str, str], None],
        clock: FrozenClock | None,
    ) -> None: ...
    def add_rule(self, json: str) -> int: ...
    def with_limit(self, index: int, limit: str) -> int: ...
    def client(self, peer: str, headers: Sequence[tuple[str, bytes]]) -> str | None: ...
    def check_store(self) -> str | None: ...
    def api_key(self, headers: Sequence[tuple[str, bytes]]) -> str | None: ...
    def decide(
        self,
        peer: str,
        headers: Sequence[tuple[str, bytes]],
        method: str,
        route: str,
        user: str | None,
        key_known: bool | None,
        cost: int,
        cost_is_estimate: bool,
        request_id: str,
        rules: Sequence[tuple[int, str]] | None,
        recorded: bool,
    ) -> Answer: ...
    def forget(
        self,
        peer: str,
        headers: Sequence[tuple[str, bytes]],
        method: str,
        route: str,
        user: str | None,
        rule: int,
        subject: str,
    ) -> bool | None: ...
    def finish(self, answer: Answer) -> None: ...
    def settle(self, answer: Answer, actual: int) -> int: ...

def check_rule(json: str) -> None: ...

# What an expression of DynamoDB says: its kind, its text (of a path: the attribute), its operands.
Tree = tuple[str, str, tuple["Tree", ...]]

def parse_condition(text: str, names: Mapping[str, str]) -> Tree:
    """Raises ValueError. names: ExpressionAttributeNames."""

def parse_update(text: str, names: Mapping[str, str]) -> list[tuple[str, str, Tree | None]]:
    """The clause, the attribute and the value of each action; REMOVE has no value."""

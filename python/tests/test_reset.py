"""manage.py weir reset and Limiter.forget: who is let in again, and who is not."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from weir import Ask, Limiter, PolicyError, Request, Rule
from weir.django.auth import asks_about, folded
from weir.django.configuration import configuration

PER_USER = {"id": "per-user", "key": ["user"], "limit": "1/h"}
PER_CLIENT = {"id": "per-client", "key": ["client_ip"], "limit": "9/h"}
PER_KEY = {"id": "per-key", "key": ["api_key"], "limit": "9/h"}
EVERYBODY = {"id": "everybody", "key": [], "limit": "100/h"}


@pytest.fixture
def shared(settings: Any, tmp_path: Path) -> None:
    settings.WEIR = {
        "POLICY": {
            "version": 1,
            "store": {"kind": "shared", "file": str(tmp_path / "counters")},
            "rules": [PER_USER, PER_CLIENT, PER_KEY, EVERYBODY],
        },
        "API_KEY": {"VERIFY": None},
    }


def reset(*arguments: str) -> str:
    output = StringIO()
    call_command("weir", "reset", *arguments, stdout=output)
    return output.getvalue()


def ask(user: str) -> int:
    asked = Request(peer="192.0.2.1", method="GET", user=user)
    return configuration().limiter.decide(asked).status


def test_lets_one_user_in_again(shared: None) -> None:
    assert [ask("7"), ask("7"), ask("8"), ask("8")] == [200, 429, 200, 429]
    assert reset("--user", "7") == "per-user: forgotten\n"
    assert reset("--user", "7") == "nothing was counted\n"
    assert [ask("7"), ask("7"), ask("8")] == [200, 429, 429]


def test_resets_what_is_said_and_by_name_what_all_share(shared: None) -> None:
    ask("7")
    assert reset("--client-ip", "192.0.2.1") == "per-client: forgotten\n"
    assert reset("--api-key", "a-key-0123456789") == "nothing was counted\n"
    assert reset("--rule", "everybody") == "everybody: forgotten\n"


def test_lets_an_account_be_signed_in_to_again(shared: None) -> None:
    limiter = configuration().limiter
    request = Request(peer="192.0.2.1", method="POST")
    account = folded("Alice")
    while limiter.decide(request, asks_about(account)).status == 200:
        pass
    output = reset("--account", "alice", "--client-ip", "192.0.2.1")
    assert "sign-in-pair: forgotten\nsign-in-network: forgotten\n" in output
    assert "sign-in-account: forgotten\n" in output
    assert limiter.decide(request, asks_about(account)).status == 200


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "Say who, for example with --user 7"),
        (("--rule", "per-user"), "counts by more than what is said"),
        (("--rule", "per-usr", "--user", "7"), "there is no rule 'per-usr'"),
    ],
)
def test_says_what_is_missing(shared: None, arguments: tuple[str, ...], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        reset(*arguments)


def test_says_that_the_memory_of_another_process_is_out_of_reach() -> None:
    with pytest.raises(CommandError, match="in the memory of each process"):
        reset("--user", "7")


def test_a_rule_of_code_is_forgotten_for_one_subject() -> None:
    limiter = Limiter({"version": 1}, environment={})
    rule = Rule("codes", "1/h")
    asked = Request(peer="192.0.2.1", method="POST")
    for subject in ("alice", "bob"):
        assert limiter.decide(asked, [Ask(rule, subject)]).status == 200
    assert limiter.forget(asked, Ask(rule, "alice")) is True
    assert limiter.decide(asked, [Ask(rule, "alice")]).status == 200
    assert limiter.decide(asked, [Ask(rule, "bob")]).status == 429


def test_a_rule_that_is_not_there_is_an_error() -> None:
    limiter = Limiter({"version": 1, "rules": [PER_USER]}, environment={})
    assert limiter.forget(Request(peer="", method="GET"), "per-user") is None
    with pytest.raises(PolicyError, match="no rule 'per-usr'"):
        limiter.forget(Request(peer="", method="GET", user="7"), "per-usr")

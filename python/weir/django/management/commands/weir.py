"""manage.py weir: the table, whether all is well, the rules in words, resets, limits taken over."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import get_resolver

from weir import PolicyError
from weir.django.configuration import configuration
from weir.django.decorator import declared
from weir.django.importing import policy_text
from weir.django.resetting import Somebody, reset


class Command(BaseCommand):
    help = "Weir, the rate limiter: its table, its state, its rules; limits of other libraries."
    # What is wrong with the settings is told by the command itself.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        table = commands.add_parser("table", help="Look at the DynamoDB table, or make it")
        table.add_argument("--create", action="store_true", help="Make it unless it is there")
        commands.add_parser("status", help="Whether the store is ready, and what is limited")
        commands.add_parser("explain", help="Each rule in words, and the ways around")
        reset = commands.add_parser("reset", help="Let somebody in again: forget what was counted")
        reset.add_argument("--user", help="The primary key of a user")
        reset.add_argument("--client-ip", help="An address")
        reset.add_argument("--api-key", help="A key")
        reset.add_argument("--account", help="The name that somebody signs in with")
        reset.add_argument("--method", default="GET", help="For rules that count by route")
        reset.add_argument("--route", default="", help="For rules that count by route")
        reset.add_argument("--rule", action="append", default=[], help="The id of a rule")
        commands.add_parser("import", help="django-ratelimit and REST framework as a weir.yaml")

    def handle(self, *_: Any, **options: Any) -> None:
        commands: dict[str, Callable[..., None]] = {
            "table": self.table,
            "status": self.status,
            "explain": self.explain,
            "reset": self.reset,
            "import": self.take_over,
        }
        commands[options["command"]](**options)

    def table(self, *, create: bool, **_: Any) -> None:
        policy = configuration().limiter.policy
        try:
            facts = policy.table(dict(os.environ), create)
        except PolicyError as error:
            raise CommandError(str(error)) from error
        if not facts:
            raise CommandError(f"the policy's store is {policy.store}: it has no table")
        for name, value in facts:
            self.stdout.write(f"{name:<11} {value or '(none)'}")

    def status(self, **_: Any) -> None:
        limiter = configuration().limiter
        problem = limiter.check_store()
        self.stdout.write(f"store       {limiter.policy.store}")
        self.stdout.write(f"ready       {'no' if problem else 'yes'}")
        self.stdout.write(f"policy      {len(limiter.policy.rules)} rules")
        self.stdout.write(f"decorators  {len(declared_rules())} rules")
        if problem:
            raise CommandError(problem)

    def explain(self, **_: Any) -> None:
        policy = configuration().limiter.policy
        for text in policy.explain():
            self.stdout.write(text + "\n")
        for rule in declared_rules():
            self.stdout.write(policy.explain_rule(rule.as_json()) + "\n")
        ways = policy.ways_around()
        self.stdout.write("Ways around:" if ways else "No way around the policy's rules is known.")
        for way in ways:
            self.stdout.write(f"- {way}")

    def reset(self, *, rule: list[str], **options: Any) -> None:
        current = configuration()
        if current.limiter.policy.store == "memory":
            raise CommandError(
                "the policy counts in the memory of each process, where no command can reach. "
                "Use the store shared or dynamodb."
            )
        who = Somebody(**{field.name: options[field.name] for field in fields(Somebody)})
        try:
            outcomes = list(reset(current, who, declared_rules(), rule))
        except PolicyError as error:
            raise CommandError(str(error)) from error
        if not outcomes:
            raise CommandError(
                "no rule counts by what is said, and by nothing else. Say who, for example with "
                "--user 7, or name a rule that counts everybody together with --rule."
            )
        forgotten = [name for name, some in outcomes if some]
        for name in forgotten:
            self.stdout.write(f"{name}: forgotten")
        if not forgotten:
            self.stdout.write("nothing was counted")

    def take_over(self, **_: Any) -> None:
        self.stdout.write(policy_text(), ending="")


def declared_rules() -> list[Any]:
    """Of decorators, which make them when the views are imported."""
    get_resolver().url_patterns  # noqa: B018
    return sorted(declared, key=lambda rule: rule.id)

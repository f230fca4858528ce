from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import django
import pytest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project_settings")
django.setup()

from django.test import Client, override_settings  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from servers import Emulator, create_weir_table, emulator  # noqa: E402
from weir.django.configuration import configured  # noqa: E402

setup_test_environment()


class Settings:
    """Assignments that last for one test."""

    overrides: list[override_settings]

    def __init__(self) -> None:
        object.__setattr__(self, "overrides", [])

    def __setattr__(self, name: str, value: Any) -> None:
        override = override_settings(**{name: value})
        override.enable()
        self.overrides.append(override)

    def undo(self) -> None:
        for override in reversed(self.overrides):
            override.disable()


@pytest.fixture
def settings() -> Iterator[Any]:
    changed = Settings()
    yield changed
    changed.undo()


@pytest.fixture
def client() -> Iterator[Client]:
    """A client of a project in which nothing has been counted yet."""
    configured.cache_clear()
    yield Client()
    configured.cache_clear()


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Emulator]:
    """An emulator with the table that Weir needs."""
    with emulator() as server:
        create_weir_table(server)
        yield server

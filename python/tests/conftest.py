from __future__ import annotations

from collections.abc import Iterator

import pytest

from servers import Emulator, emulator


@pytest.fixture(scope="session")
def dynamodb() -> Iterator[Emulator]:
    with emulator() as server:
        yield server

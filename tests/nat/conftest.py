"""A real coturn on this machine's own address, with the example configuration of packaging/."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.coturn import Coturn


@pytest.fixture
def coturn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Coturn]:
    """Its certificate is one that this process trusts."""
    with Coturn(tmp_path) as relay:
        monkeypatch.setenv("SSL_CERT_FILE", str(relay.certificate))
        yield relay

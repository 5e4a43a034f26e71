"""What is remembered between starts: one small JSON file, by default in the folder that the system keeps for it."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)


def default_path() -> Path:
    """Where settings are kept unless `--config FILE` says otherwise."""
    from platformdirs import user_config_path

    return user_config_path("matinee", appauthor=False) / "settings.json"


class FileSettings:
    """Settings in a file, written whole and at once replaced, so that a crash leaves the old or the new one.

    Main thread only. A file that can't be read counts as empty; one that can't be written is logged once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._complained = False
        self._values: dict[str, Any] = {}
        try:
            values = json.loads(path.read_text("utf-8"))
            if isinstance(values, dict):
                self._values = values
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:
            logger.warning("settings in %s can't be read (%s); starting with none", path, error)

    def get(self, key: str) -> Any:
        """A value, None if it was never put."""
        return self._values.get(key)

    def put(self, key: str, value: Any) -> None:
        """Keep a JSON value."""
        if self._values.get(key) == value and key in self._values:
            return
        self._values[key] = value
        partial = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                json.dump(self._values, file, indent=1)
            partial.replace(self.path)
        except OSError as error:
            if not self._complained:
                logger.warning("settings can't be kept in %s (%s)", self.path, error)
            self._complained = True

"""The pages of the side panel."""

from __future__ import annotations

from typing import Literal

Page = Literal["people", "chat", "playlist"]
PAGES: tuple[Page, ...] = ("people", "chat", "playlist")
NAMES: dict[Page, str] = {"people": "People", "chat": "Chat", "playlist": "Playlist"}

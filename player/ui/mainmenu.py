"""The menu of the window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QMenu

from player.core.view import View
from player.ui.menus import add_line


@dataclass(frozen=True, slots=True)
class MenuDeeds:
    """What its lines do."""

    open_film: Callable[[], object]
    host: Callable[[], object]
    join: Callable[[], object]
    copy_invite: Callable[[], object]
    show_hosting: Callable[[], object]
    leave: Callable[[], object]
    fill_call: Callable[[QMenu], object]
    switch_panel: Callable[[], object]
    switch_playlist: Callable[[], object]
    show_folders: Callable[[], object]
    switch_full_screen: Callable[[], object]
    quit: Callable[[], object]


def fill_main_menu(menu: QMenu, view: View, deeds: MenuDeeds) -> None:
    add_line(menu, "Open a film…", deeds.open_film, "Ctrl+O")
    add_line(menu, "Film folders…", deeds.show_folders)
    menu.addSeparator()
    if view.link == "alone":
        add_line(menu, "Host a room…", deeds.host)
        add_line(menu, "Join a room…", deeds.join)
    else:
        add_line(menu, "Copy the invite", deeds.copy_invite, "Ctrl+I").setEnabled(bool(view.invite))
        if view.hosting is not None:
            add_line(menu, "Hosting…", deeds.show_hosting)
        add_line(menu, "Leave the room", deeds.leave)
    if view.call.may_join or view.call.state != "off":
        menu.addSeparator()
        deeds.fill_call(menu)
    menu.addSeparator()
    if view.members:
        add_line(menu, "People and chat", deeds.switch_panel, "F9")
    add_line(menu, "Playlist", deeds.switch_playlist, "F8")
    add_line(menu, "Full screen", deeds.switch_full_screen, "F")
    menu.addSeparator()
    add_line(menu, "Quit", deeds.quit, "Ctrl+Q")

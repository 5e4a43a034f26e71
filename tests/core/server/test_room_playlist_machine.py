"""What holds for a playlist and a film whatever people do to them: a hypothesis machine."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from server.core import protocol
from server.core.protocol import (
    Accepted,
    Add,
    Choose,
    Copy,
    Ended,
    Load,
    Move,
    NewEntry,
    Next,
    Pause,
    Play,
    React,
    Refused,
    Remove,
    Say,
    Seek,
    SetLoop,
    Shuffle,
    Stay,
    Undo,
)
from server.core.room import next_deadline
from server.core.room_entries import entry_at_end
from server.core.room_state import RoomPolicy
from server.core.timeline import RoomTime
from tests.fakes.rooms import EDITS, Stage

POLICY = RoomPolicy(
    entries_most=6,
    entry_chars_most=40,
    undos_most=3,
    lines_most=4,
    line_chars_most=30,
    empty=1e9,  # the room outlives everything here
    abandoned=1e9,
)
IDS = st.integers(0, 12).map(str)
FILMS = st.builds(
    NewEntry,
    title=st.text(max_size=5),
    duration_us=st.sampled_from((None, 0, 2_000_000, 9_000_000)),
    fingerprint=st.sampled_from(("", "aa", "bb")),
)
FILM_ACTIONS = st.one_of(
    st.builds(Play),
    st.builds(Pause),
    st.builds(Seek, media_us=st.integers(0, 10_000_000)),
    st.builds(Load, title=st.sampled_from("ABC"), duration_us=st.sampled_from((None, 2_000_000))),
    st.builds(Choose, entry=IDS),
    st.builds(Next),
    st.builds(Stay),
    st.builds(Ended),
)
EDIT_ACTIONS = st.one_of(
    st.builds(Add, entries=st.lists(FILMS, min_size=1, max_size=3).map(tuple), at=st.none() | st.integers(0, 9)),
    st.builds(Remove, entries=st.lists(IDS, min_size=1, max_size=5).map(tuple)),
    st.builds(Move, entry=IDS, to=st.integers(0, 9)),
    st.builds(Shuffle),
    st.builds(SetLoop, loop=st.sampled_from(("off", "one", "all"))),
    st.builds(Undo),
)
COPIES = st.builds(
    Copy,
    item=st.just(""),
    has=st.booleans(),
    duration_us=st.sampled_from((None, 0, 1_000_000, 2_000_000)),
    fingerprint=st.sampled_from(("", "aa", "bb")),
)
WORDS = st.one_of(st.builds(Say, text=st.text(max_size=40)), st.builds(React, emoji=st.sampled_from(("😀", "a"))))
PEERS = st.sampled_from(("ana", "ben"))


class PlaylistMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage(POLICY)
        self.stage.join("Ana")
        self.stage.join("Ben")
        self.stage.join("Remote", role="controller")

    def settled(self) -> None:
        """What has become true by itself has been stated."""
        self.stage.say("remote", protocol.ClockRequest(t0_us=0))

    def is_here(self, peer: str) -> bool:
        return any(member.peer == peer for member in self.stage.room.present)

    def command(self, peer: str, action: protocol.Action, behind: int) -> None:
        if not self.is_here(peer):
            return
        self.settled()
        before = self.stage.room
        seen = before.playlist.revision if isinstance(action, EDITS) else before.revision
        answer = self.stage.command(peer, action, revision=max(0, seen - behind))
        room = self.stage.room
        if isinstance(answer, Refused):
            assert (room.schedule, room.item, room.playlist, room.lines) == (
                before.schedule,
                before.item,
                before.playlist,
                before.lines,
            )
        elif isinstance(action, EDITS):  # none touches the film
            assert behind == 0 or seen == 0
            assert (room.schedule, room.item) == (before.schedule, before.item)
            assert room.playlist.revision - before.playlist.revision in (0, 1)
        else:
            assert isinstance(answer, Accepted)
            assert room.revision - before.revision in (0, 1)

    @rule(peer=PEERS, action=FILM_ACTIONS, behind=st.sampled_from((0, 0, 0, 1)))
    def move_the_film(self, peer: str, action: protocol.Action, behind: int) -> None:
        self.command(peer, action, behind)

    @rule(peer=PEERS, action=EDIT_ACTIONS, behind=st.sampled_from((0, 0, 0, 1)))
    def edit(self, peer: str, action: protocol.Action, behind: int) -> None:
        self.command(peer, action, behind)

    @rule(peer=PEERS, action=WORDS)
    def talk(self, peer: str, action: protocol.Action) -> None:
        self.command(peer, action, 0)

    @rule(peer=PEERS, copy=COPIES, behind=st.sampled_from((0, 0, 1)))
    def compare(self, peer: str, copy: Copy, behind: int) -> None:
        before = self.stage.room.playlist.revision
        item = str(max(0, self.stage.room.items - behind))
        self.stage.say(peer, msgspec.structs.replace(copy, item=item))
        assert self.stage.room.playlist.revision == before

    @rule(seconds=st.sampled_from((0.1, 1.0, 5.0)))
    def watch(self, seconds: float) -> None:
        for peer in ("ana", "ben"):
            self.stage.ready(peer)
        self.stage.wait(seconds)

    @rule()
    def meet_deadline(self) -> None:
        due = next_deadline(self.stage.room)
        if due is not None and due < self.stage.now + 1000.0:
            self.stage.until_due()
            due = next_deadline(self.stage.room)
            assert due is None or due > self.stage.now  # a shell never spins

    @rule(seconds=st.sampled_from((0.5, 4.0)))
    def nobody_says_anything(self, seconds: float) -> None:
        self.stage.now = RoomTime(self.stage.now + seconds)

    @rule(peer=PEERS)
    def lose(self, peer: str) -> None:
        self.stage.lose(peer)

    @rule(peer=PEERS)
    def come(self, peer: str) -> None:
        if not self.is_here(peer):
            self.stage.join(peer.title(), token=f"token of {peer}")

    # -- what always holds ---------------------------------------------------------------------------------------------

    @invariant()
    def the_list_is_within_its_bounds(self) -> None:
        playlist = self.stage.room.playlist
        ids = [entry.id for entry in playlist.entries]
        assert len(set(ids)) == len(ids) <= POLICY.entries_most
        assert 0 <= playlist.place <= len(ids)
        assert len(playlist.past) <= POLICY.undos_most
        assert len(self.stage.room.lines) <= POLICY.lines_most
        assert sum(len(line.text) for line in self.stage.room.lines) <= POLICY.line_chars_most

    @invariant()
    def the_place_is_within_the_film(self) -> None:
        room = self.stage.room
        assert room.duration is None or room.newest.media_time <= room.duration

    @invariant()
    def what_is_about_to_begin_does_so_only_at_an_end(self) -> None:
        room = self.stage.room
        if room.playlist.next_at is None:
            assert room.playlist.next == ""
        else:
            assert room.is_ended
            assert room.newest.state == "paused"
            assert room.playlist.next == entry_at_end(room)

    @invariant()
    def everyone_knows_the_list_and_the_film(self) -> None:
        room = self.stage.room
        for peer in room.everyone:
            if room.playlist.revision > 0:
                heard = self.stage.playlist(peer)
                assert (heard.revision, heard.entries) == (room.playlist.revision, room.playlist.entries)
                assert (heard.next, heard.next_us is None) == (room.playlist.next, room.playlist.next_at is None)
            assert self.stage.stated(peer).item == room.item_id
            known = self.stage.last(peer, protocol.Item, protocol.Welcome)
            assert (known.item if isinstance(known, protocol.Welcome) else known) == room.item

    @invariant()
    def all_that_is_told_is_of_the_protocol(self) -> None:
        for told in self.stage.told.values():
            for message in told[-5:]:
                assert protocol.decode_server(*protocol.encode(message)) == message


TestPlaylist: Any = PlaylistMachine.TestCase
TestPlaylist.settings = settings(max_examples=100, stateful_step_count=40)

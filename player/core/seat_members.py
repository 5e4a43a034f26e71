"""What a person wishes of the room beyond its film: words, the playlist, people, rules, invites."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from player.core import room_intents as wish
from player.core.happenings import KeyDrawn, Listed, Moment
from player.core.invite import InviteError
from player.core.room_view import ListedRow, ListingView
from player.core.seat import POLICY, Pending, Seat, Step
from player.core.seat_actions import DrawKey, FetchRooms, KnockNow, LookIn, Remember, Send, StopHosting, TakeOver
from player.core.seat_copies import add_films, next_addition, open_address, set_offset
from player.core.server_url import invite_on_server
from server.core import protocol

ASKED_MOST = 20


def receive_room_wish(seat: Seat, intent: wish.RoomIntent, moment: Moment) -> Step:
    match intent:
        case wish.AddToPlaylist(paths, at):
            return add_films(seat, paths, at).then(lambda seat: send_additions(seat, moment))
        case wish.OpenToLan(is_open):
            return Step(replace(seat, is_lan_open=is_open), (Remember("lan_open", is_open),))
        case wish.AskForRooms(server):
            return _ask_for_rooms(seat, server)
        case wish.TryAgain():
            return Step(seat, (KnockNow(),))
        case wish.SetOffset(seconds):
            return set_offset(seat, seconds)
        case wish.OpenAddress():
            return open_address(seat, moment)
        case wish.SetFolders(folders):
            seat = replace(seat, library=replace(seat.library, folders=folders))
            return Step(seat, (LookIn(folders), Remember("folders", list(folders))))
        case wish.MakeInvite(role, expires):
            return Step(seat, (DrawKey(role, expires),))
        case wish.AcceptRoom():
            return _accept_room(seat, moment)
        case wish.DeclineRoom():  # the room learns it by our silence
            return Step(replace(seat, facts=replace(seat.facts, offer=None)))
        case wish.GoAway(is_away):
            step = ask(seat, protocol.SetAway(away=is_away), moment)
            return replace(step, seat=replace(step.seat, is_away=is_away)) if step.actions else step
        case wish.SayLine(text) if not text.strip():
            return Step(seat)
        case _:
            return ask(seat, _action(intent), moment)


def _accept_room(seat: Seat, moment: Moment) -> Step:
    """Our own server takes the room that was offered, if it still is. The film has played on since."""
    offer = seat.facts.offer
    if offer is None:
        return Step(seat)
    seat = replace(seat, facts=replace(seat.facts, offer=None, is_taking=True))
    return Step(seat, (TakeOver(offer.bundle, offer.room, moment.local - offer.since),))


def _ask_for_rooms(seat: Seat, server: str) -> Step:
    try:
        invite = invite_on_server(server, "any")
    except InviteError as error:
        return Step(replace(seat, listing=ListingView(server, words=str(error))))
    return Step(replace(seat, listing=ListingView(server, is_asking=True)), (FetchRooms(invite, server),))


def receive_listing(seat: Seat, listed: Listed) -> Step:
    """The answer, if no other server was asked since."""
    if listed.server != seat.listing.server:
        return Step(seat)
    rooms = tuple(ListedRow(each.title, each.people, each.has_password, each.invite.text()) for each in listed.rooms)
    words = listed.words or ("" if rooms else "No room there wants to be found: ask for an invite.")
    return Step(replace(seat, listing=ListingView(listed.server, rooms=rooms, words=words)))


def _action(intent: _Plain) -> protocol.Action:
    """What is asked of the room."""
    match intent:
        case wish.SayLine(text):
            return protocol.Say(text=text[: protocol.MAX_SAID])
        case wish.SendReaction(emoji):
            return protocol.React(emoji=emoji)
        case wish.RemoveEntries(entries):
            return protocol.Remove(entries=entries)
        case wish.MoveEntry(entry, to):
            return protocol.Move(entry=entry, to=to)
        case wish.ShufflePlaylist():
            return protocol.Shuffle()
        case wish.LoopPlaylist(loop):
            return protocol.SetLoop(loop=loop)
        case wish.UndoPlaylist():
            return protocol.Undo()
        case wish.ChooseEntry(entry):
            return protocol.Choose(entry=entry)
        case wish.PlayNext():
            return protocol.Next()
        case wish.StayHere():
            return protocol.Stay()
        case wish.AskReady():
            return protocol.Check()
        case wish.SayReady(is_ready):
            return protocol.Confirm(ready=is_ready)
        case wish.CallOffCheck():
            return protocol.CallOff()
        case wish.GoOnWithout():
            return protocol.GoOn()
        case wish.GiveRole(peer, "host"):
            return protocol.HandOver(peer=peer)
        case wish.GiveRole(peer, "operator"):
            return protocol.Grant(peer=peer, role="operator")
        case wish.GiveRole(peer, _):
            return protocol.Grant(peer=peer, role="guest")
        case wish.MuteMember(peer, is_muted):
            return protocol.Mute(peer=peer, muted=is_muted)
        case wish.RemoveMember(peer, is_for_good):
            return protocol.Ban(peer=peer) if is_for_good else protocol.Kick(peer=peer)
        case wish.LiftBan(ban):
            return protocol.Unban(ban=ban)
        case wish.ChangeRules():
            return protocol.SetRules(
                control=intent.control,
                playlist=intent.playlist,
                waits=intent.waits,
                listed=intent.listed,
                persists=intent.persists,
                relay_only=intent.relay_only,
            )
        case wish.ChangePassword(password):
            return protocol.SetPassword(password=password)
        case wish.RevokeInvite(key):
            return protocol.RevokeKey(key=key)
        case wish.MoveRoomTo(peer):
            return protocol.MoveRoom(peer=peer)
        case wish.EndForAll():
            return protocol.EndRoom()
        case _:
            assert_never(intent)


_Plain = (
    wish.SayLine
    | wish.SendReaction
    | wish.RemoveEntries
    | wish.MoveEntry
    | wish.ShufflePlaylist
    | wish.LoopPlaylist
    | wish.UndoPlaylist
    | wish.ChooseEntry
    | wish.PlayNext
    | wish.StayHere
    | wish.AskReady
    | wish.SayReady
    | wish.CallOffCheck
    | wish.GoOnWithout
    | wish.GiveRole
    | wish.MuteMember
    | wish.RemoveMember
    | wish.LiftBan
    | wish.ChangeRules
    | wish.ChangePassword
    | wish.RevokeInvite
    | wish.MoveRoomTo
    | wish.EndForAll
)

PLAYLIST_EDITS = (
    protocol.Add,
    protocol.Remove,
    protocol.Move,
    protocol.Shuffle,
    protocol.SetLoop,
    protocol.Undo,
)


WORDS_KEPT = (protocol.Say, protocol.Add)  # wanted however late: what was written, what was chosen


def ask(seat: Seat, action: protocol.Action, moment: Moment, tries: int = 0) -> Step:
    """A command for which no button waits. It is sent again if the link was lost before its answer came."""
    if not seat.can_ask:
        return Step(seat.told("warning", "Not connected to the room: nothing was sent.", moment))
    count = seat.commands + 1
    is_edit = isinstance(action, PLAYLIST_EDITS)
    revision = seat.facts.playlist.revision if is_edit else seat.schedule.newest.revision
    item = "" if seat.item is None else seat.item.id
    command = protocol.Command(id=f"{seat.me}-{count}", revision=revision, item=item, action=action)
    asked = (*seat.asked, Pending(command, moment.local, tries))[-ASKED_MOST:]
    return Step(replace(seat, commands=count, asked=asked), (Send(command),))


def send_additions(seat: Seat, moment: Moment) -> Step:
    """Add the films whose facts are known; one command at a time, for each needs the playlist that it changes."""
    if seat.is_adding or not seat.can_ask:
        return Step(seat)
    seat, add = next_addition(seat)
    return Step(seat) if add is None else ask(seat, add, moment)


def receive_key(seat: Seat, drawn: KeyDrawn, moment: Moment) -> Step:
    """Register an invite's key with the room; the link can be shown when the room has it."""
    expires = None if drawn.expires is None else max(1, round(drawn.expires))
    step = ask(seat, protocol.MakeKey(key=drawn.key, role=drawn.role, expires_s=expires), moment)
    if not step.actions:
        return step
    links = (*seat.facts.links, (protocol.key_id(drawn.key), drawn.key))[-ASKED_MOST:]
    return replace(step, seat=replace(step.seat, facts=replace(step.seat.facts, links=links)))


# -- answers -----------------------------------------------------------------------------------------------------------


def receive_answer(seat: Seat, id: str) -> tuple[Seat, Pending | None]:
    """The seat without the command that was answered, and that command; None: it is not one of these."""
    known = next((each for each in seat.asked if each.command.id == id), None)
    if known is None:
        return seat, None
    return replace(seat, asked=tuple(each for each in seat.asked if each is not known)), known


def receive_refusal(seat: Seat, asked: Pending, refused: protocol.Refused, moment: Moment) -> Step:
    """The room has said no to a command for which no button waits. What nobody is to blame for is not told."""
    action, is_overtaken = asked.command.action, refused.code == "revision"
    match action:
        case protocol.Ended():
            return Step(seat)  # one end of the film counts; or it has not ended for the room
        case protocol.Next() if refused.code in ("item", "revision"):
            return Step(seat)  # somebody else went on, too
        case protocol.Add() | protocol.Remove() | protocol.SetLoop() if is_overtaken and asked.tries < POLICY.tries:
            return ask(seat, action, moment, asked.tries + 1)  # the list that it needs came before the refusal
        case protocol.Add():
            seat = replace(seat, adding=())  # the others would be refused likewise
        case protocol.SetAway(away):
            seat = replace(seat, is_away=not away)
        case protocol.RoomMoved():
            told = replace(seat, taken_over=None).told("warning", refused.words, moment)
            return Step(told, (StopHosting(),))
        case _:
            pass
    return Step(seat.told("warning", refused.words, moment))


def still_wanted(seat: Seat, moment: Moment) -> tuple[Pending, ...]:
    """What is to be sent again to a room that may not have heard it."""
    return tuple(
        each
        for each in seat.asked
        if moment.local - each.since <= POLICY.resend_within or isinstance(each.command.action, WORDS_KEPT)
    )

"""What a seat does about a person's wishes: commands to the authority, rooms to enter and to leave, own choices."""

from __future__ import annotations

from dataclasses import replace

from player.core import view as wish
from player.core.call_view import CallIntent
from player.core.happenings import Moment
from player.core.invite import InviteError, parse_invite
from player.core.room_facts import RoomFacts
from player.core.seat import NOBODY, Seat, Step
from player.core.seat_actions import (
    Action,
    AddSubtitles,
    ConnectTo,
    DelaySubtitles,
    GoSolo,
    OpenFilm,
    PickSound,
    PickSubtitles,
    Remember,
    SetGain,
    StartHosting,
    StopHosting,
)
from player.core.seat_call import receive_call_wish
from player.core.seat_film import send_command
from player.core.seat_members import receive_room_wish
from server.core import protocol
from server.core.timeline import MAX_RATE, MIN_RATE, Schedule


def receive_wish(seat: Seat, intent: wish.Intent, moment: Moment) -> Step:
    if isinstance(intent, CallIntent):
        return receive_call_wish(seat, intent, moment)
    match intent:
        case wish.OpenMedium(path):
            seat = replace(seat, opening=path, opening_since=moment.local, opening_for="", go_on=None)
            return Step(seat, (OpenFilm(path),))
        case wish.HostRoom(room):
            left = leave(seat, moment)
            seat = replace(left.seat, link="connecting", link_words="Starting the room …", is_hosting=True)
            return Step(seat, (*left.actions, StartHosting(room)))
        case wish.JoinRoom(text, password):
            return _join(seat, text, password, moment)
        case wish.LeaveRoom():
            return back_to_solo(seat, moment) if seat.link != "alone" else Step(seat)
        case wish.SetName(name):
            return Step(replace(seat, name=name), (Remember("name", name),))
        case wish.WantPlay():
            return _command(seat, protocol.Play(), moment)
        case wish.WantPause():
            return _command(seat, protocol.Pause(), moment)
        case wish.WantSeek(media_time):
            return _command(seat, protocol.Seek(media_us=max(0, protocol.micros(media_time))), moment)
        case wish.WantRate(rate):
            return _command(seat, protocol.SetRate(rate=min(max(rate, MIN_RATE), MAX_RATE)), moment)
        case wish.SetVolume(volume):
            seat = replace(seat, volume=min(max(volume, 0), 100), is_muted=False)
            return Step(seat, (SetGain(seat.gain), Remember("volume", seat.volume)))
        case wish.SetMuted(is_muted):
            seat = replace(seat, is_muted=is_muted)
            return Step(seat, (SetGain(seat.gain),))
        case wish.ChooseSound(track):
            medium = None if seat.medium is None else replace(seat.medium, sound_track=track)
            return Step(replace(seat, medium=medium), (PickSound(track),))
        case wish.ChooseSubtitles(choice):
            medium = None if seat.medium is None else replace(seat.medium, subtitle_track=choice)
            return Step(replace(seat, medium=medium), (PickSubtitles(choice),))
        case wish.LoadSubtitles(path):
            return Step(seat, (AddSubtitles(path),))
        case wish.SetSubtitleDelay(seconds):
            return Step(replace(seat, subtitle_delay=seconds), (DelaySubtitles(seconds),))
        case wish.Dismiss(notice):
            return Step(replace(seat, notices=seat.notices.dismiss(notice)))
        case _:
            return receive_room_wish(seat, intent, moment)


def _join(seat: Seat, text: str, password: str, moment: Moment) -> Step:
    try:
        invite = replace(parse_invite(text), password=password)
    except InviteError as error:
        return Step(seat.told("error", str(error), moment, "link"))
    left = leave(seat, moment)
    seat = replace(left.seat, link="connecting", link_words=f"Connecting to {invite.host} …", invite=invite)
    return Step(seat, (*left.actions, ConnectTo(invite, seat.name)))


def _command(seat: Seat, action: protocol.Action, moment: Moment) -> Step:
    if seat.item is None:
        return Step(seat)  # nothing is loaded: there is nothing to play
    if not seat.can_ask:
        return Step(
            seat.told("warning", "Not connected to the room: nothing was changed. Leave it to watch alone.", moment)
        )
    return send_command(seat, action, moment)


def leave(seat: Seat, moment: Moment) -> Step:
    """Out of the room, before another or none. The place of our film is kept."""
    actions: tuple[Action, ...] = (StopHosting(),) if seat.is_hosting or seat.taken_over is not None else ()
    place = seat.place(moment)
    seat = replace(
        seat,
        link="alone",
        link_words="",
        invite=None,
        is_hosting=False,
        locked=None,
        epoch="",
        me=NOBODY,
        item=None,
        schedule=Schedule(),
        roster=(),
        bound_item="",
        is_loading=False,
        go_on=None if place is None else place.stopped(moment.local),
        primed=-1,
        readied=-1,
        pending=None,
        facts=RoomFacts(reactions=seat.facts.reactions),
        is_away=False,
        offset=0.0,
        compared="",
        sought="",
        searching_since=None,
        adding=(),
        asked=(),
        taken_over=None,
        reach=None,
        notices=seat.notices.forget("link"),
        call=seat.call.elsewhere(),
    )
    return Step(seat, actions)


def back_to_solo(seat: Seat, moment: Moment, words: str = "") -> Step:
    """Out of the room and alone again, with our film where it was. `words` say why, if that is not our own wish."""
    left = leave(seat, moment)
    told = left.seat.told("error", words, moment, "link") if words else left.seat
    return Step(told, (*left.actions, GoSolo()))

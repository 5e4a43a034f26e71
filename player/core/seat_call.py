"""What a seat does about the room's call.

Theory of operation. Wishes, the room and the call's process change `Seat.call` (`call_state.py`); after each of them
`settle` compares what should be with what was said last, and says the difference:

    to the room      InCall: in the call or not, with which devices. Again after a welcome, not while the link is lost
    to the process   Own (devices), Company (who is in the call), Hearing (who is heard and seen)
    to the playback  whether the voices go out with the film, how loud the film is beside them

    JoinCall -> InCall -> the roster says that we are in it -> Company.joined -> connections
The roster comes to all at once, so nobody gets an offer of somebody whom it does not know. A room that does not seat us
within `patience` has no place: we are out again. When the process has died our `serial` grows, and everybody connects
with the new one as soon as the roster has it.

Nothing is captured and no process is started before the person opens the lobby or joins; it ends when neither is so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from player.core import call_view as wish
from player.core import ducking
from player.core.call_pipe import (
    CallEnded,
    CallNews,
    CallSaid,
    CallSignalled,
    CallTold,
    Company,
    DevicesFound,
    Hearing,
    LookForDevices,
    Member,
    NetworkChanged,
    Own,
    PeerSignalled,
    Pressure,
    RoomLine,
    WaysFound,
    WaysWanted,
)
from player.core.call_state import LONG_AGO, POLICY, Choice
from player.core.happenings import Moment, Tick
from player.core.seat import Seat, Step
from player.core.seat_actions import Action, EndCall, HearVoices, Remember, Send, TellCall
from server.core import protocol
from server.core.timeline import LocalTime

DUCKING = ducking.DuckingPolicy()

# -- wishes ------------------------------------------------------------------------------------------------------------


def receive_call_wish(seat: Seat, intent: wish.CallIntent, moment: Moment) -> Step:
    part = seat.call
    match intent:
        case wish.OpenLobby():
            stage = "lobby" if part.stage == "off" else part.stage
            return Step(_with(seat, stage=stage), (TellCall(LookForDevices()),))
        case wish.CloseLobby():
            return Step(replace(seat, call=part.out()) if part.stage == "lobby" else seat)
        case wish.JoinCall():
            return _join(seat, moment)
        case wish.LeaveCall():
            return Step(replace(seat, call=part.out()) if part.stage == "in" else seat)
        case wish.SwitchCamera(on):
            return Step(_with(seat, camera_on=on and part.stage != "off"))
        case wish.SwitchMicrophone(on):
            return Step(_with(seat, microphone_on=on and part.stage != "off"))
        case wish.ChooseCamera(device):
            return Step(_with(seat, camera=Choice(device)), (Remember("camera", device),))
        case wish.ChooseMicrophone(device):
            return Step(_with(seat, microphone=Choice(device)), (Remember("microphone", device),))
        case wish.ChooseVoice(mode):
            return Step(_with(seat, voice=mode, is_talking=False), (Remember("voice", mode),))
        case wish.Talk(is_held):
            return Step(_with(seat, is_talking=is_held and part.stage != "off"))
        case wish.MuteForMe(peer, is_muted):
            others = tuple(each for each in part.silenced if each != peer)
            return Step(_with(seat, silenced=(*others, peer) if is_muted else others))
        case wish.ChooseDucking(choice):
            return Step(_with(seat, ducking=choice), (Remember("ducking", choice),))
        case wish.CleanMicrophone(is_wanted):
            return Step(_with(seat, cleans=is_wanted), (Remember("clean", is_wanted),))
        case wish.ShowTiles(shown):
            return Step(_with(seat, shown=shown))
        case _:
            assert_never(intent)


def _with(seat: Seat, **fields: object) -> Seat:
    return replace(seat, call=replace(seat.call, **fields))  # type: ignore[arg-type]


def _join(seat: Seat, moment: Moment) -> Step:
    if seat.call.stage == "in":
        return Step(seat)
    if seat.invite is None or not seat.can_ask:
        return Step(seat.told("warning", "There is nobody to call: join a room first.", moment, "call"))
    # by room time, so that an app that was started anew is not taken for the one before
    part = seat.call.joined(max(1, int(1000 * moment.room)))
    return Step(replace(seat, call=part), (TellCall(LookForDevices()),) if part.own is None else ())


# -- the room ----------------------------------------------------------------------------------------------------------


def welcomed(seat: Seat, is_known: bool, again: bool, moment: Moment) -> Step:
    """A room has let us in, for the first time or again; `is_known`: as who we were, `again`: its server is the same,
    too. What it knows of our part in its call is not known."""
    part = replace(seat.call, said=None).unwayed()
    if not again:
        part = replace(part, held=protocol.CallStated())  # as long as it says nothing else
    if not is_known:
        part = replace(part, is_seated=False, silenced=())
    entrance = part.comes_in
    if entrance is None or seat.invite is None:
        return Step(replace(seat, call=part))
    part = replace(part, camera_on=entrance.camera_on, microphone_on=entrance.microphone_on)
    return _join(replace(seat, call=part), moment)


def receive_call_message(
    seat: Seat, message: protocol.Signalled | protocol.Ways | protocol.CallStated, moment: Moment
) -> Step:
    part = seat.call
    match message:
        case protocol.Signalled():
            return Step(seat, (TellCall(PeerSignalled(signal=message)),) if part.is_seated else ())
        case protocol.Ways(seconds=seconds):
            if part.stage != "in":
                return Step(seat)
            until = LocalTime(moment.local + POLICY.ways_share * seconds)
            return Step(_with(seat, ways_until=until, ways_wanted=False), (TellCall(WaysFound(ways=message)),))
        case protocol.CallStated(words=words):
            is_other = message.generation != part.held.generation or message.mode != part.held.mode
            seat = replace(
                seat, call=replace(part.unwayed() if is_other else part, held=message)
            )  # ways name its place
            is_told = is_other and words != "" and part.stage == "in"
            return Step(seat.told("info", words, moment, "call held") if is_told else seat)
        case _:
            assert_never(message)


# -- the process -------------------------------------------------------------------------------------------------------


def receive_call(seat: Seat, news: CallNews, moment: Moment) -> Step:
    part = seat.call
    if part.own is None:
        return Step(seat)  # the last words of one that was ended
    match news:
        case CallTold():
            return Step(_with(seat, told=news))
        case CallSignalled(signal=signal):
            return Step(seat, (Send(signal),) if part.is_seated and seat.link == "joined" else ())
        case WaysWanted():
            return Step(_with(seat, ways_wanted=True))
        case DevicesFound(cameras=cameras, microphones=microphones):
            return Step(_found(_with(seat, cameras=cameras, microphones=microphones), moment))
        case CallSaid(kind=kind, words=words, about=about):
            # an error of the call is none of the player
            return Step(seat.told("info" if kind == "info" else "warning", words, moment, f"call {about or words}"))
        case CallEnded(words):
            if part.stage == "in":
                part = part.joined(0)
            seat = replace(seat, call=replace(part, told=None, line=None).unwayed())
            return Step(seat.told("warning", words, moment, "call ended"))
        case _:
            assert_never(news)


def _found(seat: Seat, moment: Moment) -> Seat:
    """Devices that the command line has named are known now, or are not there."""
    part = seat.call
    camera, microphone = part.camera.found(part.cameras), part.microphone.found(part.microphones)
    for choice, word, found in ((part.camera, "camera", camera), (part.microphone, "microphone", microphone)):
        if found is None:
            words = f"There is no {word} called “{choice.named}” here: `matinee doctor` says which there are."
            seat = seat.told("error", words, moment, f"call {word}")
    return _with(
        seat,
        camera=camera or Choice(),
        microphone=microphone or Choice(),
        camera_on=part.camera_on and camera is not None,
        microphone_on=part.microphone_on and microphone is not None,
    )


# -- what follows from all ---------------------------------------------------------------------------------------------


def settle(seat: Seat, moment: Moment) -> Step:
    """Say what should be where it is not what was said last."""
    step = Step(_wait_for_a_seat(seat, moment)).then(_tell_room)
    step = step.then(_tell_process if step.seat.call.stage != "off" else _end_process)
    return step.then(lambda seat: _ask_ways(seat, moment)).then(lambda seat: _duck(seat, moment))


def _wait_for_a_seat(seat: Seat, moment: Moment) -> Seat:
    part = seat.call
    if part.stage != "in":
        return seat
    if is_in_roster(seat):
        if part.is_seated and part.waiting_since is None:
            return seat
        has_ways = part.ways_until > LONG_AGO  # else who asked before all knew may not have been answered
        return replace(seat, call=replace(part if has_ways else part.unwayed(), is_seated=True, waiting_since=None))
    if seat.link != "joined":
        return _with(seat, waiting_since=None)
    if part.waiting_since is None:
        return _with(seat, waiting_since=moment.local)
    if moment.local - part.waiting_since < POLICY.patience:
        return seat
    words = "The room has no place in its call for you now: try again later."
    return replace(seat, call=part.out()).told("warning", words, moment, "call")


def is_in_roster(seat: Seat) -> bool:
    """Everybody knows that we are in the call."""
    mine = next((entry for entry in seat.roster if entry.peer == seat.me), None)
    return mine is not None and mine.call is not None and mine.call.serial == seat.call.serial


def _tell_room(seat: Seat) -> Step:
    if seat.link != "joined":
        return Step(seat)
    part, wanted = seat.call, protocol.InCall(joined=False)
    if part.stage == "in":
        wanted = protocol.InCall(
            joined=True, serial=part.serial, camera=part.shows_camera, microphone=part.opens_microphone
        )
    if part.said == wanted or (part.said is None and not wanted.joined and not _is_listed(seat)):
        return Step(seat)
    return Step(_with(seat, said=wanted), (Send(wanted),))


def _is_listed(seat: Seat) -> bool:
    return any(entry.peer == seat.me and entry.call is not None for entry in seat.roster)


def _tell_process(seat: Seat) -> Step:
    part = seat.call
    own, company, hearing = _own(seat), _company(seat), Hearing(silenced=part.silenced, shown=part.shown)
    pieces = ((own, part.own), (company, part.company), (hearing, part.hearing))
    actions: tuple[Action, ...] = tuple(TellCall(piece) for piece, told in pieces if piece != told)
    hears = part.stage == "in"
    if hears != part.hears:
        actions = (*actions, HearVoices(hears))
    return Step(_with(seat, own=own, company=company, hearing=hearing, hears=hears) if actions else seat, actions)


def _end_process(seat: Seat) -> Step:
    part = seat.call
    if part.own is None:
        return Step(seat)
    actions: tuple[Action, ...] = (HearVoices(False),) if part.hears else ()
    return Step(replace(seat, call=replace(part.ended(), hears=False)), (*actions, EndCall()))


def _own(seat: Seat) -> Own:
    part = seat.call
    mine = next((entry.name for entry in seat.roster if entry.peer == seat.me and entry.name), seat.name)
    return Own(
        name=mine,
        camera=part.camera.id,
        microphone=part.microphone.id,
        camera_on=part.camera_on and not part.camera.named,
        microphone_on=part.microphone_on and not part.microphone.named,
        voice=part.voice,
        is_talking=part.is_talking,
        cleans=part.cleans,
    )


def _company(seat: Seat) -> Company:
    part = seat.call
    if not (part.stage == "in" and part.is_seated):
        return Company()
    members = tuple(
        Member(entry.peer, entry.name, entry.call.serial, entry.call.camera, entry.call.microphone)
        for entry in seat.roster
        if entry.call is not None and entry.peer != seat.me
    )
    relay_only = seat.facts.rules.relay_only or part.relays_only
    return Company(
        joined=True,
        me=seat.me,
        members=members,
        mode=part.held.mode,
        generation=part.held.generation,
        relay_only=relay_only,
    )


def _ask_ways(seat: Seat, moment: Moment) -> Step:
    part = seat.call
    is_heard = part.said is not None and part.said.joined and seat.link == "joined"
    is_due = part.ways_wanted or moment.local >= part.ways_until
    if not is_heard or not is_due or moment.local - part.ways_asked < POLICY.ways_gap:
        return Step(seat)
    return Step(_with(seat, ways_asked=moment.local), (Send(protocol.AskWays()),))


def _duck(seat: Seat, moment: Moment) -> Step:
    part = seat.call
    figures = () if part.told is None or part.stage != "in" else part.told.peers
    speaking = [each.peer for each in figures if each.is_speaking]
    state, duck, _ = ducking.decide(DUCKING, part.duck, part.ducking, speaking, part.silenced, moment.local)
    return Step(_with(seat, duck=state) if state != part.duck else seat, () if duck is None else (duck,))


# -- time --------------------------------------------------------------------------------------------------------------


def call_tick(seat: Seat, tick: Tick, moment: Moment) -> Step:
    """What the process has to know from time to time: the room's clock, how the film does."""
    if seat.call.own is None:
        return Step(seat)
    step = _tell_clock(seat, tick, moment)
    return step.then(lambda seat: _tell_pressure(seat, tick, moment))


def _tell_clock(seat: Seat, tick: Tick, moment: Moment) -> Step:
    if tick.room_rate is None:
        return Step(seat)
    last = seat.call.line
    if last is not None and moment.local - last.local < POLICY.line_every:
        error = moment.room - (last.room + (moment.local - last.local) * last.rate)
        if abs(error) < POLICY.line_error:
            return Step(seat)
    line = RoomLine(local=moment.local, room=moment.room, rate=tick.room_rate)
    return Step(_with(seat, line=line), (TellCall(line),))


def _tell_pressure(seat: Seat, tick: Tick, moment: Moment) -> Step:
    part = seat.call
    if moment.local - part.pressed_at < POLICY.pressure_every:
        return Step(seat)
    pressure = Pressure(
        dropped=max(0, tick.dropped - part.dropped),
        late=max(0, tick.late - part.late),
        is_playing=seat.is_following and seat.schedule.at(moment.room).state == "playing",
    )
    seat = _with(seat, pressed_at=moment.local, dropped=tick.dropped, late=tick.late)
    is_first = part.pressed_at == LONG_AGO
    return Step(seat, () if is_first else (TellCall(pressure),))


def network_changed(seat: Seat) -> Step:
    """This machine slept, or its network is another one."""
    return Step(seat, (TellCall(NetworkChanged()),) if seat.call.stage == "in" else ())

"""Two processes of one service and what they are told, for tests of replicas."""

from __future__ import annotations

from server.core import protocol
from server.core.protocol import Load, Seek, TimelineStated
from server.core.room_state import Join, Said, Send
from server.core.timeline import PeerId
from tests.fakes.shared_store import NAME, Process, SharedStore

ANA, BEN, CLEO = PeerId("ana"), PeerId("ben"), PeerId("cleo")


def join(peer: PeerId, token: str = "", name: str = "") -> Join:
    hello = protocol.Hello(version=protocol.VERSION, room=NAME, name=name or peer.title(), token=token)
    return Join(peer, f"token of {peer}", hello)


def command(peer: PeerId, action: protocol.Action, id: str, item: str = "1") -> Said:
    return Said(peer, protocol.Command(id=id, revision=0, item=item, action=action))


def seek(peer: PeerId, second: int) -> Said:
    return command(peer, Seek(media_us=second * 1_000_000), f"s{second}")


def two() -> tuple[SharedStore, Process, Process]:
    """Ana behind one process, Ben behind the other, and a film."""
    store = SharedStore()
    one, other = Process(store, "one"), Process(store, "other")
    for process, peer in ((one, ANA), (other, BEN)):
        process.load()
        process.submit(join(peer))
        process.work()
        for each in (one, other):
            each.hear()
    one.submit(command(ANA, Load(title="Film"), "load", item=""))
    one.work()
    for each in (one, other):
        each.hear()
        each.delivered.clear()
    return store, one, other


def sent(process: Process, kind: type) -> list[protocol.ServerMessage]:
    return [each.message for each in process.delivered if isinstance(each, Send) and isinstance(each.message, kind)]


def revisions(process: Process) -> list[int]:
    return [each.revision for each in sent(process, TimelineStated)]  # type: ignore[attr-defined]

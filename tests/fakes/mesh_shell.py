"""A shell for the core of the mesh, driven by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from player.core import mesh as core
from player.core.call_pipe import Company, Member, PeerState
from player.core.mesh import Mesh, MeshPolicy, Tell
from server.core.protocol import Ends, Offer, Signalled
from server.core.timeline import LocalTime

POLICY = MeshPolicy()


def ends(name: str = "abcd") -> Ends:
    return Ends(ice_user=name, ice_password="p" * 22, fingerprint=":".join(["00"] * 32), audio=1, video=2)


def company(me: str, *others: str, serials: Mapping[str, int] | None = None, relay_only: bool = False) -> Company:
    members = tuple(
        Member(peer=each, name=each, serial=(serials or {}).get(each, 1), camera=True, microphone=True)
        for each in others
    )
    return Company(joined=True, me=me, members=members, relay_only=relay_only)


@dataclass
class Shell:
    """Drives a mesh by hand: after each input what is due, as the real one does. Collects what it was told to do."""

    mesh: Mesh = field(default_factory=Mesh)
    now: float = 100.0
    heard: dict[str, float] = field(default_factory=dict)
    done: list[core.Action] = field(default_factory=list)

    def take(self, step: core.Step) -> list[core.Action]:
        """What this step and what is due then lead to."""
        self.mesh, actions = step
        self.mesh, due = core.tick(self.mesh, self.heard, LocalTime(self.now), "fresh")
        new = [*actions, *due]
        self.done += new
        return new

    def wait(self, seconds: float, *, step: float = 0.25) -> list[core.Action]:
        """What happens meanwhile."""
        new: list[core.Action] = []
        ends_at = self.now + seconds
        while self.now < ends_at:
            self.now = min(ends_at, self.now + step)
            new += self.take((self.mesh, ()))
        return new

    def be_in(self, told: Company) -> list[core.Action]:
        return self.take(core.be_in(self.mesh, told, LocalTime(self.now)))

    def receive(self, peer: str, attempt: str, what: object) -> list[core.Action]:
        signal = Signalled(peer=peer, attempt=attempt, what=what)  # type: ignore[arg-type]
        return self.take(core.receive(self.mesh, signal, LocalTime(self.now)))

    def opened(self, peer: str, attempt: str) -> list[core.Action]:
        self.heard[peer] = self.now
        return self.take(core.opened(self.mesh, peer, attempt, LocalTime(self.now)))

    def ended(self, peer: str, attempt: str, words: str = "") -> list[core.Action]:
        return self.take(core.ended(self.mesh, peer, attempt, words, LocalTime(self.now)))

    def begin_anew(self) -> list[core.Action]:
        return self.take(core.begin_anew(self.mesh, LocalTime(self.now)))

    def attempt(self, peer: str) -> str:
        bond = self.mesh.bond(peer)
        assert bond is not None
        return bond.attempt

    @property
    def states(self) -> list[tuple[str, PeerState]]:
        return [(action.peer, action.state) for action in self.done if isinstance(action, Tell)]


def offering() -> Shell:
    """Ana, who offers to Ben, and waits for his answer."""
    shell = Shell()
    shell.be_in(company("ana", "ben"))
    return shell


def answering() -> Shell:
    """Ben, to whom Ana has offered."""
    shell = Shell()
    shell.be_in(company("ben", "ana"))
    shell.receive("ana", "first", Offer(ends=ends()))
    return shell


def standing(shell: Shell, peer: str) -> Shell:
    shell.opened(peer, shell.attempt(peer))
    shell.done.clear()
    return shell

"""The ways of media that this authority announces: its own STUN and its relays, never a third party's.

TURN's credentials are made for each member and end by themselves (coturn's `use-auth-secret`, the TURN REST API draft):
the user is EXPIRY:PEER, the password its HMAC-SHA1 by the secret that relay and authority share. Whoever copies them
relays for an hour at most, and the relay's log says whose they were.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from server.core.protocol import MAX_WAYS, Ways
from server.core.timeline import PeerId

LASTING = 3600  # s; players ask again before


def ways_of(turn: tuple[str, ...], secret: str, peer: PeerId, wall_time: float, own_stun: str = "") -> Ways:
    """The ways for one member. `turn`: URLs of relays, which are STUN servers, too; `wall_time`: s since 1970, the
    clock of relays; `own_stun`: the authority's own STUN, "" is none. It comes last: its UDP may be closed off where
    only its TCP was opened, and then asking it costs a time-out."""
    own = (own_stun,) if own_stun else ()
    if not turn:
        return Ways(stun=own, seconds=LASTING)
    user = f"{int(wall_time) + LASTING}:{peer}"
    digest = hmac.new(secret.encode(), user.encode(), hashlib.sha1).digest()
    return Ways(
        stun=(tuple(f"stun:{_place(url)}" for url in turn if _is_datagram(url)) + own)[:MAX_WAYS],
        turn=turn,
        user=user,
        password=base64.b64encode(digest).decode(),
        seconds=LASTING,
    )


def _is_datagram(url: str) -> bool:
    return url.startswith("turn:") and not url.endswith("transport=tcp")


def _place(url: str) -> str:
    """HOST:PORT of a relay's URL."""
    return url.partition(":")[2].partition("?")[0]

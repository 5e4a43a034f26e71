"""An authority that listens: its socket, TLS, and a polite end.

uvicorn's protocols run on a server of asyncio's own instead of `uvicorn.Server`: that one can't bound a TLS handshake,
looks around ten times a second, and says on its own terms what went wrong with a port.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import functools
import logging
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import uvicorn
from uvicorn.server import ServerState

from server.app import Authority
from server.certificate import CertificateError, CertificateFiles, own_context
from server.gate import Gate
from server.logs import hush
from server.metrics import LoopWatch
from server.porch import Porch
from server.relay.stun import StunResponder
from server.settings import ServerSettings, is_loopback
from server.store.port import StoreError
from server.store.state_dir import Endpoint, StateDir

logger = logging.getLogger(__name__)

BACKLOG = 2048


class ListenError(Exception):
    """An address that can't be listened on, a certificate that can't be used. The words are for a person."""


@dataclass(frozen=True, slots=True)
class Listening:
    """What came of it. `address` is ADDR:PORT; `pin` is "" where the certificate is not the server's own; `files` are
    somebody's certificate that may be renewed."""

    authority: Authority
    address: str
    port: int
    pin: str
    files: CertificateFiles | None


@contextlib.asynccontextmanager
async def listening(settings: ServerSettings, clock: Callable[[], float] | None = None) -> AsyncIterator[Listening]:
    """Accept connections inside the block; at its end members are told and let go. Raises ListenError."""
    context, pin, files = _tls(settings)
    host, port = settings.address
    bound = bind(host, port)
    try:
        authority = Authority(settings) if clock is None else Authority(settings, clock)
    except StoreError as error:
        bound.close()
        raise ListenError(str(error)) from None
    if files is not None:
        authority.metrics.certificate_end = lambda: files.end
    limits = settings.limits
    config = uvicorn.Config(
        authority,
        http=Porch,
        ws=Gate,
        ws_max_size=limits.message_bytes,
        ws_per_message_deflate=False,  # a compression bomb took a GiB
        ws_ping_interval=None,  # Engine.IO pings
        h11_max_incomplete_event_size=limits.request_bytes,
        lifespan="off",
        interface="asgi3",
        proxy_headers=False,  # the gate knows about proxies
        server_header=False,
        date_header=False,
        log_config=None,
        access_log=False,
    )
    config.load()
    hush()
    try:
        await authority.open()
    except StoreError as error:
        bound.close()
        raise ListenError(str(error)) from None
    state = ServerState()
    porch = functools.partial(Porch, config=config, server_state=state, app_state={"house": authority.house})
    server = await asyncio.get_running_loop().create_server(
        porch,
        sock=bound,
        backlog=BACKLOG,
        ssl=context,
        ssl_handshake_timeout=limits.request_time if context else None,
        ssl_shutdown_timeout=limits.farewell_time if context else None,
    )
    actual_port = int(bound.getsockname()[1])
    shown = f"[{host}]" if ":" in host else host
    _announce(settings, host, actual_port, context is not None, authority.desk.token)
    stun = StunResponder(limits.stun_burst, limits.stun_rate, limits.guesses_remembered, authority.house.clock)
    if not settings.no_stun and not is_loopback(host):  # on loopback nobody needs to be told
        authority.ways.has_stun = await stun.open(host, actual_port)
    watch = LoopWatch(authority.metrics.loop_delays)
    watch.begin()
    try:
        yield Listening(authority, f"{shown}:{actual_port}", actual_port, pin, files)
    finally:
        watch.end()
        stun.close()
        server.close()
        await authority.close()
        for connection in list(state.connections):
            if connection.transport is not None:
                connection.transport.abort()
        for task in list(state.tasks):
            task.cancel()
        await asyncio.gather(*state.tasks, return_exceptions=True)


def _announce(settings: ServerSettings, host: str, port: int, has_tls: bool, token: str) -> None:
    """Tell `matinee-server rooms` where to ask, if there is a place for it."""
    if not settings.state_dir:
        return
    address = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1"}.get(host, host)
    try:
        StateDir(settings.state_dir).announce(Endpoint(address, port, settings.path, has_tls, token))
    except StoreError as error:  # the rooms are kept all the same
        logger.warning("%s", error)


def bind(host: str, port: int) -> socket.socket:
    """A socket on an address; "::" takes IPv4 as well. Raises ListenError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (OSError, UnicodeError):
        raise ListenError(f"There is no address {host!r}; give --listen an address of this machine") from None
    family, kind, protocol, _, address = found
    bound = socket.socket(family, kind, protocol)
    try:
        if sys.platform == "win32":  # there SO_REUSEADDR would let two servers share a port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        bound.bind(address)
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise ListenError(_bind_words(host, port, error)) from None
    bound.setblocking(False)
    return bound


def _bind_words(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"Port {port} on {host} is taken; stop what uses it, or choose another port with --listen"
        case errno.EADDRNOTAVAIL:
            return f"This machine has no address {host}; give --listen one that it has"
        case errno.EACCES | errno.EPERM:
            return f"Port {port} on {host} may not be opened by this user; choose a port above 1023 with --listen"
        case _:
            return f"Port {port} on {host} can't be opened ({error.strerror}); choose another with --listen"


def _tls(settings: ServerSettings) -> tuple[ssl.SSLContext | None, str, CertificateFiles | None]:
    """What to listen with: context, pin, and the files if they are somebody's. Raises ListenError."""
    if not settings.wants_tls:
        return None, "", None
    try:
        if settings.tls_cert:
            files = CertificateFiles(settings.tls_cert, settings.tls_key)
            return files.context, "", files
        return *own_context(settings.certificate_dir or settings.state_dir), None
    except CertificateError as error:
        raise ListenError(str(error)) from None

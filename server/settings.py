"""What can be set about an authority: options, limits and the rooms' policy, from flags, environment and a file.

The nearest wins: a flag, then MATINEE_SERVER_NAME in the environment, then the TOML file of --config, then the value
here. Limits are under `[limits]` in the file and MATINEE_SERVER_LIMITS_NAME in the environment, the rooms' policy
likewise (`[room]`, MATINEE_SERVER_ROOM_NAME). Where the limits come from: facts/hardening.md, each was attacked.
"""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from server.core.protocol import MAX_MESSAGE_BYTES, MAX_WAYS, is_janus_url, is_turn_url
from server.core.room_state import RoomPolicy

PREFIX = "MATINEE_SERVER_"
DEFAULT_LISTEN = "127.0.0.1:8998"

LISTS = ("trusted_proxy", "metrics_from", "turn")  # in the environment: separated by commas
POLICY = tuple(field.name for field in fields(RoomPolicy))

Count = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0)]
Rate = Annotated[float, msgspec.Meta(gt=0)]


class SettingsError(ValueError):
    """An option, a variable or a file that can't be used. The words are for a person."""


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What strangers may take; times in seconds."""

    message_bytes: Count = MAX_MESSAGE_BYTES  # of one message; a frame's header that says more is refused at once
    request_bytes: Count = 8192  # of the request that opens a connection, all headers included
    slice_bytes: Count = 2048  # parsed in one go: a read of 256 KiB can hold 37,000 tiny frames
    request_time: Seconds = 5.0  # from accept to a complete request
    hello_time: Seconds = 5.0  # from there to a hello that is let in
    stuck_time: Seconds = 5.0  # a socket that takes nothing for so long is cut
    farewell_time: Seconds = 1.0  # for what was written before a polite end
    unsent_bytes: Count = 512 * 1024  # written but not taken by the peer
    early_messages: Count = 64  # for a peer whose welcome is still on its way
    messages_burst: Count = 100  # frames of one connection at once ...
    messages_rate: Rate = 50.0  # ... and a second: a clock burst is 20
    commands_burst: Count = 30  # of one member; more are refused, not punished
    commands_rate: Rate = 10.0
    signals_burst: Count = 60  # of one member to others of its call: seven ends, and once more ...
    signals_rate: Rate = 10.0  # ... and a second; more are dropped: each may be 2 KiB on somebody's slow link
    kept_bytes: Count = 32 * 1024  # of one peer that has to wait for its turn, because others said less lately
    arrivals_burst: Count = 1000  # connections that one address makes at once: a school after a restart ...
    arrivals_rate: Rate = 200.0  # ... and a second: each costs about a ms
    connections_address: Count = 2500  # a school behind one address; load tests
    connections: Count = 4000
    rooms: Count = 1000
    rooms_burst: Count = 200  # that one address makes at once: evenings of a whole school ...
    rooms_rate: Rate = 0.05  # ... and a second: alone it never fills a server, as rooms end that nobody is in
    guesses_burst: Count = 10  # wrong keys and passwords of one address at once ...
    guesses_rate: Rate = 0.2  # ... and a second: a four-digit password takes half a day, not minutes
    guesses_room_burst: Count = 50  # at one room's password at once, from wherever: a party that mistypes ...
    guesses_room_rate: Rate = 0.5  # ... and a second: a thousand addresses need hours for four digits, too
    guesses_remembered: Count = 10_000  # addresses, and rooms: about 2 MB each
    stun_burst: Count = 400  # addresses told by UDP to one address at once: a home's call, each pair with each way ...
    stun_rate: Rate = 20.0  # ... and a second; a forged sender gets no more from us
    passwords_waiting: Count = 32  # to be hashed or verified, 20 ms each: who comes later is refused as "busy"
    ping_interval: Seconds = 50.0  # of Engine.IO, for controllers: members ask for the time
    ping_timeout: Seconds = 20.0


class ServerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything about one authority, valid by construction (`read_settings`)."""

    listen: str = DEFAULT_LISTEN
    no_tls: bool = False
    tls_cert: str = ""
    tls_key: str = ""
    certificate_dir: str = ""  # where a certificate of its own is kept between starts
    adopt: str = ""  # the file of a room that another authority gives away
    state_dir: str = ""  # where rooms are kept between starts, and without `certificate_dir` the certificate
    redis: str = ""  # URL of the Redis by which several processes are one service
    redis_password: str = ""  # where the URL has none
    password: str = ""
    key: str = ""
    maker_key: str = ""  # if there is one, only who has it makes rooms
    path: str = ""  # prefix of all paths, "" or "/PREFIX"
    trusted_proxy: tuple[str, ...] = ()  # whose X-Forwarded-For is believed
    metrics_from: tuple[str, ...] = ()  # networks that may read /metrics, beside this machine
    turn: tuple[str, ...] = ()  # relays that members may use, turn: or turns: URLs
    turn_secret: str = ""  # what they share with us (coturn: static-auth-secret)
    no_stun: bool = False  # answer no STUN by UDP on the listener's address and port
    janus: str = ""  # the SFU of larger calls, ws: or wss: URL of a Janus by our configuration
    janus_secret: str = ""  # what it shares with us
    janus_public: str = ""  # its URL for members, if that is another one
    until_stdin_closes: bool = False
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"
    limits: Limits = msgspec.field(default_factory=Limits)
    room: RoomPolicy = msgspec.field(default_factory=RoomPolicy)

    @staticmethod
    def table_of(name: str) -> str:
        """The table in which a number is, by its name; "" for none of that name."""
        if name in Limits.__struct_fields__:
            return "limits"
        return "room" if name in POLICY else ""

    @property
    def room_policy(self) -> RoomPolicy:
        """How rooms behave here: without an SFU no call asks for it."""
        return self.room if self.janus else replace(self.room, sfu_above=0)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to listen on."""
        return split_address(self.listen)

    @property
    def wants_tls(self) -> bool:
        """On by default except on loopback, where nobody listens in and a certificate only costs."""
        return not self.no_tls and (bool(self.tls_cert) or not is_loopback(self.address[0]))


def split_address(text: str) -> tuple[str, int]:
    """Host and port of ADDR:PORT, IPv6 in brackets. Raises SettingsError."""
    host, colon, port = text.rpartition(":")
    is_bracketed = host.startswith("[") and host.endswith("]")
    if is_bracketed:
        host = host[1:-1]
    if not colon or not host or (":" in host and not is_bracketed) or not port.isascii() or not port.isdigit():
        raise SettingsError(f"{text!r} is no address to listen on; write ADDR:PORT, IPv6 as [ADDR]:PORT")
    if int(port) > 65535:
        raise SettingsError(f"{text!r} has a port above 65535; choose one from 1 to 65535, or 0 for any free one")
    return host, int(port)


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def read_settings(flags: Mapping[str, Any], environ: Mapping[str, str], config: str = "") -> ServerSettings:
    """Settings from the flags that were given (names of ServerSettings' fields), the environment and a TOML file.
    Raises SettingsError."""
    config = config or environ.get(PREFIX + "CONFIG", "")
    values: dict[str, Any] = {}
    for source, layer in (
        (f"the file {config!r}", _read_file(config) if config else {}),
        ("the environment", _read_environment(environ)),
        ("the command line", flags),
    ):
        _check(layer, source)
        limits = {**values.get("limits", {}), **layer.get("limits", {})}
        room = {**values.get("room", {}), **layer.get("room", {})}
        values |= {**layer, "limits": limits, "room": room}
    return _validate(msgspec.convert(values, ServerSettings, strict=False))


def _read_file(path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"The config file {path!r} can't be read ({error.strerror}); check --config") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The config file {path!r} is not TOML ({error}); correct it") from None


def _read_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"limits": {}, "room": {}}
    for table, names in (
        ("limits", Limits.__struct_fields__),
        ("room", POLICY),
        ("", tuple(name for name in ServerSettings.__struct_fields__ if name not in ("limits", "room"))),
    ):
        for name in names:
            text = environ.get(f"{PREFIX}{table and table + '_'}{name}".upper())
            if text is None:
                continue
            if table:
                found[table][name] = text
            else:
                found[name] = [part.strip() for part in text.split(",")] if name in LISTS else text
    return found


def _check(layer: Mapping[str, Any], source: str) -> None:
    """Each layer by itself, so that the words can say which one is wrong."""
    unknown = set(layer.get("room") or {}) - set(POLICY)
    if unknown:
        raise SettingsError(f"There is no setting room.{min(unknown)} (in {source}); remove it")
    try:
        msgspec.convert(layer, ServerSettings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"A setting in {source} is wrong: {error}") from None


def _validate(settings: ServerSettings) -> ServerSettings:
    split_address(settings.listen)
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise SettingsError("--tls-cert and --tls-key belong together; give both or neither")
    if settings.redis and settings.state_dir:
        raise SettingsError("--redis keeps the rooms; give --certificate-dir instead of --state-dir with it")
    if settings.no_tls and (settings.tls_cert or settings.certificate_dir):
        raise SettingsError("--no-tls contradicts a certificate; give one or the other")
    if settings.tls_cert and settings.certificate_dir:
        raise SettingsError("--certificate-dir keeps a certificate of the server's own; leave it out with --tls-cert")
    if bool(settings.turn) != bool(settings.turn_secret):
        raise SettingsError("--turn and --turn-secret belong together; give both or neither")
    if len(settings.turn) > MAX_WAYS or not all(map(is_turn_url, settings.turn)):
        raise SettingsError(
            f"--turn wants turn: or turns: URLs, {MAX_WAYS} at most, such as turn:relay.example.org:3478"
        )
    if bool(settings.janus) != bool(settings.janus_secret):
        raise SettingsError("--janus and --janus-secret belong together; give both or neither")
    if settings.janus_public and not settings.janus:
        raise SettingsError("--janus-public is the address of --janus for members; give that, too")
    for flag, url in (("--janus", settings.janus), ("--janus-public", settings.janus_public)):
        if url and not is_janus_url(url):
            raise SettingsError(f"{flag} wants a ws: or wss: URL, such as wss://sfu.example.org/janus")
    for flag, networks in (("--trusted-proxy", settings.trusted_proxy), ("--metrics-from", settings.metrics_from)):
        for network in networks:
            try:
                ipaddress.ip_network(network, strict=False)
            except ValueError:
                raise SettingsError(f"{network!r} is no address for {flag}; write an IP address or network") from None
    path = "/" + settings.path.strip("/") if settings.path.strip("/") else ""
    if any(sign in path for sign in "?#% ") or not path.isascii():
        raise SettingsError(f"{settings.path!r} is no path prefix; write letters and slashes, such as /watch")
    return msgspec.structs.replace(settings, path=path)

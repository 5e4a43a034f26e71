"""What is said to a router over UPnP (Internet Gateway Device 1 and 2): found by SSDP, described in XML, asked by SOAP.

Anything on the local network can answer a search, so an answer is followed only to the address that it came from, if
that is one of a local network; documents are bounded, and one with a DTD is refused (entities that blow up). Texts in,
values out: the shell fetches.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from player.core.port_requests import LEASE, RouterError

MOST_BYTES = 128 * 1024  # of a description; real ones have 3 to 20 KiB
MOST_SERVICES = 4  # of one router that are asked
SEARCHED = (
    "urn:schemas-upnp-org:device:InternetGatewayDevice:1",
    "urn:schemas-upnp-org:device:InternetGatewayDevice:2",
)
_SERVICE = re.compile(r"urn:schemas-upnp-org:service:WAN(IP|PPP)Connection:[12]")

ONLY_PERMANENT, CONFLICTS = 725, (718, 729)


@dataclass(frozen=True, slots=True)
class Control:
    """Where a router is asked to open ports: the service's type and its address."""

    service: str
    url: str


class FaultError(RouterError):
    """It said no, with a code of UPnP (0: without one)."""

    def __init__(self, code: int) -> None:
        super().__init__(f"UPnP error {code}", is_refusal=True)
        self.code = code


def search_text(target: str, where: str) -> bytes:
    """The datagram that asks all routers at once; `where` is HOST:PORT that it goes to."""
    lines = ("M-SEARCH * HTTP/1.1", f"HOST: {where}", 'MAN: "ssdp:discover"', "MX: 1", f"ST: {target}", "", "")
    return "\r\n".join(lines).encode()


def read_location(packet: bytes, sender: str) -> str:
    """The address of the description in an answer that came from `sender`. Raises RouterError."""
    text = packet[:4096].decode("latin-1")
    if not re.match(r"HTTP/1\.[01] 200 ", text, re.IGNORECASE):
        raise RouterError("no answer to a search")
    found = re.search(r"^LOCATION:[ \t]*(\S{1,300})[ \t]*\r?$", text, re.IGNORECASE | re.MULTILINE)
    if found is None:
        raise RouterError("an answer without a location")
    return _checked(found[1], sender)


def read_controls(document: bytes, url: str) -> tuple[Control, ...]:
    """The services that may open ports, of a description that was read from `url`. Raises RouterError."""
    root = _parsed(document)
    base = next((each.text for each in root.iter() if _name(each) == "URLBase" and each.text), "").strip() or url
    host = urlsplit(url).hostname or ""
    found: list[Control] = []
    for service in root.iter():
        if _name(service) != "service":
            continue
        fields = {_name(child): (child.text or "").strip() for child in service}
        kind, path = fields.get("serviceType", ""), fields.get("controlURL", "")
        if _SERVICE.fullmatch(kind) and path:
            found.append(Control(kind, _checked(_joined(base, path), host)))
    if not found:
        raise RouterError("a description without a service that opens ports")
    return tuple(found[:MOST_SERVICES])


def soap_text(service: str, action: str, fields: dict[str, str]) -> bytes:
    """The body of a request."""
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
    return (
        '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>'
        f'<u:{action} xmlns:u="{service}">{inner}</u:{action}></s:Body></s:Envelope>'
    ).encode()


def mapping_fields(own: str, port: int, wish: int, lease: int = LEASE) -> dict[str, str]:
    """AddPortMapping's fields: pass TCP connections for `wish` on to `own`:`port`. Lease 0 is for ever."""
    return {
        **removal_fields(wish),
        "NewInternalPort": str(port),
        "NewInternalClient": own,
        "NewEnabled": "1",
        "NewPortMappingDescription": "Matinee",
        "NewLeaseDuration": str(lease),
    }


def removal_fields(outside: int) -> dict[str, str]:
    """DeletePortMapping's fields."""
    return {"NewRemoteHost": "", "NewExternalPort": str(outside), "NewProtocol": "TCP"}


def read_soap(document: bytes, action: str) -> dict[str, str]:
    """The fields of an answer to `action`. Raises FaultError for a no, RouterError for what is no answer."""
    root = _parsed(document)
    for each in root.iter():
        if _name(each) == "Fault":
            code = next((found.text for found in each.iter() if _name(found) == "errorCode"), "") or ""
            raise FaultError(int(code) if re.fullmatch(r"[0-9]{1,6}", code.strip()) else 0)
        if _name(each) == f"{action}Response":
            return {_name(child): (child.text or "").strip() for child in each}
    raise RouterError("no answer of UPnP")


def read_external(fields: dict[str, str]) -> str:
    """The router's address on its other side, of GetExternalIPAddress. Raises RouterError: it has none (yet)."""
    try:
        address = ipaddress.IPv4Address(fields.get("NewExternalIPAddress", ""))
    except ValueError:
        raise RouterError("no address on the other side") from None
    if address.is_unspecified:
        raise RouterError("no address on the other side")
    return str(address)


def _parsed(document: bytes) -> ElementTree.Element:
    if len(document) > MOST_BYTES or re.search(rb"<!\s*(DOCTYPE|ENTITY)|\0", document, re.IGNORECASE):  # \0: UTF-16
        raise RouterError("a document that no router writes")
    try:
        return ElementTree.fromstring(document)
    except (ElementTree.ParseError, ValueError, LookupError, RecursionError):  # LookupError: an unknown encoding
        raise RouterError("a document that is no XML") from None


def _name(element: ElementTree.Element) -> str:
    """Without the name space: routers disagree about those."""
    return element.tag.rpartition("}")[2]


def _joined(base: str, path: str) -> str:
    try:
        return urljoin(base, path)
    except ValueError:
        raise RouterError("an address that is none") from None


def _checked(url: str, host: str) -> str:
    """`url`, if it is plain HTTP at `host`, and that is an address of a local network. Raises RouterError."""
    try:
        parts = urlsplit(url)
        named, port = parts.hostname, parts.port
        is_near = ipaddress.ip_address(host).is_private
    except ValueError:
        raise RouterError("an address that is none") from None
    if parts.scheme != "http" or named != host or port == 0 or parts.username is not None or not is_near:
        raise RouterError("an address that leads elsewhere")
    return url

"""UPnP: what routers say is understood, and none of it leads anywhere else."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.core.internet_gateway import (
    MOST_BYTES,
    MOST_SERVICES,
    Control,
    FaultError,
    mapping_fields,
    read_controls,
    read_external,
    read_location,
    read_soap,
    removal_fields,
    search_text,
    soap_text,
)
from player.core.port_requests import RouterError

WAN = "urn:schemas-upnp-org:service:WANIPConnection:1"
URL = "http://192.168.1.1:5000/igd/desc.xml"
ANSWER = "HTTP/1.1 200 OK\r\nST: urn:x\r\nLocation: {}\r\nEXT:\r\n\r\n"


def description(*services: tuple[str, str], base: str = "") -> bytes:
    inner = "".join(
        f"<service><serviceType>{kind}</serviceType><controlURL>{path}</controlURL></service>"
        for kind, path in services
    )
    return (
        f'<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><URLBase>{base}</URLBase><device>'
        f"<serviceList>{inner}</serviceList></device></root>"
    ).encode()


def test_a_search_is_asked_as_ssdp_has_it() -> None:
    text = search_text("urn:x", "239.255.255.250:1900").decode()
    assert text.startswith("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n")
    assert text.endswith("\r\nMX: 1\r\nST: urn:x\r\n\r\n")


def test_the_location_of_an_answer() -> None:
    assert read_location(ANSWER.format(URL).encode(), "192.168.1.1") == URL


@pytest.mark.parametrize(
    ("packet", "sender"),
    [
        (b"", "192.168.1.1"),
        (b"NOTIFY * HTTP/1.1\r\nLOCATION: " + URL.encode(), "192.168.1.1"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "192.168.1.1"),
        (ANSWER.format("x" * 400).encode(), "192.168.1.1"),
        (ANSWER.format(URL).encode(), "192.168.1.9"),  # it points at somebody else
        (ANSWER.format("http://8.8.8.8/d").encode(), "8.8.8.8"),  # it is not of this network
        (ANSWER.format("https://192.168.1.1/d").encode(), "192.168.1.1"),
        (ANSWER.format("file:///etc/passwd").encode(), "192.168.1.1"),
        (ANSWER.format("http://a@192.168.1.1/d").encode(), "192.168.1.1"),
        (ANSWER.format("http://192.168.1.1:99999/d").encode(), "192.168.1.1"),
        (ANSWER.format("http://192.168.1.1:0/d").encode(), "192.168.1.1"),
        (ANSWER.format("http://[::1/d").encode(), "192.168.1.1"),
        (ANSWER.format(URL).encode(), "nobody"),
    ],
)
def test_an_answer_that_leads_elsewhere_is_not_followed(packet: bytes, sender: str) -> None:
    with pytest.raises(RouterError):
        read_location(packet, sender)


@pytest.mark.parametrize(
    ("base", "path", "url"),
    [
        ("", "/ctl/IPConn", "http://192.168.1.1:5000/ctl/IPConn"),
        ("", "IPConn", "http://192.168.1.1:5000/igd/IPConn"),
        ("http://192.168.1.1:80/", "c", "http://192.168.1.1:80/c"),
        ("", "http://192.168.1.1:1/c", "http://192.168.1.1:1/c"),
    ],
)
def test_services_of_a_description(base: str, path: str, url: str) -> None:
    other = ("urn:schemas-upnp-org:service:Layer3Forwarding:1", "/no")
    assert read_controls(description(other, (WAN, path), base=base), URL) == (Control(WAN, url),)


def test_only_a_few_services_are_asked() -> None:
    assert len(read_controls(description(*[(WAN, "/c")] * 50), URL)) == MOST_SERVICES


BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]><root>&c;</root>'


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<root>",
        b"\xff\xfe\x00",
        b'<?xml version="1.0" encoding="klingon"?><root/>',
        BOMB,
        BOMB.decode().encode("utf-16"),
        b"<root>" + b" " * MOST_BYTES + b"</root>",
        description(),
        description((WAN, "")),
        description((WAN, "http://example.org/c")),
        description((WAN, "http://[/c")),
        description((WAN, "/c"), base="http://10.0.0.1/"),
        description((WAN, "/c"), base="ftp://192.168.1.1/"),
        description(("urn:evil", "/c")),
    ],
)
def test_a_description_that_is_none_or_leads_elsewhere_is_refused(document: bytes) -> None:
    with pytest.raises(RouterError):
        read_controls(document, URL)


def answer(action: str, inner: str) -> bytes:
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<u:{action}Response xmlns:u="{WAN}">{inner}</u:{action}Response></s:Body></s:Envelope>'
    ).encode()


FAULT = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><detail>'
    '<UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>{}</errorCode></UPnPError>'
    "</detail></s:Fault></s:Body></s:Envelope>"
)


def test_what_is_asked_is_xml_with_the_fields_in_order() -> None:
    fields = mapping_fields("192.168.1.5", 8998, 9000)
    body = soap_text(WAN, "AddPortMapping", fields).decode()
    assert list(fields)[:3] == ["NewRemoteHost", "NewExternalPort", "NewProtocol"]
    assert "<NewExternalPort>9000</NewExternalPort><NewProtocol>TCP</NewProtocol>" in body
    assert "<NewInternalPort>8998</NewInternalPort><NewInternalClient>192.168.1.5</NewInternalClient>" in body
    assert removal_fields(9000) == {"NewRemoteHost": "", "NewExternalPort": "9000", "NewProtocol": "TCP"}
    assert b"<a>&lt;&amp;</a>" in soap_text(WAN, "X", {"a": "<&"})


def test_answers_and_the_address_in_one() -> None:
    said = answer("GetExternalIPAddress", "<NewExternalIPAddress> 198.51.100.7 </NewExternalIPAddress>")
    assert read_external(read_soap(said, "GetExternalIPAddress")) == "198.51.100.7"
    assert read_soap(answer("AddPortMapping", ""), "AddPortMapping") == {}


@pytest.mark.parametrize("text", ["", "0.0.0.0", "home", "::1"])
def test_a_router_without_an_address_outside(text: str) -> None:
    with pytest.raises(RouterError, match="other side"):
        read_external({"NewExternalIPAddress": text})
    with pytest.raises(RouterError, match="other side"):
        read_external({})


@pytest.mark.parametrize(("code", "number"), [("725", 725), (" 718 ", 718), ("", 0), ("no", 0), ("9" * 50, 0)])
def test_a_fault_is_a_refusal_with_its_code(code: str, number: int) -> None:
    with pytest.raises(FaultError) as caught:
        read_soap(FAULT.format(code).encode(), "AddPortMapping")
    assert caught.value.code == number
    assert caught.value.is_refusal


def test_a_fault_without_a_code() -> None:
    with pytest.raises(FaultError, match="0"):
        read_soap(b"<Fault/>", "AddPortMapping")


def test_an_answer_to_something_else_is_none() -> None:
    with pytest.raises(RouterError, match="no answer"):
        read_soap(answer("Other", ""), "AddPortMapping")


@given(st.binary(max_size=200), st.text(max_size=60))
def test_any_bytes_are_understood_or_refused(packet: bytes, text: str) -> None:
    for work in (
        lambda: read_location(ANSWER.format(text).encode() + packet, "192.168.1.1"),
        lambda: read_controls(packet, URL),
        lambda: read_soap(packet, "A"),
        lambda: read_controls(description((WAN, text.replace("<", "").replace("&", ""))), URL),
    ):
        with suppress(RouterError):
            work()

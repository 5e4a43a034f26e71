"""Certificates: one that the server makes for itself, the pin by which players know it, and files that get renewed.

Nobody signs the server's own, so nobody's name is in it: the invite carries the SHA-256 of the whole certificate, and a
player accepts exactly that one (as RFC 7469 pins keys, but of the certificate, which aiohttp can check during the
handshake).

Somebody's files are renewed while the server runs (certbot does it every two months): new connections get what lies
there. A pair that can't be used, such as a new certificate beside the key of the old one, changes nothing.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import logging
import os
import ssl
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

logger = logging.getLogger(__name__)

CERTIFICATE, KEY = "certificate.pem", "key.pem"
YEARS = 30  # the pin decides; an invite must outlive any habit of renewing
LOOK_EVERY = 10.0  # s; and only when somebody connects, so an idle server has nothing to do


class CertificateError(Exception):
    """A certificate or key that can't be read or kept. The words are for a person."""


def own_context(folder: str = "") -> tuple[ssl.SSLContext, str]:
    """TLS with a certificate of the server's own and its pin; kept in `folder` between starts, if one is given.
    Raises CertificateError."""
    if folder:
        return _kept_context(Path(folder))
    with tempfile.TemporaryDirectory(prefix="matinee-") as temporary:  # OpenSSL reads files only
        return _kept_context(Path(temporary))


def file_context(certificate: str, key: str) -> ssl.SSLContext:
    """TLS with somebody's certificate chain and key (PEM). Raises CertificateError."""
    for path in (certificate, key):
        try:
            Path(path).read_bytes()
        except OSError as error:
            raise CertificateError(
                f"{path!r} can't be read ({error.strerror}); check --tls-cert and --tls-key"
            ) from None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # An encrypted key would make OpenSSL ask on the terminal: it gets an empty password instead and fails.
        context.load_cert_chain(certificate, key, password="")
    except OSError:  # OpenSSL's own are of this kind
        raise CertificateError(
            f"{certificate!r} and {key!r} are not a PEM certificate and its plain key; check --tls-cert and --tls-key"
        ) from None
    return context


class CertificateFiles:
    """TLS with somebody's files, which are read again when they have changed. Owner: the loop's thread."""

    def __init__(self, certificate: str, key: str, clock: Callable[[], float] = time.perf_counter) -> None:
        """Raises CertificateError."""
        self._certificate, self._key, self._clock = certificate, key, clock
        self._seen = self._look()
        self._looked_at = clock()
        self._newest = file_context(certificate, key)
        self.end = end_of(certificate)
        # The server listens with this one for ever. OpenSSL asks it at the start of each handshake, whether the client
        # names a host or not, and goes on with the newest.
        self.context = file_context(certificate, key)
        self.context.sni_callback = self._choose

    def reload(self) -> None:
        """Read the files now. What can't be used is logged, and the old ones stay."""
        self._looked_at = self._clock()
        self._seen = self._look()
        try:
            self._newest = file_context(self._certificate, self._key)
        except CertificateError as error:
            logger.warning("The old certificate stays in use. %s", error)
            return
        self.end = end_of(self._certificate)
        logger.info("New connections get the certificate that %r holds now", self._certificate)

    def _choose(self, connection: ssl.SSLSocket | ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        if self._clock() - self._looked_at >= LOOK_EVERY:
            self._looked_at = self._clock()
            if self._look() != self._seen:
                self.reload()
        connection.context = self._newest

    def _look(self) -> tuple[tuple[int, int, int] | None, ...]:
        """What differs when a file was changed or replaced."""
        return tuple(_mark_of(Path(name)) for name in (self._certificate, self._key))


def end_of(certificate: str) -> float | None:
    """When the first certificate of a PEM file ends, Unix time; None: that can't be read."""
    try:
        first = x509.load_pem_x509_certificates(Path(certificate).read_bytes())[0]
    except (OSError, ValueError):
        return None
    return first.not_valid_after_utc.timestamp()


def _mark_of(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def pin_of(certificate: bytes) -> str:
    """The pin of a PEM certificate: SHA-256 of its DER form, base64url without padding, 43 characters."""
    der = x509.load_pem_x509_certificate(certificate).public_bytes(serialization.Encoding.DER)
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()


def _kept_context(folder: Path) -> tuple[ssl.SSLContext, str]:
    certificate, key = folder / CERTIFICATE, folder / KEY
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (certificate.exists() and key.exists()):
            _make(certificate, key)
        pin = pin_of(certificate.read_bytes())
    except OSError as error:
        raise CertificateError(
            f"The certificate can't be kept in {str(folder)!r} ({error.strerror}); check --certificate-dir"
        ) from None
    except ValueError:
        raise CertificateError(
            f"{str(certificate)!r} is no certificate; remove it and {str(key)!r}, and new ones are made"
        ) from None
    return file_context(str(certificate), str(key)), pin


def _make(certificate: Path, key: Path) -> None:
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "matinee")])
    begin = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)  # fixed: machines with wrong wall clocks join, too
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin.replace(year=begin.year + YEARS))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("matinee")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(secret, hashes.SHA256())
    )
    private = secret.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(key, private)
    _write(certificate, signed.public_bytes(serialization.Encoding.PEM))


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and for the owner only."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    part.replace(path)

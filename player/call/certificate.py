"""The certificate by which this end of a call is known: made anew for each process, told as its fingerprint over the
room's authenticated connection, and by nothing else."""

from __future__ import annotations

from aiortc import RTCCertificate

HASH = "sha-256"


def new_certificate() -> RTCCertificate:
    """A key on the curve P-256, drawn, and a certificate signed with it."""
    return RTCCertificate.generateCertificate()


def print_of(certificate: RTCCertificate) -> str:
    """Its SHA-256 as `Ends.fingerprint` has it: AB:CD: ..."""
    return next(each.value for each in certificate.getFingerprints() if each.algorithm == HASH)

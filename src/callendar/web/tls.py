"""TLS as the server itself speaks it: 1.2 or later, with a certificate and key that are tried before it starts."""

from __future__ import annotations

import ssl
from pathlib import Path

from callendar.domain.errors import CallendarError


class CannotSpeakTls(CallendarError):
    """The certificate or its key cannot be used; the message names the file and the mend."""

    code = "tls"


def tls_context(cert: str, key: str) -> ssl.SSLContext:
    """What the server greets with.

    Raises:
        CannotSpeakTls: A file is missing, may not be read, is no PEM file, or the two do not fit.
    """
    for setting, path in (("tls_cert", cert), ("tls_key", key)):
        _check_readable(setting, path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(cert, key, password=_refuse_to_ask)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise CannotSpeakTls(
                f"tls_key {key} is not the key of the certificate in tls_cert {cert}; give two that were made together"
            ) from error
        which, path = ("tls_cert", cert) if b"-----BEGIN CERT" not in Path(cert).read_bytes() else ("tls_key", key)
        wanted = "a certificate chain" if which == "tls_cert" else "a private key without a password"
        raise CannotSpeakTls(
            f"{which} {path} cannot be used ({error.reason or 'it holds none'}); give a PEM file with {wanted}"
        ) from error
    return context


def _check_readable(setting: str, path: str) -> None:
    try:
        Path(path).read_bytes()
    except FileNotFoundError as error:
        raise CannotSpeakTls(f"{setting} names {path}, which is not there; give the path of a PEM file") from error
    except PermissionError as error:
        raise CannotSpeakTls(
            f"{setting} names {path}, which may not be read; let the user that runs Callendar read it, and nobody else"
        ) from error
    except OSError as error:
        raise CannotSpeakTls(f"{setting} names {path}, which cannot be read ({error.strerror})") from error


def _refuse_to_ask() -> str:
    """OpenSSL would ask on the terminal."""
    raise CannotSpeakTls(
        "tls_key is kept under a password; give it without, readable by the user that runs Callendar alone"
    )

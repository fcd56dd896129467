"""Files of hardware TOTP tokens, as their makers deliver them: PSKC (RFC 6030) and CSV.

Only tokens that AWS takes are taken: SHA-1, six digits, steps of 30 seconds
(https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_physical.html).
"""

import base64
import binascii
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from iamd.caller.saml.document import parser
from iamd.cli import Failure

_PSKC = {"p": "urn:ietf:params:xml:ns:keyprov:pskc"}
_TOTP = "urn:ietf:params:xml:ns:keyprov:pskc:totp"
_SERIAL = re.compile(r"(?!/|arn:)[\w+=/:,.@-]{9,256}", re.ASCII)  # what operations take, and no virtual device's
_LEAST_SEED = 10  # bytes; RFC 4226 demands 16, but many makers' seeds have 10


@dataclass(frozen=True, slots=True)
class Token:
    """A token's serial number and seed."""

    serial: str
    seed: bytes = field(repr=False)


def read_tokens(file: Path, encoding: str) -> list[Token]:
    """Read every token of a file; `encoding` (hex or base32) is that of seeds in CSV.

    Raises Failure, which never holds a seed, unless all of the file is understood.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}") from error
    tokens = list(_pskc(file, content) if content.lstrip().startswith(b"<") else _csv(file, content, encoding))
    serials = [token.serial.lower() for token in tokens]
    if not tokens:
        raise Failure(f"{file} holds no tokens")
    twice = next((serial for serial in serials if serials.count(serial) > 1), None)
    if twice is not None:
        raise Failure(f"{file} has token {twice} twice")
    return tokens


def _csv(file: Path, content: bytes, encoding: str) -> Iterator[Token]:
    try:
        rows = list(csv.reader(content.decode("utf-8-sig").splitlines()))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Failure(f"{file} is neither PSKC nor CSV") from error
    for number, row in enumerate(rows, start=1):
        where = f"{file}, line {number}"
        if not row or [cell.strip().lower() for cell in row[:2]] == ["serial", "seed"]:
            continue
        if len(row) != 2:
            raise Failure(f"{where}: a line is SERIAL,SEED")
        yield _token(where, row[0].strip(), _decoded(where, row[1].strip(), encoding))


def _decoded(where: str, seed: str, encoding: str) -> bytes:
    try:
        if encoding == "hex":
            return bytes.fromhex(seed)
        return base64.b32decode(seed.upper() + "=" * (-len(seed) % 8))
    except (ValueError, binascii.Error):
        raise Failure(f"{where}: the seed is not {encoding}; `--seeds` tells how seeds are written") from None


def _pskc(file: Path, content: bytes) -> Iterator[Token]:
    try:
        root = etree.fromstring(content, parser())
    except etree.XMLSyntaxError as error:
        raise Failure(f"{file} is not XML: {error.msg}") from error
    for number, package in enumerate(root.iterfind(".//p:KeyPackage", _PSKC), start=1):
        where = f"{file}, key package {number}"
        key = package.find("p:Key", _PSKC)
        if key is None:
            raise Failure(f"{where} has no key")
        _check_algorithm(where, key)
        seed = key.findtext("p:Data/p:Secret/p:PlainValue", namespaces=_PSKC)
        if seed is None:
            raise Failure(f"{where} has no seed in plain text: decrypt the file first")
        serial = package.findtext("p:DeviceInfo/p:SerialNo", namespaces=_PSKC) or key.get("Id") or ""
        try:
            yield _token(where, serial.strip(), base64.b64decode(seed.strip(), validate=True))
        except binascii.Error:
            raise Failure(f"{where}: the seed is not base64") from None


def _check_algorithm(where: str, key: etree._Element) -> None:
    """Refuse what would show other codes."""
    parameters = "p:AlgorithmParameters/"
    digits = key.find(f"{parameters}p:ResponseFormat", _PSKC)
    suite = key.findtext(f"{parameters}p:Suite", "HMAC-SHA1", _PSKC)
    interval = key.findtext("p:Data/p:TimeInterval/p:PlainValue", "30", _PSKC)
    if key.get("Algorithm") != _TOTP or suite.upper() not in ("HMAC-SHA1", "SHA1", "SHA-1"):
        raise Failure(f"{where} is no TOTP token with SHA-1")
    if interval.strip() != "30" or (digits is not None and digits.get("Length", "6") != "6"):
        raise Failure(f"{where}: the token does not show six digits every 30 seconds")


def _token(where: str, serial: str, seed: bytes) -> Token:
    if not _SERIAL.fullmatch(serial):
        raise Failure(f"{where}: a serial number has 9 to 256 letters, digits and +=/:,.@-_, and is no ARN")
    if len(seed) < _LEAST_SEED:
        raise Failure(f"{where}: the seed is shorter than {_LEAST_SEED} bytes")
    return Token(serial, seed)

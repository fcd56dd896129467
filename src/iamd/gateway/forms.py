"""HTML forms with a file, read as they come in: the fields before the file, then the file in pieces.

https://www.rfc-editor.org/rfc/rfc7578 and https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from iamd.caller.streamed import Pieces
from iamd.wire.errors import AwsError
from iamd.wire.s3_errors import (
    IncompleteBody,
    IncorrectNumberOfFilesInPostRequest,
    MalformedPOSTRequest,
    MaxPostPreDataLengthExceeded,
)

_MOST_FIELDS = 20 << 10  # bytes before the file
_LONGEST_END = 64 << 10  # bytes behind the file: further fields, which are ignored
_BOUNDARY = re.compile(
    r"multipart/form-data\s*(?:;[^;]*)*?;\s*boundary=(?:\"([^\"\r\n]{1,70})\"|([^\s\";,]{1,70}))\s*", re.I
).match
_DISPOSITION = re.compile(r"form-data((?:\s*;\s*[A-Za-z0-9*_-]+=(?:\"[^\"\r\n]*\"|[^\s\";]*))*)\s*", re.I).fullmatch
_PARAMETER = re.compile(r";\s*([A-Za-z0-9*_-]+)=(?:\"([^\"]*)\"|([^\s\";]*))").findall


def is_upload(content_type: str) -> bool:
    """Whether a request of that type is a form with a file."""
    return content_type.lower().startswith("multipart/form-data")


class Form:
    """A form whose file is still to come. `fields` have lower-case names; `consumed` bytes stand before the file."""

    def __init__(self, fields: dict[str, str], file_name: str, reader: _Reader) -> None:
        self.fields = fields
        self.file_name = file_name
        self.consumed = reader.consumed
        self._reader = reader

    @property
    def end(self) -> int:
        """The length of what follows a file that is the last field."""
        return len(self._reader.mark) + len(b"--\r\n")

    def file(self) -> AsyncIterator[bytes]:
        """The file in pieces; reads the form to its end. Raises IncompleteBody, MalformedPOSTRequest."""
        return self._reader.rest()


async def read(content_type: str, pieces: Pieces) -> Form:
    """The form as far as its file. Raises MalformedPOSTRequest, MaxPostPreDataLengthExceeded, IncompleteBody, and
    IncorrectNumberOfFilesInPostRequest when there is no file."""
    named = _BOUNDARY(content_type)
    if named is None:
        raise MalformedPOSTRequest
    boundary = (named[1] or named[2]).encode("latin-1")
    reader = _Reader(pieces, b"\r\n--" + boundary)
    await reader.begin()
    fields: dict[str, str] = {}
    while True:
        name, file_name = await _part(reader)
        if name == "file":
            return Form(fields, file_name, reader)
        if name in fields:
            raise MalformedPOSTRequest
        fields[name] = _text(await reader.until(reader.mark, MaxPostPreDataLengthExceeded))
        if not await reader.another():
            raise IncorrectNumberOfFilesInPostRequest


async def _part(reader: _Reader) -> tuple[str, str]:
    """The next field's name in lower case, and the name of its file."""
    disposition = None
    while line := await reader.until(b"\r\n", MaxPostPreDataLengthExceeded):
        header, _, value = _text(line).partition(":")
        if header.strip().lower() == "content-disposition":
            if disposition is not None:
                raise MalformedPOSTRequest
            disposition = value.strip()
    told = _DISPOSITION(disposition or "")
    if told is None:
        raise MalformedPOSTRequest
    found = [(name.lower(), quoted or bare) for name, quoted, bare in _PARAMETER(told[1])]
    parameters = dict(found)
    if len(parameters) != len(found) or not parameters.get("name"):
        raise MalformedPOSTRequest
    return parameters["name"].lower(), re.split(r"[/\\]", parameters.get("filename", ""))[-1]


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise MalformedPOSTRequest from None


class _Reader:
    """Pieces read up to marks, in little memory. `mark` is what ends a field; `consumed` bytes have been read."""

    def __init__(self, pieces: Pieces, mark: bytes) -> None:
        self._pieces = pieces
        self._rest = b"\r\n"  # the first mark stands at the beginning, without the end of a line before it
        self.mark = mark
        self.consumed = -len(self._rest)

    async def _more(self) -> bool:
        piece = await anext(self._pieces, None)
        self._rest += piece or b""
        return piece is not None

    async def until(self, mark: bytes, excess: type[AwsError]) -> bytes:
        """What stands before the mark, which is skipped; raises `excess` when that is too long, IncompleteBody."""
        while (end := self._rest.find(mark)) < 0:
            if self.consumed + len(self._rest) > _MOST_FIELDS:
                raise excess
            if not await self._more():
                raise IncompleteBody
        if self.consumed + end > _MOST_FIELDS:
            raise excess
        found, self._rest = self._rest[:end], self._rest[end + len(mark) :]
        self.consumed += end + len(mark)
        return found

    async def begin(self) -> None:
        """Skip the first mark; raises MalformedPOSTRequest when something else stands there."""
        if await self.until(self.mark, MalformedPOSTRequest) or not await self.another():
            raise MalformedPOSTRequest

    async def another(self) -> bool:
        """Whether another field follows the mark just skipped; false at the end of the form."""
        while len(self._rest) < 2:
            if not await self._more():
                raise IncompleteBody
        found, self._rest = self._rest[:2], self._rest[2:]
        self.consumed += 2
        if found not in (b"\r\n", b"--"):
            raise MalformedPOSTRequest
        return found == b"\r\n"

    async def rest(self) -> AsyncIterator[bytes]:
        """What stands before the next mark, in pieces, then nothing to the end of the form."""
        while (end := self._rest.find(self.mark)) < 0:
            sure = len(self._rest) - len(self.mark) + 1
            if sure > 0:
                yield self._rest[:sure]
                self._rest = self._rest[sure:]
            if not await self._more():
                raise IncompleteBody
        if end:
            yield self._rest[:end]
        self._rest = self._rest[end + len(self.mark) :]
        await self.another()
        size = 0
        async for piece in self._pieces:
            size += len(piece)
            if size > _LONGEST_END:
                raise MalformedPOSTRequest

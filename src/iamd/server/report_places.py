"""Where credential reports are put: a folder, an S3 bucket, or a mail folder.

Putting a report where it is already leaves one of it, whole, whenever it is interrupted.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

MAILDIR = "maildir:"
S3 = "s3://"


class NotPut(Exception):
    """A report could not be put where it belongs; the message says why."""


@dataclass(frozen=True, slots=True)
class Report:
    """A report as a file; `owner` is the e-mail address of the account's root user."""

    name: str
    media_type: str
    content: bytes = field(repr=False)
    owner: str


class Place(Protocol):
    """Takes reports by name."""

    def has(self, name: str) -> bool:
        """Whether the report is known to be there."""
        ...

    def put(self, report: Report) -> str:
        """Put the report there; returns where exactly. Blocks; raises NotPut."""
        ...


def place_of(destination: str) -> Place:
    """The place that a destination names: `s3://BUCKET/PREFIX`, `maildir:FOLDER`, or a folder."""
    if destination.startswith(S3):
        bucket, _, prefix = destination.removeprefix(S3).partition("/")
        return Bucket(bucket, prefix)
    if destination.startswith(MAILDIR):
        return Mailbox(Path(destination.removeprefix(MAILDIR)).expanduser())
    return Folder(Path(destination).expanduser())


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, which is made where there is none; only its owner may read the files."""

    path: Path

    def has(self, name: str) -> bool:
        return (self.path / name).exists()

    def put(self, report: Report) -> str:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            write_whole(self.path / report.name, report.content, self.path)
        except OSError as error:
            raise NotPut(f"{self.path}: {error.strerror}") from error
        return str(self.path / report.name)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A spool in Maildir's layout (https://cr.yp.to/proto/maildir.html): one message a report, to the root user."""

    path: Path

    def has(self, name: str) -> bool:
        # Who has read a message moves it to `cur` and appends flags to its name.
        return (self.path / "new" / name).exists() or any((self.path / "cur").glob(f"{name}*"))

    def put(self, report: Report) -> str:
        message = EmailMessage()
        message["From"] = "iamd <iamd@localhost>"
        message["To"] = report.owner or "root@localhost"
        message["Subject"] = report.name
        message["Message-ID"] = f"<{report.name}@iamd>"
        message.set_content("The credential report of the account is attached.\n")
        main, _, sub = report.media_type.partition("/")
        message.add_attachment(report.content, maintype=main, subtype=sub, filename=report.name)
        try:
            for folder in ("tmp", "new", "cur"):
                (self.path / folder).mkdir(parents=True, exist_ok=True)
            write_whole(self.path / "new" / report.name, bytes(message), self.path / "tmp")
        except OSError as error:
            raise NotPut(f"{self.path}: {error.strerror}") from error
        return str(self.path / "new" / report.name)


@dataclass(frozen=True, slots=True)
class Bucket:
    """An S3 bucket; credentials, region and endpoint are found as every AWS SDK finds them (`AWS_*`, profiles)."""

    name: str
    prefix: str

    def has(self, name: str) -> bool:
        return False  # putting it once more costs no more than asking

    def put(self, report: Report) -> str:
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.session import get_session  # slow to import, and used once a day

        key = f"{self.prefix.rstrip('/')}/{report.name}".lstrip("/")
        try:
            # A server that is told to stop waits for this.
            limits = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 1})
            client = get_session().create_client("s3", config=limits)
            client.put_object(Bucket=self.name, Key=key, Body=report.content, ContentType=report.media_type)
        except (BotoCoreError, ClientError) as error:
            raise NotPut(f"{S3}{self.name}: {error}") from error
        return f"{S3}{self.name}/{key}"


def write_whole(file: Path, content: bytes, scratch: Path) -> None:
    """Make the file appear whole; `scratch` is a folder of the same file system."""
    descriptor, temporary = tempfile.mkstemp(dir=scratch, prefix=".")
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise

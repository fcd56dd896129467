"""Where trails deliver to: buckets of S3, or folders that stand for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from iamd.audit.log_files import METADATA
from iamd.server.report_places import NotPut, write_whole


class Buckets(Protocol):
    """Takes objects."""

    def put(self, bucket: str, key: str, content: bytes, metadata: Mapping[str, str]) -> None:
        """Put the object there, whole, in place of one that has the key. Blocks; raises NotPut."""
        ...


def buckets_at(place: str) -> Buckets:
    """The buckets of S3, for `s3`, or those in a folder."""
    return S3() if place == "s3" else Folders(Path(place).expanduser())


@dataclass(frozen=True, slots=True)
class Folders:
    """A folder for each bucket; only their owner may read the files."""

    path: Path

    def put(self, bucket: str, key: str, content: bytes, metadata: Mapping[str, str]) -> None:
        file = self.path / bucket / key
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            if metadata:
                write_whole(file.with_name(file.name + METADATA), json.dumps(dict(metadata)).encode(), file.parent)
            write_whole(file, content, file.parent)
        except OSError as error:
            raise NotPut(f"{self.path / bucket}: {error.strerror}") from error


class S3:
    """S3 or what is like it; credentials, region and endpoint are found as every AWS SDK finds them (`AWS_*`,
    profiles)."""

    def put(self, bucket: str, key: str, content: bytes, metadata: Mapping[str, str]) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client.put_object(
                Bucket=bucket, Key=key, Body=content, Metadata=dict(metadata), ContentType="application/json"
            )
        except (BotoCoreError, ClientError) as error:
            raise NotPut(f"s3://{bucket}: {error}") from error

    @cached_property
    def _client(self) -> Any:
        from botocore.config import Config
        from botocore.session import get_session  # slow to import

        # A server that is told to stop waits for this.
        limits = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 2})
        return get_session().create_client("s3", config=limits)

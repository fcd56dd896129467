"""Sessions from the server that the endpoints are part of: as on AWS, the role must trust the service whose endpoint
it is, and no agent has keys of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from iamd.agent.source import Credentials, NoCredentials, Profile, Wanted
from iamd.services.call import Realm
from iamd.services.sts.service_sessions import ServiceCall, assume_for_service
from iamd.store.errors import NoAccount, StoreError
from iamd.wire.errors import AwsError


class RealmSource:
    """Asks the STS of this process, in a region."""

    patience = timedelta(0)  # what was mended counts at once, as everywhere in the server

    def __init__(self, realm: Realm, region: str) -> None:
        self._realm = realm
        self._region = region

    async def assume(self, wanted: Wanted) -> Credentials:
        """As the service that `wanted` names."""
        now = datetime.now(UTC).replace(microsecond=0)
        call = ServiceCall(
            self._realm,
            now,
            self._region,
            wanted.service,
            wanted.role_arn,
            wanted.session_name,
            wanted.seconds,
            wanted.source_arn,
            wanted.tags,
            transitive=bool(wanted.tags),
            extras=dict(wanted.keys),
        )
        try:
            reply = await assume_for_service(call)
        except AwsError as error:
            raise NoCredentials(f"{error.code}: {error.message}", refused=error.status < 500) from error
        except StoreError as error:
            raise NoCredentials("the store failed", refused=False) from error
        given = reply["Credentials"]
        role_id = reply["AssumedRoleUser"]["AssumedRoleId"].partition(":")[0]
        return Credentials(
            given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], now, given["Expiration"], role_id
        )

    async def holds(self, wanted: Wanted, credentials: Credentials) -> bool:
        """Whether the role is still the one that the credentials are of."""
        account_id = wanted.role_arn.split(":")[4]
        try:
            await self._realm.store.refresh()
            records = await self._realm.store.load(account_id)
        except (StoreError, NoAccount):
            return False
        role = records.roles.get(credentials.role_id)
        return role is not None and role.arn == wanted.role_arn

    async def profile(self, arn: str) -> Profile:
        """The profile of that ARN in an account of this server."""
        account_id = arn.split(":")[4]
        try:
            records = await self._realm.store.load(account_id)
        except (StoreError, NoAccount) as error:
            raise NoCredentials(f"the records of account {account_id} cannot be had", refused=False) from error
        profile = records.profiles.named(arn.rpartition("/")[2])
        role = None if profile is None else records.roles.get(profile.role_id or "")
        if profile is None or role is None or profile.arn != arn:
            raise NoCredentials(f"there is no instance profile {arn} with a role", refused=True)
        return Profile(arn, profile.id, role.arn)

"""Which resources the upstreams have, and what says who gets in: for Access Analyzer.

Lists are asked for each time, policies as `Facts` knows them. What an upstream does not know is not there; what it does
not answer is unread.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec

from iamd.gateway.directory import services
from iamd.gateway.facts.facts import Facts
from iamd.gateway.facts.kinds import Question
from iamd.gateway.facts.questions import Place, Questions
from iamd.gateway.mapped import Need
from iamd.gateway.owners import Owners
from iamd.gateway.upstreams import Upstreams
from iamd.services.accessanalyzer.resource_kinds import KINDS
from iamd.services.known_resources import Configured, Listed
from iamd.wire.errors import AccessDenied, ServiceUnavailable
from iamd.wire.gateway_errors import NotKnown, NotThere, Unmapped

_AT_ONCE = 16
_PAGES, _PAGE = 1_000, 1_000


class Listing(msgspec.Struct, frozen=True):
    """How resources of a kind are listed: botocore's service, the operation, where the list is in its answer, what to
    take of an item (by dots, what is inside of it; empty: the item itself), their ARNs of it, and the parameter that asks for short pages where they would
    be long."""

    service: str
    operation: str
    items: str
    name: str
    arn: str = "{name}"
    parameters: Mapping[str, Any] = {}
    limit: str = ""


_LISTINGS = {
    "s3Bucket": Listing("s3", "ListBuckets", "Buckets", "Name", "arn:aws:s3:::{name}", limit="MaxBuckets"),
    "sqsQueue": Listing("sqs", "ListQueues", "QueueUrls", "", "arn:aws:sqs:{region}:{account}:{last}"),
    "snsTopic": Listing("sns", "ListTopics", "Topics", "TopicArn"),
    "lambdaFunction": Listing("lambda", "ListFunctions", "Functions", "FunctionArn"),
    "lambdaLayerVersion": Listing("lambda", "ListLayers", "Layers", "LatestMatchingVersion.LayerVersionArn"),
    "kmsKey": Listing("kms", "ListKeys", "Keys", "KeyArn"),
    "secretsManagerSecret": Listing("secretsmanager", "ListSecrets", "SecretList", "ARN"),
    "dynamodbTable": Listing(
        "dynamodb", "ListTables", "TableNames", "", "arn:aws:dynamodb:{region}:{account}:table/{name}"
    ),
    "dynamodbStream": Listing("dynamodbstreams", "ListStreams", "Streams", "StreamArn"),
    "kinesisStream": Listing(
        "kinesis", "ListStreams", "StreamNames", "", "arn:aws:kinesis:{region}:{account}:stream/{name}"
    ),
    "ecrRepository": Listing("ecr", "DescribeRepositories", "repositories", "repositoryArn"),
    "eventBus": Listing("events", "ListEventBuses", "EventBuses", "Arn"),
    "efsFileSystem": Listing("efs", "DescribeFileSystems", "FileSystems", "FileSystemArn"),
    "ebsSnapshot": Listing(
        "ec2",
        "DescribeSnapshots",
        "Snapshots",
        "SnapshotId",
        "arn:aws:ec2:{region}:{account}:snapshot/{name}",
        {"OwnerIds": ["self"], "Filters": [{"Name": "owner-id", "Values": ["{account}"]}]},
        "MaxResults",
    ),
    "rdsDbSnapshot": Listing(
        "rds", "DescribeDBSnapshots", "DBSnapshots", "DBSnapshotArn", parameters={"SnapshotType": "manual"}
    ),
    "rdsDbClusterSnapshot": Listing(
        "rds",
        "DescribeDBClusterSnapshots",
        "DBClusterSnapshots",
        "DBClusterSnapshotArn",
        parameters={"SnapshotType": "manual"},
    ),
}
_FILE_SYSTEM = Question("DescribeFileSystemPolicy", {"FileSystemId": "{id}"}, ("Policy",))
_ACL = Question("GetBucketAcl", {"Bucket": "{bucket}"}, ("Grants",))
_GRANTS = Question("ListGrants", {"KeyId": "{name}"}, ("Grants",))
_VOLUMES = Question(
    "DescribeSnapshotAttribute",
    {"SnapshotId": "{id}", "Attribute": "createVolumePermission"},
    ("CreateVolumePermissions",),
)
_SHARES = {
    "rdsDbSnapshot": Question(
        "DescribeDBSnapshotAttributes",
        {"DBSnapshotIdentifier": "{id}"},
        ("DBSnapshotAttributesResult", "DBSnapshotAttributes"),
    ),
    "rdsDbClusterSnapshot": Question(
        "DescribeDBClusterSnapshotAttributes",
        {"DBClusterSnapshotIdentifier": "{id}"},
        ("DBClusterSnapshotAttributesResult", "DBClusterSnapshotAttributes"),
    ),
}

Ask = Callable[[Question], Awaitable[Any]]  # what an upstream answers about a resource; None: nothing


class UpstreamInventory:
    """The resources of upstreams, each of the account that owns it."""

    def __init__(self, upstreams: Upstreams, owners: Owners, questions: Questions, facts: Facts) -> None:
        self._upstreams = upstreams
        self._owners = owners
        self._questions = questions
        self._facts = facts

    async def of(self, account_id: str, region: str) -> Listed:
        """As `Inventory.of`."""
        some = asyncio.Semaphore(_AT_ONCE)
        kinds = [kind for kind, each in _LISTINGS.items() if self._upstreams.of(services()[each.service]) is not None]
        told = await asyncio.gather(*(self._of_kind(kind, region, account_id, some) for kind in kinds))
        resources = [each for found in told for each in found.resources]
        return Listed(resources, frozenset().union(*(found.unread for found in told)))

    async def _of_kind(self, kind: str, region: str, account_id: str, some: asyncio.Semaphore) -> Listed:
        """The account's resources of a kind."""

        async def read(need: Need) -> Configured | str:
            try:
                async with some:
                    return await self._configured(kind, need, region)
            except (ServiceUnavailable, AccessDenied):  # the latter: that of a policy without meaning
                return need.resource

        try:
            async with some:
                needs = [each async for each in self._needs(_LISTINGS[kind], region, account_id)]
        except ServiceUnavailable:
            return Listed((), frozenset({kind}))
        except (NotThere, NotKnown):
            return Listed(())
        found = await asyncio.gather(*map(read, needs))
        known = [each for each in found if isinstance(each, Configured)]
        return Listed(known, frozenset(each for each in found if isinstance(each, str)))

    async def _needs(self, listing: Listing, region: str, account_id: str) -> AsyncIterator[Need]:
        """The resources of the account. Upstreams that do not keep accounts apart are asked as the one whose they are."""
        upstream = self._upstreams.of(services()[listing.service])
        keeps_accounts = upstream is not None and bool(upstream.told)
        if not keeps_accounts and account_id not in self._owners.accounts:
            return
        place = Place(region, account_id if keeps_accounts else self._owners.account_id)
        async for item in self._items(listing, place):
            for part in filter(None, listing.name.split(".")):
                item = item.get(part, {})
            name = str(item)
            last = name.rpartition("/")[2]
            arn = listing.arn.format(name=name, last=last, region=region, account=place.account_id)
            try:
                need = self._owners.settle(
                    Need(f"{listing.service}:", arn), region, place.account_id, keeps_accounts=keeps_accounts
                )
            except Unmapped:  # another account's, or another region's
                continue
            if need.owner == account_id:
                yield need

    async def _items(self, listing: Listing, place: Place) -> AsyncIterator[Any]:
        """What the upstream lists, page by page."""
        into, out = _tokens(listing.service, listing.operation)
        parameters = Question("", listing.parameters, ()).filled({"account": place.account_id})
        parameters |= {listing.limit: _PAGE} if listing.limit else {}
        for _ in range(_PAGES):
            told = await self._questions.ask(listing.service, listing.operation, parameters, place)
            for item in told.get(listing.items) or ():
                yield item
            token = told.get(out)
            if not token or parameters.get(into) == token:
                return
            parameters[into] = token

    async def _configured(self, kind: str, need: Need, region: str) -> Configured:
        async def ask(question: Question) -> Any:
            return await self._facts.answer(need, question, region)

        reader = _READERS.get(kind)
        found: dict[str, Any] = {} if reader is None else await reader(kind, ask)
        if kind == "s3Bucket":
            blocks = await self._facts.public_access_blocks(need, region)
            found["bucketPublicAccessBlock"] = {
                "ignorePublicAcls": "IgnorePublicAcls" in blocks,
                "restrictPublicBuckets": "RestrictPublicBuckets" in blocks,
            }
        policy = await self._facts.policy(need, region)
        if policy is not None:
            member = KINDS[kind].policy
            found |= {member: policy} if member else {"keyPolicies": {"default": policy}}
        return Configured(need.resource, kind, found)


@cache
def _tokens(service: str, operation: str) -> tuple[str, str]:
    """The parameter and the member of the answer by which pages are turned."""
    from botocore.loaders import Loader

    told = Loader().load_service_model(service, "paginators-1")["pagination"].get(operation, {})
    return told.get("input_token", "NextToken"), told.get("output_token", "NextToken")


async def _bucket(_: str, ask: Ask) -> dict[str, Any]:
    acl: Sequence[Mapping[str, Any]] = await ask(_ACL) or ()
    owner = await ask(Question("GetBucketAcl", _ACL.parameters, ("Owner", "ID")))
    grants = []
    for each in acl:
        grantee = each.get("Grantee", {})
        who = {"id": grantee["ID"]} if grantee.get("ID") else {"uri": grantee.get("URI", "")}
        if grantee.get("ID") != owner or owner is None:
            grants.append({"permission": each["Permission"], "grantee": who})
    return {"bucketAclGrants": grants}


async def _key(_: str, ask: Ask) -> dict[str, Any]:
    told: Sequence[Mapping[str, Any]] = await ask(_GRANTS) or ()
    grants = [{"granteePrincipal": each["GranteePrincipal"], "operations": each["Operations"]} for each in told]
    return {"grants": grants}


async def _file_system(_: str, ask: Ask) -> dict[str, Any]:
    policy = await ask(_FILE_SYSTEM)
    return {} if policy is None else {"fileSystemPolicy": policy}


async def _volume_snapshot(_: str, ask: Ask) -> dict[str, Any]:
    told: Sequence[Mapping[str, str]] = await ask(_VOLUMES) or ()
    return {
        "userIds": [each["UserId"] for each in told if each.get("UserId")],
        "groups": [each["Group"] for each in told if each.get("Group")],
    }


async def _database_snapshot(kind: str, ask: Ask) -> dict[str, Any]:
    told: Sequence[Mapping[str, Any]] = await ask(_SHARES[kind]) or ()
    return {"attributes": {each["AttributeName"]: {"accountIds": each.get("AttributeValues", [])} for each in told}}


_READERS: Mapping[str, Callable[[str, Ask], Awaitable[dict[str, Any]]]] = {
    "s3Bucket": _bucket,
    "kmsKey": _key,
    "efsFileSystem": _file_system,
    "ebsSnapshot": _volume_snapshot,
    "rdsDbSnapshot": _database_snapshot,
    "rdsDbClusterSnapshot": _database_snapshot,
}

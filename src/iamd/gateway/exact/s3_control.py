"""S3 Control: access points, jobs, access grants, Storage Lens, the account's block of public access.

Buckets of Outposts and Object Lambda have other services' actions and are not mapped.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping

from iamd.gateway.exact.templates import table
from iamd.gateway.mapped import Inquiry, Mapper, Need
from iamd.wire.gateway_errors import Unmapped

_GRANTS = "access-grants/default"
_BLOCKS = {
    "DeletePublicAccessBlock": "PutAccountPublicAccessBlock",
    "GetPublicAccessBlock": "GetAccountPublicAccessBlock",
    "PutPublicAccessBlock": "PutAccountPublicAccessBlock",
}


def _block(inquiry: Inquiry) -> list[Need]:
    """The block that is the account's has actions of its own."""
    return [Need(f"s3:{_BLOCKS[inquiry.asked.operation.name]}", "*")]


def _own(mapper: Mapper) -> Mapper:
    """The mapper, for requests about the account that is asked only: each says whose resources it means."""

    def needs(inquiry: Inquiry) -> list[Need] | Awaitable[list[Need]]:
        if inquiry.document.get("AccountId") != inquiry.account_id:
            raise Unmapped(f"AccountId must be that of the resource's account, {inquiry.account_id}.")
        return mapper(inquiry)

    return needs


_ROWS = table(
    "s3",
    {
        "accesspoint/{Name}": "CreateAccessPoint DeleteAccessPoint DeleteAccessPointPolicy GetAccessPointPolicy "
        "GetAccessPointPolicyStatus PutAccessPointPolicy",
        "job/{JobId}": "DeleteJobTagging DescribeJob GetJobTagging PutJobTagging UpdateJobPriority UpdateJobStatus",
        _GRANTS: "AssociateAccessGrantsIdentityCenter CreateAccessGrantsInstance DeleteAccessGrantsInstance "
        "DeleteAccessGrantsInstanceResourcePolicy DissociateAccessGrantsIdentityCenter GetAccessGrantsInstance "
        "GetAccessGrantsInstanceForPrefix GetAccessGrantsInstanceResourcePolicy GetDataAccess ListAccessGrants "
        "ListAccessGrantsLocations ListCallerAccessGrants PutAccessGrantsInstanceResourcePolicy",
        f"{_GRANTS}/grant/*": "CreateAccessGrant",
        f"{_GRANTS}/grant/{{AccessGrantId}}": "DeleteAccessGrant GetAccessGrant",
        f"{_GRANTS}/location/*": "CreateAccessGrantsLocation",
        f"{_GRANTS}/location/{{AccessGrantsLocationId}}": "DeleteAccessGrantsLocation GetAccessGrantsLocation "
        "UpdateAccessGrantsLocation",
        "storage-lens/{ConfigId}": "DeleteStorageLensConfiguration DeleteStorageLensConfigurationTagging "
        "GetStorageLensConfiguration GetStorageLensConfigurationTagging PutStorageLensConfigurationTagging",
        "storage-lens-group/{Name}": "DeleteStorageLensGroup GetStorageLensGroup UpdateStorageLensGroup",
        "{ResourceArn}": "ListTagsForResource TagResource UntagResource",
        "*": "CreateJob CreateStorageLensGroup GetAccessPoint ListAccessGrantsInstances ListAccessPoints ListJobs "
        "ListMultiRegionAccessPoints ListStorageLensConfigurations ListStorageLensGroups PutStorageLensConfiguration",
    },
)

MAPPERS: Mapping[str, Mapper] = {
    name: _own(mapper) for name, mapper in {**_ROWS, **dict.fromkeys(_BLOCKS, _block)}.items()
}

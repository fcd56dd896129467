"""The global condition keys, and the service keys that role sessions carry into requests of every service.

They are in no data set. Source: "AWS global condition context keys" in the IAM user guide, November 2026.
"""

from iamd.reference.services import ConditionKey


def _key(name: str, kind: str) -> ConditionKey:
    """Make a key from its name and kind: a type, `[]` when multivalued, `!` when sensitive."""
    return ConditionKey(name, kind.rstrip("[]!"), multivalued=kind.endswith("[]"), sensitive=kind.endswith("!"))


# The guide marks the sensitive keys: they bound who may come in, so wildcards and variables defeat them.
# `aws:EpochTime` takes the Numeric operators as well.
GLOBAL_KEYS: tuple[ConditionKey, ...] = (
    # Principal
    _key("aws:PrincipalArn", "ARN"),
    _key("aws:PrincipalAccount", "String!"),
    _key("aws:PrincipalOrgPaths", "String[]"),
    _key("aws:PrincipalOrgID", "String!"),
    _key("aws:PrincipalTag/${TagKey}", "String"),
    _key("aws:PrincipalIsAWSService", "Bool"),
    _key("aws:PrincipalServiceName", "String"),
    _key("aws:PrincipalServiceNamesList", "String[]"),
    _key("aws:PrincipalType", "String"),
    _key("aws:userid", "String"),
    _key("aws:username", "String"),
    # Role session
    _key("aws:AssumedRoot", "Bool"),
    _key("aws:FederatedProvider", "String"),
    _key("aws:TokenIssueTime", "Date"),
    _key("aws:SignInSessionArn", "ARN"),
    _key("aws:MultiFactorAuthAge", "Numeric"),
    _key("aws:MultiFactorAuthPresent", "Bool"),
    _key("aws:ChatbotSourceArn", "ARN"),
    _key("aws:Ec2InstanceSourceVpc", "String"),
    _key("aws:Ec2InstanceSourcePrivateIPv4", "IPAddress"),
    _key("aws:SourceIdentity", "String"),
    _key("ec2:RoleDelivery", "Numeric"),
    _key("ec2:SourceInstanceArn", "ARN"),
    _key("glue:RoleAssumedBy", "String"),
    _key("glue:CredentialIssuingService", "String"),
    _key("codebuild:BuildArn", "ARN"),
    _key("codebuild:ProjectArn", "ARN"),
    _key("lambda:SourceFunctionArn", "ARN"),
    _key("ssm:SourceInstanceArn", "ARN"),
    _key("identitystore:UserId", "String"),
    _key("identitystore:IdentityStoreArn", "ARN"),
    # Network
    _key("aws:SourceIp", "IPAddress"),
    _key("aws:SourceVpc", "String!"),
    _key("aws:SourceVpcArn", "ARN"),
    _key("aws:SourceVpce", "String!"),
    _key("aws:VpceAccount", "String!"),
    _key("aws:VpceOrgID", "String!"),
    _key("aws:VpceOrgPaths", "String[]"),
    _key("aws:VpcSourceIp", "IPAddress"),
    # Resource
    _key("aws:ResourceAccount", "String!"),
    _key("aws:ResourceOrgID", "String!"),
    _key("aws:ResourceOrgPaths", "String[]"),
    _key("aws:ResourceTag/${TagKey}", "String"),
    # Request
    _key("aws:CalledVia", "String[]"),
    _key("aws:CalledViaFirst", "String"),
    _key("aws:CalledViaLast", "String"),
    _key("aws:ViaAWSService", "Bool"),
    _key("aws:ViaCustomerDomain", "String"),
    _key("aws:CalledViaAWSMCP", "String"),
    _key("aws:ViaAWSMCPService", "Bool"),
    _key("aws:IsMcpServiceAction", "Bool"),
    _key("aws:CurrentTime", "Date"),
    _key("aws:EpochTime", "Date"),
    _key("aws:referer", "String"),
    _key("aws:RequestedRegion", "String"),
    _key("aws:RequestTag/${TagKey}", "String"),
    _key("aws:TagKeys", "String[]"),
    _key("aws:SecureTransport", "Bool"),
    _key("aws:SourceAccount", "String!"),
    _key("aws:SourceArn", "ARN"),
    _key("aws:SourceOrgID", "String!"),
    _key("aws:SourceOrgPaths", "String[]"),
    _key("aws:UserAgent", "String"),
)

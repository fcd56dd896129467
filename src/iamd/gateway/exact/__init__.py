"""Services that are mapped exactly: a table or a few functions each, from the pages "Actions, resources, and condition
keys for ..." of the service authorization reference and the services' own guides."""

from __future__ import annotations

from collections.abc import Mapping

from iamd.gateway.exact import dynamodb, functions, keys, kinesis, messaging, s3, secrets
from iamd.gateway.mapped import Mapper

MAPPERS: Mapping[str, Mapping[str, Mapper]] = {
    "s3": s3.MAPPERS,
    "dynamodb": dynamodb.MAPPERS,
    "sqs": messaging.SQS,
    "sns": messaging.SNS,
    "kms": keys.MAPPERS,
    "secretsmanager": secrets.SECRETS,
    "ssm": secrets.PARAMETERS,
    "lambda": functions.MAPPERS,
    "kinesis": kinesis.MAPPERS,
}
"""By botocore's name of the service and the operation's."""

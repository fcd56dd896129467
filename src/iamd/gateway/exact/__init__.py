"""Services that are mapped exactly: a table or a few functions each, from the pages "Actions, resources, and condition
keys for ..." of the service authorization reference and the services' own guides."""

from __future__ import annotations

from collections.abc import Mapping

from iamd.gateway.exact import (
    containers,
    dynamodb,
    events,
    functions,
    instances,
    keys,
    kinesis,
    messaging,
    s3,
    s3_control,
    s3_copies,
    s3_metadata,
    secrets,
    systems,
    watching,
    workflows,
)
from iamd.gateway.mapped import Mapper

MAPPERS: Mapping[str, Mapping[str, Mapper]] = {
    "cloudwatch": watching.METRICS,
    "dynamodb": dynamodb.MAPPERS,
    "dynamodbstreams": dynamodb.STREAMS,
    "ec2": instances.MAPPERS,
    "ecr": containers.ECR,
    "ecs": containers.ECS,
    "events": events.MAPPERS,
    "kinesis": kinesis.MAPPERS,
    "kms": keys.MAPPERS,
    "lambda": functions.MAPPERS,
    "logs": watching.LOGS,
    "s3": {**s3.MAPPERS, **s3_copies.MAPPERS, **s3_metadata.MAPPERS},
    "s3control": s3_control.MAPPERS,
    "secretsmanager": secrets.SECRETS,
    "sns": messaging.SNS,
    "sqs": messaging.SQS,
    "ssm": {**secrets.PARAMETERS, **systems.SYSTEMS},
    "stepfunctions": workflows.STATES,
}
_BY_PATH = frozenset({"apigateway", "apigatewayv2"})


def exact_mapper(service: str, operation: str) -> Mapper | None:
    """The mapper of an operation, by botocore's names; None where there is no exact one."""
    if service in _BY_PATH:
        return workflows.on_path
    return MAPPERS.get(service, {}).get(operation)

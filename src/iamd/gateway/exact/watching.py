"""CloudWatch and CloudWatch Logs.

Logs decides on a group as on the empty stream in it (`log-group:NAME:log-stream:`), so policies name groups with `:*`.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-namespace.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from iamd.gateway.exact.templates import global_arn, table
from iamd.gateway.mapped import Inquiry, Mapper, Need, checked_name, request_tags
from iamd.guard.context import Context
from iamd.wire.gateway_errors import Unmapped

_GROUP = re.compile(r"(arn:[a-z0-9-]+:logs:[a-z0-9-]+:\d{12}):log-group:([^:*?]+)(?::\*)?").fullmatch
_NAMES = ("logGroupName", "logGroupIdentifier", "resourceIdentifier", "resourceArn")
_LISTS = ("logGroupNames", "logGroupIdentifiers", "logGroupArnList")


def _group(inquiry: Inquiry) -> list[Need]:
    """A group, or the stream in it that is named; of several groups all must be allowed."""
    document, action = inquiry.document, f"logs:{inquiry.asked.operation.name}"
    named = [document[name] for name in _NAMES if document.get(name)]
    named += [each for name in _LISTS for each in document.get(name) or ()]
    stream = document.get("logStreamName")
    if not named or not all(isinstance(each, str) for each in named):
        raise Unmapped(f"{inquiry.asked.operation.name} must name its log groups.")
    arns = [_group_arn(inquiry, each) for each in dict.fromkeys(named)]
    context = request_tags(document)
    needs = [Need(action, f"{arn}:log-stream:{checked_name(stream) if stream else ''}", context) for arn in arns]
    if document.get("unmask"):
        needs += [Need("logs:Unmask", f"{arn}:log-stream:") for arn in arns]
    return needs


def _group_arn(inquiry: Inquiry, named: str) -> str:
    if not named.startswith("arn:"):
        return inquiry.arn("logs", f"log-group:{_without_colon(named)}")
    found = _GROUP(named)
    if found is None:
        raise Unmapped(f"`{named[:256]}` is no ARN of a log group.")
    return f"{found[1]}:log-group:{found[2]}"


def _without_colon(name: str) -> str:
    if ":" in name:
        raise Unmapped("Names of log groups have no colons.")
    return checked_name(name)


def _groups(inquiry: Inquiry) -> list[Need]:
    return [Need(f"logs:{inquiry.asked.operation.name}", inquiry.arn("logs", "log-group::log-stream:"))]


def _tagged(inquiry: Inquiry) -> list[Need]:
    """Tags by ARN are decided on that ARN, without the empty stream."""
    arn = inquiry.text("resourceArn")
    resource = _group_arn(inquiry, arn) if ":log-group:" in arn else arn
    return [Need(f"logs:{inquiry.asked.operation.name}", resource, request_tags(inquiry.document))]


LOGS: Mapping[str, Mapper] = {
    **table(
        "logs",
        {
            "anomaly-detector:{anomalyDetectorArn}": "DeleteLogAnomalyDetector GetLogAnomalyDetector UpdateAnomaly "
            "UpdateLogAnomalyDetector",
            "delivery:* delivery-source:{deliverySourceName} delivery-destination:{deliveryDestinationArn}": "CreateDelivery",
            "delivery:{id}": "DeleteDelivery GetDelivery",
            "delivery-destination:{deliveryDestinationName}": "DeleteDeliveryDestinationPolicy "
            "GetDeliveryDestinationPolicy PutDeliveryDestinationPolicy",
            "delivery-destination:{name}": "DeleteDeliveryDestination GetDeliveryDestination PutDeliveryDestination",
            "delivery-source:{name}": "DeleteDeliverySource GetDeliverySource PutDeliverySource",
            "scheduled-query:{identifier}": "DeleteScheduledQuery GetScheduledQuery GetScheduledQueryHistory "
            "UpdateScheduledQuery",
            "scheduled-query:{name}": "CreateScheduledQuery",
            "destination:{destinationName}": "DeleteDestination PutDestination PutDestinationPolicy",
            "*": "CancelExportTask DeleteQueryDefinition DeleteResourcePolicy DescribeDestinations DescribeExportTasks "
            "DescribeQueryDefinitions DescribeResourcePolicies PutQueryDefinition PutResourcePolicy StopQuery "
            "TestMetricFilter GetQueryResults DescribeQueries",
        },
    ),
    **dict.fromkeys(
        [
            "AssociateKmsKey",
            "CreateExportTask",
            "CreateLogAnomalyDetector",
            "CreateLogGroup",
            "CreateLogStream",
            "DeleteDataProtectionPolicy",
            "DeleteLogGroup",
            "DeleteLogStream",
            "DeleteMetricFilter",
            "DeleteRetentionPolicy",
            "DeleteSubscriptionFilter",
            "DescribeLogStreams",
            "DescribeMetricFilters",
            "DescribeSubscriptionFilters",
            "DisassociateKmsKey",
            "FilterLogEvents",
            "GetDataProtectionPolicy",
            "GetLogEvents",
            "GetLogGroupFields",
            "ListTagsLogGroup",
            "PutDataProtectionPolicy",
            "PutLogEvents",
            "PutMetricFilter",
            "PutRetentionPolicy",
            "PutSubscriptionFilter",
            "StartQuery",
            "TagLogGroup",
            "UntagLogGroup",
        ],
        _group,
    ),
    **dict.fromkeys(["ListTagsForResource", "TagResource", "UntagResource"], _tagged),
    "DescribeLogGroups": _groups,
}


def _namespace(inquiry: Inquiry) -> Context:
    given = inquiry.document.get("Namespace")
    return {"cloudwatch:namespace": given} if isinstance(given, str) else {}


def _dashboards(inquiry: Inquiry) -> list[Need]:
    named = inquiry.document.get("DashboardNames") or [inquiry.document.get("DashboardName")]
    if not isinstance(named, list) or not all(isinstance(each, str) and each for each in named):
        raise Unmapped(f"{inquiry.asked.operation.name} must name its dashboards.")
    action = f"cloudwatch:{inquiry.asked.operation.name}"
    return [Need(action, global_arn(inquiry, "cloudwatch", f"dashboard/{checked_name(each)}")) for each in named]


METRICS: Mapping[str, Mapper] = {
    **table(
        "cloudwatch",
        {
            "alarm:{AlarmName}": "DescribeAlarmContributors PutCompositeAlarm PutMetricAlarm SetAlarmState",
            "alarm:{AlarmName|*}": "DescribeAlarmHistory",
            "alarm:{AlarmNames[]}": "DeleteAlarms DisableAlarmActions EnableAlarmActions",
            "alarm:*": "DescribeAlarms",
            "{ResourceARN}": "ListTagsForResource TagResource UntagResource",
            "*": "DescribeAlarmsForMetric GetMetricData GetMetricStatistics GetMetricWidgetImage ListDashboards "
            "ListMetrics ListMetricStreams PutMetricData",
            "insight-rule/{RuleName}": "GetInsightRuleReport PutInsightRule",
            "insight-rule/{RuleNames[]}": "DeleteInsightRules DisableInsightRules EnableInsightRules",
            "alarm-mute-rule:*": "ListAlarmMuteRules",
            "metric-stream/{Name}": "DeleteMetricStream GetMetricStream PutMetricStream",
            "metric-stream/{Names[]}": "StartMetricStreams StopMetricStreams",
        },
        _namespace,
        ("cloudwatch:namespace",),
    ),
    **dict.fromkeys(["DeleteDashboards", "GetDashboard", "PutDashboard"], _dashboards),
}

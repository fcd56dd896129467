"""What of CloudTrail's API is not served, and why."""

from __future__ import annotations

from iamd.services.cloudtrail.api import cloudtrail

cloudtrail.decline(
    "the record is of this server's own calls; events of other applications have no channel into it.",
    *(f"{verb}Channel" for verb in ("Create", "Delete", "Get", "Update")),
    "ListChannels",
)
cloudtrail.decline(
    "there are no dashboards; queries are asked with StartQuery.",
    *(f"{verb}Dashboard" for verb in ("Create", "Delete", "Get", "Update")),
    "ListDashboards",
    "StartDashboardRefresh",
)
cloudtrail.decline(
    "event data stores cannot be federated: there is no Glue catalogue.", "DisableFederation", "EnableFederation"
)
cloudtrail.decline("no query is written by a language model.", "GenerateQuery", "SearchSampleQueries")
cloudtrail.decline(
    "what is recorded goes to event data stores without an import; files of AWS are not imported.",
    *("GetImport", "ListImportFailures", "ListImports", "StartImport", "StopImport"),
)
cloudtrail.decline("nothing looks for unusual activity.", "ListInsightsData", "ListInsightsMetricData")
cloudtrail.decline(
    "an event data store is for its own account alone.",
    *("DeleteResourcePolicy", "GetResourcePolicy", "PutResourcePolicy"),
)
cloudtrail.decline(
    "trails and event data stores are those of single accounts.",
    *("DeregisterOrganizationDelegatedAdmin", "RegisterOrganizationDelegatedAdmin"),
)
cloudtrail.decline(
    "events have neither tags of resources nor further condition keys.",
    "GetEventConfiguration",
    "PutEventConfiguration",
)

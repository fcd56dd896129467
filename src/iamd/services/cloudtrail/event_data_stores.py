"""Event data stores: what of the record can be asked in SQL, and for how long.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-event-data-store.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import msgspec

from iamd.guard.ask import Ask
from iamd.guard.target import Target, found, missing, new, nothing
from iamd.services.call import Call, Reply
from iamd.services.cloudtrail.api import cloudtrail
from iamd.services.cloudtrail.event_selectors import check_advanced
from iamd.services.cloudtrail.logging import last_event
from iamd.services.cloudtrail.pages import page
from iamd.services.cloudtrail.tags import merged
from iamd.store.kinds.event_data_stores import EventDataStore, Span
from iamd.store.records import PARTITION
from iamd.wire.cloudtrail_errors import (
    EventDataStoreAlreadyExistsException,
    EventDataStoreARNInvalidException,
    EventDataStoreMaxLimitExceededException,
    EventDataStoreNotFoundException,
    EventDataStoreTerminationProtectedException,
    InactiveEventDataStoreException,
    InvalidEventDataStoreStatusException,
    UnsupportedOperationException,
)
from iamd.wire.errors import AwsError, InvalidParameterException

MAX_STORES = 10  # in a region, those whose deletion was asked for included
LONGEST = {"EXTENDABLE_RETENTION_PRICING": 3653, "FIXED_RETENTION_PRICING": 2557}  # days
_DAYS = {"EXTENDABLE_RETENTION_PRICING": 366, "FIXED_RETENTION_PRICING": 2557}
_ALL = [
    {
        "Name": "Default management events",
        "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}],
    }
]
_NO_KEYS = {"kms_key_id": "Event data stores are not encrypted with KMS keys: iamd has none. Leave KmsKeyId out."}
_ARN = re.compile(
    rf"arn:{PARTITION}:cloudtrail:(?P<region>[a-z0-9-]+):(?P<account>\d{{12}}):eventdatastore/(?P<id>[a-f0-9-]{{36}})",
    re.ASCII,
)
_is_id = re.compile(r"[a-f0-9-]{36}", re.ASCII).fullmatch


def arn_of(call: Call, id: str) -> str:
    return f"arn:{PARTITION}:cloudtrail:{call.region}:{call.account_id}:eventdatastore/{id}"


def store_by(call: Call, given: str) -> Target[EventDataStore]:
    """The account's event data store of that ARN or id, of the region of the call."""
    shape = _ARN.fullmatch(given)
    if shape is None and not _is_id(given):
        raise EventDataStoreARNInvalidException(f"The specified event data store ARN is not valid: {given}")
    id, arn = (given, arn_of(call, given)) if shape is None else (shape["id"], given)
    store = call.records.event_data_stores.get(id)
    if store is None or store.arn != arn:
        return missing(arn, EventDataStoreNotFoundException(f"The specified event data store was not found: {given}"))
    return found(store)


def existing_store(call: Call, *, event_data_store: str) -> Target[EventDataStore]:
    return store_by(call, event_data_store)


def active_store(call: Call, *, event_data_store: str) -> Target[EventDataStore]:
    """One whose deletion was not asked for."""
    target = store_by(call, event_data_store)
    if target.missing is None and target.value.deleted is not None:
        return Target(target.arn, target.value, tags=target.tags, missing=inactive(target.value))
    return target


def inactive(store: EventDataStore) -> AwsError:
    return InactiveEventDataStoreException(f"The event data store is inactive: {store.arn}")


def new_store(call: Call) -> Target[str]:
    return new(arn_of(call, str(uuid4())))


def tagging(call: Call, arn: str) -> Iterator[Ask]:
    """Who creates a store with tags must be allowed to tag it."""
    if call.params.get("tags_list"):
        yield Ask("cloudtrail:AddTags", arn, call.account_id)


@cloudtrail.operation(on=new_store, also=tagging, refuses=_NO_KEYS, prepare=last_event)
def create_event_data_store(
    call: Call,
    arn: str,
    *,
    name: str,
    advanced_event_selectors: list[dict[str, Any]] | None = None,
    multi_region_enabled: bool = True,
    organization_enabled: bool = False,
    retention_period: int | None = None,
    termination_protection_enabled: bool = True,
    tags_list: list[dict[str, str]] | None = None,
    start_ingestion: bool = True,
    billing_mode: str = "EXTENDABLE_RETENTION_PRICING",
) -> Reply:
    """Create a store of what happens from now on.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateEventDataStore.html
    """
    _refuse_organizations(organization_enabled)
    _check_room(call)
    _check_name(call, name)
    selectors = _selectors(advanced_event_selectors)
    span = Span(call.prepared, selectors, multi_region=multi_region_enabled)
    store = EventDataStore(
        call.account_id,
        arn.rpartition("/")[2],
        call.region,
        name,
        call.now,
        call.now,
        _days(billing_mode, retention_period),
        multi_region_enabled,
        termination_protection_enabled,
        billing_mode,
        msgspec.json.encode(selectors).decode(),
        (span.text(),) if start_ingestion else (),
        tags=merged((), tags_list),
    )
    tags = [{"Key": key, "Value": value} for key, value in store.tags]
    return {**view(call.records.event_data_stores.add(store)), "Status": "CREATED", "TagsList": tags}


@cloudtrail.operation(on=existing_store)
def get_event_data_store(call: Call, store: EventDataStore) -> Reply:
    """Tell a store's settings."""
    return {**view(store), "FederationStatus": "DISABLED"}


def all_stores(call: Call) -> Target[None]:
    return nothing()


@cloudtrail.operation(on=all_stores)
def list_event_data_stores(
    call: Call, _: None, *, next_token: str | None = None, max_results: int | None = None
) -> Reply:
    """List the stores of the region by ARN and name, as AWS does now."""
    own = [store for store in call.records.event_data_stores if store.region == call.region]
    return page("EventDataStores", own, lambda s: {"EventDataStoreArn": s.arn, "Name": s.name}, next_token, max_results)


@cloudtrail.operation(on=active_store, refuses=_NO_KEYS, prepare=last_event)
def update_event_data_store(
    call: Call,
    store: EventDataStore,
    *,
    name: str | None = None,
    advanced_event_selectors: list[dict[str, Any]] | None = None,
    multi_region_enabled: bool | None = None,
    organization_enabled: bool = False,
    retention_period: int | None = None,
    termination_protection_enabled: bool | None = None,
    billing_mode: str | None = None,
) -> Reply:
    """Change a store; other selectors hold for what happens from now on."""
    _refuse_organizations(organization_enabled)
    if name is not None and name != store.name:
        _check_name(call, name)
    if billing_mode == "FIXED_RETENTION_PRICING" and store.billing != billing_mode:
        raise InvalidParameterException("The billing mode cannot be changed to FIXED_RETENTION_PRICING.")
    billing = billing_mode or store.billing
    everywhere = store.multi_region if multi_region_enabled is None else multi_region_enabled
    selectors = msgspec.json.decode(store.selectors) if advanced_event_selectors is None else advanced_event_selectors
    _selectors(selectors)
    text = msgspec.json.encode(selectors).decode()
    taken = store.taken
    if store.is_ingesting and (text, everywhere) != (store.selectors, store.multi_region):
        taken = (*ended(store, call.prepared), Span(call.prepared, selectors, multi_region=everywhere).text())
    protected = store.protected if termination_protection_enabled is None else termination_protection_enabled
    changed = call.records.event_data_stores.replace(
        store,
        name=name or store.name,
        updated=call.now,
        retention_days=_days(billing, retention_period or min(store.retention_days, LONGEST[billing])),
        multi_region=everywhere,
        protected=protected,
        billing=billing,
        selectors=text,
        taken=taken,
    )
    return {**view(changed), "FederationStatus": "DISABLED"}


@cloudtrail.operation(on=active_store)
def delete_event_data_store(call: Call, store: EventDataStore) -> Reply:
    """Ask for a store's deletion, which happens seven days later unless it is restored."""
    if store.protected:
        raise EventDataStoreTerminationProtectedException(
            f"The event data store cannot be deleted because termination protection is enabled for it: {store.arn}"
        )
    call.records.event_data_stores.replace(store, deleted=call.now, updated=call.now)
    return {}


@cloudtrail.operation(on=existing_store)
def restore_event_data_store(call: Call, store: EventDataStore) -> Reply:
    """Take a deletion back; what happened meanwhile is in the store, too."""
    if store.deleted is None:
        raise InvalidEventDataStoreStatusException(
            f"The event data store is not in status PENDING_DELETION: {store.arn}"
        )
    return view(call.records.event_data_stores.replace(store, deleted=None, updated=call.now))


@cloudtrail.operation(on=active_store, prepare=last_event)
def start_event_data_store_ingestion(call: Call, store: EventDataStore) -> Reply:
    """Take in what happens from now on."""
    if store.is_ingesting:
        raise InvalidEventDataStoreStatusException(f"The event data store takes in events already: {store.arn}")
    span = Span(call.prepared, msgspec.json.decode(store.selectors), multi_region=store.multi_region)
    call.records.event_data_stores.replace(store, taken=(*store.taken, span.text()), updated=call.now)
    return {}


@cloudtrail.operation(on=active_store, prepare=last_event)
def stop_event_data_store_ingestion(call: Call, store: EventDataStore) -> Reply:
    """Take in nothing of what happens from now on; what has happened before can be asked."""
    if not store.is_ingesting:
        raise InvalidEventDataStoreStatusException(f"The event data store takes in no events: {store.arn}")
    call.records.event_data_stores.replace(store, taken=ended(store, call.prepared), updated=call.now)
    return {}


def ended(store: EventDataStore, last: int) -> tuple[str, ...]:
    """The spans of a store, the one that is open closed."""
    *before, present = store.spans
    return (*store.taken[: len(before)], msgspec.structs.replace(present, last=last).text())


def view(store: EventDataStore) -> Mapping[str, Any]:
    """What all operations tell of a store."""
    return {
        "EventDataStoreArn": store.arn,
        "Name": store.name,
        "Status": _status(store),
        "AdvancedEventSelectors": msgspec.json.decode(store.selectors),
        "MultiRegionEnabled": store.multi_region,
        "OrganizationEnabled": False,
        "RetentionPeriod": store.retention_days,
        "TerminationProtectionEnabled": store.protected,
        "CreatedTimestamp": store.created,
        "UpdatedTimestamp": store.updated,
        "BillingMode": store.billing,
    }


def _status(store: EventDataStore) -> str:
    if store.deleted is not None:
        return "PENDING_DELETION"
    return "ENABLED" if store.is_ingesting else "STOPPED_INGESTION"


def _selectors(given: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """The selectors, by default those of all management events. Raises InvalidEventSelectorsException."""
    if not given:
        return _ALL
    check_advanced(given)
    return given


def _days(billing: str, given: int | None) -> int:
    days = _DAYS[billing] if given is None else given
    if days > LONGEST[billing]:
        raise InvalidParameterException(f"With {billing}, RetentionPeriod is at most {LONGEST[billing]} days.")
    return days


def _check_room(call: Call) -> None:
    """Raises UnsupportedOperationException and EventDataStoreMaxLimitExceededException."""
    if call.realm.lake is None:
        raise UnsupportedOperationException(
            "This server has no event data stores: its operator installs iamd with the extra `analytics`."
        )
    if sum(store.region == call.region for store in call.records.event_data_stores) >= MAX_STORES:
        raise EventDataStoreMaxLimitExceededException(
            f"Account {call.account_id} already has {MAX_STORES} event data stores in {call.region}."
        )


def _check_name(call: Call, name: str) -> None:
    if any(store.name == name and store.region == call.region for store in call.records.event_data_stores):
        raise EventDataStoreAlreadyExistsException(f"An event data store with that name already exists: {name}")


def _refuse_organizations(enabled: bool) -> None:
    if enabled:
        raise UnsupportedOperationException(
            "Event data stores of organizations are not supported: create one in each account, and leave "
            "OrganizationEnabled out."
        )

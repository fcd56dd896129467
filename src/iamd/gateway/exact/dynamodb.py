"""DynamoDB: tables and indexes, one by one in batches and transactions, with leading keys and attributes.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from iamd.gateway.exact import partiql, templates
from iamd.gateway.exact.dynamodb_keys import attributes, leading_key, text_of, values_of
from iamd.gateway.mapped import Inquiry, Mapper, Need, checked_arn, checked_name, request_tags
from iamd.guard.context import Context
from iamd.wire.errors import ValidationException
from iamd.wire.gateway_errors import Unmapped

_TELLS = (
    "dynamodb:attributes",
    "dynamodb:select",
    "dynamodb:returnvalues",
    "dynamodb:returnconsumedcapacity",
    "dynamodb:enclosingoperation",
    "dynamodb:fulltablescan",
)
_LEADING = "dynamodb:leadingkeys"


def _table_arn(inquiry: Inquiry, name: Any) -> str:
    if not isinstance(name, str):
        raise Unmapped("TableName must be a text.")
    if name.startswith("arn:"):
        return checked_arn(name, "dynamodb", "table/")
    return inquiry.arn("dynamodb", f"table/{checked_name(name)}")


async def _need(
    inquiry: Inquiry, action: str, table: Any, part: Mapping[str, Any], items: list[Any], **keys: str
) -> Need:
    """One action on a table (or the index that `part` names) and the items with those attributes."""
    arn = _table_arn(inquiry, table)
    context: Context = dict(keys)
    for name, key in (("Select", "select"), ("ReturnValues", "returnvalues")):
        if isinstance(part.get(name), str):
            context[f"dynamodb:{key}"] = part[name]
    if isinstance(inquiry.document.get("ReturnConsumedCapacity"), str):
        context["dynamodb:returnconsumedcapacity"] = inquiry.document["ReturnConsumedCapacity"]
    if action == "Scan":
        context["dynamodb:fulltablescan"] = "true"
    named = attributes(part, items)
    if named:
        context["dynamodb:attributes"] = tuple(sorted(named))
    tells: tuple[str, ...] = _TELLS
    leading = await leading_key(inquiry, arn, table, part.get("IndexName"), items) if action != "Scan" else None
    values = None if leading is None else values_of(leading, part, items)
    if values:
        context[_LEADING] = tuple(sorted(values))
        tells = (*_TELLS, _LEADING)
    index = part.get("IndexName")
    resource = arn if not isinstance(index, str) else f"{arn}/index/{checked_name(index)}"
    return Need(f"dynamodb:{action}", resource, context, tells)


async def _one(inquiry: Inquiry) -> list[Need]:
    part = inquiry.document
    items = [part[name] for name in ("Key", "Item") if name in part]
    return [await _need(inquiry, inquiry.asked.operation.name, part.get("TableName"), part, items)]


async def _batch_get(inquiry: Inquiry) -> list[Need]:
    tables = {table: _mapping(part) for table, part in _mapping(inquiry.document.get("RequestItems")).items()}
    keys = {table: _list(part.get("Keys")) for table, part in tables.items()}
    _require_few(inquiry, keys, 100)
    return _some([await _need(inquiry, "BatchGetItem", table, part, keys[table]) for table, part in tables.items()])


async def _batch_write(inquiry: Inquiry) -> list[Need]:
    tables = {table: _list(requests) for table, requests in _mapping(inquiry.document.get("RequestItems")).items()}
    _require_few(inquiry, tables, 25)
    needs = []
    for table, requests in tables.items():
        items = [item for request in requests for item in _written(_mapping(request))]
        needs.append(await _need(inquiry, "BatchWriteItem", table, {}, items))
    return _some(needs)


def _require_few(inquiry: Inquiry, items: Mapping[str, list[Any]], most: int) -> None:
    """Raise ValidationException for more items in all tables than the service takes."""
    if len(items) > most or sum(map(len, items.values())) > most:
        raise ValidationException(f"Too many items requested for the {inquiry.asked.name} call")


def _written(request: Mapping[str, Any]) -> Iterator[Any]:
    known = {"PutRequest": "Item", "DeleteRequest": "Key"}
    if not request.keys() <= known.keys():
        raise Unmapped("The gateway knows no such request to write.")
    for name, member in known.items():
        if name in request:
            yield _mapping(request[name]).get(member)


_TRANSACTED = {
    "Get": ("GetItem", "Key"),
    "Put": ("PutItem", "Item"),
    "Update": ("UpdateItem", "Key"),
    "Delete": ("DeleteItem", "Key"),
    "ConditionCheck": ("ConditionCheckItem", "Key"),
}


async def _transact(inquiry: Inquiry) -> list[Need]:
    """Each item of a transaction needs what it would need alone."""
    enclosing = {"dynamodb:enclosingoperation": inquiry.asked.operation.name}
    needs = []
    for entry in _list(inquiry.document.get("TransactItems")):
        for kind, part in _mapping(entry).items():
            if kind not in _TRANSACTED:
                raise Unmapped(f"The gateway knows no {kind[:64]} in a transaction.")
            action, member = _TRANSACTED[kind]
            of = _mapping(part)
            needs.append(await _need(inquiry, action, of.get("TableName"), of, [of.get(member)], **enclosing))
    return _some(needs)


async def _statement(inquiry: Inquiry) -> list[Need]:
    return [await _stated(inquiry, inquiry.document, {})]


async def _statements(inquiry: Inquiry) -> list[Need]:
    """Each statement of a batch or transaction needs what it would need alone."""
    of_transaction = inquiry.asked.operation.name == "ExecuteTransaction"
    enclosing: Context = {"dynamodb:enclosingoperation": "ExecuteTransaction"} if of_transaction else {}
    said = inquiry.document.get("TransactStatements" if of_transaction else "Statements")
    return _some([await _stated(inquiry, _mapping(each), enclosing) for each in _list(said)])


async def _stated(inquiry: Inquiry, said: Mapping[str, Any], enclosing: Context) -> Need:
    """What a statement needs. Of its attributes nobody tells."""
    statement = partiql.understood(said.get("Statement"))
    arn, index = _table_arn(inquiry, statement.table), statement.index
    context, tells = dict(enclosing), ["dynamodb:enclosingoperation"]
    key = await leading_key(inquiry, arn, statement.table, index, [])
    values = None if key is None else statement.values_of(key, _list(said.get("Parameters") or []))
    if values is not None and statement.action == "PartiQLSelect":
        context["dynamodb:fulltablescan"] = "false" if values else "true"
    texts = [text_of(value) for value in values or ()]
    if texts and None not in texts:
        context[_LEADING] = tuple(text for text in texts if text is not None)
        tells.append(_LEADING)
    resource = arn if index is None else f"{arn}/index/{checked_name(index)}"
    return Need(f"dynamodb:{statement.action}", resource, context, tuple(tells))


def _restored(inquiry: Inquiry) -> list[Need]:
    """A table is made of a backup, or of another table, and filled."""
    name, document = inquiry.asked.operation.name, inquiry.document
    target = _table_arn(inquiry, document.get("TargetTableName"))
    if name == "RestoreTableFromBackup":
        source = checked_arn(inquiry.text("BackupArn"), "dynamodb", "table/")
    else:
        source = _table_arn(inquiry, document.get("SourceTableArn") or document.get("SourceTableName"))
    writes = ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")
    return [
        *(Need(f"dynamodb:{name}", arn, {}, _TELLS) for arn in (source, target)),
        *(Need(f"dynamodb:{action}", target) for action in writes),
    ]


def _imported(inquiry: Inquiry) -> list[Need]:
    creation = _mapping(inquiry.document.get("TableCreationParameters"))
    return [Need("dynamodb:ImportTable", _table_arn(inquiry, creation.get("TableName")))]


def _created(inquiry: Inquiry) -> list[Need]:
    """A table, with the policy that it may be given at once."""
    arn = _table_arn(inquiry, inquiry.document.get("TableName"))
    needs = [Need("dynamodb:CreateTable", arn, request_tags(inquiry.document))]
    return [*needs, Need("dynamodb:PutResourcePolicy", arn)] if inquiry.document.get("ResourcePolicy") else needs


def _by_arn(inquiry: Inquiry) -> list[Need]:
    """What names a table, index or stream by its ARN."""
    arn = checked_arn(inquiry.text("ResourceArn"), "dynamodb", "table/")
    return [Need(f"dynamodb:{inquiry.asked.operation.name}", arn, request_tags(inquiry.document))]


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Unmapped("The request has another form than DynamoDB's.")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Unmapped("The request has another form than DynamoDB's.")
    return value


def _some(needs: list[Need]) -> list[Need]:
    if not needs:
        raise Unmapped("The request names no table.")
    return needs


STREAMS: Mapping[str, Mapper] = templates.table("dynamodb", {"table/{StreamArn}": "DescribeStream GetShardIterator"})

MAPPERS: Mapping[str, Mapper] = {
    **templates.table(
        "dynamodb",
        {
            "table/{BackupArn}": "DeleteBackup DescribeBackup",
            "table/{ExportArn}": "DescribeExport",
            "table/{ImportArn}": "DescribeImport",
        },
    ),
    **dict.fromkeys(("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"), _one),
    **dict.fromkeys(
        [
            "DeleteResourcePolicy",
            "GetResourcePolicy",
            "ListTagsOfResource",
            "PutResourcePolicy",
            "TagResource",
            "UntagResource",
        ],
        _by_arn,
    ),
    "BatchExecuteStatement": _statements,
    "BatchGetItem": _batch_get,
    "BatchWriteItem": _batch_write,
    "CreateTable": _created,
    "ExecuteStatement": _statement,
    "ExecuteTransaction": _statements,
    "ImportTable": _imported,
    "RestoreTableFromBackup": _restored,
    "RestoreTableToPointInTime": _restored,
    "TransactGetItems": _transact,
    "TransactWriteItems": _transact,
}

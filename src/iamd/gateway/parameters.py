"""What a request says, as a document by the model's names, whatever the protocol; only read, never checked: that is the
upstream's part. Of XML and forms all scalars are texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree

from iamd.gateway.asked import Asked
from iamd.gateway.directory import Form
from iamd.gateway.strict import cbor_document, json_document, pairs
from iamd.gateway.typed import require, require_short
from iamd.wire.gateway_errors import Ambiguous
from iamd.wire.http import HttpRequest
from iamd.wire.model import Member, Shape

Document = dict[str, Any]

_MAX_DEPTH = 32


def read(asked: Asked, request: HttpRequest) -> Document:
    """The parameters of a recognised request, whose body is there. Raises Ambiguous, SerializationException for values of
    another type than the model's, and ValidationException for lists longer than the service takes."""
    document, shape = _read(asked, request), asked.operation.input
    if shape is not None:
        require_short(shape, document)
    return document


def _read(asked: Asked, request: HttpRequest) -> Document:
    if asked.form is Form.JSON:
        return _known(asked.operation.input, json_document(request.body))
    if asked.form is Form.CBOR:
        return _known(asked.operation.input, cbor_document(request.body))
    if asked.form in (Form.QUERY, Form.EC2):
        shape = asked.operation.input
        return {} if shape is None else _structure(shape, asked.pairs, "", asked.form is Form.EC2, 0)
    if asked.form is Form.S3:
        return _body(asked, request) if asked.operation.name in HANDS_OVER else {}
    return _rest(asked, request)


HANDS_OVER = frozenset(
    {
        "CreateBucketMetadataConfiguration",
        "PutBucketReplication",
        "UpdateBucketMetadataAnnotationTableConfiguration",
    }
)
"""S3 operations whose bodies name a role."""


def _known(shape: Shape | None, document: Document) -> Document:
    """What the model knows of a document, by its names: an upstream passes over the rest, and over nulls. Raises Ambiguous
    for a name that differs from one of the model's in case only, SerializationException for values of another type.
    https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html"""
    named = {member.wire_name: member.name for member in (shape.members if shape else ())}
    folded = {name.lower(): name for name in named}
    for name in document:
        if folded.get(name.lower(), name) != name:
            raise Ambiguous(f"{folded[name.lower()]} is spelled in another way.")
    if shape is not None:
        require(shape, document)
    return {named[name]: value for name, value in document.items() if name in named and value is not None}


def _structure(shape: Shape, sent: Mapping[str, str], prefix: str, ec2: bool, depth: int) -> Document:
    if depth > _MAX_DEPTH:
        raise Ambiguous("The parameters are nested too deeply.")
    found: Document = {}
    for member in shape.members:
        value = _value(member, member.shape, sent, prefix + _form_name(member, ec2), ec2, depth + 1)
        if value is not None:
            found[member.name] = value
    return found


def _form_name(member: Member, ec2: bool) -> str:
    if not ec2:
        # A flattened list goes by its elements' name. https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
        if member.shape.type == "list" and (member.flattened or member.shape.flattened):
            return member.location_name or member.shape.element.location_name or member.name
        return member.wire_name
    if member.query_name:
        return member.query_name
    return member.wire_name[:1].upper() + member.wire_name[1:]


def _value(member: Member, shape: Shape, sent: Mapping[str, str], name: str, ec2: bool, depth: int) -> Any:
    if shape.type not in ("structure", "list", "map"):
        return sent.get(name)
    start = f"{name}."
    within = {key: text for key, text in sent.items() if key.startswith(start)}
    if not within:
        return None
    if shape.type == "structure":
        return _structure(shape, within, start, ec2, depth)
    flat = ec2 or member.flattened or shape.flattened
    if shape.type == "list":
        word = "" if flat else f"{shape.element.location_name or 'member'}."
        return [
            _whole(_value(shape.element, shape.element.shape, within, f"{start}{word}{index}", ec2, depth + 1), name)
            for index in _indexes(within, start + word)
        ]
    word = start if flat else f"{start}entry."
    keys, values = shape.key.location_name or "key", shape.value.location_name or "value"
    return {
        within.get(f"{word}{index}.{keys}", ""): _whole(
            _value(shape.value, shape.value.shape, within, f"{word}{index}.{values}", ec2, depth + 1), name
        )
        for index in _indexes(within, word)
    }


def _whole(value: Any, name: str) -> Any:
    """What stands in a list or map; raises Ambiguous where it is not of the model's form, and so is nothing."""
    if value is None:
        raise Ambiguous(f"{name[:128]} does not have the form that the service knows.")
    return value


def _indexes(sent: Mapping[str, str], start: str) -> list[str]:
    """The indexes of a list's elements as they are written; raises Ambiguous for two spellings of one."""
    found = {key.removeprefix(start).partition(".")[0] for key in sent if key.startswith(start)}
    if not all(index.isascii() and index.isdecimal() and index[0] != "0" for index in found):
        raise Ambiguous("An index must be a number from 1 without leading zeros.")
    return sorted(found, key=int)


def _rest(asked: Asked, request: HttpRequest) -> Document:
    found: Document = dict(_body(asked, request))
    query: dict[str, list[str]] = {}
    for name, value in pairs(request.query):
        query.setdefault(name, []).append(value)
    for member in asked.operation.inputs:
        if member.location is None:
            continue
        found.pop(member.name, None)  # in the body it says nothing
        if member.location == "uri" and member.wire_name in asked.labels:
            found[member.name] = asked.labels[member.wire_name]
        elif member.location == "querystring" and member.wire_name in query:
            values = query[member.wire_name]
            if member.shape.type != "list" and len(values) > 1:
                raise Ambiguous(f"{member.wire_name} is there twice.")
            found[member.name] = values if member.shape.type == "list" else values[0]
        elif member.location == "header" and request.header(member.wire_name.lower().encode()) is not None:
            found[member.name] = request.header(member.wire_name.lower().encode())
    return found


def _body(asked: Asked, request: HttpRequest) -> Document:
    payload = next((each for each in asked.operation.inputs if each.name == asked.operation.payload), None)
    if payload is not None and payload.shape.type != "structure":
        return {}  # bytes or text that are stored, not understood
    in_body = [member for member in asked.operation.inputs if member.location is None]
    if not request.body or not in_body:
        return {}
    shape = payload.shape if payload is not None else asked.operation.input
    if asked.form is Form.REST_JSON:
        read = _known(shape, json_document(request.body))
    else:
        read = xml_value(shape, xml_root(request.body), 0) if shape is not None else {}
    return {payload.name: read} if payload is not None else read


_PARSER = etree.XMLParser(
    resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
)


def xml_root(body: bytes) -> Any:
    """The root element of an XML body. Raises Ambiguous for a document type, too: entities change what is read."""
    try:
        root = etree.fromstring(body, _PARSER)
    except (etree.XMLSyntaxError, ValueError):
        raise Ambiguous("The request body is not XML.") from None
    if getattr(root.getroottree().docinfo, "doctype", ""):
        raise Ambiguous("The request body has a document type.")
    return root


def xml_text(element: Any, path: str) -> str | None:
    """The text of the one element below at that path, None where there is none; raises Ambiguous where there are two."""
    found = element.findall(path)
    if len(found) > 1:
        raise Ambiguous(f"{path.rpartition('}')[2]} is there twice.")
    return found[0].text if found else None


def xml_value(shape: Shape, element: Any, depth: int) -> Any:
    """An element by its shape; raises Ambiguous where an element that is no list's is there twice."""
    if depth > _MAX_DEPTH:
        raise Ambiguous("The request body is nested too deeply.")
    if shape.type == "structure":
        return _xml_structure(shape, element, depth)
    if shape.type == "list":
        return [xml_value(shape.element.shape, each, depth + 1) for each in element]
    if shape.type == "map":
        return {"": [_text(each) for each in element.iter()]}
    return _text(element)


def _xml_structure(shape: Shape, element: Any, depth: int) -> Document:
    found: Document = {}
    for member in shape.members:
        flat = member.shape.type == "list" and (member.flattened or member.shape.flattened)
        name = member.location_name or (member.shape.element.location_name if flat else None) or member.name
        same = [each for each in element if etree.QName(each).localname == name]
        if flat and same:
            found[member.name] = [xml_value(member.shape.element.shape, each, depth + 1) for each in same]
        elif len(same) > 1:
            raise Ambiguous(f"{name} is there twice.")
        elif same:
            found[member.name] = xml_value(member.shape, same[0], depth + 1)
    return found


def _text(element: Any) -> str:
    return (element.text or "").strip()

"""XML of strangers: parsed without document types, entities, network, comments and processing instructions.

Comments are dropped while parsing, because canonicalisation drops them, too: `a<!-- -->b` was signed as `ab`, and must
be read as that.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from iamd.caller.saml.refusals import MALFORMED, Invalid

SAML: Final = "{urn:oasis:names:tc:SAML:2.0:assertion}"
PROTOCOL: Final = "{urn:oasis:names:tc:SAML:2.0:protocol}"
SIGNATURE: Final = "{http://www.w3.org/2000/09/xmldsig#}"

Element = etree._Element


def parser() -> etree.XMLParser:
    """A parser that fetches nothing, expands nothing, and keeps libxml2's limits on depth and length."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
    )


def parse(document: bytes) -> Element:
    """The root element. Raises Invalid for what is not well-formed, or has more than elements and text."""
    try:
        root = etree.fromstring(document, parser())
    except (etree.XMLSyntaxError, ValueError):
        raise Invalid(MALFORMED) from None
    tree = root.getroottree()
    if tree.docinfo.internalDTD is not None:  # any document type makes one
        raise Invalid(MALFORMED)
    if root.getprevious() is not None or root.getnext() is not None:
        raise Invalid(MALFORMED)
    if next(root.iter(etree.Comment, etree.PI, etree.Entity), None) is not None:
        raise Invalid(MALFORMED)
    return root


def only(parent: Element, tag: str) -> Element:
    """The one child of that name. Raises Invalid when there is none, or another one."""
    found = parent.findall(tag)
    if len(found) != 1:
        raise Invalid(MALFORMED)
    return found[0]


def at_most_one(parent: Element, tag: str) -> Element | None:
    """The child of that name, or None. Raises Invalid when there are several."""
    return only(parent, tag) if parent.find(tag) is not None else None


def text(element: Element) -> str:
    """The text of an element that has no elements, without white space around it. Raises Invalid."""
    if len(element):
        raise Invalid(MALFORMED)
    return (element.text or "").strip()

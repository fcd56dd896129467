"""Checks of address ranges.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceip
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network

from iamd.analysis.validation.finding import Note, note
from iamd.analysis.validation.subject import Condition, Statement, Subject

_PRIVATE = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))


def ranges(policy: Subject, statement: Statement, condition: Condition) -> Iterator[Note]:
    """Values that are no ranges, have bits that do not count, or are never the source of a request."""
    if not condition.base.endswith("IpAddress"):
        return
    private = []
    for node in condition.values:
        network = _network(node.text)
        if network is None:
            yield note("TYPE_MISMATCH_IP_RANGE", node, value=node.text)
            continue
        base, _, length = node.text.partition("/")
        if length and str(network.network_address) != base and ip_network(base) != ip_network(network.network_address):
            yield note("IMPROVE_IP_RANGE", node, value=node.text, instead=str(network))
        if any(network.version == each.version and network.subnet_of(each) for each in _PRIVATE):  # type: ignore[arg-type]
            private.append(node)
    if condition.folded == "aws:sourceip" and private:
        name = "PRIVATE_NOT_IP_ADDRESS" if condition.negated else "PRIVATE_IP_ADDRESS"
        yield note(name if len(private) == len(condition.values) else f"{name}_SUBSET", *private)


def _network(text: str) -> IPv4Network | IPv6Network | None:
    _, slash, length = text.partition("/")
    if slash and not (length.isascii() and length.isdigit()):
        return None  # the library also takes masks, AWS does not
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None

"""Calls that changed no record and went well, which are most of the record: what the events of one caller, operation and
place have in common is packed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from iamd.audit.asked import TOLD, Ask, Value
from iamd.audit.elements import request_parameters, response_elements
from iamd.audit.encoding import kept, own_action, packed_identity, packed_text, session_policies, shortened
from iamd.audit.stored import packed
from iamd.caller.caller import Caller
from iamd.store.waiting import Shape
from iamd.wire.model import OperationModel

MAX_TEMPLATES: Final = 4096
_SHORT: Final = 512  # bytes of parameters that are remembered
_LONGEST: Final = 1024  # bytes of what a client calls itself, and of the host's name, with which templates are kept
_UP_TO_ASKED, _WHOLE = b"\xdc\x00\x11", b"\xdc\x00\x13"  # arrays of 17 and of 19: see StoredEvent
NO_RESPONSE: Final = b"\xc0"
_NOTHING: Final = b"\xc0" * 4  # no error code, error message, additional data, shared id


def are_short(agent: bytes | None, host: bytes | None) -> bool:
    """Whether templates are kept for those headers, which clients choose."""
    return (agent is None or len(agent) <= _LONGEST) and (host is None or len(host) <= _LONGEST)


class Template:
    """What the events share of one caller's calls of one operation, from one address, by one program.

    INVARIANT: an event of its shape says what `encoded` says, but for trailing parts that say nothing.
    """

    def __init__(
        self,
        caller: Caller,
        operation: OperationModel,
        names: tuple[str, str, str],
        client_ip: str,
        agent: str,
        secure_host: str | None,
    ) -> None:
        """`names` are the event's source, its name, and the region."""
        self.caller = caller
        self.operation = operation
        self.account_id = caller.account_id
        self._own_action = own_action(names[0], names[1])
        policies = session_policies(caller)
        from_console = caller.session is not None and caller.session.console
        whole = policies is not None or from_console
        self._head = (_WHOLE if whole else _UP_TO_ASKED) + b"".join([packed(name) for name in names])
        self._middle = packed(True) + packed_identity(caller) + packed(client_ip) + packed(shortened(agent))
        self._after = _NOTHING + packed(secure_host) + packed("AwsApiCall")
        self._end = packed(policies) + packed(from_console) if whole else b""
        self.noted: datetime | None = None  # the second in which it was last noted that the credentials were used
        self._params: Mapping[str, Any] | None = None
        self._packed_params = b""
        # Of the ask that came last:
        self._action = self._owner = self._resource = ""
        self._context: Mapping[str, Value] = {}
        self._had_policy = False
        self._before_resource = self._behind_resource = self._packed_ask = b""
        self._shape = Shape(self.account_id, b"")

    def parameters(self, params: Mapping[str, Any]) -> bytes:
        """The parameters as they are stored; requests that are alike have the very same (`server.understood`)."""
        if params is self._params:
            return self._packed_params
        made = packed(request_parameters(self.operation, params))
        if len(made) <= _SHORT:
            self._params, self._packed_params = params, made
        return made

    def asked(self, asks: Sequence[Ask]) -> bytes:
        """What was decided, as it is stored."""
        if len(asks) != 1:
            return self._kept(asks)
        ask = asks[0]
        context, resource = ask.context, ask.resource
        if not self._is_alike(ask, context):
            self._keep(ask, self._kept(asks))
        elif resource != self._resource:  # as of those who read one object after the other
            self._resource = resource
            self._packed_ask = self._before_resource + packed_text(resource) + self._behind_resource
        return self._packed_ask

    def _is_alike(self, ask: Ask, context: Mapping[str, Value]) -> bool:
        """Whether the ask that came last differs in the resource at most, of what is told of it."""
        if ask.action != self._action or ask.account_id != self._owner or (ask.policy is not None) != self._had_policy:
            return False
        if context == self._context:  # the usual case within a second, and by far the quicker question
            return True
        if context.keys() != self._context.keys():
            return False
        if [key for key, value in self._context.items() if context[key] != value and key not in TOLD]:
            return False
        self._context = context
        return True

    def _keep(self, ask: Ask, stored: bytes) -> None:
        self._action, self._owner, self._had_policy = ask.action, ask.account_id, ask.policy is not None
        self._context = ask.context
        # Before the resource there are the beginnings of the list and of the Asked, and the action.
        start = 2 + len(packed("" if ask.action == self._own_action else ask.action))
        self._before_resource, self._behind_resource = stored[:start], stored[start + len(packed(ask.resource)) :]
        self._resource, self._packed_ask = ask.resource, stored

    def response(self, reply: Mapping[str, Any] | None) -> bytes:
        """What is recorded of the reply: nothing, unless it has credentials."""
        if reply is None or "Credentials" not in reply:
            return NO_RESPONSE
        return packed(response_elements(self.operation, reply))

    def shape(self, params: bytes, asked: bytes, response: bytes) -> Shape:
        """What a call's event has in common with others; the very same as the last time where it tells the same."""
        tail = b"".join((params, response, self._after, asked, self._end))
        if tail != self._shape.tail:
            self._shape = Shape(self.account_id, self._head, self._middle, tail)
        return self._shape

    def _kept(self, asks: Sequence[Ask]) -> bytes:
        return packed(kept(asks, self._own_action, self.account_id))

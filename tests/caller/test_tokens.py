"""Session tokens: only their own keys open them, and only as they were sealed."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamd.caller.authenticate import require_known
from iamd.caller.session import Session
from iamd.caller.strangers import Strangers
from iamd.caller.tokens import TokenKeys
from iamd.wire.errors import InvalidClientTokenId
from iamd.wire.http import HttpRequest

ISSUED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
KEY = bytes(range(32))
KEYS = TokenKeys({7: KEY})
SESSION = Session(
    kind="role",
    account_id="123456789012",
    access_key_id="ASIARZPUZDIKGB2VALC4",
    secret_access_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    principal_id="AROAEXAMPLEEXAMPLEEXA",
    principal_name="deployer",
    session_name="ci",
    issued=ISSUED,
    expires=ISSUED + timedelta(hours=1),
)

texts = st.text(max_size=20)
moments = st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
sessions = st.builds(
    Session,
    kind=st.sampled_from(["role", "session-token", "federated-user", "root"]),
    **dict.fromkeys(
        ["account_id", "access_key_id", "secret_access_key", "principal_id", "principal_name", "session_name"], texts
    ),
    issued=moments,
    expires=moments,
    policy=st.none() | st.text(max_size=2048),
    policy_arns=st.lists(texts, max_size=10).map(tuple),
    tags=st.lists(st.tuples(texts, texts), max_size=50).map(tuple),
    transitive=st.lists(texts, max_size=5).map(tuple),
    source_identity=st.none() | texts,
    mfa_time=st.none() | st.integers(0, 2**40),
    chained=st.booleans(),
    extras=st.dictionaries(texts, texts | st.lists(texts, max_size=3), max_size=5),
)


@given(sessions)
def test_a_session_comes_back_as_it_was(session: Session) -> None:
    token = KEYS.seal(session)
    assert KEYS.open(token) == session == TokenKeys({7: KEY}).open(token)


def test_the_same_session_never_makes_the_same_token() -> None:
    assert len({KEYS.seal(SESSION) for _ in range(100)}) == 100


def test_ordinary_tokens_stay_short() -> None:
    assert len(KEYS.seal(SESSION)) < 300
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": f"S{at}", **statement} for at in range(20)]})
    rich = msgspec.structs.replace(
        SESSION,
        policy=policy[:2048],
        policy_arns=tuple(f"arn:aws:iam::123456789012:policy/team/Policy{number}" for number in range(10)),
        tags=tuple((f"key-{number}", f"value-{number}") for number in range(50)),
    )
    assert len(KEYS.seal(rich)) < 4096 // 2


def test_a_token_altered_in_any_byte_is_invalid() -> None:
    raw = bytearray(unarmoured(KEYS.seal(SESSION)))
    for at in range(len(raw)):
        raw[at] ^= 1
        invalid(KEYS, armoured(bytes(raw)))
        raw[at] ^= 1
    assert KEYS.open(armoured(bytes(raw))) == SESSION


def test_a_truncated_or_extended_token_is_invalid() -> None:
    token = KEYS.seal(SESSION)
    for length in range(len(token)):
        invalid(KEYS, token[:length])
    for more in ("A", "=", "==", " ", "\n", token):
        invalid(KEYS, token + more)


def test_a_token_has_one_spelling() -> None:
    token = KEYS.seal(msgspec.structs.replace(SESSION, session_name="padded"))
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    same = [token[:-1] + character for character in last if character != token[-1]]
    for other in [*same, token.replace("-", "+").replace("_", "/") + "="]:
        invalid(KEYS, other)


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda raw: armoured(b"\x01\x00\x00\x00\x00\x07" + raw)))
def test_any_other_text_is_invalid(text: str) -> None:
    invalid(KEYS, text)


def test_a_text_beyond_any_header_is_invalid() -> None:
    invalid(KEYS, "A" * 100_000)


def test_another_key_does_not_open_it() -> None:
    token = KEYS.seal(SESSION)
    invalid(TokenKeys({7: bytes(32)}), token)
    invalid(TokenKeys({8: KEY}), token)


def test_a_rotated_key_opens_what_it_sealed_until_it_is_dropped() -> None:
    before = KEYS.seal(SESSION)
    rotated = TokenKeys({8: bytes(32), 7: KEY})
    assert rotated.open(before) == SESSION
    after = rotated.seal(SESSION)
    assert TokenKeys({8: bytes(32)}).open(after) == SESSION
    invalid(TokenKeys({8: bytes(32)}), before)
    invalid(KEYS, after)


def test_keys_that_are_too_short_are_refused() -> None:
    for keys in ({7: b"short"}, {7: KEY, 6: b"short"}):
        with pytest.raises(ValueError, match="32 bytes"):
            TokenKeys(keys)


def test_keys_are_renewed_in_place() -> None:
    keys = TokenKeys({7: KEY})
    before = keys.seal(SESSION)
    keys.renew({7: KEY, 8: bytes(32)})
    after = keys.seal(SESSION)
    assert keys.open(before) == keys.open(after) == SESSION
    invalid(KEYS, after)
    keys.renew({8: bytes(32)})
    invalid(keys, before)


def test_garbage_is_not_remembered_and_never_deciphered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be a token costs no cipher and no memory, however much of it comes."""
    keys = TokenKeys({7: KEY})
    keys.open(keys.seal(SESSION))
    monkeypatch.setattr(keys, "_ciphers", {})
    for number in range(1000):
        invalid(keys, f"FwoGZXIvYXdzE{number:04}" + "x" * 400)
        invalid(keys, str(number) * 70_000)
    assert keys._remembered.cache_info().currsize == 1


def test_an_expired_session_opens_since_the_caller_has_the_clock() -> None:
    gone = msgspec.structs.replace(SESSION, expires=datetime(2000, 1, 1, tzinfo=UTC))
    assert KEYS.open(KEYS.seal(gone)) == gone


def test_a_token_of_the_first_format_still_opens() -> None:
    """Sealed once, kept forever: fields may be appended to a Session, never moved or removed."""
    assert KEYS.open(FIRST_FORMAT) == msgspec.structs.replace(SESSION, tags=(("team", "x"),), chained=True)


def test_a_session_does_not_show_its_secret() -> None:
    assert SESSION.secret_access_key not in repr(SESSION)
    assert SESSION.access_key_id in repr(SESSION)
    assert KEY.hex() not in repr(KEYS)


def invalid(keys: TokenKeys, token: str) -> None:
    with pytest.raises(InvalidClientTokenId) as caught:
        keys.open(token)
    assert caught.value.message == "The security token included in the request is invalid."


def armoured(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unarmoured(token: str) -> bytes:
    return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))


FIRST_FORMAT = (
    "AQEAAAAHmj7_XZ7ymSywlZn2_PjMG6k5fOq1T1pMcRfjOhc6x3VYUKtObSCQ38tATgLgY8Jo3b4PiN3B03SpijTDVva36yf8kWhR"
    "lFwi5lHZLL1GwfolwQW8CkWLzxgTqlBIi2rGo2Rh3qxN9f9gfeHGbJMnrkmpc9AIulHhdUMkYjaDwSLQ3bK5URvXB2GmyxyWNQzB"
    "9oNFkOke0is_J0lo-UoQTiZban2kiGC7"
)


def test_what_was_told_of_a_session_before_the_keys_were_renewed_does_not_count_afterwards() -> None:
    """The key may have been exchanged because somebody else had it."""
    tokens, late = TokenKeys({0: KEY}), [True, False]
    signature: Any = SimpleNamespace(token="of another key")
    nobody: Any = None

    async def introduced(token: str) -> Session:
        if late.pop(0):
            tokens.renew({0: KEY})  # while the answer was on its way
        return SESSION

    tokens.introduces = introduced
    request = HttpRequest("POST", b"/", b"", [], b"")
    for known in (None, SESSION):
        asyncio.run(require_known(request, signature, nobody, tokens, Strangers()))
        assert tokens.at_hand(signature.token) == known

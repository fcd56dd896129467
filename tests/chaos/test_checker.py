"""The checker finds what is planted, and nothing in a history that keeps the promises."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chaos.checker import falling, misrecorded, mistimed, unexplained, violations
from chaos.client import Answer
from chaos.history import History, Outcome, Read, Register, Revisions, Write

DONE, REFUSED, UNKNOWN = Outcome.DONE, Outcome.REFUSED, Outcome.UNKNOWN


def put(value: int, started: float, ended: float, outcome: Outcome = DONE) -> Write:
    """An even policy allows, an odd one denies."""
    return Write(value, value % 2 == 0, started, ended, outcome)


def register(writes: list[Write], reads: list[Read]) -> Register:
    return Register("alice", writes, reads)


def test_a_read_sees_the_last_write_or_one_under_way():
    writes = [put(0, 0, 1), put(1, 2, 5), put(2, 6, 7)]
    fine = [Read(1.5, 1.6, value=0), Read(3, 4, value=1), Read(3, 4, value=0), Read(5.1, 5.2, allows=False)]
    assert list(unexplained(register(writes, fine))) == []


def test_a_lost_write_is_found():
    writes = [put(0, 0, 1), put(1, 3.5, 3.8)]
    (told,) = unexplained(register(writes, [Read(4, 5, value=0, how="of node1")]))
    assert told.splitlines() == [
        "alice: policy 0, read between 4.000000 and 5.000000, fits no order of the writes; near it:",
        "  3.500000 to 3.800000 write 1 denies, done",
        "  4.000000 to 5.000000 read 0, of node1",
    ]


def test_an_allow_after_a_confirmed_deny_is_found():
    writes = [put(0, 0, 1), put(1, 2, 3)]
    assert "alice: allowed" in next(unexplained(register(writes, [Read(3.1, 3.2, allows=True)])))
    assert list(unexplained(register(writes, [Read(2.9, 3.2, allows=True)]))) == []


def test_time_does_not_run_backwards_between_two_readers():
    writes = [put(0, 0, 1), put(1, 2, 9)]
    assert list(unexplained(register(writes, [Read(3, 4, value=1), Read(5, 6, value=0)])))
    assert not list(unexplained(register(writes, [Read(3, 4, value=0), Read(5, 6, value=1)])))


def test_a_write_of_unknown_outcome_happened_or_did_not_but_not_both():
    writes = [put(0, 0, 1), put(1, 2, 3, UNKNOWN)]
    assert not list(unexplained(register(writes, [Read(4, 5, value=0), Read(6, 7, value=0)])))
    assert not list(unexplained(register(writes, [Read(4, 5, value=1), Read(6, 7, value=1)])))
    assert list(unexplained(register(writes, [Read(4, 5, value=1), Read(6, 7, value=0)])))
    assert list(unexplained(register(writes, [Read(4, 5, value=0), Read(6, 7, value=1)])))


def test_a_refused_write_has_not_happened():
    writes = [put(0, 0, 1), put(1, 2, 3, REFUSED)]
    assert list(unexplained(register(writes, [Read(4, 5, value=1)])))
    assert not list(unexplained(register(writes, [Read(4, 5, value=0)])))


def test_revisions_rise():
    assert not list(falling("one", Revisions([1, 1, 5])))
    assert list(falling("one", Revisions([1, 5, 4]))) == ["one: revision 4 after 5"]


def test_the_record_is_complete_and_true():
    history = History()
    history.register("alice").writes += [put(0, 0, 1), put(1, 2, 3, UNKNOWN), put(2, 4, 5, REFUSED), put(4, 6, 7)]
    assert list(misrecorded(history, {"alice": 4}, [0, 4])) == []
    assert list(misrecorded(history, {"alice": 4}, [0, 1, 4])) == []
    assert list(misrecorded(history, {"alice": 4}, [0])) == ["alice: write 4 was done and is not recorded"]
    assert list(misrecorded(history, {"alice": 1}, [0, 4])) == ["alice: write 1 was done and is not recorded"]
    assert list(misrecorded(history, {"alice": 4}, [0, 4, 4])) == ["alice: write 4 is recorded 2 times"]
    assert list(misrecorded(history, {"alice": 4}, [0, 2, 4])) == ["alice: write 2 was refused and is recorded as done"]
    assert list(misrecorded(history, {"alice": 4}, [0, 4, 9])) == ["write 9 is recorded and nobody made it"]


def test_what_an_upstream_keeps_may_be_missing_in_the_record_but_not_be_told_otherwise():
    history = History()
    history.register("bucket", numbered=False, recorded=False).writes += [put(0, 0, 1), put(1, 2, 3, REFUSED)]
    assert list(misrecorded(history, {}, [])) == []
    assert list(misrecorded(history, {}, [0, 1])) == ["bucket: write 1 was refused and is recorded as done"]


def test_what_is_on_or_off_begins_with_what_nothing_records():
    history = History()
    key = history.register("alice, AKIA1", numbered=False)
    key.writes += [put(-2, 0, 1), put(1, 2, 5.5, UNKNOWN)]
    key.reads += [Read(1.5, 1.6, allows=True), Read(4, 5, allows=True)]
    assert list(violations(history, {}, [])) == []
    key.reads.append(Read(6, 7, allows=False))
    key.reads.append(Read(8, 9, allows=True))  # a key that was gone counts again
    (told,) = violations(history, {}, [])
    assert told.startswith("alice, AKIA1: allowed, read between 8.000000 and 9.000000, fits no order of the writes")


def test_what_is_there_in_the_end_is_held_against_the_history():
    history = History()
    history.register("alice").writes += [put(0, 0, 1), put(1, 2, 3)]
    assert list(violations(history, {"alice": 1}, [0, 1])) == []
    assert [told[:15] for told in violations(history, {"alice": 0}, [0, 1])] == ["alice: policy 0"]
    assert list(violations(history, {}, [0, 1]))


def test_a_call_is_refused_for_its_time_if_and_only_if_the_clocks_differ():
    late = (
        b'{"Error": {"Code": "SignatureDoesNotMatch", "Message": "Signature expired: 20261122T000000Z is now earlier"}}'
    )
    denied = b'{"Error": {"Code": "AccessDenied", "Message": "no"}}'

    def told(status: int, body: bytes, *offsets: float, skew: float = 0.0) -> list[str]:
        return list(mistimed(Answer(True, status, body, None, 10.0, 10.1, skew), offsets))

    assert told(200, b"", 0.0) == told(403, denied, 299.0) == told(403, late, -400.0) == []
    assert told(200, b"", 4000.0, skew=3990.0) == told(403, late, 0.0, 4000.0) == told(503, b"", 4000.0) == []
    assert told(403, late, 20.0) == ["refused for its time, with clocks at most 20 s apart"]
    assert told(200, b"", 400.0, 500.0) == ["decided, with clocks at least 400 s apart"]
    assert told(403, denied, -400.0) == ["decided, with clocks at least 400 s apart"]


def test_what_was_seen_to_be_wrong_counts():
    history = History()
    history.wrong.append("node-1: took a session 60 s after its end")
    assert list(violations(history, {}, [])) == history.wrong


@given(st.data())
def test_any_history_of_a_true_register_is_explained(data: st.DataObject):
    """Operations happen at one moment within their time, one after another."""
    moments = data.draw(st.integers(2, 14))
    value, writes, reads = 0, [put(0, 0, 0.5)], []
    for moment in range(1, moments):
        early, late = (data.draw(st.floats(0, 2.5)) for _ in range(2))
        started, ended = moment - early if moment > 3 else moment, moment + late
        if data.draw(st.booleans()):
            happened = data.draw(st.booleans())
            written = put(moment, started, ended, DONE if happened and data.draw(st.booleans()) else UNKNOWN)
            writes.append(written)
            value = moment if happened else value
        else:
            reads.append(
                Read(started, ended, value=value) if moment % 2 else Read(started, ended, allows=value % 2 == 0)
            )
    end = float(moments + 5)
    assert list(unexplained(register(writes, reads), Read(end, end, value=value))) == []

"""Virtual MFA devices, through the public door."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from tests.live import ACCOUNT, Live
from tests.services.iam.documents import statement
from tests.services.iam.support import denied, let, refused
from tests.services.phones import Phone, carried
from tests.services.roles import user_arn

Client = Callable[[str], Any]

SERIAL = f"arn:aws:iam::{ACCOUNT}:mfa/phone"
UNKNOWN = ("NoSuchEntity", f"VirtualMFADevice with serial number {SERIAL} doesn't exist.")
WRONG = ("InvalidAuthenticationCode", "Authentication code for device is not valid.")
NOT_HIS = ("NoSuchEntity", "MFA Device invalid for user.")
WITH_MFA = (
    "AccessDenied",
    (
        "To complete this action, please ensure that you are authenticated with an MFA device that is enabled for "
        "this user."
    ),
)


@pytest.fixture
def bob(iam: Any) -> str:
    iam.create_user(UserName="bob", Path="/a/")
    return "bob"


def test_a_new_device_tells_its_seed_once(iam: Any) -> None:
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone", Path="/a/")["VirtualMFADevice"]
    assert set(device) == {"SerialNumber", "Base32StringSeed", "QRCodePNG"}
    assert device["SerialNumber"] == f"arn:aws:iam::{ACCOUNT}:mfa/a/phone"
    assert len(device["Base32StringSeed"]) == 64
    assert len(base64.b32decode(device["Base32StringSeed"])) == 40
    assert device["QRCodePNG"].startswith(b"\x89PNG\r\n\x1a\n")
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == [{"SerialNumber": device["SerialNumber"]}]


def test_the_seed_is_sealed(iam: Any, server: Live) -> None:
    phone = Phone(iam)
    [device] = server.realm.store.records(ACCOUNT).mfa_devices
    assert phone.seed not in device.sealed_seed
    assert server.realm.sealer.open(device.sealed_seed, SERIAL.encode()) == phone.seed


def test_path_and_name_together_are_unique(iam: Any) -> None:
    Phone(iam)
    assert refused(iam.create_virtual_mfa_device, VirtualMFADeviceName="PHONE") == (
        "EntityAlreadyExists",
        "MFA device already exists.",
    )
    Phone(iam, Path="/a/")


def test_a_serial_number_has_256_characters_at_most(iam: Any) -> None:
    longest = "x" * 226
    assert len(Phone(iam, longest).serial) == 256
    told = "Member must have length less than or equal to"
    for path, name, room in (("/", longest + "x", 226), ("/ab/", longest, 223), (f"/{'p' * 300}/", "x", 0)):
        code, message = refused(iam.create_virtual_mfa_device, VirtualMFADeviceName=name, Path=path)
        assert code == "ValidationError"
        assert message.endswith(f"Value at 'virtualMFADeviceName' failed to satisfy constraint: {told} {room}")


def test_two_consecutive_codes_enable_a_device(iam: Any, bob: str) -> None:
    phone = Phone(iam)
    iam.enable_mfa_device(UserName="bob", **phone.pair())
    [listed] = iam.list_mfa_devices(UserName="BOB")["MFADevices"]
    assert set(listed) == {"UserName", "SerialNumber", "EnableDate"}
    assert (listed["UserName"], listed["SerialNumber"]) == ("bob", SERIAL)
    [virtual] = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert set(virtual) == {"SerialNumber", "EnableDate", "User"}
    assert virtual["EnableDate"] == listed["EnableDate"]
    assert virtual["User"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/a/bob"


def test_wrong_codes_enable_nothing(iam: Any, bob: str) -> None:
    phone = Phone(iam)
    first, second = phone.code(-1), phone.code()
    for given in ((second, first), (second, second), (first, phone.wrong()), (phone.wrong(), second)):
        codes = dict(zip(("AuthenticationCode1", "AuthenticationCode2"), given, strict=True))
        assert refused(iam.enable_mfa_device, UserName="bob", SerialNumber=SERIAL, **codes) == WRONG
    assert iam.list_mfa_devices(UserName="bob")["MFADevices"] == []


def test_codes_of_a_wrong_shape_are_refused(iam: Any, bob: str) -> None:
    phone = Phone(iam)
    for code in ("12345", "1234567", "12345x"):
        params = {**phone.pair(), "AuthenticationCode1": code}
        assert refused(iam.enable_mfa_device, UserName="bob", **params)[0] == "ValidationError"


def test_a_device_is_not_tried_for_long(iam: Any, bob: str) -> None:
    phone = Phone(iam)
    wrong = {**phone.pair(), "AuthenticationCode1": phone.wrong()}
    told = [refused(iam.enable_mfa_device, UserName="bob", **wrong)[0] for _ in range(20)]
    assert told[0] == "InvalidAuthenticationCode"
    assert "AccessDenied" in told


def test_a_device_belongs_to_one(iam: Any, bob: str) -> None:
    phone = carried(iam, "bob")
    iam.create_user(UserName="ann")
    assert refused(iam.enable_mfa_device, UserName="bob", **phone.pair(2)) == (
        "EntityAlreadyExists",
        "MFA Device for user bob already exists.",
    )
    assert refused(iam.enable_mfa_device, UserName="ann", **phone.pair(2)) == (
        "EntityAlreadyExists",
        "MFA Device is already in use.",
    )
    assert refused(iam.deactivate_mfa_device, UserName="ann", SerialNumber=SERIAL) == NOT_HIS
    assert refused(iam.resync_mfa_device, UserName="ann", **phone.pair(2)) == NOT_HIS


def test_what_is_not_there_is_told(iam: Any, bob: str) -> None:
    codes = {"AuthenticationCode1": "000000", "AuthenticationCode2": "111111"}
    nobody = ("NoSuchEntity", "The user with name nobody cannot be found.")
    assert refused(iam.enable_mfa_device, UserName="nobody", SerialNumber=SERIAL, **codes) == nobody
    assert refused(iam.list_mfa_devices, UserName="nobody") == nobody
    assert refused(iam.enable_mfa_device, UserName="bob", SerialNumber=SERIAL, **codes) == UNKNOWN
    assert refused(iam.enable_mfa_device, UserName="bob", SerialNumber="GAHT12345678", **codes)[0] == "NoSuchEntity"
    assert refused(iam.deactivate_mfa_device, UserName="bob", SerialNumber=SERIAL) == NOT_HIS
    assert refused(iam.delete_virtual_mfa_device, SerialNumber=SERIAL) == UNKNOWN
    assert refused(iam.tag_mfa_device, SerialNumber=SERIAL, Tags=[{"Key": "a", "Value": "b"}]) == UNKNOWN
    assert refused(iam.untag_mfa_device, SerialNumber=SERIAL, TagKeys=["a"]) == UNKNOWN
    assert refused(iam.list_mfa_device_tags, SerialNumber=SERIAL) == UNKNOWN


def test_a_user_has_at_most_eight(iam: Any, bob: str) -> None:
    for number in range(8):
        carried(iam, "bob", f"phone{number}")
    ninth = Phone(iam, "phone9")
    assert refused(iam.enable_mfa_device, UserName="bob", **ninth.pair()) == (
        "LimitExceeded",
        "Cannot exceed quota for MFADevicesPerUser: 8",
    )
    pages = iam.get_paginator("list_mfa_devices").paginate(UserName="bob", PaginationConfig={"PageSize": 3})
    assert [len(page["MFADevices"]) for page in pages] == [3, 3, 2]


def test_a_device_in_use_is_not_deleted(iam: Any, bob: str) -> None:
    carried(iam, "bob")
    in_use = ("DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.")
    assert refused(iam.delete_virtual_mfa_device, SerialNumber=SERIAL) == in_use
    tokens = ("DeleteConflict", "Cannot delete entity, must remove tokens from principal first.")
    assert refused(iam.delete_user, UserName="bob") == tokens
    iam.deactivate_mfa_device(UserName="bob", SerialNumber=SERIAL)
    assert iam.list_mfa_devices(UserName="bob")["MFADevices"] == []
    iam.delete_virtual_mfa_device(SerialNumber=SERIAL)
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    iam.delete_user(UserName="bob")


def test_used_codes_enrol_nobody_after_deactivation(iam: Any, bob: str) -> None:
    phone = carried(iam, "bob")
    iam.deactivate_mfa_device(UserName="bob", SerialNumber=SERIAL)
    assert refused(iam.enable_mfa_device, UserName="bob", **phone.pair()) == WRONG
    assert refused(iam.enable_mfa_device, UserName="bob", **phone.pair(1)) == WRONG
    iam.enable_mfa_device(UserName="bob", **phone.pair(2))


def test_a_clock_that_is_off_is_learnt(iam: Any, server: Live, user: Callable[..., Client]) -> None:
    ann = user("ann")("sts")
    phone = carried(iam, "ann")
    assert refused(ann.get_session_token, **phone.token(40))[0] == "AccessDenied"
    assert refused(iam.resync_mfa_device, UserName="ann", **phone.pair()) == WRONG
    iam.resync_mfa_device(UserName="ann", **phone.pair(40))
    ann.get_session_token(**phone.token(41))


def test_devices_are_listed_by_who_has_them(iam: Any, bob: str) -> None:
    carried(iam, "bob", "hers")
    Phone(iam, "free")

    def names(**params: str) -> list[str]:
        listed = iam.list_virtual_mfa_devices(**params)["VirtualMFADevices"]
        return [device["SerialNumber"].rpartition("/")[2] for device in listed]

    assert names() == names(AssignmentStatus="Any") == ["free", "hers"]
    assert names(AssignmentStatus="Assigned") == ["hers"]
    assert names(AssignmentStatus="Unassigned") == ["free"]
    assert refused(iam.list_virtual_mfa_devices, AssignmentStatus="Lost")[0] == "ValidationError"
    pages = iam.get_paginator("list_virtual_mfa_devices").paginate(PaginationConfig={"PageSize": 1})
    assert [len(page["VirtualMFADevices"]) for page in pages] == [1, 1]


def test_the_summary_counts_devices(iam: Any, bob: str) -> None:
    carried(iam, "bob", "hers")
    Phone(iam, "free")
    counted = iam.get_account_summary()["SummaryMap"]
    assert (counted["MFADevices"], counted["MFADevicesInUse"], counted["AccountMFAEnabled"]) == (2, 1, 0)


def test_virtual_devices_are_not_described_one_by_one(iam: Any, bob: str) -> None:
    carried(iam, "bob")
    assert refused(iam.get_mfa_device, UserName="bob", SerialNumber=SERIAL)[0] == "NoSuchEntity"
    assert refused(iam.get_mfa_device, UserName="nobody", SerialNumber=SERIAL)[1].startswith("The user with name")


def test_keys_of_tags_differ_by_case(iam: Any) -> None:
    tag = {"Key": "Team", "Value": "x"}
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone", Tags=[tag])["VirtualMFADevice"]
    assert device["Tags"] == [tag]
    iam.tag_mfa_device(SerialNumber=SERIAL, Tags=[{"Key": "team", "Value": "y"}])
    listed = iam.list_mfa_device_tags(SerialNumber=SERIAL)
    assert listed["Tags"] == [tag, {"Key": "team", "Value": "y"}]
    assert listed["IsTruncated"] is False
    iam.untag_mfa_device(SerialNumber=SERIAL, TagKeys=["Team", "absent"])
    assert iam.list_mfa_device_tags(SerialNumber=SERIAL)["Tags"] == [{"Key": "team", "Value": "y"}]


def test_tags_at_creation_take_permission(iam: Any, user: Callable[..., Client]) -> None:
    ann = user("ann", statement("iam:CreateVirtualMFADevice"))("iam")
    tagged = {"VirtualMFADeviceName": "phone", "Tags": [{"Key": "team", "Value": "red"}]}
    assert refused(ann.create_virtual_mfa_device, **tagged) == denied(user_arn("ann"), "TagMFADevice", SERIAL)
    red = {"Condition": {"StringEquals": {"aws:RequestTag/team": "red"}}}
    let(iam, "ann", statement("iam:TagMFADevice", **red))
    ann.create_virtual_mfa_device(**tagged)
    only_red = {"Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}}}
    let(iam, "ann", statement("iam:DeleteVirtualMFADevice", **only_red))
    other = Phone(iam, "other")
    assert refused(ann.delete_virtual_mfa_device, SerialNumber=other.serial)[0] == "AccessDenied"
    ann.delete_virtual_mfa_device(SerialNumber=SERIAL)


def test_others_must_be_allowed_before_anything_is_told(iam: Any, user: Callable[..., Client]) -> None:
    ann, arn = user("ann")("iam"), user_arn("ann")
    codes = {"SerialNumber": SERIAL, "AuthenticationCode1": "000000", "AuthenticationCode2": "111111"}
    assert refused(ann.create_virtual_mfa_device, VirtualMFADeviceName="phone") == denied(
        arn, "CreateVirtualMFADevice", SERIAL
    )
    assert refused(ann.enable_mfa_device, UserName="eve", **codes) == denied(arn, "EnableMFADevice", "user eve")
    assert refused(ann.resync_mfa_device, UserName="ann", **codes) == denied(arn, "ResyncMFADevice", "user ann")
    assert refused(ann.deactivate_mfa_device, SerialNumber=SERIAL) == denied(arn, "DeactivateMFADevice", "user ann")
    assert refused(ann.list_mfa_devices) == denied(arn, "ListMFADevices", "user ann")
    assert refused(ann.list_virtual_mfa_devices) == denied(arn, "ListVirtualMFADevices", "*")
    assert refused(ann.delete_virtual_mfa_device, SerialNumber=SERIAL) == denied(arn, "DeleteVirtualMFADevice", SERIAL)
    assert refused(ann.get_mfa_device, SerialNumber=SERIAL) == denied(arn, "GetMFADevice", "user ann")
    assert refused(ann.list_mfa_device_tags, SerialNumber=SERIAL) == denied(arn, "ListMFADeviceTags", SERIAL)


def test_who_has_a_device_changes_its_own_only_with_mfa(iam: Any, user: Callable[..., Client], server: Live) -> None:
    ann = user("ann", statement("*"))
    phone, second = Phone(iam), Phone(iam, "second")
    ann("iam").enable_mfa_device(UserName="ann", **phone.pair())
    assert refused(ann("iam").enable_mfa_device, UserName="ann", **second.pair()) == WITH_MFA
    assert refused(ann("iam").deactivate_mfa_device, SerialNumber=SERIAL) == WITH_MFA
    session = server.client("iam", ann("sts").get_session_token(**phone.token(1))["Credentials"])
    session.enable_mfa_device(UserName="ann", **second.pair())
    session.deactivate_mfa_device(SerialNumber=SERIAL)
    ann("iam").resync_mfa_device(UserName="ann", **second.pair(2))


def test_the_root_user_has_devices_too(iam: Any, sts: Any, server: Live) -> None:
    phone = Phone(iam, "root-account-mfa-device")
    iam.enable_mfa_device(UserName="root", **phone.pair())
    [listed] = iam.list_mfa_devices()["MFADevices"]
    assert listed["SerialNumber"] == phone.serial
    [virtual] = iam.list_virtual_mfa_devices()["VirtualMFADevices"]
    assert virtual["User"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert iam.get_account_summary()["SummaryMap"]["AccountMFAEnabled"] == 1
    assert refused(iam.deactivate_mfa_device, SerialNumber=phone.serial) == WITH_MFA
    session = server.client("iam", sts.get_session_token(**phone.token(1))["Credentials"])
    session.deactivate_mfa_device(SerialNumber=phone.serial)
    assert iam.list_mfa_devices()["MFADevices"] == []


def test_a_user_called_root_is_not_the_root_user(iam: Any) -> None:
    iam.create_user(UserName="root")
    carried(iam, "root")
    assert iam.list_mfa_devices()["MFADevices"] == []
    assert len(iam.list_mfa_devices(UserName="root")["MFADevices"]) == 1


def test_the_name_root_helps_no_one_else(user: Callable[..., Client]) -> None:
    ann = user("ann", statement("*"))("iam")
    phone = Phone(ann)
    assert refused(ann.enable_mfa_device, UserName="root", **phone.pair())[0] == "NoSuchEntity"

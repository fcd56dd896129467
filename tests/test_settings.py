import argparse
from collections.abc import Mapping
from pathlib import Path

import pytest

from iamd.cli.arguments import add_settings, settings
from iamd.server.banner import banner
from iamd.services.iam.quotas import Quotas
from iamd.services.throttle import Rates
from iamd.settings import SETTINGS, Settings, SettingsError, default_data_dir, load

ROOT = {"IAMD_ROOT_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE12", "IAMD_ROOT_SECRET_ACCESS_KEY": "s3cret/s3cret/s3cret"}


def config(folder: Path, text: str) -> dict[str, object]:
    file = folder / "iamd.toml"
    file.write_text(text)
    return {"config": str(file)}


def refusal(flags: Mapping[str, object], environ: Mapping[str, str]) -> str:
    with pytest.raises(SettingsError) as refused:
        load(flags, environ)
    return str(refused.value)


def test_defaults_are_local_and_closed() -> None:
    settings = load({}, {})
    assert (settings.host, settings.port, settings.region) == ("127.0.0.1", 4500, "us-east-1")
    assert (settings.in_memory, settings.metrics) == (False, "off")
    assert settings.trusted_proxies == ()
    assert settings.root_access_key_id is None


def test_flags_win_over_variables_and_variables_over_the_file(tmp_path: Path) -> None:
    flags = config(tmp_path, 'host = "10.0.0.1"\nport = 1\nregion = "eu-west-1"\n')
    settings = load({**flags, "port": "3", "host": None}, {"IAMD_PORT": "2", "IAMD_REGION": "eu-central-1"})
    assert (settings.port, settings.region, settings.host) == (3, "eu-central-1", "10.0.0.1")


def test_the_file_may_be_named_by_a_variable(tmp_path: Path) -> None:
    file = config(tmp_path, 'in_memory = true\ntrusted_proxies = ["10.0.0.0/8", "::1"]\n')["config"]
    settings = load({}, {"IAMD_CONFIG": str(file)})
    assert settings.in_memory
    assert settings.trusted_proxies == ("10.0.0.0/8", "::1/128")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "70000"),
        ("PORT", "-1"),
        ("PORT", "4500 "),
        ("PORT", "٤٥٠٠"),
        ("HOST", ""),
        ("IN_MEMORY", "maybe"),
        ("ACCOUNT_ID", "12345"),
        ("ACCOUNT_ID", "000000000000"),
        ("ROOT_ACCESS_KEY_ID", "short"),
        ("ROOT_SECRET_ACCESS_KEY", "short"),
        ("ROOT_EMAIL", "nobody"),
        ("ROOT_PASSWORD", "short"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("TRUSTED_PROXIES", "proxy.example.com"),
        ("SIGN_IN_URLS", "iam.example.com/saml"),
        ("SIGN_IN_URLS", "https://a.example.com,ftp://b.example.com"),
        ("MAX_BODY_BYTES", "0"),
        ("MAX_HEADER_BYTES", "1e6"),
        ("REQUEST_TIMEOUT", "0"),
        ("REQUEST_TIMEOUT", "nan"),
        ("SHUTDOWN_TIMEOUT", "forever"),
        ("PORTAL_SESSION", "899"),
        ("PORTAL_SESSION", "7776001"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("REGION", "US East"),
        ("METRICS", "on"),
        ("METRICS", "127.0.0.1:"),
        ("REPORT_SCHEDULE", "hourly"),
        ("REPORT_TO", "s3://"),
        ("REPORT_TO", "maildir:"),
        ("THROTTLE", ""),
        ("THROTTLE", "reads"),
        ("THROTTLE", "reads=1,"),
        ("THROTTLE", "reads=many"),
        ("THROTTLE", "lists=1"),
    ],
)
def test_a_mistyped_value_is_refused_by_name(name: str, value: str) -> None:
    message = refusal({}, {f"IAMD_{name}": value})
    assert message.startswith(f"IAMD_{name} must be ")


def test_rates_may_be_switched_on_or_given(tmp_path: Path) -> None:
    assert load({}, {"IAMD_THROTTLE": "off"}).throttle is None
    assert load({}, {"IAMD_THROTTLE": "on"}).throttle == Rates()
    assert load({}, {"IAMD_THROTTLE": "reads=7, sts=9"}).throttle == Rates(reads=7, sts=9)
    assert load(config(tmp_path, "throttle = {writes = 3}"), {}).throttle == Rates(writes=3)
    assert refusal({}, {"IAMD_THROTTLE": "reads=0"}) == "IAMD_THROTTLE must have `reads` from 1 to 1000000"


def test_quotas_may_be_raised_as_far_as_on_aws(tmp_path: Path) -> None:
    assert load(config(tmp_path, "quotas = {roles = 10000}"), {}).quotas == Quotas(roles=10_000)
    assert load({"quotas": "groups=1, policies_per_role=25"}, {}).quotas == Quotas(groups=1, policies_per_role=25)
    assert refusal({"quotas": "roles=10001"}, {}) == (
        "--quotas must have `roles` from 1 to 10000, which is AWS's maximum"
    )
    assert refusal({"quotas": "users=6000"}, {}).startswith("--quotas must be such as ")


def test_refusals_never_hold_a_secret() -> None:
    for name in ("IAMD_ROOT_SECRET_ACCESS_KEY", "IAMD_ROOT_PASSWORD"):
        assert "hunter2" not in refusal({}, {name: "hunter2"})


@pytest.mark.parametrize("line", ["port = true", 'port = "x"', "port = 1.5", "in_memory = 1", "host = 1", "host = []"])
def test_values_in_the_file_have_their_type(tmp_path: Path, line: str) -> None:
    assert refusal(config(tmp_path, line), {}).startswith(f"`{line.split()[0]}` in ")


def test_unknown_names_are_refused_with_the_nearest_known_one(tmp_path: Path) -> None:
    assert refusal({}, {"IAMD_PROT": "1"}) == "IAMD_PROT is not a setting: did you mean IAMD_PORT?"
    assert "did you mean `host`" in refusal(config(tmp_path, 'hosts = "x"'), {})
    assert "is not a setting" in refusal({}, {"IAMD_": "1"})
    assert "is not a setting" in refusal(config(tmp_path, "[server]\nport = 1"), {})


def test_case_of_a_variable_counts() -> None:
    assert load({}, {"iamd_port": "1"}).port == 4500


def test_variables_of_kubernetes_service_links_are_not_ours() -> None:
    links = {
        "IAMD_PORT": "tcp://10.0.0.7:4500",
        "IAMD_PORT_4500_TCP": "tcp://10.0.0.7:4500",
        "IAMD_PORT_4500_TCP_ADDR": "10.0.0.7",
        "IAMD_SERVICE_HOST": "10.0.0.7",
        "IAMD_SERVICE_PORT": "4500",
        "IAMD_SERVICE_PORT_HTTP": "4500",
    }
    assert load({}, links) == load({}, {})


@pytest.mark.parametrize("name", list(ROOT))
def test_half_a_root_key_is_refused(name: str) -> None:
    message = refusal({}, {name: ROOT[name]})
    assert "set both or neither" in message
    assert all(key.removeprefix("IAMD_").lower() in message for key in ROOT)


def test_reports_need_a_place_and_a_schedule() -> None:
    assert "`report_to`" in refusal({"report_schedule": "daily"}, {})
    assert "`report_schedule`" in refusal({"report_to": "/srv/reports"}, {})
    assert load({"report_to": "s3://audit/iam", "report_schedule": "off"}, {}).report_to == "s3://audit/iam"


def test_a_root_password_needs_an_email() -> None:
    assert "`root_email`" in refusal({}, {"IAMD_ROOT_PASSWORD": "correct horse"})


def test_pairs_may_come_from_different_sources(tmp_path: Path) -> None:
    flags = config(tmp_path, f'root_access_key_id = "{ROOT["IAMD_ROOT_ACCESS_KEY_ID"]}"')
    secret = {"IAMD_ROOT_SECRET_ACCESS_KEY": ROOT["IAMD_ROOT_SECRET_ACCESS_KEY"]}
    assert load(flags, secret).root_secret_access_key == secret["IAMD_ROOT_SECRET_ACCESS_KEY"]


def test_one_source_names_one_place_for_the_data(tmp_path: Path) -> None:
    message = refusal({"data_dir": str(tmp_path), "in_memory": True}, {})
    assert message == "--data-dir and --in-memory exclude each other: keep one"


def test_a_stronger_source_displaces_the_place_for_the_data(tmp_path: Path) -> None:
    settings = load({"in_memory": True}, {"IAMD_DATA_DIR": "/srv/data", "XDG_DATA_HOME": str(tmp_path)})
    assert settings.in_memory
    assert settings.data_dir == tmp_path / "iamd"
    kept = load({"in_memory": False}, {"IAMD_DATA_DIR": str(tmp_path)})
    assert kept.data_dir == tmp_path


def test_the_data_folder_follows_the_xdg_specification(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/srv/someone")
    assert default_data_dir({"XDG_DATA_HOME": "/data"}) == Path("/data/iamd")
    assert default_data_dir({"XDG_DATA_HOME": "relative"}) == Path("/srv/someone/.local/share/iamd")
    assert load({"data_dir": "~/here"}, {}).data_dir == Path("/srv/someone/here")


def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refusal({"config": str(tmp_path / "absent.toml")}, {})
    assert "is not TOML" in refusal(config(tmp_path, "port ="), {})


def test_metrics_may_have_their_own_listener() -> None:
    assert load({}, {"IAMD_METRICS": "127.0.0.1:9464"}).metrics_listener == ("127.0.0.1", 9464)
    assert load({}, {"IAMD_METRICS": "[::1]:9464"}).metrics_listener == ("::1", 9464)
    assert load({}, {"IAMD_METRICS": "public"}).metrics_listener is None


def test_secrets_are_not_in_the_repr() -> None:
    secrets = {"IAMD_ROOT_PASSWORD": "correct horse", "IAMD_ROOT_EMAIL": "root@example.com"}
    shown = repr(load({}, {**ROOT, **secrets}))
    assert "root@example.com" in shown
    assert not any(secret in shown for secret in ("s3cret", "correct horse"))


def test_every_setting_is_described() -> None:
    assert all(item.metadata["doc"] for item in SETTINGS.values())
    assert Settings(in_memory=True).in_memory


@pytest.mark.parametrize(
    ("flags", "networks"),
    [
        ({}, ("127.0.0.0/8", "::1/128")),
        ({"host": "::1"}, ("127.0.0.0/8", "::1/128")),
        ({"host": "localhost"}, ("127.0.0.0/8", "::1/128")),
        ({"host": "0.0.0.0"}, ()),
        ({"host": "iam.example.com"}, ()),
        ({"host": "0.0.0.0", "in_memory": True}, ("127.0.0.0/8", "::1/128")),
        ({"host": "0.0.0.0", "issuer_networks": "10.0.0.0/8"}, ("10.0.0.0/8",)),
        ({"issuer_networks": ""}, ()),
    ],
)
def test_issuers_on_this_machine_are_for_servers_of_this_machine(flags: dict[str, object], networks: object) -> None:
    assert load(flags, {}).reachable_issuers == networks


def test_the_public_url_is_one() -> None:
    assert load({"public_url": "https://iam.example.com"}, {}).public_url == "https://iam.example.com"
    assert "must be a URL" in refusal({"public_url": "iam.example.com"}, {})


def test_findings_go_to_urls_syslog_and_files() -> None:
    places = ("https://hooks.example.com/x?y", "syslog:/dev/log", "syslog:[::1]:514", "./findings.jsonl")
    assert load({"findings_to": list(places)}, {}).findings_to == places
    assert load({}, {"IAMD_FINDINGS_TO": "syslog:log.example.com:514, /var/log/iamd"}).findings_to == (
        "syslog:log.example.com:514",
        "/var/log/iamd",
    )
    for wrong in ("ftp://x", "syslog:", "syslog:host", "http://"):
        assert refusal({"findings_to": wrong}, {}).startswith("--findings-to must be URLs")


def test_what_is_on_by_itself_has_a_flag_that_turns_it_off() -> None:
    parser = argparse.ArgumentParser()
    add_settings(parser)
    assert settings(parser.parse_args([])).detections
    assert not settings(parser.parse_args(["--no-detections"])).detections
    with pytest.raises(SystemExit):
        parser.parse_args(["--detections"])


def test_a_database_on_a_server_needs_a_key_and_no_flag_has_its_password(tmp_path: Path) -> None:
    url = "postgresql://me:geheim@db/iamd"
    key = {"IAMD_MASTER_KEY_FILE": str(tmp_path / "master.key")}
    settings = load({"data_dir": str(tmp_path)}, {"IAMD_DATABASE": url, **key})
    assert str(settings.database) == "postgresql://me@db/iamd"
    assert "geheim" not in repr(settings)
    assert "data       postgresql://me@db/iamd\n" in banner(
        settings, "123456789012", "http://127.0.0.1:4500", "0", None
    )
    assert load({"in_memory": True}, {"IAMD_DATABASE": url}).database is None
    standby = {"IAMD_READ_DATABASE": url.replace("db", "db2"), **key}
    assert str(load({}, {"IAMD_DATABASE": url, **standby}).read_database) == "postgresql://me@db2/iamd"
    assert load({"in_memory": True}, {"IAMD_DATABASE": url, **standby}).read_database is None
    assert "`read_database` is set without `database`" in refusal({}, standby)
    assert "set IAMD_READ_DATABASE instead" in refusal({"read_database": url}, {"IAMD_DATABASE": url, **key})
    assert "`master_key_file`" in refusal({}, {"IAMD_DATABASE": url})
    assert "IAMD_DATABASE" in refusal({"database": url}, key)
    assert "exclude" in refusal({"database": "postgresql://db/iamd", "in_memory": True}, key)
    assert refusal({}, {"IAMD_DATABASE": "mysql://me:geheim@db/iamd"}).startswith("IAMD_DATABASE must be a URL like")

"""Settings from the environment: typed, checked, and nothing secret in sight."""

from __future__ import annotations

import json
import stat

import pytest

from lims import config
from lims.cli.instance import hold, publish_addresses, with_secrets
from lims.errors import Busy, Unavailable

GOOD = {
    "LIMS_SECRET_KEY": "k" * 40,
    "LIMS_PASSWORD_SALT": "s" * 40,
    "LIMS_DATABASE_URL": "postgresql://lims_app@db/lims",
}


def read(tmp_path, **more):
    return config.read({"LIMS_INSTANCE": str(tmp_path), **more})


def test_an_empty_environment_gives_the_defaults_but_no_secret(tmp_path):
    settings = read(tmp_path)
    assert settings.port == 8000
    assert settings.secret_key == ""
    with pytest.raises(config.SettingError, match="LIMS_DATABASE_URL"):
        settings.require_secrets()


def test_a_mistyped_setting_is_refused_by_name(tmp_path):
    with pytest.raises(config.SettingError, match="LIMS_SECRETKEY"):
        read(tmp_path, LIMS_SECRETKEY="x")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LIMS_PORT", "eighty"),
        ("LIMS_PORT", "70000"),
        ("LIMS_WEB_THREADS", "0"),
        ("LIMS_DEMONSTRATION", "perhaps"),
        ("LIMS_DATABASE_URL", "sqlite:///lims.db"),
        ("LIMS_DATABASE_URL", "postgresql://lims_app:p@ss:word/1@db/lims"),
        ("LIMS_DATABASE_OWNER_URL", "postgresql://lims_owner@db:port/lims"),
        ("LIMS_MAIL_SECURITY", "some"),
        ("LIMS_MAIL_HOST", "mail.example.org"),  # without a sender
        ("LIMS_LOG_LEVEL", "LOUD"),
    ],
)
def test_a_value_that_can_not_be_used_is_refused_with_its_name(tmp_path, name, value):
    with pytest.raises(config.SettingError, match=name):
        read(tmp_path, **{name: value})


@pytest.mark.parametrize(
    "change",
    [{"LIMS_SECRET_KEY": "short"}, {"LIMS_PASSWORD_SALT": ""}, {"LIMS_PASSWORD_SALT": GOOD["LIMS_SECRET_KEY"]}],
)
def test_nothing_starts_with_a_weak_or_missing_secret(tmp_path, change):
    read(tmp_path, **GOOD).require_secrets()
    with pytest.raises(config.SettingError):
        read(tmp_path, **{**GOOD, **change}).require_secrets()


def test_no_secret_stands_in_a_representation(tmp_path):
    secret = {"LIMS_MAIL_PASSWORD": "m" * 40, "LIMS_SEAL_PASSWORD": "p" * 40, "LIMS_BENCH_TOKEN": "b" * 40}
    shown = repr(read(tmp_path, **GOOD, **secret))
    for value in (*GOOD.values(), *secret.values()):
        assert value not in shown


def test_another_process_reads_the_same_settings_from_the_environment_given_to_it(tmp_path):
    settings = read(tmp_path, **GOOD, LIMS_PORT="8123", LIMS_DEMONSTRATION="yes")
    assert config.read(config.environment(settings)) == settings


def test_the_instance_makes_its_own_secrets_once_and_hides_them(tmp_path):
    first = with_secrets(read(tmp_path))
    assert with_secrets(read(tmp_path)) == first
    assert len({first.secret_key, first.password_salt, first.bench_token}) == 3
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    assert read(tmp_path).secret_key == first.secret_key
    assert read(tmp_path, **GOOD).secret_key == GOOD["LIMS_SECRET_KEY"]


def test_a_command_by_hand_finds_the_running_database_and_only_then(tmp_path):
    with hold(tmp_path):
        publish_addresses(tmp_path, {"database_url": "postgresql://lims_app@/lims?host=x", "port": "8123"})
        assert read(tmp_path).database_url == "postgresql://lims_app@/lims?host=x"
        assert read(tmp_path).base_url == "http://127.0.0.1:8123"
    with hold(tmp_path):
        assert read(tmp_path).database_url == ""


def test_a_second_supervisor_is_refused(tmp_path):
    with hold(tmp_path), pytest.raises(Busy, match="running"), hold(tmp_path):
        pass


def test_a_damaged_instance_file_is_named(tmp_path):
    (tmp_path / "secrets.json").write_text(json.dumps({"secret_key": "x"})[:-3])
    with pytest.raises(config.SettingError, match=r"secrets\.json"):
        read(tmp_path)


@pytest.mark.parametrize("content", ["[]", '"x"', "{", "7"])
def test_a_file_of_the_instance_that_holds_something_else_is_named(tmp_path, content):
    (tmp_path / "secrets.json").write_text(content)
    with pytest.raises(config.SettingError, match=r"secrets\.json.*backup"):
        read(tmp_path)
    (tmp_path / "secrets.json").unlink()
    (tmp_path / "running.json").write_text(content)
    with pytest.raises(config.SettingError, match=r"running\.json.*remove it"):
        read(tmp_path)


def test_an_instance_that_is_a_file_is_refused_with_what_to_set(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(config.SettingError, match="LIMS_INSTANCE"):
        read(tmp_path / "file")
    with pytest.raises(Unavailable, match="LIMS_INSTANCE"), hold(tmp_path / "file" / "below"):
        pass


def test_a_secret_that_an_older_version_did_not_make_is_added_and_the_others_stay(tmp_path):
    first = with_secrets(read(tmp_path))
    kept = json.loads((tmp_path / "secrets.json").read_text())
    del kept["bench_token"]
    (tmp_path / "secrets.json").write_text(json.dumps(kept))
    second = with_secrets(read(tmp_path))
    assert second.secret_key == first.secret_key
    assert len(second.bench_token) >= config.SHORTEST_SECRET
    assert with_secrets(read(tmp_path)) == second

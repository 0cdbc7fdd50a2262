"""Settings: defaults, then the file, then the environment."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs
from rich.pretty import pretty_repr

from callendar.settings import Settings, SettingsError, load_settings


def test_without_file_and_variables_the_defaults_stand(tmp_path: Path) -> None:
    """And each is said to be one."""
    loaded = load_settings({}, tmp_path)
    assert loaded.settings == Settings()
    assert set(loaded.origins.values()) == {"default"}


def test_a_variable_stands_before_the_file_and_the_file_before_the_default(tmp_path: Path) -> None:
    """And where each value came from is told."""
    file = tmp_path / "callendar.toml"
    file.write_text('port = 9000\nhost = "0.0.0.0"\n', encoding="utf-8")
    loaded = load_settings({"CALLENDAR_PORT": "9001", "CALLENDAR_TRUSTED_PROXIES": "10.0.0.1, 10.1.0.0/16"}, tmp_path)
    assert (loaded.settings.port, loaded.settings.host) == (9001, "0.0.0.0")
    assert loaded.settings.trusted_proxies == ("10.0.0.1", "10.1.0.0/16")
    assert loaded.origins["port"] == "CALLENDAR_PORT"
    assert loaded.origins["host"] == str(file)
    assert loaded.origins["database"] == "default"


def test_a_value_may_stand_in_a_file_that_a_variable_names(tmp_path: Path) -> None:
    """`CALLENDAR_X_FILE`; but `CALLENDAR_LOG_FILE` is the setting `log_file`."""
    held = tmp_path / "database"
    held.write_text("/srv/callendar.db\n", encoding="utf-8")
    loaded = load_settings({"CALLENDAR_DATABASE_FILE": str(held), "CALLENDAR_LOG_FILE": "x.log"}, tmp_path)
    assert (loaded.settings.database, loaded.settings.log_file) == ("/srv/callendar.db", "x.log")
    assert (loaded.settings.log, loaded.origins["database"]) == ("auto", "CALLENDAR_DATABASE_FILE")


@pytest.mark.parametrize(
    ("environment", "file", "words"),
    [
        pytest.param({"CALLENDAR_PORT": "abc"}, "", ("port", "'abc'", "CALLENDAR_PORT"), id="not-a-number"),
        pytest.param({}, "prot = 1", ("prot", "no setting", "port"), id="unknown-key"),
        pytest.param({}, "port = ", ("cannot read", "callendar.toml"), id="not-toml"),
        pytest.param({"CALLENDAR_CONFIG": "nowhere.toml"}, "", ("nowhere.toml",), id="no-such-file"),
        pytest.param({"CALLENDAR_TLS_CERT": "a.pem"}, "", ("tls_cert", "tls_key", "both"), id="half-of-tls"),
        pytest.param(
            {"CALLENDAR_TRUSTED_PROXIES": "10.0.0.1,*"}, "", ("trusted_proxies", "'*'"), id="everybody-trusted"
        ),
        pytest.param(
            {"CALLENDAR_TRUSTED_PROXIES": "10.0.0.1/8"}, "", ("trusted_proxies", "host bits"), id="no-network"
        ),
        pytest.param({"CALLENDAR_PUBLIC_URL": "calls.example"}, "", ("public_url", "https://"), id="url-no-scheme"),
        pytest.param({"CALLENDAR_PUBLIC_URL": "https://x/callendar"}, "", ("public_url", "host"), id="url-with-path"),
        pytest.param({"CALLENDAR_LOG": "loud"}, "", ("log", "'loud'"), id="not-a-choice"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_name_and_where_it_stands(
    tmp_path: Path, environment: dict[str, str], file: str, words: tuple[str, ...]
) -> None:
    """In one sentence."""
    if file:
        (tmp_path / "callendar.toml").write_text(file, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        load_settings(environment, tmp_path)
    assert all(word in str(refused.value) for word in words), refused.value


def test_half_of_tls_is_refused_however_it_is_given() -> None:
    """Options of the command line replace values of the settings."""
    with pytest.raises(SettingsError, match="belong together"):
        structs.replace(Settings(), tls_cert="a.pem")


def test_secrets_are_shown_as_stars() -> None:
    """In each value and in the whole, whatever shows it; places of secrets are no secrets."""
    settings = Settings(
        database="postgresql://callendar:planted@db/callendar",
        secret_key="planted",
        switchboards={"desk": {"kind": "demo", "path": "/var/log/desk", "ami_secret": "planted"}},
    )
    assert settings.shown("database") == "postgresql://callendar:***@db/callendar"
    assert settings.shown("secret_key") == "***"
    assert settings.shown("switchboards") == "{'desk': {'kind': 'demo', 'path': '/var/log/desk', 'ami_secret': '***'}}"
    assert "planted" not in repr(settings) + pretty_repr(settings)
    assert Settings(secret_key_file="/run/key").shown("secret_key_file") == "/run/key"


def test_a_key_that_is_no_text_is_refused_without_being_told(tmp_path: Path) -> None:
    """The message names the setting alone; and of two ways to give one, one is to be taken."""
    (tmp_path / "callendar.toml").write_text("secret_key = [1234567]", encoding="utf-8")
    with pytest.raises(SettingsError, match="secret_key is '") as refused:
        load_settings({}, tmp_path)
    assert "1234567" not in str(refused.value)
    with pytest.raises(SettingsError, match="give one of them"):
        Settings(secret_key="a", secret_key_file="b")


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        pytest.param("public_url", None, "none", id="not-given"),
        pytest.param("trusted_proxies", ("10.0.0.2",), "['10.0.0.2']", id="a-list"),
        pytest.param("trusted_proxies", (), "[]", id="an-empty-list"),
    ],
)
def test_a_value_is_shown_as_the_file_has_it(name: str, value: object, shown: str) -> None:
    """Not as the program keeps it."""
    assert structs.replace(Settings(), **{name: value}).shown(name) == shown

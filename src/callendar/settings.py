"""Settings: defaults, then one TOML file, then the environment; read once into a frozen object.

The file is `callendar.toml` in the working folder, or what `CALLENDAR_CONFIG` names. Every field is a key there and,
in capitals behind `CALLENDAR_`, a variable. Secrets may be given as a path: `CALLENDAR_X_FILE`.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct, field

from callendar.domain.errors import CallendarError
from callendar.store.place import without_password

PREFIX = "CALLENDAR_"
STARS = "***"
_SECRET = re.compile(r"(.*_)?(secret|secret_key|password|token)", re.IGNORECASE)


class SettingsError(CallendarError):
    """A setting cannot be used; the message names it, its value, where it came from and the mend."""

    code = "settings"


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one installation may be told."""

    database: str = "callendar.db"
    """A SQLite file, as a path, or a database in a PostgreSQL server, as `postgresql://…`."""
    secret_key: str | None = None
    """What connections' passwords are sealed with; several by commas or lines: the first seals, all open."""
    secret_key_file: str | None = None
    """A file with it; without either, `serve` makes one beside the SQLite file."""
    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 for all."""
    port: int = 8080
    metrics_port: int | None = None
    """Port for Prometheus, which names no company and asks for no sign-in; none = no metrics."""
    metrics_host: str = "127.0.0.1"
    """Address to listen on for it."""
    public_url: str | None = None
    """Under which browsers reach it, when that is not `http://host:port`."""
    tls_cert: str | None = None
    """PEM file with the certificate chain; with `tls_key` the server speaks TLS itself."""
    tls_key: str | None = None
    trusted_proxies: tuple[str, ...] = ()
    """Addresses and networks of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."""
    private_networks: bool = True
    """Whether calendars may lie at private addresses; off where strangers may connect calendars."""
    log: Literal["auto", "json", "console"] = "auto"
    """`auto`: colour on a terminal, JSON elsewhere."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least that is told."""
    log_file: str | None = None
    """A file that the log is added to, as JSON, instead of stderr."""
    console: str | None = None
    """Folder of the built console; by default the one that came with the package or stands in the checkout."""
    switchboards: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    """By name; `kind` says which adapter, the rest is the adapter's own."""

    def __post_init__(self) -> None:
        if not 1 <= self.port <= 65535:
            raise SettingsError(f"port is {self.port}; give one from 1 to 65535")
        if self.metrics_port is not None and not 1 <= self.metrics_port <= 65535:
            raise SettingsError(f"metrics_port is {self.metrics_port}; give one from 1 to 65535")
        if bool(self.tls_cert) != bool(self.tls_key):
            raise SettingsError("tls_cert and tls_key belong together: give both, or neither")
        if self.secret_key is not None and self.secret_key_file is not None:
            raise SettingsError("secret_key and secret_key_file are both given; give one of them")
        for each in self.trusted_proxies:
            try:
                ip_network(each)
            except ValueError as error:
                raise SettingsError(
                    f"trusted_proxies has {each!r}: {error}; give addresses or networks, as 10.0.0.2 or 10.0.0.0/24"
                ) from error
        if self.public_url is not None:
            _check_public_url(self.public_url)

    def shown(self, name: str) -> str:
        """The value of one as it may be shown, in the words of the settings file: with stars for what is secret, and
        `none` for what is not given."""
        value = _starred(name, getattr(self, name))
        if value is None:
            return "none"
        if isinstance(value, bool):
            return str(value).lower()
        return str(list(cast(tuple[object, ...], value))) if isinstance(value, tuple) else str(value)

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{name}={self.shown(name)}' for name in self.__struct_fields__)})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, self.shown(name)) for name in self.__struct_fields__]


def _check_public_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.username is not None:
        raise SettingsError("public_url names a user; give scheme and host alone, as https://calls.example")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(
            f"public_url is {url!r}; give scheme and host as browsers have it, as https://calls.example"
        )
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise SettingsError(
            f"public_url is {url!r}; Callendar has to have a host of its own, so leave out what follows the host"
        )


class Loaded(Struct, frozen=True, kw_only=True):
    """Settings with where each value came from: `default`, the file, or the variable."""

    settings: Settings
    origins: dict[str, str]


def load_settings(environment: Mapping[str, str] | None = None, folder: Path | None = None) -> Loaded:
    """Read the settings.

    Raises:
        SettingsError: The file cannot be read, or a value is not what its setting takes.
    """
    environment = os.environ if environment is None else environment
    named = environment.get(PREFIX + "CONFIG")
    path = Path(named) if named else (folder or Path()) / "callendar.toml"
    values: dict[str, object] = {}
    origins = dict.fromkeys(Settings.__struct_fields__, "default")
    if named or path.exists():
        try:
            values = dict(tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"cannot read the settings in {path}: {error}") from error
        unknown = values.keys() - origins.keys()
        if unknown:
            raise SettingsError(
                f"{path} has {', '.join(sorted(unknown))}, which is no setting; there are {', '.join(origins)}"
            )
        origins |= dict.fromkeys(values, str(path))
    for name in origins:
        variable = PREFIX + name.upper()
        given = environment.get(variable)
        # `CALLENDAR_LOG_FILE` is the setting `log_file`, not a file that holds `log`.
        in_file = None if f"{name}_file" in origins else environment.get(variable + "_FILE")
        if given is None and in_file is not None:
            variable += "_FILE"
            try:
                given = Path(in_file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise SettingsError(f"cannot read {in_file}, which {variable} names: {error}") from error
        if given is not None:
            values[name] = _from_text(name, given)
            origins[name] = variable
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        name = next((name for name in origins if f"$.{name}" in str(error)), None)
        wrong = f"{name} is {_starred(name, values.get(name))!r}" if name else "the settings are wrong"
        whence = f" (from {origins[name]})" if name else ""
        raise SettingsError(f"{wrong}{whence}: {str(error).split(' - at')[0].lower()}; mend it there") from error
    return Loaded(settings=settings, origins=origins)


def _starred(name: str, value: object) -> object:
    """The value with stars in place of what is secret in it."""
    if isinstance(value, dict):
        return {key: _starred(key, each) for key, each in cast(dict[str, object], value).items()}
    if value is not None and _SECRET.fullmatch(name):
        return STARS
    if name == "database":
        return without_password(str(value))
    return value


def _from_text(name: str, given: str) -> object:
    """A variable's text as its setting's type: lists by commas, tables as JSON."""
    if name == "trusted_proxies":
        return [part.strip() for part in given.split(",") if part.strip()]
    if name == "switchboards":
        try:
            return msgspec.json.decode(given)
        except msgspec.DecodeError as error:
            raise SettingsError(f"{PREFIX}SWITCHBOARDS is not JSON: {error}") from error
    return given

"""Settings: read from the environment once, by the roof and the commands; passed down as values.

Each setting is a field here and a line of docs/reference/settings.md (a test compares the two). Secrets never stand in
a `repr`. What a laboratory may change while it works (accent colour, languages, rules) is data, not a setting.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

LEAST_TRIALS, MOST_TRIALS = 1_000, 100_000_000
SHORTEST_SECRET = 32
"""Characters of a secret: 32 of `secrets.token_urlsafe` carry 192 bits."""


class SettingError(ValueError):
    """A setting is missing or can't be used; the sentence says which and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting, with its default. The variable of a field is LIMS_ and its name in capitals."""

    database_url: str = field(default="", repr=False)
    database_owner_url: str = field(default="", repr=False)
    instance: Path = Path("instance")
    secret_key: str = field(default="", repr=False)
    password_salt: str = field(default="", repr=False)
    base_url: str = "http://127.0.0.1:8000"
    port: int = 8000
    proxies: int = 0
    web_processes: int = 2
    web_threads: int = 8
    worker_jobs: int = 2
    monte_carlo_trials: int = 1_000_000
    demonstration: bool = False
    session_minutes: int = 30
    bench: str = "bench"
    bench_token: str = field(default="", repr=False)
    mail_host: str = ""
    mail_port: int = 587
    mail_security: str = "starttls"
    mail_user: str = ""
    mail_password: str = field(default="", repr=False)
    mail_sender: str = ""
    seal_key: str = ""
    seal_password: str = field(default="", repr=False)
    log_level: str = "INFO"

    def require_secrets(self) -> None:
        """Raise SettingError unless a face may start: a database is named, and the secrets are long and differ."""
        if not self.database_url:
            raise SettingError(
                "No database: start everything with `lims up`, or set LIMS_DATABASE_URL to a PostgreSQL 17 or later."
            )
        for name in ("secret_key", "password_salt"):
            if len(getattr(self, name)) < SHORTEST_SECRET:
                raise SettingError(
                    f"LIMS_{name.upper()} has fewer than {SHORTEST_SECRET} characters: set it to the output of "
                    '`python3 -c "import secrets; print(secrets.token_urlsafe(48))"` and keep it.'
                )
        if self.secret_key == self.password_salt:
            raise SettingError("LIMS_SECRET_KEY and LIMS_PASSWORD_SALT are the same: make one of each.")


DEFAULTS: dict[str, object] = {item.name: item.default for item in fields(Settings)}


def variable(name: str) -> str:
    """Return the environment variable of a field of Settings."""
    return f"LIMS_{name.upper()}"


def read(environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of this environment; what it lacks comes from the instance that `lims up` keeps.

    Raises SettingError for a variable that is unknown or can't be read.
    """
    known = {variable(name) for name in DEFAULTS}
    unknown = sorted(name for name in environ if name.startswith("LIMS_") and name not in known)
    if unknown:
        raise SettingError(f"There is no setting {', '.join(unknown)}; docs/reference/settings.md lists them all.")
    given = {name: environ[variable(name)] for name in DEFAULTS if environ.get(variable(name))}
    instance = Path(given["instance"]).expanduser().resolve() if "instance" in given else default_instance()
    found: dict[str, str] = {**kept(instance), **given, "instance": str(instance)}
    found.setdefault("database_owner_url", found.get("database_url", ""))
    if "port" in found:
        found.setdefault("base_url", f"http://127.0.0.1:{found['port']}")
    settings = Settings(**{name: _typed(name, text) for name, text in found.items()})  # type: ignore[arg-type]  # by name
    _check(settings)
    return settings


def environment(settings: Settings) -> dict[str, str]:
    """Return the variables that make another process read the same settings."""
    values = {name: getattr(settings, name) for name in DEFAULTS}
    return {variable(name): str(int(value) if value is True else value) for name, value in values.items() if value}


def default_instance() -> Path:
    """Return ./instance; for root a folder outside any home, because PostgreSQL never runs as root."""
    here = Path.cwd().resolve()
    if os.geteuid() != 0:
        return here / "instance"
    return Path("/var/lib/lims") / f"{here.name}-{hashlib.sha256(str(here).encode()).hexdigest()[:8]}"


def kept(instance: Path) -> dict[str, str]:
    """Return what `lims up` keeps for its own commands: secrets, and the addresses of its database while it runs."""
    found: dict[str, str] = {}
    for name in ("secrets.json", "running.json"):
        try:
            found |= {str(key): str(text) for key, text in _object(instance / name).items()}
        except FileNotFoundError:
            continue
        except NotADirectoryError as error:
            raise SettingError(f"{instance} is no folder: set LIMS_INSTANCE to a folder.") from error
        except PermissionError as error:
            raise SettingError(f"{instance / name} may not be read by this account: run this as its owner.") from error
        except (OSError, ValueError, TypeError) as error:
            remedy = "restore it from a backup" if name == "secrets.json" else "remove it"
            raise SettingError(f"{instance / name} can't be read ({error}): {remedy}.") from error
    return {name: text for name, text in found.items() if name in DEFAULTS}


def _object(path: Path) -> dict[str, object]:
    """Return what a file of ours holds."""
    found = json.loads(path.read_text("utf-8"))
    if not isinstance(found, dict):
        message = "it holds no names and values"
        raise TypeError(message)
    return found


def _typed(name: str, text: str) -> object:
    """Return the text of a setting as the type of its default."""
    default = DEFAULTS[name]
    try:
        if isinstance(default, bool):
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[text.lower()]
        if isinstance(default, int):
            return int(text)
    except (KeyError, ValueError):
        wanted = "yes or no" if isinstance(default, bool) else "a whole number"
        raise SettingError(f"{variable(name)} must be {wanted}.") from None
    return Path(text) if isinstance(default, Path) else text


def _check(settings: Settings) -> None:
    """Raise SettingError for a value outside its range."""
    if not LEAST_TRIALS <= settings.monte_carlo_trials <= MOST_TRIALS:
        raise SettingError(f"LIMS_MONTE_CARLO_TRIALS must be between {LEAST_TRIALS} and {MOST_TRIALS}.")
    for name in ("port", "mail_port"):
        if not 0 < getattr(settings, name) < 65536:
            raise SettingError(f"{variable(name)} must be between 1 and 65535.")
    for name in ("web_processes", "web_threads", "worker_jobs", "session_minutes"):
        if getattr(settings, name) < 1:
            raise SettingError(f"{variable(name)} must be 1 or more.")
    for name in ("database_url", "database_owner_url"):
        if (url := getattr(settings, name)) and not url.startswith(("postgresql://", "postgresql+psycopg://")):
            raise SettingError(f"{variable(name)} must begin with postgresql:// (no other database is supported).")
        if url and not _is_address(url):
            raise SettingError(
                f"{variable(name)} can't be read: write postgresql://role:password@host:5432/database, and in the "
                "password %40 for @, %3A for :, %2F for /."
            )
    if settings.mail_security not in {"starttls", "tls", "none"}:
        raise SettingError("LIMS_MAIL_SECURITY must be starttls, tls or none.")
    if settings.mail_host and "@" not in settings.mail_sender:
        raise SettingError("LIMS_MAIL_HOST is set, so LIMS_MAIL_SENDER must be the address that mail comes from.")
    if settings.log_level not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise SettingError("LIMS_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR.")


def _is_address(url: str) -> bool:
    """Return whether host and port of an address can be told apart, without looking whether anybody answers."""
    try:
        port = urlsplit(url).port
    except ValueError:
        return False
    return port is None or port > 0

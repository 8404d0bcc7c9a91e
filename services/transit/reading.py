"""Settings of the ways to Kafka and Redis, as they stand in the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_PREFIX = "DOSEWARDEN_"
_DEVELOPMENT, _PRODUCTION = "development", "production"


class BadTransit(ValueError):
    """A way to Kafka or Redis cannot be used; the message names the setting and what it needs."""


@dataclass(frozen=True, slots=True)
class Stated:
    """Settings by their names without the prefix; an empty one counts as not set."""

    environment: Mapping[str, str]

    def text(self, name: str, default: str = "") -> str:
        """One setting."""
        return self.environment.get(_PREFIX + name) or default

    def names(self, beginning: str) -> list[str]:
        """The settings that are set and begin so."""
        whole = _PREFIX + beginning
        return sorted(
            name.removeprefix(_PREFIX)
            for name, value in self.environment.items()
            if name.startswith(whole) and value
        )

    def secret(self, name: str) -> str:
        """A secret, from the file that `{name}_FILE` names or from `name`. Raises `BadTransit`."""
        plain, path = self.text(name), self.text(f"{name}_FILE")
        if plain and path:
            raise BadTransit(f"{_PREFIX}{name} and {_PREFIX}{name}_FILE are both set: give one of them")
        if not path:
            return plain
        try:
            found = Path(path).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text"
            raise BadTransit(f"{_PREFIX}{name}_FILE cannot be read: {why}") from error
        if not found:
            raise BadTransit(f"the file of {_PREFIX}{name}_FILE is empty")
        return found

    def production(self) -> bool:
        """Whether the profile is `production`. Raises `BadTransit` where it is none that exists."""
        profile = self.text("PROFILE", _DEVELOPMENT)
        if profile not in (_DEVELOPMENT, _PRODUCTION):
            raise BadTransit(f"{_PREFIX}PROFILE must be {_DEVELOPMENT} or {_PRODUCTION}")
        return profile == _PRODUCTION

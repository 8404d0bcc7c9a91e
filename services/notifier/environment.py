"""Reading settings from the environment: `DOSEWARDEN_...`, secrets also from files."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_MOST_DIGITS = 6


class BadSettings(ValueError):
    """A setting cannot be used; the message names it and says what it needs."""


@dataclass(frozen=True, slots=True)
class Prefixed:
    """The settings of DoseWarden in an environment; an empty one is as good as none."""

    environment: Mapping[str, str]

    def __call__(self, name: str, default: str) -> str:
        return self.environment.get(f"DOSEWARDEN_{name}") or default

    def flag(self, name: str) -> bool:
        """Whether a setting is 1."""
        return self(name, "0") == "1"

    def seconds(self, name: str, default: float) -> float:
        """A number of seconds above 0. Raises `BadSettings`."""
        try:
            value = float(self(name, str(default)))
        except ValueError:
            value = 0.0
        if not 0 < value < float("inf"):
            raise BadSettings(f"DOSEWARDEN_{name} must be a number of seconds above 0")
        return value

    def number(self, name: str, default: int) -> int:
        """A whole number, 0 or above. Raises `BadSettings`."""
        text = self(name, str(default))
        if not text.isascii() or not text.isdigit() or len(text) > _MOST_DIGITS:
            raise BadSettings(f"DOSEWARDEN_{name} must be a whole number, 0 or above")
        return int(text)

    def secret(self, name: str) -> bytes:
        """The content of the file that NAME_FILE names, without white space around it, else NAME itself.

        Raises `BadSettings` for a file that cannot be read.
        """
        path = self(f"{name}_FILE", "")
        if not path:
            return self(name, "").encode()
        try:
            return Path(path).read_bytes().strip()
        except OSError as error:
            raise BadSettings(f"DOSEWARDEN_{name}_FILE cannot be read: {error.strerror}") from error

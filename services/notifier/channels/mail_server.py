"""Where mail is given in, and in whose name."""

from dataclasses import dataclass, field
from enum import StrEnum


class Encryption(StrEnum):
    """From the first byte (usually port 465), or asked for by STARTTLS (usually 587)."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class MailServer:
    """The site's mail server. `encryption` may be none where `loopback`, this machine, is allowed."""

    host: str
    port: int
    sender: str
    encryption: Encryption = Encryption.STARTTLS
    user: str = ""
    password: str = field(default="", repr=False)
    loopback: bool = False

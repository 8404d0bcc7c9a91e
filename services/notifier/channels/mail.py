"""The mail about a message: what it says, and the ids by which repetitions and withdrawals thread."""

from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from services.notifier.alerts import instant
from services.notifier.channels.outward import Notice, headline, notice_of
from services.notifier.telling.messages import Message

_LOUD = 2
_ID_LETTERS = 32
_FOOT = (
    "What was found, and why, stands behind the link.\n"
    "This is a secondary way of being told: the chart comes first.\n"
)


class UnusableAddress(ValueError):
    """What the site holds for a person is no mail address."""


def mailbox(text: str) -> Address:
    """One mail address, such as "nurse@ward.example", without a display name. Raises `UnusableAddress`."""
    try:
        address = Address(addr_spec=text)
    except (ValueError, IndexError, MessageError) as error:
        raise UnusableAddress("this is not a mail address") from error
    if not address.username or not address.domain or not text.isprintable() or " " in text:
        raise UnusableAddress("this is not a mail address")
    return address


def mail_of(message: Message, sender: Address, recipient: Address, sent_s: float) -> EmailMessage:
    """The mail. One delivery has one Message-ID, however often it is sent; all mails about an alert are one
    thread.
    """
    notice = notice_of(message)
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = sender, recipient
    mail["Subject"] = headline(notice)
    mail["Date"] = format_datetime(instant(round(sent_s * 1000)), usegmt=True)
    mail["Message-ID"] = _identifier(message.delivery, sender.domain)
    mail["References"] = mail["In-Reply-To"] = _identifier(message.alert, sender.domain)
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if notice.tier <= _LOUD:
        mail["Importance"] = "high"
    mail.set_content(_text(notice), charset="utf-8", cte="quoted-printable")
    return mail


def _identifier(name: str, domain: str) -> str:
    return f"<{sha256(name.encode()).hexdigest()[:_ID_LETTERS]}@{domain}>"


def _text(notice: Notice) -> str:
    lines = [headline(notice), ""]
    if notice.count > 1:
        more = notice.count - len(notice.alerts)
        lines += [*notice.alerts, *([f"and {more} more"] if more else []), ""]
    if notice.link:
        lines += [notice.link, ""]
    return "\n".join(lines) + _FOOT

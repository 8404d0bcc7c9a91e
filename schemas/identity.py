"""Keys that mean something and disclose nothing: HMACs under the site's key.

A plain hash of a record number could be enumerated; without the site key these cannot.
"""

import hashlib
import hmac
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class SiteKey:
    """The site's secret. Never logged: it has no representation."""

    secret: bytes

    def _mac(self, *parts: str) -> str:
        message = "\x1f".join(parts).encode()
        return hmac.new(self.secret, message, hashlib.sha256).hexdigest()[:32]

    def patient_key(self, source_identifier: str) -> str:
        """32 hexadecimal digits for a patient, from the identifier that the source uses."""
        return self._mac("patient", source_identifier)

    def issue_id(self, patient: str, check: str, subject: str) -> str:
        """32 hexadecimal digits, the same for every judgement of the same subject by the same check."""
        return self._mac("issue", patient, check, subject)


def transition_id(
    issue_id: str, episode: int, revision: int, kind: str, cause: str, knowledge_version: str
) -> str:
    """32 hexadecimal digits; redelivery of the same cause repeats the same id."""
    text = "\x1f".join((issue_id, str(episode), str(revision), kind, cause, knowledge_version))
    return hashlib.sha256(text.encode()).hexdigest()[:32]

"""The sources that may speak: who each is, how it is known, and of what and how often it speaks."""

import ipaddress
import re
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError, model_validator

from schemas.base import Contract
from services.intake.trust.certificates import Certificate
from services.intake.trust.proofs import Address, CertificateProof, Issuer, Name, Network, TokenProof

Kind = Literal[
    "administration", "allergy", "condition", "encounter", "merge", "observation", "order", "patient"
]  # fmt: skip
"""Of what a source may speak; what cannot be read is said by the door."""
_UNITS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}
_SILENCE = re.compile(r"^([1-9][0-9]{0,5}) ?(s|min|h|d)$")
_ISO_8601 = TypeAdapter(timedelta)
_CURE = "write 15 min, 2 h, 1 d, or ISO 8601 such as PT15M"


def _duration(value: object) -> object:
    found = _SILENCE.match(value) if isinstance(value, str) else None
    if found is not None:
        return timedelta(seconds=int(found[1]) * _UNITS[found[2]])
    try:
        return _ISO_8601.validate_python(value if isinstance(value, str) and value.startswith("P") else None)
    except ValidationError as error:
        raise ValueError(f"this is no duration; {_CURE}") from error


def _any(value: object) -> object:
    if value == "any":
        return None
    if not isinstance(value, list) or not value:
        raise ValueError("this is no list; list what it may speak of, or write any")
    return tuple(value)


Anything = BeforeValidator(_any)
Silence = Annotated[
    timedelta, BeforeValidator(_duration), Field(ge=timedelta(seconds=1), le=timedelta(days=31))
]


class Source(Contract):
    """One source. Each of `certificate`, `token` and `address` that is given suffices alone.

    `facilities`, `kinds` and `patient_authorities` (who gave the patients their numbers: CX-4 of HL7,
    `Identifier.system` of FHIR) say of what it may speak, None (written any) of everything; after
    `maximum_silence` without a word from it, it is missed. A clock that is further from ours than
    `maximum_clock_offset` is told. `numbers`: whether its HL7 messages number orders
    and reports over all patients, or anew with each.
    """

    name: Name
    certificate: CertificateProof | None = None
    token: TokenProof | None = None
    address: Address | None = None
    facilities: Annotated[tuple[Name, ...] | None, Anything]
    kinds: Annotated[tuple[Kind, ...] | None, Anything]
    patient_authorities: Annotated[tuple[Name, ...] | None, Anything] = None
    maximum_silence: Silence
    maximum_clock_offset: Silence = timedelta(minutes=2)
    numbers: Literal["unique", "per patient"] = "unique"

    @model_validator(mode="after")
    def _provable(self) -> Self:
        if self.certificate is None and self.token is None and self.address is None:
            raise ValueError("nothing says how it proves who it is; give certificate, token or address")
        return self

    @model_validator(mode="after")
    def _moves_its_own_alone(self) -> Self:
        """A facility is named for the message alone; a merge or a move touches two records."""
        moves = self.kinds is None or "merge" in self.kinds
        if moves and self.facilities is not None and "patient_authorities" not in self.model_fields_set:
            raise ValueError(
                "it may merge records and move visits, whoever's patients they are; list in"
                " patient_authorities who gives its patients their numbers (none: nobody is named, as for the"
                " ids of a FHIR server), or write any there"
            )
        return self

    @property
    def network(self) -> Network | None:
        """The addresses that are taken for it."""
        return None if self.address is None else ipaddress.ip_network(self.address)


class Sources(Contract):
    """The sources file."""

    issuers: tuple[Issuer, ...] = ()
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]

    def by_certificate(self, certificate: Certificate) -> Source | None:
        """The source that a verified certificate belongs to; None where it is none's or that of two, or
        counts only with an OCSP answer that nobody has asked for.
        """
        if certificate.must_staple:
            return None
        found = [
            source
            for source in self.sources
            if (proof := source.certificate) is not None
            and (
                proof.sha256 == certificate.sha256
                or (proof.subject is not None and proof.subject == certificate.subject)
                or (proof.san is not None and proof.san in certificate.names)
            )
        ]
        return found[0] if len(found) == 1 else None

    def by_address(self, address: str) -> Source | None:
        """The source that is known by this address alone."""
        try:
            at = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return None
        if isinstance(at, ipaddress.IPv6Address) and at.ipv4_mapped is not None:
            at = at.ipv4_mapped
        networks = ((source, source.network) for source in self.sources)
        return next((source for source, network in networks if network is not None and at in network), None)

    def by_client(self, issuer: str, client: str) -> Source | None:
        """The source that a verified token of `issuer` was given to."""
        for source in self.sources:
            token = source.token
            if token is not None and token.client_id == client and self.issuer_of(token) == issuer:
                return source
        return None

    def issuer_of(self, proof: TokenProof) -> str | None:
        """Whose tokens prove it; None where that is not said and there is not exactly one."""
        if proof.issuer is not None:
            return proof.issuer
        return self.issuers[0].issuer if len(self.issuers) == 1 else None

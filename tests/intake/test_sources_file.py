"""The sources file: what it may say, and that whatever is wrong is told with its line and a cure."""

from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner

from schemas.clinical import PatientFact
from services.cli.main import main
from services.intake.allowing import door_of
from services.intake.door import Door
from services.intake.trust.certificates import Certificate
from services.intake.trust.file import BadSources, sources_in
from services.intake.trust.sources import Kind, Sources

WHOLE = """\
issuers:
  - issuer: https://login.west.example/realms/hospital
    audience: dosewarden
    jwks: https://login.west.example/keys
sources:
  - name: west-ehr
    token: {client_id: west-ehr}
    facilities: any
    kinds: [order, administration]
    maximum_silence: 15 min
  - name: west-lab
    certificate: {san: "DNS:Lab.west.example"}
    address: 10.1.2.0/24
    facilities: [LAB, Organization/lab]
    kinds: any
    patient_authorities: [WEST, none]
    maximum_silence: PT1H
"""


def written(directory: Path, text: str) -> Path:
    place = directory / "sources.yaml"
    place.write_text(text)
    return place


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    return sources_in(written(tmp_path, WHOLE))


def test_a_file_says_who_may_speak_of_what_and_how_often(sources: Sources) -> None:
    ehr, lab = sources.sources
    assert (ehr.kinds, ehr.facilities) == (("order", "administration"), None)
    assert (lab.kinds, lab.facilities) == (None, ("LAB", "Organization/lab"))
    assert (ehr.maximum_silence, lab.maximum_silence) == (timedelta(minutes=15), timedelta(hours=1))


def test_every_kind_of_fact_but_the_doors_own_mark_can_be_allowed() -> None:
    """Who may merge records may move visits."""
    kinds = {fact.model_fields["kind"].default for fact in get_args(PatientFact)}
    assert set(get_args(Kind)) == kinds - {"unreadable", "visit-move"}


def test_numbers_are_given_once_unless_a_source_is_said_to_begin_anew_with_each_patient(
    tmp_path: Path,
) -> None:
    anew = WHOLE.replace("kinds: any\n", "kinds: any\n    numbers: per patient\n")
    ehr, lab = sources_in(written(tmp_path, anew)).sources
    assert [door_of(Door(), source).unique_numbers for source in (ehr, lab)] == [True, False]


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("10.1.1.255", None),
        ("10.1.2.0", "west-lab"),
        ("10.1.2.255", "west-lab"),
        ("10.1.3.0", None),
        ("::ffff:10.1.2.9", "west-lab"),
        ("::a01:209", None),
        ("fe80::1%eth0", None),
        ("nobody", None),
    ],
)
def test_an_address_is_that_of_a_source_within_its_network_only(
    sources: Sources, address: str, name: str | None
) -> None:
    found = sources.by_address(address)
    assert (found.name if found else None) == name


def test_a_certificate_of_two_sources_is_that_of_neither(tmp_path: Path) -> None:
    twice = WHOLE.replace("token: {client_id: west-ehr}", "certificate: {subject: CN=lab}")
    sources = sources_in(written(tmp_path, twice))
    lab = sources.by_certificate(Certificate("O=x", frozenset({"DNS:lab.west.example"}), "0" * 64))
    assert lab is not None
    assert lab.name == "west-lab"
    assert (
        sources.by_certificate(Certificate("CN=lab", frozenset({"DNS:lab.west.example"}), "0" * 64)) is None
    )


def test_a_client_is_known_with_its_own_issuer_only(sources: Sources) -> None:
    own = sources.issuers[0].issuer
    assert sources.by_client(own, "west-ehr") is sources.sources[0]
    assert sources.by_client("https://elsewhere.example", "west-ehr") is None
    assert sources.by_client(own, "west-lab") is None


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("kinds: any", "kinds: all", "15: sources.1.kinds: this is no list; list what it may speak of"),
        ("kinds: any", "kinds:", "15: sources.1.kinds: this is no list"),
        ("kinds: any", "kinds: []", "15: sources.1.kinds: this is no list"),
        ("kinds: any", "kinds: [dose]", "15: sources.1.kinds.0: Input should be 'administration'"),
        ("    kinds: any\n", "", "11: sources.1.kinds is missing; list the kinds"),
        ("kinds: any", "kind: any", "15: unknown field 'kind'; correct its name or remove it"),
        (
            "    patient_authorities: [WEST, none]\n",
            "",
            "11: sources.1: it may merge records and move visits, whoever's patients they are; list in",
        ),
        ("[WEST, none]", "none", "16: sources.1.patient_authorities: this is no list"),
        ("15 min", "15 minutes", "10: sources.0.maximum_silence: this is no duration; write 15 min"),
        ("15 min", "0 min", "10: sources.0.maximum_silence"),
        ("15 min", "PT0.5S", "10: sources.0.maximum_silence"),
        ("15 min", "32 d", "10: sources.0.maximum_silence"),
        ("10.1.2.0/24", "10.1.2.1/24", "13: sources.1.address: this is no network; write 10.1.2.0/24"),
        ("DNS:Lab", "Lab", "12: sources.1.certificate.san: this is no alternative name"),
        (
            '{san: "DNS:Lab.west.example"}',
            "{}",
            "12: sources.1.certificate: a certificate is told by one thing",
        ),
        ('{san: "DNS:Lab.west.example"}', "{sha256: abc}", "this is no SHA-256 fingerprint"),
        ('{san: "DNS:Lab.west.example"}', "{subject: lab}", "this is no subject as RFC 4514"),
        ("    token: {client_id: west-ehr}\n", "", "6: sources.0: nothing says how it proves who it is"),
        ("west-lab", "west-ehr", "11: two sources are called 'west-ehr'; rename one"),
        (
            "https://login.west.example/keys",
            "http://login.west.example/keys",
            "4: issuers.0.jwks: keys are not",
        ),
        ("https://login.west.example/keys", "keys.json", "4: there is no such file of keys"),
        ("{client_id: west-ehr}", "{client_id: a, issuer: b}", "7: the issuer is not declared; declare it"),
        ("sources:", "sauces:", "5: unknown field 'sauces'"),
        ("  - name: west-lab", "    name: west-lab", "is given twice"),
        ("audience: dosewarden", "audience: [", "this is not YAML"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_a_cure(
    tmp_path: Path, was: str, becomes: str, said: str
) -> None:
    assert was in WHOLE
    place = written(tmp_path, WHOLE.replace(was, becomes, 1))
    with pytest.raises(BadSources) as refusal:
        sources_in(place)
    assert said in str(refusal.value)
    assert all(line.startswith(f"{place}:") for line in str(refusal.value).splitlines())


def test_networks_and_clients_belong_to_one_source_each(tmp_path: Path) -> None:
    also = """\
  - name: east
    token: {client_id: west-ehr, issuer: "https://login.west.example/realms/hospital"}
    address: 10.1.2.7
    facilities: any
    kinds: any
    maximum_silence: 1 h
"""
    with pytest.raises(BadSources) as refusal:
        sources_in(written(tmp_path, WHOLE + also))
    assert "19: the client is that of 'west-ehr', too" in str(refusal.value)
    assert "20: the addresses overlap with those of 'west-lab'" in str(refusal.value)


def test_keys_in_a_file_are_found_beside_it(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("{}")
    place = written(tmp_path, WHOLE.replace("https://login.west.example/keys", "keys.json"))
    assert sources_in(place).issuers[0].jwks == str(tmp_path / "keys.json")


def test_the_command_tells_who_may_speak_or_what_is_wrong(tmp_path: Path) -> None:
    told = CliRunner().invoke(main, ["intake", "sources", "check", str(written(tmp_path, WHOLE))])
    assert told.exit_code == 0
    first, second = told.output.splitlines()
    assert first == "west-ehr: by token; order, administration; any facility; any patient; missed after 900 s"
    assert second.startswith("west-lab: by certificate or address; any kind; LAB, Organization/lab;")
    assert "patients of WEST, none" in second
    bad = CliRunner().invoke(main, ["intake", "sources", "check", str(written(tmp_path, "sources: 7"))])
    assert bad.exit_code == 1
    assert "sources.yaml:1:" in bad.output

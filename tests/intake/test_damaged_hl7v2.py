"""HL7 messages damaged anywhere, in any way: each ends accepted, rejected or skipped, and nothing crashes."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.intake.door import Door
from services.intake.ordering import with_unreadable
from services.intake.reading import Rejected
from tests.intake.hl7v2_writing import LIVE, MSH, ORC, PV1, fields, message, rxa, rxe, told

SECRET = "Quetzalcoatl"
TQ1 = "TQ1|1|1^tab|Q6H&Every^^^^6^h|0600~1200|1^h|5^d|20260301060000+0100|20260305||PRN^^|ins|S||3"
WHOLE = (
    message("RAS^O17^RAS_O17", PV1, ORC.format(control="RE"), rxa(f4="20260301090000+0100", f9=f"^{SECRET}"),
            "RXR|PO^Oral^HL70162", rxa(f2="2", f6="5", f7="mg/hr", f12="H1", f13="2", f14="mg/mL", f21="U")),
    message("RDE^O11^RDE_O11", "AL1|1|DA|70618^Penicillin^RXNORM||Rash|2010", ORC.format(control="RP"),
            rxe(f7=f"^{SECRET} take 1 tablet", f22="H1", f23="5", f24="mL/hr", f25="1", f26="mg/mL"), TQ1,
            "RXR|IV", "RXC|A|8591^Potassium chloride^RXNORM|20|meq", "ORC|RO|ORD78^CPOE||||||ORD77&CPOE^1&P",
            rxe(f1="1&tab^BID&0600,1800^D5^20260301^20260309^PRN^c^t^S"), "OBX|1|NM|29463-7^W^LN||70|kg"),
    message("ORM^O01", "ORC|SC|A|B||IP||1^QD|", fields("RXO", f1="1292^B^RXNORM", f2="5", f3="9", f4="mg")),
    message("ORU^R01", "OBR|1|A^B|C^D|24323-8^CMP^LN|||20260301",
            "OBX|1|SN|2160-0^K^LN|1|>^1^-^2|mg/dL|||||C",
            "OBX|2|CWE|1^X||260385009^Negative^SCT~2|||||W|||20260301060000"),
    message("ADT^A03^ADT_A03", "EVN|A03|20260301|||||20260301", PV1 + "|20260301",
            "IAM|1||1^Latex||||N^S||AD",
            fields("DG1", f1="1", f3="F10.2^Alcohol^I10", f5="20260110", f20="D1^N", f21="A"), "NK1|1|x"),
    message("ADT^A40^ADT_A39", "MRG|0815^^^WEST^MR||1|2", "PID|2||9", "MRG|3"),
    message("ADT^A45", "MRG|0815^^^WEST^MR", msh=MSH.replace("|P|", "|D|")),
)  # fmt: skip
PIECES = st.sampled_from(
    [b"|", b"^", b"~", b"&", b"\\", b"\r", b"\n", b"\x0b", b"\x1c", b"\x00", b'""', b"MSH|^~\\&|",
     b"\rORC|RO|", b"\\X0D\\", b"\\XZ\\", b"\xff", b"\xc3", b"-1", b"9" * 40, b"1e999", b"NaN", b"Infinity",
     b"20269999",
     b"00010101000000-1400", b"99991231235959+1400", b"+9999", b"~" * 600, b"|" * 300, b"^" * 300, b"Q0H",
     b"D999999", b"X0", b"H0", b"0", b".", b"1.", "٣".encode(), "½".encode(), b"x" * 3000]
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A message cut, with a piece put in, with a field replaced, with a segment lost or doubled."""
    content = draw(st.sampled_from(WHOLE))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        how = draw(st.sampled_from(("cut", "tail", "put", "field", "byte", "double", "lose")))
        if how == "cut":
            content = content[:at] + content[at + draw(st.integers(1, 30)) :]
        elif how == "tail":
            content = content[:at]
        elif how == "put":
            content = content[:at] + draw(PIECES) + content[at:]
        elif how == "field":
            end = content.find(b"|", at)
            content = content[:at] + draw(PIECES) + content[end if end >= 0 else len(content) :]
        elif how == "byte":
            content = content[:at] + bytes([draw(st.integers(0, 255))]) + content[at + 1 :]
        else:
            segments = content.split(b"\r")
            place = draw(st.integers(0, len(segments) - 1))
            content = b"\r".join(
                segments[:place] + segments[place:][how == "lose" :] + segments[place : place + 1]
            )
    return content


def judged(content: bytes, door: Door) -> None:
    outcome = told(content, door, care=frozenset({"D"}))
    assert outcome.readings
    refused = [item for item in outcome.readings if isinstance(item, Rejected)]
    errors = [item for item in outcome.faults if item.severity == "E"]
    assert [(item.rejection.reason, item.rejection.detail) for item in refused] == [
        (item.reason, item.detail) for item in errors
    ]
    assert SECRET not in "".join(f"{item.detail}{item.segment}" for item in outcome.faults)
    for reading, event in with_unreadable(outcome.readings, door):
        assert event is None or event.model_dump_json()
        assert reading is not None


def test_whole_messages_have_no_fault() -> None:
    faults = {index: told(content).faults for index, content in enumerate(WHOLE[:6])}
    assert {index: [item.detail for item in found] for index, found in faults.items() if found} == {}


@settings(max_examples=400)
@given(damaged(), st.booleans())
@example(b"", True)
@example(b"MSH", True)
@example(b"MSH|^~\\&|", False)
@example(b"MSH|^~\\&|\rPID|", False)
@example(bytes(range(256)), True)
def test_a_damaged_message_always_has_an_outcome(content: bytes, live: bool) -> None:
    judged(content, LIVE if live else Door())

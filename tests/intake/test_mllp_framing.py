"""Frames are found again however the network cut them, and nothing in the bytes makes them fail."""

import hashlib
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from schemas.rejections import KEPT_BYTES
from services.intake.mllp.framing import Ending, Frame, Frames, framed

FIRST = b"MSH|^~\\&|EHR|WARD|||20260301||RAS^O17|1|P|2.5\rPID|1||42\r"
SECOND = b"MSH|^~\\&|EHR|WARD|||20260301||RAS^O17|2|P|2.5\rPID|1||43\r"
MARKS = st.sampled_from([b"\x0b", b"\x1c", b"\r", b"\n", b"MSH|", b"\x0bMSH|", b"\xef\xbb\xbf", b"x"])
WIRE = st.lists(MARKS | st.binary(max_size=40), max_size=60).map(b"".join)


def whole(content: bytes) -> Frame:
    return Frame(content, Ending.WHOLE, len(content), hashlib.sha256(content).hexdigest())


def cut_off(content: bytes) -> Frame:
    return Frame(content, Ending.CUT_OFF, len(content), hashlib.sha256(content).hexdigest())


def fed(chunks: Iterable[bytes], limit: int = 10_000) -> tuple[list[Frame], int]:
    frames = Frames(limit)
    found = [frame for chunk in chunks for frame in frames.feed(chunk)]
    return [*found, *frames.end()], frames.noise


def test_several_messages_in_one_segment_come_one_by_one() -> None:
    assert fed([framed(FIRST) + framed(SECOND)]) == ([whole(FIRST), whole(SECOND)], 0)


def test_a_message_in_single_bytes_is_the_same_message() -> None:
    wire = framed(FIRST) + framed(SECOND)
    assert fed(wire[place : place + 1] for place in range(len(wire))) == ([whole(FIRST), whole(SECOND)], 0)


def test_a_frame_ends_without_its_last_carriage_return() -> None:
    frames = Frames()
    assert list(frames.feed(b"\x0b" + FIRST + b"\x1c")) == [whole(FIRST)]
    assert not frames.begun
    assert list(frames.feed(b"\x0b" + SECOND + b"\x1c")) == [whole(SECOND)]
    assert list(frames.feed(b"\r")) == []
    assert frames.noise == 0


def test_bytes_between_frames_are_counted_and_dropped() -> None:
    wire = b"GET / HTTP/1.1\r\n\r\n" + framed(FIRST) + b"\r\n??" + framed(SECOND)
    assert fed([wire]) == ([whole(FIRST), whole(SECOND)], len("GET / HTTP/1.1") + 2)


def test_a_message_that_was_never_ended_does_not_take_the_next_one_with_it() -> None:
    assert fed([b"\x0b" + FIRST[:40], framed(SECOND)]) == ([cut_off(FIRST[:40]), whole(SECOND)], 0)
    assert fed([b"\x0b" + FIRST[:40], framed(b"\xef\xbb\xbf" + SECOND)])[0][0] == cut_off(FIRST[:40])


def test_a_frame_that_is_begun_twice_loses_nothing() -> None:
    assert fed([b"\x0b\x0b" + FIRST + b"\x1c\r"]) == ([whole(FIRST)], 0)


def test_a_message_beyond_the_limit_that_was_never_ended_does_not_take_the_next_one_with_it() -> None:
    large = FIRST + b"x" * 3 * KEPT_BYTES
    told = Frame(large[:KEPT_BYTES], Ending.TOO_LARGE, len(large), hashlib.sha256(large).hexdigest())
    for second in (SECOND, b"\xef\xbb\xbf" + SECOND):
        wire = b"\x0b" + large + framed(second)
        for size in (1, 1_000, len(wire)):
            chunks = [wire[place : place + size] for place in range(0, len(wire), size)]
            assert fed(chunks, limit=2 * KEPT_BYTES) == ([told, whole(second)], 0)


def test_a_message_that_was_never_ended_is_told_as_soon_as_another_begins() -> None:
    frames = Frames()
    assert list(frames.feed(b"\x0b" + FIRST[:40] + b"\x0bM")) == []
    assert list(frames.feed(b"SH|^~")) == [cut_off(FIRST[:40])]
    assert frames.begun


def test_a_vertical_tab_within_a_text_stays_in_its_message() -> None:
    content = FIRST + b"NTE|1||first line\x0bsecond line\r"
    assert fed([framed(content)]) == ([whole(content)], 0)


def test_what_was_begun_when_the_peer_left_is_told() -> None:
    assert fed([framed(FIRST) + b"\x0b" + SECOND[:-5]]) == ([whole(FIRST), cut_off(SECOND[:-5])], 0)
    assert fed([framed(FIRST) + b"\x0b"]) == ([whole(FIRST)], 0)


def test_a_frame_beyond_the_limit_keeps_its_beginning_and_the_connection_goes_on() -> None:
    large = FIRST + b"x" * 3 * KEPT_BYTES
    wire = framed(large) + framed(SECOND)
    chunks = [wire[place : place + 1_000] for place in range(0, len(wire), 1_000)]
    found, noise = fed(chunks, limit=2 * KEPT_BYTES)
    told = Frame(large[:KEPT_BYTES], Ending.TOO_LARGE, len(large), hashlib.sha256(large).hexdigest())
    assert (found, noise) == ([told, whole(SECOND)], 0)


def test_no_more_is_held_than_the_limit_however_much_comes() -> None:
    frames = Frames(limit=2 * KEPT_BYTES)
    assert list(frames.feed(b"\x0b")) == []
    for _ in range(100):
        assert list(frames.feed(b"x" * KEPT_BYTES)) == []
        assert frames.held <= 2 * KEPT_BYTES


@given(WIRE, st.lists(st.integers(1, 30), min_size=1, max_size=20), st.sampled_from([7, 40, 10_000]))
def test_any_chunking_of_any_bytes_gives_the_same_frames(wire: bytes, sizes: list[int], limit: int) -> None:
    chunks, place, turn = [], 0, 0
    while place < len(wire):
        size = sizes[turn % len(sizes)]
        chunks.append(wire[place : place + size])
        place, turn = place + size, turn + 1
    assert fed(chunks, limit) == fed([wire], limit)


@given(st.lists(st.binary(max_size=60).map(lambda text: text.translate(None, b"\x0b\x1c")), max_size=8))
def test_what_is_framed_comes_out_as_it_went_in(messages: list[bytes]) -> None:
    assert fed([b"".join(map(framed, messages))]) == ([whole(message) for message in messages], 0)

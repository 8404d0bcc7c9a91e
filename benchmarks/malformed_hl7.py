"""Malformed variants of HL7 messages: cut, mutated, of wrong types, huge, deep, in broken bytes or frames."""

import random
from collections.abc import Callable

from services.intake.mllp.framing import END, START, framed

_WRONG = (
    b"NaN", b"-Infinity", b"1e999", b"9" * 400, b"-0", b"20269999", b"99999999999999999999", b'""', b"\\X\\",
    b"\\.br\\", b"\\X00FF\\", b"&&&&", b"^^^^^^", b"~" * 600, "١٢٣".encode(), b"\x00", b" ",
    b"^".join([b"a"] * 900),
)  # fmt: skip
_BROKEN = (
    b"\xff\xfe",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xf8\x88",
    b"\xef\xbb\xbf",
    b"\x00\x00",
    b"\x85",
    b"\xe2\x80\xa8",
)
_HUGE = 1_200_000
Mutation = Callable[[bytes, random.Random], bytes]


def variant(seeds: list[bytes], chance: random.Random) -> tuple[str, bytes]:
    """The name of a mutation, and the bytes that it puts on the wire."""
    name = chance.choice(sorted(_MUTATIONS))
    content = chance.choice(seeds)
    for _ in range(chance.randint(1, 3)):
        content = _MUTATIONS[name](content, chance)
    if name in _FRAMES or chance.random() < 0.02:
        return f"{name}, broken frame", _broken_frame(content, chance)
    return name, framed(content.translate(None, START + END))


def _cut(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content)) if chance.random() < 0.3 and content else 0
    return content[start : chance.randint(start, len(content))]


def _flipped(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randint(1, 20)):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _field(content: bytes, put: bytes, chance: random.Random) -> bytes:
    fields = content.split(b"|")
    fields[chance.randrange(len(fields))] = put
    return b"|".join(fields)


def _wrong_type(content: bytes, chance: random.Random) -> bytes:
    return _field(content, chance.choice(_WRONG), chance)


def _bad_bytes(content: bytes, chance: random.Random) -> bytes:
    place = chance.randint(0, len(content))
    return content[:place] + chance.choice(_BROKEN) + content[place:]


def _segments(content: bytes, chance: random.Random) -> bytes:
    lines = content.split(b"\r")
    which = chance.randrange(len(lines))
    match chance.randrange(4):
        case 0:
            del lines[which]
        case 1:
            lines.insert(chance.randrange(len(lines)), lines[which])
        case 2:
            chance.shuffle(lines)
        case _:
            lines[which] = lines[which][3:]
    return chance.choice((b"\r", b"\n", b"\r\n", b"\r\r")).join(lines)


def _separators(content: bytes, chance: random.Random) -> bytes:
    signs = bytes(chance.sample(range(33, 127), 5))
    return (
        content.translate(bytes.maketrans(b"|^~\\&", signs))
        if chance.random() < 0.5
        else _field(content, signs, chance)
    )


def _deep(content: bytes, chance: random.Random) -> bytes:
    sign = chance.choice((b"^", b"~", b"&", b"\\", b"|", b"\r"))
    return _field(content, sign * chance.randint(1_000, 60_000), chance)


def _many(content: bytes, chance: random.Random) -> bytes:
    lines = content.split(b"\r")
    return b"\r".join(lines + [chance.choice(lines)] * chance.randint(100, 2_000))[: _HUGE // 4]


def _huge(content: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.8:
        return _wrong_type(content, chance)
    return _field(content, b"x" * chance.randint(500_000, _HUGE), chance)[: 2 * _HUGE]


def _repeated(content: bytes, chance: random.Random) -> bytes:
    return (content + content[: chance.randint(0, len(content))])[: _HUGE // 8]


def _broken_frame(content: bytes, chance: random.Random) -> bytes:
    whole = framed(content)
    match chance.randrange(5):
        case 0:
            return whole[:-1]
        case 1:
            return whole[: chance.randint(1, len(whole) - 2)]
        case 2:
            return b"noise\xff\x00" + whole + b"\r\n..."
        case 3:
            return START + START + content + END + END + b"\r"
        case _:
            return whole[1:]


_FRAMES = frozenset({"frame"})
_MUTATIONS: dict[str, Mutation] = {
    "cut": _cut, "flipped": _flipped, "wrong type": _wrong_type, "bad bytes": _bad_bytes,
    "segments": _segments, "separators": _separators, "deep": _deep, "many": _many, "huge": _huge,
    "twice": _repeated, "frame": _flipped,
}  # fmt: skip

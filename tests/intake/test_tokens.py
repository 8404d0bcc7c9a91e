"""Access tokens: which are believed, until when, and that nothing damaged does more than be refused."""

import asyncio
import base64
import hmac
import json
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from services.intake.trust.keys import FRESH_S, PAUSE_S, STALE_S, NoKeys
from services.intake.trust.proofs import Issuer
from services.intake.trust.tokens import BadToken, Tokens
from tests.intake.token_issuer import AUDIENCE, ISSUER, TokenIssuer, issuing


class Clocks:
    """The wall clock, by which tokens end, and the seconds that pass, by which keys grow old."""

    def __init__(self) -> None:
        self.now = time.time()
        self.passed = 0.0


class Desk:
    """An issuer, and whoever verifies its tokens."""

    def __init__(self, issuer: TokenIssuer, jwks: str | None = None) -> None:
        self.issuer = issuer
        self.clocks = Clocks()
        declared = Issuer(issuer=ISSUER, audience=AUDIENCE, jwks=jwks or issuer.jwks)
        self.tokens = Tokens([declared], lambda: self.clocks.now, lambda: self.clocks.passed)

    def token(self, **changed: object) -> str:
        return self.issuer.token(self.clocks.now, **changed)  # type: ignore[arg-type]

    async def refused(self, token: str) -> str:
        with pytest.raises(BadToken) as refusal:
            await self.tokens.grant(token)
        return str(refusal.value)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with issuing() as issuer:
        yield Desk(issuer)


@pytest.mark.parametrize(
    ("claims", "client"),
    [
        ({"client_id": "a", "azp": "b", "sub": "c"}, "a"),
        ({"client_id": None, "azp": "b", "sub": "c"}, "b"),
        ({"client_id": None, "sub": "c"}, "c"),
    ],
)
async def test_the_client_is_named_by_client_id_azp_or_sub(
    desk: Desk, claims: dict[str, object], client: str
) -> None:
    assert (await desk.tokens.grant(desk.token(**claims))).client == client


async def test_a_token_holds_until_its_last_second_also_when_it_is_known_already(desk: Desk) -> None:
    token = desk.token(exp=int(desk.clocks.now) + 10)
    await desk.tokens.grant(token)
    desk.clocks.now = float(int(desk.clocks.now) + 9)
    await desk.tokens.grant(token)
    desk.clocks.now += 1
    assert "over" in await desk.refused(token)


async def test_a_token_that_ended_a_second_ago_is_refused_and_one_that_ends_in_some_is_not(
    desk: Desk,
) -> None:
    assert "over" in await desk.refused(desk.token(exp=desk.clocks.now - 1))
    assert (await desk.tokens.grant(desk.token(exp=desk.clocks.now + 30))).client == "west-ehr"


async def test_the_issuers_clock_may_be_a_little_ahead_of_ours(desk: Desk) -> None:
    now = desk.clocks.now
    await desk.tokens.grant(desk.token(nbf=now + 15, iat=now + 15))
    assert "not hold yet" in await desk.refused(desk.token(nbf=now + 120))


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"aud": "somebody-else"}, "somebody else"),
        ({"aud": None}, "exp, iss and aud"),
        ({"exp": None}, "exp, iss and aud"),
        ({"iss": "https://elsewhere.example"}, "not trusted"),
        ({"iss": None}, "not trusted"),
        ({"exp": "soon"}, "verify"),
        ({"client_id": None}, "names no client"),
        ({"client_id": ["west-ehr"]}, "names no client"),
        ({"client_id": ""}, "names no client"),
        ({"cnf": {"jkt": "x"}}, "bound"),
        ({"algorithm": "RS512"}, "not allowed"),
        ({"headers": {"kid": "nobody's"}}, "does not publish"),
        ({"headers": {"kid": 7}}, "cannot be read"),
    ],
)
async def test_what_does_not_fit_is_refused_with_its_reason(
    desk: Desk, changed: dict[str, object], word: str
) -> None:
    try:
        token = desk.token(**changed)
    except (TypeError, jwt.PyJWTError):
        token = unchecked(desk, changed)
    assert word in await desk.refused(token)


def unchecked(desk: Desk, changed: dict[str, object]) -> str:
    """A token that no library would make, with a signature that cannot be right."""
    head, body, signature = desk.token().split(".")
    headers = changed.get("headers", {})
    assert isinstance(headers, dict)
    head = written(json.loads(read(head)) | headers)
    claims = {name: value for name, value in changed.items() if name != "headers"}
    return f"{head}.{written(json.loads(read(body)) | claims)}.{signature}"


def written(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def read(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


async def test_without_a_signature_or_with_one_of_the_public_key_as_a_secret_nothing_is_proved(
    desk: Desk,
) -> None:
    _, body, _ = desk.token().split(".")
    assert "not allowed" in await desk.refused(f"{written({'alg': 'none'})}.{body}.")
    signed = f"{written({'alg': 'HS256', 'kid': 'first'})}.{body}"
    digest = hmac.digest(desk.issuer.published(), signed.encode(), "sha256")
    forged = f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
    assert "not allowed" in await desk.refused(forged)


async def test_a_key_of_somebody_else_under_the_same_name_does_not_verify(desk: Desk) -> None:
    honest = desk.issuer.keys["first"]
    desk.issuer.keys = {"first": rsa.generate_private_key(65537, 2048)}
    forged = desk.token()
    desk.issuer.keys = {"first": honest}
    assert "verify" in await desk.refused(forged)
    await desk.tokens.grant(desk.token())


async def test_new_keys_are_asked_for_when_a_token_names_one_and_old_tokens_end_with_their_key(
    desk: Desk,
) -> None:
    old = desk.token()
    await desk.tokens.grant(old)
    desk.issuer.rotate()
    new = desk.token()
    assert "does not publish" in await desk.refused(new), "the keys were asked for a moment ago"
    desk.clocks.passed += PAUSE_S
    await desk.tokens.grant(new)
    assert desk.issuer.asked == 2
    assert "does not publish" in await desk.refused(old)


async def test_strangers_who_name_keys_do_not_make_the_issuer_be_asked_for_each(desk: Desk) -> None:
    for number in range(20):
        await desk.refused(desk.token(headers={"kid": f"stranger-{number}"}))
    assert desk.issuer.asked == 1


async def test_whoever_comes_while_the_keys_are_asked_for_waits_for_them(desk: Desk) -> None:
    desk.issuer.answers.clear()
    coming = [asyncio.create_task(desk.tokens.grant(desk.token(jti=str(number)))) for number in range(5)]
    await desk.issuer.questioned.wait()
    coming.append(asyncio.create_task(desk.tokens.grant(desk.token())))
    await asyncio.sleep(0)
    desk.issuer.answers.set()
    assert {grant.client for grant in await asyncio.gather(*coming)} == {"west-ehr"}
    assert desk.issuer.asked == 1


async def test_nobody_waits_while_known_keys_are_asked_for_anew(desk: Desk) -> None:
    token = desk.token()
    await desk.tokens.grant(token)
    desk.issuer.answers.clear()
    desk.issuer.questioned.clear()
    desk.clocks.passed += FRESH_S
    for known in (token, desk.token(jti="another")):
        assert (await desk.tokens.grant(known)).client == "west-ehr"
    await desk.issuer.questioned.wait()
    assert desk.issuer.asked == 2
    desk.issuer.answers.set()


async def test_a_verified_token_is_not_verified_again(desk: Desk) -> None:
    token = desk.token()
    assert await desk.tokens.grant(token) is await desk.tokens.grant(token)


async def test_when_the_issuer_does_not_answer_nothing_is_said_about_the_token(desk: Desk) -> None:
    desk.issuer.broken = True
    with pytest.raises(NoKeys):
        await desk.tokens.grant(desk.token())
    desk.issuer.broken = False
    desk.clocks.passed += PAUSE_S
    await desk.tokens.grant(desk.token())
    desk.clocks.passed += STALE_S
    await desk.tokens.grant(desk.token())
    desk.issuer.broken = True
    desk.clocks.passed += FRESH_S
    await desk.tokens.grant(desk.token())
    with pytest.raises(NoKeys):
        await desk.tokens.grant(desk.token(headers={"kid": "new"}))
    desk.clocks.passed += STALE_S
    with pytest.raises(NoKeys):
        await desk.tokens.grant(desk.token())


async def test_keys_may_stand_in_a_file(tmp_path: Path) -> None:
    issuer, place = TokenIssuer(), tmp_path / "keys.json"
    place.write_bytes(issuer.published())
    desk = Desk(issuer, str(place))
    assert (await desk.tokens.grant(desk.token())).client == "west-ehr"


async def test_a_set_of_keys_with_rubbish_in_it_still_gives_the_good_ones(tmp_path: Path) -> None:
    issuer, place = TokenIssuer(), tmp_path / "keys.json"
    good = json.loads(issuer.published())["keys"]
    rubbish = [
        7,
        None,
        {},
        {"kty": "oct", "k": "AAAA", "kid": "first"},
        {"kty": "RSA", "kid": ["x"]},
        {"kty": ["RSA"]},
    ]
    more = [{"kty": "RSA", "n": "?", "e": 5, "kid": "r"}, {"kty": "EC", "crv": "P-1", "kid": "e"}]
    place.write_text(json.dumps({"keys": [*rubbish, *more, *good]}))
    desk = Desk(issuer, str(place))
    assert (await desk.tokens.grant(desk.token())).client == "west-ehr"


async def test_damaged_tokens_are_refused_and_nothing_else_happens(desk: Desk) -> None:
    chance = random.Random(1)
    whole = desk.token()
    deep = base64.urlsafe_b64encode(b'{"alg":' + b"[" * 6_000).decode()
    infinite = base64.urlsafe_b64encode(b'{"iss":"%s","exp":1e999}' % ISSUER.encode()).decode().rstrip("=")
    listed = ["", ".", "..", "a.b.c", "é.é.é", "\x00", deep, f"{deep}.{deep}.", "x" * 40_000]
    listed += [f"{whole.split('.')[0]}.{infinite}.{whole.split('.')[2]}", f"{written([])}.{written(7)}.x"]
    for _ in range(300):
        letters = list(whole)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(letters))
            letters[place : place + chance.randint(0, 2)] = chr(chance.randrange(33, 700))
        listed.append("".join(letters))
    for token in listed:
        if token != whole:
            with pytest.raises(BadToken):
                await desk.tokens.grant(token)
    await desk.tokens.grant(whole)

"""What the settings of the way to Redis mean together, and what is refused before anything is sent."""

from pathlib import Path

import pytest

from services.notifier.store.connection import Connection, StoreUnavailable
from services.transit.certificates import Tls
from services.transit.reading import BadTransit
from services.transit.redis import redis_from
from tests.intake.authority import Authority
from tests.transit.secure_servers import SecureRedis

PASSWORD = "a password of this test"


@pytest.fixture
def house(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "house")


def stated(**settings: object) -> dict[str, str]:
    return {f"DOSEWARDEN_{name}": str(value) for name, value in settings.items()}


@pytest.mark.redis
async def test_what_is_kept_behind_tls_and_a_password_is_read_and_written(secure_redis: SecureRedis) -> None:
    connection = Connection(redis_from(secure_redis.environment()), patience_s=30)
    try:
        assert await connection.repeated(lambda: connection.client.set("key", "value"))
        assert await connection.repeated(lambda: connection.client.get("key")) == "value"
    finally:
        await connection.close()


@pytest.mark.redis
async def test_a_server_of_a_strange_authority_is_not_believed(
    secure_redis: SecureRedis, tmp_path: Path
) -> None:
    (tmp_path / "strange").mkdir()
    strange = Authority(tmp_path / "strange", "strange")
    known = Connection(redis_from(secure_redis.environment()), patience_s=30)
    where = redis_from(secure_redis.environment() | stated(REDIS_CA=strange.file))
    connection = Connection(where, patience_s=0.2)
    try:
        await known.repeated(lambda: known.client.ping())
        with pytest.raises(StoreUnavailable) as unavailable:
            await connection.repeated(lambda: connection.client.ping())
        assert "certificate verify failed" in str(unavailable.value.__cause__)
    finally:
        await known.close()
        await connection.close()


@pytest.mark.redis
async def test_where_an_authority_is_named_those_of_the_system_are_not_believed(
    secure_redis: SecureRedis, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "strange").mkdir()
    strange = Authority(tmp_path / "strange", "strange")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    by_system = redis_from(secure_redis.environment() | stated(REDIS_CA=""))
    named = redis_from(secure_redis.environment() | stated(REDIS_CA=strange.file))
    known, connection = Connection(by_system, patience_s=30), Connection(named, patience_s=0.2)
    try:
        await known.repeated(lambda: known.client.ping())
        with pytest.raises(StoreUnavailable):
            await connection.repeated(lambda: connection.client.ping())
    finally:
        await known.close()
        await connection.close()


def test_nothing_of_a_password_is_shown() -> None:
    in_url = redis_from(stated(REDIS=f"redis://worker:{PASSWORD}@store/0"))
    beside = redis_from(stated(REDIS="redis://store/0", REDIS_PASSWORD=PASSWORD))
    assert PASSWORD not in repr(in_url) + repr(beside)
    assert beside.client() == {"password": PASSWORD}


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"REDIS": "store:6379"}, "REDIS must be redis://"),
        ({"REDIS": "http://store"}, "REDIS must be redis://"),
        ({"REDIS": "rediss://store/0?ssl_cert_reqs=none"}, "takes no options"),
        ({"REDIS": "redis://store/0", "REDIS_CA": "/nowhere"}, "REDIS_CA is set"),
        ({"REDIS": "rediss://store/0", "REDIS_CA": "/nowhere"}, "files of DOSEWARDEN_REDIS_CA"),
        ({"REDIS": f"redis://:{PASSWORD}@store/0", "REDIS_PASSWORD": "another"}, "REDIS has a password"),
        ({"REDIS_USERNAME": "worker"}, "REDIS_USERNAME needs"),
        ({"REDIS_TLS": "yes"}, "REDIS_TLS is no setting"),
    ],
)
def test_what_contradicts_itself_is_refused_by_its_name(settings: dict[str, str], named: str) -> None:
    with pytest.raises(BadTransit) as refused:
        redis_from(stated(**settings))
    assert named in str(refused.value)
    assert PASSWORD not in str(refused.value)


def test_in_production_the_way_is_encrypted_and_says_who_connects(house: Authority) -> None:
    production = stated(PROFILE="production")
    with pytest.raises(BadTransit, match="the way to Redis is not encrypted"):
        redis_from(production | stated(REDIS="redis://store/0", REDIS_PASSWORD=PASSWORD))
    encrypted = production | stated(REDIS="rediss://store/0", REDIS_CA=house.file)
    with pytest.raises(BadTransit, match="does not say who connects"):
        redis_from(encrypted)
    assert redis_from(encrypted | stated(REDIS_PASSWORD=PASSWORD)).tls is not None
    shown = house.signed("notifier")
    certain = encrypted | stated(REDIS_CERTIFICATE=shown.certificate, REDIS_KEY=shown.key)
    assert redis_from(certain).tls == Tls(str(house.file), str(shown.certificate), str(shown.key))

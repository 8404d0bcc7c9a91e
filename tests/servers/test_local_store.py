"""The store of one machine: what it acknowledged is there after a kill."""

from pathlib import Path

import pytest
import redis

from services.launcher.servers.child import Died
from services.launcher.servers.local_store import LocalStore, store_binary

pytestmark = pytest.mark.redis


def test_what_was_acknowledged_survives_a_kill(own_store: LocalStore) -> None:
    with redis.Redis.from_url(own_store.url) as client:
        client.set("alert", "open")
    own_store.kill()
    own_store.start()
    with redis.Redis.from_url(own_store.url) as client:
        assert client.get("alert") == b"open"


def test_it_is_reached_from_this_machine_only(own_store: LocalStore) -> None:
    with redis.Redis.from_url(own_store.url) as client:
        assert client.config_get("bind") == {"bind": "127.0.0.1"}


def test_an_emptied_store_holds_nothing(own_store: LocalStore) -> None:
    with redis.Redis.from_url(own_store.url) as client:
        client.set("alert", "open")
        own_store.empty()
        assert client.dbsize() == 0


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    store = LocalStore(store_binary(), tmp_path, port=1)
    (tmp_path / "appendonlydir").write_text("not a directory")
    with pytest.raises(Died, match="did not answer on port 1"):
        store.start()

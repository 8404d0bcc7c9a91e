"""A rejection keeps what somebody needs to find and mend the cause."""

import base64
import hashlib

from schemas.rejections import KEPT_BYTES, Origin, rejected_event


def test_a_large_original_is_cut_and_its_length_and_digest_tell_of_all_of_it() -> None:
    original = bytes(range(256)) * 1_000
    rejected = rejected_event(
        "intake", Origin(door="feed", path="day.ndjson", line=3), original, "not-json", ""
    )
    assert base64.b64decode(rejected.content) == original[:KEPT_BYTES]
    assert (rejected.length, rejected.sha256) == (len(original), hashlib.sha256(original).hexdigest())


def test_an_origin_always_has_the_same_key() -> None:
    assert Origin(topic="patient-events", partition=3, offset=17).key == "patient-events:3:17"
    assert Origin(door="feed", path="day.ndjson", line=3).key == "feed:day.ndjson:3"

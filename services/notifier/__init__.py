"""Who must know, when, and again: issues become pages that somebody answers.

A record comes in by `findings`, changes an alert in the `store`, and `telling` carries out what that ordered; `timers`
do what time alone asks for, by the `policy` of the site. `record` keeps Kafka and the store alike, `watching` tells of
what would go unseen, and `degraded` tells without a store.
"""

"""Who must know, when, and again: issues become pages that somebody answers.

A record comes in by `findings` and changes an alert in the `store`; `telling` carries out what that ordered,
`timers` what time alone asks for, both by the `policy` of the site. `record` keeps Kafka and the store alike,
`watching` tells of what would go unseen, and `degraded` tells without a store.
"""

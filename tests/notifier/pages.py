"""A page for tests of channels, full of what must not leave the house."""

from services.notifier.telling.messages import Message, MessageKind

PAGE = Message(
    kind=MessageKind.PAGE,
    delivery="0a-4fd1e0c39a6b4d2f:1:1:0:nurse-7/webhook",
    alert="0a-4fd1e0c39a6b4d2f8e7a6b5c4d3e2f10",
    episode=1,
    revision=1,
    tier=1,
    ward="Neurology 2",
    check="cumulative-dose",
    at_ms=0,
    link="https://console.example/alerts/0a-4fd1e0c39a6b4d2f8e7a6b5c4d3e2f10",
    text="baclofen 95 mg in 24 h for Jane Canary, bed 12",
    because="dose of 10:00 charted by Jim Canary",
    cause="MRN-4711/dose-3",
)
CANARIES = (b"Canary", b"baclofen", b"95 mg", b"charted", b"MRN-", b"bed 12")

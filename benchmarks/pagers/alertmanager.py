"""Prometheus Alertmanager as a pager: one group an alert, so that each is a page of its own."""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from subprocess import Popen

import httpx
import orjson
import yaml

from benchmarks.pagers.receiver import Receiver
from services.launcher.servers.child import end, free_port, spawn

BINARY = "prometheus-alertmanager"
_AT_ONCE = 64


class Alertmanager:
    """`wait_s` is its `group_wait`: how long an alert is held before it pages."""

    title = "Alertmanager"

    def __init__(self, directory: Path, wait_s: int) -> None:
        self._directory = directory
        self._wait_s = wait_s
        self._port = free_port()
        self._process: Popen[bytes] | None = None

    @staticmethod
    def paged(body: bytes) -> Iterable[str]:
        """The names in the body of a webhook."""
        return [alert["labels"]["id"] for alert in orjson.loads(body)["alerts"]]

    async def start(self, receiver: Receiver) -> None:
        """Start it, or start it again on what it had stored."""
        self._directory.mkdir(parents=True, exist_ok=True)
        config = self._directory / "alertmanager.yml"
        route = {
            "receiver": "pager",
            "group_by": ["id"],
            "group_wait": f"{self._wait_s}s",
            "group_interval": "5m",
            "repeat_interval": "4h",
        }
        hook = {"url": receiver.url, "send_resolved": False}
        receivers = [{"name": "pager", "webhook_configs": [hook]}]
        config.write_text(yaml.safe_dump({"route": route, "receivers": receivers}))
        arguments = [
            f"--config.file={config}",
            f"--storage.path={self._directory / 'data'}",
            f"--web.listen-address=127.0.0.1:{self._port}",
            "--cluster.listen-address=",
        ]
        self._process = spawn([BINARY, *arguments], self._directory / "log")
        self._http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{self._port}", timeout=60)
        while True:
            try:
                if (await self._http.get("/-/ready")).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.05)

    async def post(self, names: Sequence[str], *, again: bool = False) -> None:  # noqa: ARG002  (the same to it)
        """Post alerts; returns when every one was answered with 200."""
        for start in range(0, len(names), _AT_ONCE):
            part = names[start : start + _AT_ONCE]
            alerts = [{"labels": {"alertname": "overdose", "id": name}} for name in part]
            (await self._http.post("/api/v2/alerts", json=alerts)).raise_for_status()

    async def kill(self) -> None:
        """SIGKILL."""
        await self._http.aclose()
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    async def stop(self) -> None:
        """End it in good order."""
        await self._http.aclose()
        end(self._process, 10)

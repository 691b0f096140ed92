"""Both servers, as processes of their own: the same answers, and a clean stop."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request
from typing import Any

START_SECONDS = 30
STOP_SECONDS = 10


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    def __init__(self, *arguments: str) -> None:
        self.port = free_port()
        environment = os.environ | {"PORT": str(self.port), "LOG_LEVEL": "error"}
        self.process = subprocess.Popen([sys.executable, *arguments], env=environment)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.ask("GET", "/health")
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.process.kill()
                    self.process.wait()
                    raise
                time.sleep(0.05)

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any, str]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, method=method)
        request.add_header("content-type", "application/json")
        try:
            answer = urllib.request.urlopen(request, timeout=5)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            text = answer.read().decode()
            return answer.status, json.loads(text) if text else None, text

    def stop(self) -> tuple[int, float]:
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(STOP_SECONDS)
        return code, time.monotonic() - begun


class Contract:
    """What holds for either server."""

    arguments: tuple[str, ...]

    def setUp(self) -> None:
        self.server = Server(*self.arguments)
        self.addCleanup(self.server.process.wait)
        self.addCleanup(self.server.process.kill)

    def test_health_is_what_plimsoll_waits_for(self) -> None:
        status, _, text = self.server.ask("GET", "/health")
        self.assertEqual(status, 200)
        self.assertEqual(text, '{"status":"ok","release":"unreleased"}')

    def test_a_ship_comes_and_goes(self) -> None:
        ask = self.server.ask
        ida = {"ship": "Ida", "length": 30, "draught": 3, "kilograms": 1_250_400}
        status, moored, _ = ask("POST", "/api/moorings", ida)
        self.assertEqual((status, moored["berth"], moored["cargo"]), (201, "fish quay", "1,250.4 t"))
        self.assertEqual(ask("GET", "/api/moorings")[1], {"moored": [moored], "cargo": "1,250.4 t"})
        self.assertEqual(ask("DELETE", "/api/moorings/Ida")[0], 204)
        self.assertEqual(ask("DELETE", "/api/moorings/Ida")[0], 404)

    def test_what_cannot_be_is_refused(self) -> None:
        ask = self.server.ask
        giant = {"ship": "Giant", "length": 450, "draught": 20}
        self.assertEqual(ask("POST", "/api/moorings", giant)[:2], (409, {"error": "no berth for Giant"}))
        self.assertEqual(ask("POST", "/api/moorings", {"ship": "Ida"})[:2], (422, {"error": "2 fields are wrong"}))
        self.assertEqual(ask("GET", "/nowhere")[:2], (404, {"error": "Not Found"}))

    def test_it_stops_when_told_to(self) -> None:
        code, seconds = self.server.stop()
        self.assertEqual(code, 0)
        self.assertLess(seconds, STOP_SECONDS)


class Gunicorn(Contract, unittest.TestCase):
    arguments = ("-m", "gunicorn")


class Uvicorn(Contract, unittest.TestCase):
    arguments = ("-m", "harbour.serve")

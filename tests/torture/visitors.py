"""People at their browsers while the server is told to leave: each comments, one comment after the other."""

import http.client
import json
import os
import signal
import socket
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from gunicorn.app.wsgiapp import WSGIApplication

from registry.models import Comment, User
from tests.torture.ground import FOLDER
from tests.torture.writers import apart

VISITORS = 8
LEAVES_WITHIN = 60  # seconds
TOKEN = "t" * 32
SESSION, ANSWERS = FOLDER / "session", FOLDER / "answers"


def sign_in(username: str) -> None:
    """A session for the visitors to come."""
    user, session = User.objects.get(username=username), SessionStore()
    session.update(
        {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
    )
    session.save()
    SESSION.write_text(str(session.session_key))


@contextmanager
def server() -> Iterator[tuple[int, int]]:
    """The web server as the README starts it, save that Django is loaded already: its port and its process."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = int(listening.getsockname()[1])
    process = apart(partial(_serve, port))
    try:
        _wait_for(port)
        yield port, process
    finally:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def _serve(port: int) -> None:
    os.environ |= {"PORT": str(port), "GOI_BIND": "127.0.0.1", "GOI_WORKERS": "2"}
    sys.argv = ["gunicorn", "registry.wsgi", "--log-level", "critical"]
    WSGIApplication().run()


def _wait_for(port: int) -> None:
    give_up = time.monotonic() + LEAVES_WITHIN
    while True:
        try:
            _ask(port, "GET", "/livez")
            return
        except OSError:
            assert time.monotonic() < give_up, "the web server does not answer"
            time.sleep(0.1)


def send_away(process: int) -> None:
    """SIGTERM, and a proper end within LEAVES_WITHIN; SIGALRM would end this process."""
    os.kill(process, signal.SIGTERM)
    signal.alarm(LEAVES_WITHIN)
    _process, status = os.waitpid(process, 0)
    signal.alarm(0)
    assert status == 0, f"the server ended with status {status}"


def visit(port: int, proposal: int) -> list[int]:
    ANSWERS.unlink(missing_ok=True)
    return [apart(partial(_comment_away, port, proposal)) for _ in range(VISITORS)]


def _comment_away(port: int, proposal: int) -> None:
    """Until nobody listens any more; each answer, or what came in its place, is a line in ANSWERS."""
    handle = os.open(ANSWERS, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    while True:
        words = uuid.uuid4().hex
        try:
            told = str(_ask(port, "POST", f"/proposals/{proposal}/comments/", words))
        except ConnectionRefusedError:
            return
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            told = "none"
        except (http.client.HTTPException, OSError) as error:
            told = f"half {error!r}"
        os.write(handle, json.dumps([words, told]).encode() + b"\n")


def _ask(port: int, method: str, address: str, words: str = "") -> int:
    """The status of an answer that was read to its end."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LEAVES_WITHIN)
    cookies = f"sessionid={SESSION.read_text()}; csrftoken={TOKEN}" if SESSION.exists() else ""
    headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
    try:
        connection.request(method, address, urlencode({"words": words, "csrfmiddlewaretoken": TOKEN}), headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def answers() -> list[tuple[str, str]]:
    return [tuple(json.loads(line)) for line in ANSWERS.read_text().splitlines()] if ANSWERS.exists() else []


def require_kept() -> None:
    """Every comment that was answered is there, once; one that was not answered was never begun; no answer was half."""
    kept = Counter(Comment.objects.values_list("text", flat=True))
    for words, told in answers():
        assert told in ("302", "none"), told
        assert kept[words] == (told == "302"), f"{words} was answered by {told} and is there {kept[words]} times"

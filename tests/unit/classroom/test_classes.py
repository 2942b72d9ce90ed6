"""Classes: joining, predictions, a public budget, regret; what is forgotten, and who may ask for what."""

import asyncio

import pytest

from experiments.classroom.live.classes import (
    IDLE_SECONDS,
    MOST_CLASSES,
    MOST_STUDENTS,
    MOST_TRIES,
    Classes,
    Try,
    hand_in,
    predict,
)
from experiments.classroom.live.guard import Buckets, Guard, host_of, own_addresses
from experiments.classroom.live.setting import Setting
from experiments.commands.classroom import main
from experiments.store.result import Options
from sim.configuration import ConfigurationError


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self):
        return self.now


def tried(effect, cost=10.0):
    """A policy with this effect and cost."""
    return Try(Setting(), cost, effect)


def test_students_have_tokens_of_their_own_and_are_counted():
    classes = Classes()
    room = classes.open("displacement", 3, 100.0)
    tokens = [classes.join(room.code.lower())[1] for _ in range(4)]
    assert len(set(tokens)) == 4 and all(len(token) >= 32 for token in tokens)
    for token, answer in zip(tokens, (0, 2, 2), strict=False):
        predict(room, token, answer)
    predict(room, tokens[0], 1)
    assert room.predictions() == [0, 1, 2]


def test_regret_is_what_the_best_of_all_would_have_added():
    classes = Classes()
    room = classes.open("", 2, 100.0)
    tokens = [classes.join(room.code)[1] for _ in range(3)]
    for token, effects in zip(tokens, ((-1.0, -4.0), (-3.5,), ()), strict=True):
        for effect in effects:
            hand_in(room, token, tried(effect), costs_more=False)
    assert room.best().effect == -4.0 and room.regrets() == [0.0, 0.5]


def test_what_may_not_be_handed_in():
    classes = Classes()
    room = classes.open("", 2, 100.0)
    token = classes.join(room.code)[1]
    for answer, one, more in (("the budget is 100", tried(-1.0, 101.0), False), ("known only afterwards", tried(-1.0), True)):
        with pytest.raises(ConfigurationError, match=answer):
            hand_in(room, token, one, more)
    for _ in range(MOST_TRIES):
        hand_in(room, token, tried(-1.0), costs_more=False)
    with pytest.raises(ConfigurationError, match="which is the most"):
        hand_in(room, token, tried(-1.0), costs_more=False)
    with pytest.raises(ConfigurationError, match="not in this class"):
        predict(room, "guessed", 0)
    with pytest.raises(ConfigurationError, match="there are 2"):
        predict(room, token, 2)
    room.shown = True
    with pytest.raises(ConfigurationError, match="closed"):
        predict(room, token, 1)


def test_classes_end():
    clock = Clock()
    classes = Classes(clock)
    room, other = classes.open("", 2, 1.0), classes.open("", 2, 1.0)
    clock.now = IDLE_SECONDS - 1.0
    classes.find(other.code)
    clock.now = IDLE_SECONDS + 1.0
    assert classes.forget_idle() == 1 and len(classes) == 1
    with pytest.raises(ConfigurationError, match="no class has this code"):
        classes.join(room.code)
    classes.close(other.code)
    assert len(classes) == 0


def test_classes_and_students_are_not_without_number():
    classes = Classes()
    rooms = [classes.open("", 2, 1.0) for _ in range(MOST_CLASSES)]
    assert len({room.code for room in rooms}) == MOST_CLASSES
    with pytest.raises(ConfigurationError, match="classes already"):
        classes.open("", 2, 1.0)
    for _ in range(MOST_STUDENTS):
        classes.join(rooms[0].code)
    with pytest.raises(ConfigurationError, match="full"):
        classes.join(rooms[0].code)
    for budget in (0.0, float("nan"), float("inf")):
        with pytest.raises(ConfigurationError, match="budget"):
            Classes().open("", 2, budget)


# --- who may ask


def asked(kind="http", client="10.0.0.1", **headers):
    """A request with these headers."""
    return {
        "type": kind, "client": (client, 5), "path": "/", "method": "GET",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip


def answers(scope, guard):
    """What a guard sends."""
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request", "body": b""}

    asyncio.run(guard(scope, receive, send))
    return sent


async def page(scope, receive, send):
    """An application that always answers."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"page"})


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "127.0.0.1:8080"}, 200),
        ({"host": "localhost:8080", "origin": "http://localhost:8080"}, 200),
        ({"host": "[::1]:8080"}, 200),
        ({"host": "evil.example"}, 400),
        ({"host": "127.0.0.1.evil.example:8080"}, 400),
        ({}, 400),
        ({"host": "127.0.0.1:8080", "origin": "http://evil.example"}, 403),
        ({"host": "127.0.0.1:8080", "origin": "http://127.0.0.1:9999"}, 403),
        ({"host": "127.0.0.1:8080", "origin": "null"}, 403),
        ({"host": "127.0.0.1:8080", "content_length": "1000000"}, 413),
        ({"host": "127.0.0.1:8080", "content_length": "-5"}, 413),
    ],
)
def test_only_own_pages_are_answered(headers, status):
    sent = answers(asked(**headers), Guard(page, ["localhost", "127.0.0.1", "::1"]))
    assert sent[0]["status"] == status
    if status == 200:
        given = dict(sent[0]["headers"])
        assert b"frame-ancestors 'none'" in given[b"content-security-policy"] and b"http" not in given[b"content-security-policy"]


def test_a_socket_of_another_site_is_closed():
    sent = answers(asked("websocket", host="127.0.0.1:1", origin="http://evil.example"), Guard(page, ["127.0.0.1"]))
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_too_many_requests_of_one_address_wait_and_others_do_not():
    clock = Clock()
    guard = Guard(page, ["127.0.0.1"], Buckets(2.0, 3.0, clock))
    seen = [answers(asked(host="127.0.0.1"), guard)[0]["status"] for _ in range(4)]
    assert seen == [200, 200, 200, 429]
    assert answers(asked(client="10.0.0.2", host="127.0.0.1"), guard)[0]["status"] == 200
    clock.now = 1.0
    assert [answers(asked(host="127.0.0.1"), guard)[0]["status"] for _ in range(3)] == [200, 200, 429]


def test_hosts_are_read_without_their_ports():
    assert [host_of(f"//{one}") for one in ("LOCALHOST:80", "[::1]:80", "", "[", "a@b")] == ["localhost", "::1", "", "", "b"]
    assert all(not one.startswith("127.") for one in own_addresses())


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("prot=8080", "did you mean port"),
        ("port=80", "from 1024"),
        ("network=yes", "true opens it"),
        ("market=france", "too large for a class"),
        ("lessons=./nowhere", "no such folder"),
        ("8080", "unknown"),
    ],
)
def test_mistakes_on_the_command_line_get_one_line(word, answer):
    with pytest.raises(ConfigurationError, match=".") as caught:
        main([word], Options())
    assert answer in str(caught.value)


def test_a_port_in_use_is_named():
    import socket

    from experiments.classroom.live.server import check_port

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigurationError, match=r"port=\d+: .*; give another, such as port="):
            check_port("127.0.0.1", taken.getsockname()[1])

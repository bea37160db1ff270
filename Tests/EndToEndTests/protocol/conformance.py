#!/usr/bin/env python3
"""Goes through the page of the live protocol sentence by sentence, against a real server.

    conformance.py --runroom .build/debug/runroom      starts servers of its own, with every check
    conformance.py --url http://127.0.0.1:8000         a running server (with --rate-limits off); fewer checks
    ... --only NAME                                     only the sections whose name contains NAME

A line a check: `ok` or `FAIL`, and the sentence that it proves.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback
from urllib.parse import urlparse

import websockets
from websockets.exceptions import InvalidStatus

import live
from live import (BEIJING, COLUMNS, LONDON, Client, Rest, Server, Timeout, distance, east, gcj02, length, marker,
                  north, now, places, runner, spectator, unique, way)

SECTIONS = []


def section(function):
    """Registers checks that any server can be put to."""
    SECTIONS.append((function, False))
    return function


def own_server(function):
    """Registers checks that need a server started with flags of their own, or ended."""
    SECTIONS.append((function, True))
    return function


class Context:
    """Where a section finds the server, and where it reports."""

    def __init__(self, url, binary, directory, name):
        self.url, self.binary, self.directory, self.name = url, binary, directory, name
        self.rest = Rest(url) if url else None
        self.passed, self.failed = 0, 0

    def check(self, sentence, condition, detail=""):
        if condition:
            self.passed += 1
            print(f"ok    {self.name}: {sentence}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL  {self.name}: {sentence}" + (f"   [{detail}]" if detail != "" else ""), flush=True)
        return bool(condition)

    async def holds(self, sentence, client, condition, timeout=5, detail=lambda: ""):
        """Waits until a condition over what a client was told is true."""
        try:
            value = await client.until(condition, timeout)
        except Timeout:
            self.check(sentence, False, f"not within {timeout} s {detail()}")
            return None
        self.check(sentence, True)
        return value

    async def closes(self, sentence, client, *codes, timeout=5):
        try:
            code = await client.closed(timeout)
        except Timeout:
            return self.check(sentence, False, f"still open after {timeout} s; told {client.messages[-2:]}")
        return self.check(sentence, code in codes, f"closed with {code}, not {' or '.join(map(str, codes))}")

    @contextlib.asynccontextmanager
    async def server(self, *flags):
        """A server of one's own."""
        server = Server(self.binary, os.path.join(self.directory, unique("data")), *flags)
        await asyncio.to_thread(server.start)
        try:
            yield server
        finally:
            server.kill()


def near(value, expected, tolerance):
    return value is not None and abs(value - expected) <= tolerance


def seven(place):
    return tuple(round(x, 7) for x in place)


# MARK: - 1. Connection


@section
async def subprotocol(t):
    client = await Client.open(t.url)
    t.check("`GET /live` with a WebSocket upgrade; subprotocol `runroom.v1`",
            client.socket.subprotocol == "runroom.v1", client.socket.subprotocol)
    await client.close()
    room = await t.rest.room()
    client = await Client.open(t.url, subprotocols=None)
    await client.join(room, role="spectator")
    t.check("a client that offers none gets it too", client.joined)
    await client.close()
    try:
        client = await Client.open(t.url, subprotocols=["runroom.v9", "chat"])
        t.check("a client that offers only others is refused (400)", False, "it was accepted")
        await client.close()
    except InvalidStatus as error:
        t.check("a client that offers only others is refused (400)", error.response.status_code == 400,
                error.response.status_code)
    client = await Client.open(t.url, subprotocols=["chat", "runroom.v1"])
    t.check("among several, runroom.v1 is chosen", client.socket.subprotocol == "runroom.v1")
    await client.close()
    client = await Client.open(t.url, compression="deflate")
    t.check("`permessage-deflate` is not negotiated", not client.socket.protocol.extensions)
    await client.close()
    status, _ = await t.rest("GET", "/live")
    t.check("/live without an upgrade is 426", status == 426, status)


@section
async def messages_understood(t):
    room = await t.rest.room()
    ana = await runner(t.rest, room, later={"x": [1, None]}, unknown="1")
    t.check("unknown keys are ignored (join)", ana.joined)
    await ana.send({"type": "teleport", "to": 3})
    await t.holds("an unknown type is answered with an error (unknown_type)", ana,
                  lambda: ana.errors and ana.errors[-1]["code"] == "unknown_type", detail=lambda: ana.messages[-1:])
    t.check("an error has a sentence for a person and a code for a program",
            ana.errors and isinstance(ana.errors[-1].get("message"), str) and ana.errors[-1]["message"].strip()
            and isinstance(ana.errors[-1]["code"], str), ana.errors)
    for what, text in [("no JSON", "hello"), ("an array", "[1,2]"), ("no type", '{"a":1}'), ("a type of 5", '{"type":5}'),
                       ("cut off", '{"type":"ping"'), ("two objects", '{"type":"ping"}{}'), ("empty", ""),
                       ("deep", '{"type":"ping","t":' + "[" * 5000 + "]" * 5000 + "}"),
                       ("a number of 400 digits", '{"type":"cheer","to":' + "9" * 400 + ',"text":"x"}'),
                       ("a lone surrogate", '{"type":"cheer","text":"\\ud800"}')]:
        before = len(ana.errors)
        await ana.raw(text)
        if what == "deep":  # a pong is as good an answer: the page asks for nothing about depth
            await ana.until(lambda: len(ana.errors) > before or ana.of("pong") or ana.close_code)
            t.check("deep nesting harms nobody", ana.close_code is None, ana.close_code)
            continue
        try:
            await ana.until(lambda: len(ana.errors) > before or ana.close_code, 3)
        except Timeout:
            pass
        t.check(f"after a join, a message that is not understood gets an error and is dropped ({what})",
                len(ana.errors) > before and ana.close_code is None, (ana.close_code, ana.messages[-1:]))
        if ana.close_code:
            return
    await ana.send({"type": "start", "later": True})
    await t.holds("the connection stays; unknown keys are ignored (start)", ana,
                  lambda: ana.row["state"] == "running")
    await ana.send({"type": "markers", "since": 1, "markers": [marker(1, BEIJING, now(), speed=3.1, gps={"n": 1})]})
    await t.holds("unknown keys are ignored (markers)", ana, lambda: ana.acked == 1)
    await ana.raw(["", '{"type":"pi', 'ng","t":', '"frag', 'ments"}'])
    await t.holds("a message may come in fragments", ana, lambda: any(p["t"] == "fragments" for p in ana.of("pong")))
    await ana.raw('\n {"t" : "\\u0061", "type"\t:"p\\u0069ng"} ')
    await t.holds("JSON may have blanks and escapes", ana, lambda: any(p["t"] == "a" for p in ana.of("pong")))
    await ana.close()


@section
async def broken_frames(t):
    room = await t.rest.room()
    ana = await runner(t.rest, room)
    await ana.raw(b"\x01\x02")
    await t.closes("binary messages are refused with close 1003", ana, 1003)
    ana = await runner(t.rest, room)
    await ana.raw(b'{"type":"cheer","text":"\xff\xfe"}', text=True)
    await t.closes("bad UTF-8 is close 1007", ana, 1007)
    ana = await runner(t.rest, room)
    full = '{"type":"nothing","x":"' + "x" * ((64 << 10) - 25) + '"}'
    assert len(full) == 64 << 10
    await ana.raw(full)
    await t.holds("a message of 64 KiB is read", ana, lambda: ana.errors and ana.errors[-1]["code"] == "unknown_type",
                  detail=lambda: ana.close_code)
    await ana.raw(full + " ")
    await t.closes("one of more is close 1009", ana, 1009)
    await ana.close()
    ana = await Client.open(t.url)
    await ana.raw(b"\x01")
    await t.closes("binary before the join is close 1003 too", ana, 1003)


@section
async def bad_joins(t):
    room = await t.rest.room()
    name, token = await t.rest.account()

    def join(**more):
        message = {"type": "join", "runID": room[0], "password": room[1], "token": token, **more}
        return json.dumps({key: value for key, value in message.items() if value is not ...})

    for what, text in [
        ("no JSON", "hello"), ("an array", "[]"), ("no type", '{"runID":"1"}'), ("a type of 5", '{"type":5}'),
        ("no runID", join(runID=...)), ("a runID that is an object", join(runID={})),
        ("a runID that is true", join(runID=True)), ("a runID that is null", join(runID=None)),
        ("an unknown crs", join(crs="bd09")), ("a crs of 5", join(crs=5)), ("an unknown role", join(role="referee")),
        ("a role that is a list", join(role=[])), ("a password that is an object", join(password={})),
        ("a token that is a number", join(token=5)), ("a since that is a number", join(since=5)),
        ("a since without event", join(since={"epoch": "x"})), ("a clock that is text", join(clock="now")),
    ]:
        client = await Client.open(t.url)
        await client.raw(text)
        await t.closes(f"a missing field or a value of the wrong kind is close 4000 ({what})", client, 4000)
    client = await Client.open(t.url)
    await client.send({"type": "ping", "t": 1})
    await t.closes("the first message must be join", client, 4000, 4008)
    t.check("nothing but an error comes before joined", all(m["type"] == "error" for m in client.messages),
            client.messages)

    client = await Client.open(t.url)
    await client.raw(join(token=...))
    await t.closes("token missing: 4001", client, 4001)
    client = await Client.open(t.url)
    await client.raw(join(token="0" * 64))
    await t.closes("token not valid: 4001", client, 4001)
    t.check("an error comes before the close frame", client.errors and client.errors[-1]["code"], client.messages)
    client = await Client.open(t.url)
    await client.raw(join(password="wrong"))
    await t.closes("wrong room password: 4003", client, 4003)
    client = await Client.open(t.url)
    await client.raw(join(password=...))
    await t.closes("no room password, and not a runner of the room: 4003", client, 4003, 4000)
    client = await Client.open(t.url)
    await client.raw(join(role="spectator", token=..., password="wrong"))
    await t.closes("a spectator with a wrong room password: 4003", client, 4003)
    client = await Client.open(t.url)
    await client.raw(join(role="spectator", token=..., password=...))
    await t.closes("a spectator needs the room password", client, 4003, 4000)
    client = await Client.open(t.url)
    await client.raw(join(runID="no-such-room"))
    await t.closes("no such room: 4004", client, 4004)


@section
async def good_joins(t):
    room = await t.rest.room()
    name, token = await t.rest.account()
    ana = await Client.open(t.url)
    await ana.join(room, "Bearer " + token)
    t.check("a Bearer prefix in `token` is tolerated", ana.joined, ana.errors)
    await ana.close()
    ana = await Client.open(t.url, headers={"Authorization": "Bearer " + token})
    await ana.join(room)
    t.check("the token may come in the upgrade's Authorization header", ana.joined, ana.errors)
    await ana.close()
    ana = await Client.open(t.url)
    await ana.join((room[0], None), token)
    t.check("the password is not needed by somebody who is already a runner of the room", ana.joined, ana.errors)
    await ana.close()
    status, body = await t.rest("POST", "/api/users/login", {"username": name, "password": "secret"})
    ana = await Client.open(t.url)
    await ana.join(room, body["token"])
    t.check("`token` is what the login route returned", status == 200 and ana.joined, ana.errors)
    t.check("the number of a person is stable", ana.number == 1, ana.number)
    await ana.close()

    number = int(time.time() * 1000) % 10 ** 12
    status, body = await t.rest("POST", "/api/runRoom/create", {"runID": number, "password": 159})
    ana = await Client.open(t.url)
    await ana.join((number, 159), token)
    t.check("numbers are accepted for runID and password", ana.joined and ana.joined["runID"] == str(number),
            (status, body, ana.errors))
    if ana.joined:
        ben = await spectator(t.rest, (str(number), "159"))
        t.check("and are the same as their text", ben.joined)
        await ben.close()
    await ana.close()

    watcher = await spectator(t.rest, room)
    t.check("a spectator needs no token; `runner` is null for a spectator", watcher.joined["runner"] is None)
    for message in [{"type": "start"}, {"type": "markers", "markers": []}, {"type": "pause"}, {"type": "finish"}]:
        before = len(watcher.errors)
        await watcher.send(message)
        await t.holds(f"a spectator cannot send the messages marked runner ({message['type']})", watcher,
                      lambda: len(watcher.errors) > before, 3)
    t.check("and stays", watcher.close_code is None)
    before = len(watcher.errors)
    await watcher.raw(json.dumps({"type": "join", "runID": room[0], "password": room[1], "role": "spectator"}))
    await watcher.ping()
    t.check("a second join on a connection does not end it", watcher.close_code is None, watcher.close_code)
    await watcher.close()

    with_token = await Client.open(t.url)
    await with_token.join(room, token, role="spectator")
    t.check("somebody with an account may watch as a spectator", with_token.joined, with_token.errors)
    await with_token.close()


@section
async def joined_message(t):
    room = await t.rest.room()
    ana = await runner(t.rest, room)
    joined = ana.joined
    t.check("nothing else is sent before joined", ana.messages[0]["type"] == "joined", ana.messages[0])
    t.check("joined has runID, epoch, event, recovered, runner, marker, time, columns, people, runners, tracks, events",
            set(joined) >= {"runID", "epoch", "event", "recovered", "runner", "marker", "time", "columns", "people",
                            "runners", "tracks", "events"}, joined.keys())
    t.check("columns are those of the page", joined["columns"] == COLUMNS, joined["columns"])
    t.check("runID is text", joined["runID"] == room[0], joined["runID"])
    t.check("epoch is text", isinstance(joined["epoch"], str) and joined["epoch"])
    t.check("recovered is false without since, and events is empty", joined["recovered"] is False
            and joined["events"] == [])
    t.check("marker is 0 before the first", joined["marker"] == 0, joined["marker"])
    t.check("time is the server's clock in Unix milliseconds", near(joined["time"], now(), 5000), joined["time"])
    ben = await runner(t.rest, room)
    people = {person["runner"]: person for person in ben.joined["people"]}
    person = people.get(ana.number, {})
    t.check("people have runner, username, nickname, avatar",
            person.get("username") == ana.name and isinstance(person.get("nickname"), str)
            and person.get("avatar") == f"/api/users/profilepic/{ana.name}", person)
    t.check("people holds everybody, the newcomer too", ben.number in people, people)
    row = ben.rows.get(ana.number)
    t.check("state is ready before the start; place is null before the first metre",
            row and row["state"] == "ready" and row["place"] is None, row)
    await t.holds("an event `joined` (with person)", ana, lambda: any(
        event.get("runner", event["person"].get("runner")) == ben.number and event["person"]["username"] == ben.name
        for event in ana.kinds("joined")), detail=lambda: ana.events)

    begin = now() - 3_000_000
    await ana.run(begin)
    track = way(500, begin + 1000, step=8, every=4000)
    await ana.markers(track)
    await ana.acknowledged(500)
    await t.holds("a message of 500 markers is taken", ana, lambda: ana.row["meters"] > 3000)
    late = await spectator(t.rest, room)
    way_so_far = late.joined["tracks"].get(str(ana.number), [])
    t.check("tracks is each runner's way so far, thinned to at most 200 points", 2 <= len(way_so_far) <= 200,
            len(way_so_far))
    if way_so_far:
        t.check("it begins where the runner began and ends where they are",
                distance(way_so_far[0], places(track)[0]) < 10 and distance(way_so_far[-1], places(track)[-1]) < 100,
                (way_so_far[0], way_so_far[-1]))
    raw = next(text for text in late.texts if '"joined"' in text)
    latitude = late.rows[ana.number]["latitude"]
    t.check("degrees have up to 7 decimals in joined", near(latitude, track[-1]["latitude"], 1e-9), latitude)
    t.check("and never more", not re.search(r"\d\.\d{8,}", raw))
    for client in (ana, ben, late):
        await client.close()


@section
async def replaced(t):
    room = await t.rest.room()
    first = await runner(t.rest, room)
    watcher = await spectator(t.rest, room)
    second = await runner(t.rest, room, first.name, first.token)
    await t.closes("a second connection of the same person in the same room replaces the first (4009)", first, 4009)
    t.check("and is the same runner", second.number == first.number)
    await second.run()
    await t.holds("the new one goes on", watcher, lambda: watcher.rows[second.number]["state"] == "running")
    t.check("nobody is shown as offline or left for it", not watcher.kinds("offline") and not watcher.kinds("left"),
            watcher.events)
    other = await t.rest.room()
    elsewhere = await runner(t.rest, other, first.name, first.token)
    await second.ping()
    t.check("the same person may be in another room at the same time", second.close_code is None
            and elsewhere.joined)
    watcher2 = await spectator(t.rest, room)
    await watcher.ping()
    t.check("spectators do not replace each other", watcher.close_code is None and watcher2.joined)
    for client in (second, elsewhere, watcher, watcher2):
        await client.close()


@section
async def too_many_messages(t):
    room = await t.rest.room()
    ana = await runner(t.rest, room)
    for n in range(50):
        await ana.send({"type": "ping", "t": n})
    await t.holds("bursts of 60 messages are taken", ana, lambda: len(ana.of("pong")) == 50,
                  detail=lambda: (len(ana.of("pong")), ana.close_code))
    for n in range(300):
        await ana.send({"type": "ping", "t": n})
    await t.closes("more than 20 messages a second for long: 4029", ana, 4029)


@own_server
async def limits(t):
    async with t.server("--join-timeout", "1", "--room-capacity", "2", "--spectators", "1") as server:
        t.rest = Rest(server.url)
        begin = time.monotonic()
        silent = await Client.open(server.url)
        await t.closes("no join in time: 4008", silent, 4008)
        t.check("not before and not long after the time", 0.8 < time.monotonic() - begin < 3,
                time.monotonic() - begin)
        room = await t.rest.room()
        ana, ben = await runner(t.rest, room), await runner(t.rest, room)
        name, token = await t.rest.account()
        third = await Client.open(server.url)
        await third.join(room, token)
        await t.closes("room full: 4011", third, 4011)
        t.check("error room_full with a sentence", third.errors and third.errors[-1]["code"] == "room_full",
                third.messages)
        await ana.close()
        ana = await runner(t.rest, room, ana.name, ana.token)
        t.check("a runner of a full room may come back", ana.joined)
        watcher = await spectator(t.rest, room)
        second = await Client.open(server.url)
        await second.join(room, role="spectator")
        await t.closes("no more spectators than the limit: 4011", second, 4011)
        status, _ = await t.rest("POST", "/api/runRoom/join",
                                 {"runID": room[0], "password": room[1], "username": name})
        t.check("REST does not fill a full room either", status >= 400, status)
        for client in (ana, ben, watcher):
            await client.close()
    async with t.server("--max-connections", "4") as server:
        rest = Rest(server.url)
        room = await rest.room()
        clients, refused = [], None
        for _ in range(7):
            try:
                clients.append(await Client.open(server.url))
            except InvalidStatus as error:
                refused = error.response
                break
            except Exception as error:
                refused = error
                break
        t.check("connections beyond the server's limit: HTTP 503 with Retry-After at the upgrade",
                getattr(refused, "status_code", None) == 503 and refused.headers.get("Retry-After"),
                refused if refused is None or isinstance(refused, Exception) else (refused.status_code, refused.headers))
        for client in clients:
            await client.close()


def raw_upgrade(url, receive_buffer=None):
    """A socket after the upgrade that answers nothing by itself, with room for so many bytes that nobody reads."""
    address = urlparse(url)
    stream = socket.socket()
    stream.settimeout(10)
    if receive_buffer:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    stream.connect((address.hostname, address.port))
    stream.sendall((
        f"GET /live HTTP/1.1\r\nHost: {address.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: runroom.v1\r\n\r\n").encode())
    head = b""
    while b"\r\n\r\n" not in head:
        head += stream.recv(1)
    return stream, head


def masked(text):
    data = text.encode()
    assert len(data) < 65536
    size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big")
    return b"\x81" + size + b"\0\0\0\0" + data


def read_frames(stream, seconds):
    """Opcode, payload and arrival of the frames that come until the end."""
    frames, buffer, begin = [], b"", time.monotonic()
    while time.monotonic() - begin < seconds:
        stream.settimeout(max(0.01, seconds - (time.monotonic() - begin)))
        try:
            data = stream.recv(65536)
        except (TimeoutError, ConnectionError):
            break
        if not data:
            break
        buffer += data
        while len(buffer) >= 2:
            size, start = buffer[1] & 0x7f, 2
            if size == 126:
                size, start = int.from_bytes(buffer[2:4], "big"), 4
            elif size == 127:
                size, start = int.from_bytes(buffer[2:10], "big"), 10
            if len(buffer) < start + size:
                break
            frames.append((buffer[0] & 0xf, buffer[start:start + size], time.monotonic() - begin))
            buffer = buffer[start + size:]
    return frames


@own_server
async def heartbeat(t):
    async with t.server("--ping-interval", "1", "--silence-limit", "3", "--offline-grace", "1") as server:
        rest = Rest(server.url)
        room = await rest.room()
        polite = await runner(rest, room)
        stream, head = await asyncio.to_thread(raw_upgrade, server.url)
        t.check("the upgrade is 101 with the right key (RFC 6455)",
                head.startswith(b"HTTP/1.1 101") and b"s3pplmbitxaq9kygzzhzrbk+xoo=" in head.lower(), head)
        name, token = await rest.account()
        stream.sendall(masked(json.dumps(
            {"type": "join", "runID": room[0], "password": room[1], "token": token})))
        frames = await asyncio.to_thread(read_frames, stream, 8)
        t.check("the server sends a WebSocket ping to a silent peer", any(op == 9 for op, _, _ in frames), frames)
        closes = [(int.from_bytes(data[:2], "big"), at) for op, data, at in frames if op == 8]
        t.check("and closes one that has sent nothing at all for the limit (4008)",
                closes and closes[0][0] == 4008 and 2 <= closes[0][1] <= 6, closes)
        t.check("one that answers pings stays", polite.close_code is None, polite.close_code)
        await polite.close()


@own_server
async def offline(t):
    async with t.server("--offline-grace", "1", "--auto-finish", "3") as server:
        rest = Rest(server.url)
        room = await rest.room()
        ana, watcher = await runner(rest, room), await spectator(rest, room)
        begin = now() - 100_000
        await ana.run(begin)
        await ana.markers(way(10, begin + 1000))
        await ana.acknowledged(10)
        await watcher.until(lambda: watcher.rows[ana.number]["meters"] > 200)
        await ana.drop()
        ana = await runner(rest, room, ana.name, ana.token)
        await asyncio.sleep(1.5)
        t.check("a short drop does not flap", not watcher.kinds("offline") and not watcher.kinds("online"),
                watcher.events)
        await ana.drop()
        await t.holds("a runner whose connection dropped shows offline after the grace", watcher,
                      lambda: watcher.kinds("offline", ana.number) and
                      watcher.rows[ana.number]["state"] == "offline", 3)
        t.check("a dropped connection is not a leave: they stay in the ranking",
                watcher.rows[ana.number]["place"] == 1 and not watcher.kinds("left"), watcher.rows)
        ana = await runner(rest, room, ana.name, ana.token)
        t.check("and may come back", ana.joined)
        await t.holds("`online`", watcher, lambda: watcher.kinds("online", ana.number) and
                      watcher.rows[ana.number]["state"] == "running", 3)
        t.check("a close frame is a dropped connection too", True)
        await ana.close()
        await t.holds("a runner who never comes back is finished by the server", watcher,
                      lambda: watcher.kinds("finished", ana.number), 8)
        records = await rest.records(ana.name, ana.token)
        t.check("and the run is stored", len(records) == 1 and near(records[0]["meters"],
                watcher.kinds("finished")[0]["meters"] if watcher.kinds("finished") else None, 0.051), records)
        await watcher.close()


# MARK: - 2. What clients send


@section
async def run_states(t):
    room = await t.rest.room()
    ana, watcher = await runner(t.rest, room), await spectator(t.rest, room)
    await ana.send({"type": "start"})
    await t.holds("start: the run begins, an event and a state tell of it", watcher,
                  lambda: watcher.kinds("started", ana.number) and watcher.rows[ana.number]["state"] == "running")
    await ana.markers([marker(1, BEIJING, now())])
    await t.holds("one marker", ana, lambda: ana.acked == 1)
    await ana.send({"type": "pause"})
    await t.holds("pause: an event and a state tell of it", watcher,
                  lambda: watcher.kinds("paused", ana.number) and watcher.rows[ana.number]["state"] == "paused")
    await asyncio.sleep(0.5)
    seconds = watcher.rows[ana.number]["seconds"]
    await asyncio.sleep(1)
    t.check("pause stops the clock", watcher.rows[ana.number]["seconds"] == seconds, watcher.rows[ana.number])
    await ana.send({"type": "start"})
    await t.holds("start resumes a paused run (`started` too)", watcher,
                  lambda: len(watcher.kinds("started", ana.number)) == 2
                  and watcher.rows[ana.number]["state"] == "running")
    await ana.send({"type": "start"})
    await ana.ping()
    t.check("a start while running does not begin another", len(watcher.kinds("started")) == 2)
    await ana.markers([marker(2, north(BEIJING, 10), now())])
    await ana.acknowledged(2)
    finished = await ana.finish()
    t.check("finish: an event with meters, seconds, place, runId",
            all(key in finished for key in ("meters", "seconds", "place", "runId")), finished)
    await t.holds("the state is finished", watcher, lambda: watcher.rows[ana.number]["state"] == "finished")
    await ana.send({"type": "finish"})
    await ana.ping()
    await ana.send({"type": "pause"})
    await ana.ping()
    t.check("a second finish, a pause after it: nothing changes", watcher.rows[ana.number]["state"] == "finished"
            and len(watcher.kinds("finished")) == 1, watcher.events)
    await ana.send({"type": "start"})
    await t.holds("start after a finish begins a new run", ana, lambda: ana.row["state"] == "running")
    t.check("whose distance is 0 again", ana.row["meters"] == 0, ana.row)
    acks = len(ana.acks)
    await ana.markers([marker(1, BEIJING, now()), marker(2, north(BEIJING, 10), now() + 1500)])
    await ana.until(lambda: len(ana.acks) > acks)
    t.check("and whose markers count from 1 again", ana.acks[-1] in (1, 2), ana.acks)
    await ana.until(lambda: ana.acks[-1] == 2)
    await ana.close()
    ana = await runner(t.rest, room, ana.name, ana.token)
    t.check("joined.marker is of the present run", ana.joined["marker"] == 2, ana.joined["marker"])
    second = await ana.finish()
    t.check("its record is another one", second["runId"] != finished["runId"], (second, finished))
    records = await t.rest.records(ana.name, ana.token)
    t.check("a run is stored exactly once, whatever is repeated", len(records) == 2, len(records))
    await ana.close()
    await watcher.close()


@section
async def marker_messages(t):
    room = await t.rest.room()
    ana = await runner(t.rest, room)
    watcher = await spectator(t.rest, room)
    begin = now() - 1_000_000
    await ana.run(begin)
    track = way(40, begin + 1000)
    for what, bad in [
        ("more than 500", [marker(i + 1, BEIJING, begin + i) for i in range(501)]),
        ("a latitude of 91", track[:2] + [marker(3, (91, 0), begin)]),
        ("a latitude of -90.1", track[:2] + [marker(3, (-90.1, 0), begin)]),
        ("a longitude of 180.5", track[:2] + [marker(3, (0, 180.5), begin)]),
        ("no id", track[:2] + [{"latitude": 1, "longitude": 2, "time": begin}]),
        ("an id of 0", track[:2] + [marker(0, BEIJING, begin)]),
        ("an id of -1", track[:2] + [marker(-1, BEIJING, begin)]),
        ("an id of 1.5", track[:2] + [marker(1.5, BEIJING, begin)]),
        ("an id that is text", track[:2] + [marker("3", BEIJING, begin)]),
        ("no latitude", track[:2] + [{"id": 3, "longitude": 2, "time": begin}]),
        ("a latitude that is text", track[:2] + [{"id": 3, "latitude": "1", "longitude": 2, "time": begin}]),
        ("no time", track[:2] + [{"id": 3, "latitude": 1, "longitude": 2}]),
        ("an accuracy that is text", track[:2] + [marker(3, BEIJING, begin, accuracy="good")]),
        ("a marker that is a number", track[:2] + [5]),
        ("markers that are no array", {"id": 1}),
    ]:
        before = len(ana.errors)
        await ana.send({"type": "markers", "markers": bad})
        await t.holds(f"markers with {what} get an error", ana, lambda: len(ana.errors) > before, 3,
                      detail=lambda: ana.close_code)
        await asyncio.sleep(0.05)
    await ana.raw('{"type":"markers"}')
    await ana.raw('{"type":"markers","markers":[{"id":3,"latitude":1e999,"longitude":2,"time":1}]}')
    await ana.ping()
    await ana.close()
    ana = await runner(t.rest, room, ana.name, ana.token)
    t.check("each of them is refused whole", ana.joined["marker"] == 0, ana.joined["marker"])

    await ana.markers(list(reversed(track[0:3])) + [track[4]])
    await t.holds("any order; an ack covers only what is there without a gap", ana, lambda: ana.acked == 3)
    await asyncio.sleep(1.3)
    t.check("and no more than that", ana.acked == 3, ana.acks)
    await ana.drop()
    ana = await runner(t.rest, room, ana.name, ana.token)
    t.check("`marker` is the highest id such that it and all below it are stored", ana.joined["marker"] == 3,
            ana.joined["marker"])
    await ana.markers([track[3]])
    await t.holds("the gap filled, the ack goes beyond what waited behind it", ana, lambda: ana.acked == 5)
    await watcher.until(lambda: watcher.rows[ana.number]["meters"] > 110)
    meters = watcher.rows[ana.number]["meters"]
    await ana.markers(track[0:5] + [marker(3, north(BEIJING, 5000), begin + 21_000)])
    await ana.ping()
    await asyncio.sleep(0.5)
    t.check("a known id is ignored, with whatever it comes", watcher.rows[ana.number]["meters"] == meters,
            (meters, watcher.rows[ana.number]))
    await ana.markers([dict(track[5], accuracy=6.5, altitude=44.0, heartRate=151),
                       dict(track[6], accuracy=None, altitude=-12, heartRate=60)])
    await t.holds("accuracy, altitude and heartRate are optional", ana, lambda: ana.acked == 7,
                  detail=lambda: ana.errors)
    await ana.markers([])
    await ana.ping()
    t.check("an empty list of markers harms nobody", ana.close_code is None)
    await ana.close()

    # Before a start.
    ben = await runner(t.rest, room)
    await ben.markers([marker(1, BEIJING, now())])
    await ben.ping()
    t.check("markers before a start do not end the connection", ben.close_code is None)
    t.check("and count for nothing", ben.row["meters"] == 0 and ben.row["state"] == "ready", ben.row)
    await ben.close()
    await watcher.close()


@section
async def times(t):
    room = await t.rest.room()
    ana = await runner(t.rest, room)
    begin = now() - 600_000
    await ana.send({"type": "start", "time": begin})
    await t.holds("start may carry the phone's time at which it happened", ana,
                  lambda: ana.row["state"] == "running" and near(ana.row["seconds"], 600, 5), detail=lambda: ana.row)
    track = way(10, begin + 10_000)
    await ana.markers(track)
    await ana.acknowledged(10)
    await ana.send({"type": "pause", "time": begin + 105_000})
    await ana.until(lambda: ana.row["state"] == "paused")
    await t.holds("pause may too", ana, lambda: near(ana.row["seconds"], 105, 0.3), detail=lambda: ana.row)
    await ana.markers(way(5, begin + 120_000, first=11, offset=10))
    await ana.acknowledged(15)
    await ana.send({"type": "start", "time": begin + 205_000})
    await ana.until(lambda: ana.row["state"] == "running")
    rest = way(10, begin + 210_000, first=16, offset=20)
    await ana.markers(rest)
    await ana.acknowledged(25)
    finished = await ana.finish(begin + 310_000)
    expected = length(places(track)) + length(places(rest))
    t.check("nothing is counted while paused, and the way between pause and the next start is not bridged", near(finished["meters"], expected, 0.2),
            (finished, expected))
    t.check("seconds run from start to the last counted marker at finish, without pauses",
            near(finished["seconds"], 200, 0.2), finished)
    record = (await t.rest.records(ana.name, ana.token))[-1]
    t.check("the record holds start and end", near_iso(record["start"], begin, 100)
            and near_iso(record["end"], begin + 310_000, 10_100), (record["start"], record["end"], begin))
    await ana.close()

    for what, offset, highest in [("never ahead of now", 3_600_000, 3), ("at most 24 h back", -25 * 3_600_000, 86_405)]:
        ben = await runner(t.rest, room)
        await ben.send({"type": "start", "time": now() + offset})
        await ben.ping()
        await asyncio.sleep(0.4)
        row = ben.rows[ben.number]
        t.check(f"a start is {what}: an error, or the nearest that is allowed",
                (ben.errors and row["state"] == "ready")
                or (row["state"] == "running" and 0 <= row["seconds"] <= highest), (row, ben.errors))
        await ben.close()
    ben = await runner(t.rest, room)
    await ben.run(now() - 60_000)
    await ben.send({"type": "pause", "time": now() - 90_000})
    await ben.ping()
    await asyncio.sleep(0.4)
    t.check("never before what happened earlier in the run: an error, or the nearest that is allowed",
            ben.errors or ben.row["seconds"] >= 0, ben.row)
    before = len(ben.errors)
    await ben.send({"type": "pause", "time": "yesterday"})
    await t.holds("a time that is text gets an error", ben, lambda: len(ben.errors) > before, 3)
    await ben.close()


def near_iso(text, milliseconds, tolerance):
    from datetime import datetime
    moment = datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000
    return abs(moment - milliseconds) <= tolerance


@section
async def leave(t):
    room = await t.rest.room()
    ana, ben, watcher = await runner(t.rest, room), await runner(t.rest, room), await spectator(t.rest, room)
    begin = now() - 200_000
    await ana.run(begin)
    await ana.markers(way(10, begin + 1000))
    await ana.acknowledged(10)
    await ana.send({"type": "leave"})
    await t.holds("leave: an event `left` and the state", watcher, lambda: watcher.kinds("left", ana.number)
                  and watcher.rows[ana.number]["state"] == "left")
    records = await t.rest.records(ana.name, ana.token)
    t.check("an unfinished run with at least two markers is stored as by finish", len(records) == 1
            and near(records[0]["meters"], 270, 1), records)
    await ben.run()
    await ben.markers([marker(1, BEIJING, now())])
    await ben.acknowledged(1)
    await ben.send({"type": "leave"})
    await watcher.until(lambda: watcher.kinds("left", ben.number))
    await asyncio.sleep(0.3)
    t.check("one with a single marker is not", not await t.rest.records(ben.name, ben.token))
    status, body = await t.rest("GET", f"/api/runRoom/{room[0]}")
    here = {r["username"]: r["in_room"] for r in body["data"]["runners"]}
    t.check("REST shows who left with in_room false", here.get(ana.name) is False, here)
    again = await runner(t.rest, room, ana.name, ana.token)
    t.check("somebody who left may come again, as the same runner", again.number == ana.number,
            (again.number, ana.number))
    await watcher.send({"type": "leave"})
    await ana.ping() if ana.close_code is None else None
    t.check("a spectator may leave", not watcher.errors, watcher.errors)
    for client in (ana, ben, watcher, again):
        await client.close()


@section
async def cheers(t):
    room = await t.rest.room()
    ana, ben, watcher = await runner(t.rest, room), await runner(t.rest, room), await spectator(t.rest, room)
    await ana.send({"type": "cheer", "to": ben.number, "text": "加油"})
    cheer = await t.holds("cheer: a line to one runner (from, to, text)", ben, lambda: ben.kinds("cheer"))
    if cheer:
        t.check("with from, to and text", cheer[0].get("from") == ana.number and cheer[0].get("to") == ben.number
                and cheer[0]["text"] == "加油", cheer)
    await ana.send({"type": "cheer", "text": "again"})
    await t.holds("at most one a second", ana, lambda: ana.errors, 3)
    await asyncio.sleep(1.1)
    for what, text, taken in [("200 characters", "加" * 200, True), ("201 characters", "加" * 201, False),
                              ("no character", "", False), ("200 of four bytes", "🏃" * 200, True)]:
        errors, cheers = len(ana.errors), len(ben.kinds("cheer"))
        await ana.send({"type": "cheer", "text": text})
        await ana.until(lambda: len(ana.errors) > errors or len(ana.kinds("cheer")) > cheers)
        await ana.ping()
        t.check(f"1-200 characters: {what} {'are taken' if taken else 'get an error'}",
                (len(ana.errors) == errors) == taken, ana.errors[-1:])
        await asyncio.sleep(1.1)
    await ben.until(lambda: len(ben.kinds("cheer")) >= 3)
    t.check("a cheer to the room has no runner as `to`", ben.kinds("cheer")[-1].get("to") is None,
            ben.kinds("cheer")[-1])
    t.check("the text comes back as sent", ben.kinds("cheer")[-1]["text"] == "🏃" * 200)
    await watcher.send({"type": "cheer", "to": ana.number, "text": "from the roadside \"\\ \u2028"})
    await t.holds("a spectator may cheer", ana, lambda: any(
        e["text"] == "from the roadside \"\\ \u2028" for e in ana.kinds("cheer")))
    for what, message in [("to nobody", {"to": 99, "text": "x"}), ("without text", {}), ("with a number", {"text": 5}),
                          ("to a name", {"to": "ana", "text": "x"})]:
        await asyncio.sleep(1.05)
        before = len(ana.errors)
        await ana.send({"type": "cheer", **message})
        await t.holds(f"a cheer {what} gets an error", ana, lambda: len(ana.errors) > before, 3)
    for client in (ana, ben, watcher):
        await client.close()


@section
async def pings(t):
    room = await t.rest.room()
    ana = await runner(t.rest, room)
    for value in [1732350000123, 0, -1.5, 1e300, "text", None, True, [1, {"a": "b"}], {"x": 1}, "\u0000é\"\\", 2 ** 53]:
        before = len(ana.of("pong"))
        await ana.send({"type": "ping", "t": value})
        await ana.until(lambda: len(ana.of("pong")) > before or ana.errors or ana.close_code)
        pong = ana.of("pong")[-1] if len(ana.of("pong")) > before else None
        t.check(f"ping is answered by a pong whose t comes back as sent ({json.dumps(value)})",
                pong is not None and pong["t"] == value and type(pong["t"]) is type(value)
                and near(pong["time"], now(), 5000), pong or ana.errors)
    await ana.send({"type": "ping"})
    await ana.send({"type": "ping", "t": "end"})
    await ana.until(lambda: any(pong.get("t") == "end" for pong in ana.of("pong")))
    t.check("a ping without t does no harm", ana.close_code is None)
    await ana.close()


@section
async def clock_offset(t):
    room = await t.rest.room()
    ahead = 3_600_000
    ana = await runner(t.rest, room, clock=now() + ahead)
    await ana.send({"type": "start", "time": now() + ahead - 60_000})
    await ana.until(lambda: ana.row["state"] == "running")
    begin = now() + ahead - 55_000
    await ana.markers(way(5, begin, step=30))
    await t.holds("`clock`: markers of a phone whose clock is an hour ahead are counted", ana,
                  lambda: near(ana.row["meters"], 120, 1), detail=lambda: ana.row)
    t.check("and its start is corrected too", near(ana.row["seconds"], 60, 4), ana.row)
    await ana.acknowledged(5)
    finished = await ana.finish()
    t.check("seconds are by marker time corrected by the offset", near(finished["seconds"], 45, 1), finished)
    record = (await t.rest.records(ana.name, ana.token))[-1]
    t.check("and so are the record's times", near_iso(record["start"], now() - 60_000, 8000), record["start"])
    await ana.close()

    behind = -7_200_000
    ben = await runner(t.rest, room)
    await ben.send({"type": "ping", "t": now() + behind})
    await ben.until(lambda: ben.of("pong"))
    await ben.send({"type": "start", "time": now() + behind - 60_000})
    await t.holds("a ping whose t is a Unix time in milliseconds is a sample too", ben,
                  lambda: ben.row["state"] == "running" and near(ben.row["seconds"], 60, 4), detail=lambda: ben.row)
    await ben.close()

    cleo = await runner(t.rest, room)
    await cleo.run()
    await cleo.markers([marker(1, BEIJING, now()), marker(2, north(BEIJING, 15), now() + ahead)])
    await t.holds("a marker more than 5 s ahead of the server is stored", cleo, lambda: cleo.acked == 2)
    await asyncio.sleep(0.4)
    t.check("but never counted and never becomes the latest", cleo.row["meters"] == 0
            and near(cleo.row["latitude"], BEIJING[0], 2e-6), cleo.row)
    await cleo.markers([marker(3, north(BEIJING, 5), now() + 1500)])
    await t.holds("with no sample the offset is 0; the next is counted", cleo, lambda: cleo.row["meters"] > 4)
    await cleo.close()


# MARK: - 3. What the server sends


@section
async def frames(t):
    room = await t.rest.room()
    ana, ben, watcher = await runner(t.rest, room), await runner(t.rest, room), await spectator(t.rest, room)
    await asyncio.sleep(0.6)
    before = len(watcher.of("frame"))
    await asyncio.sleep(1.2)
    t.check("a frame only when something changed", len(watcher.of("frame")) == before,
            watcher.of("frame")[before:])
    await ana.run()
    start = len(watcher.messages)
    begin = time.monotonic()
    for n in range(30):
        await ana.markers([marker(n + 1, north(BEIJING, n * 0.4), now())])
        await asyncio.sleep(0.1)
    elapsed = time.monotonic() - begin
    await ana.ping()
    seen = [(m, at) for m, at in zip(watcher.messages, watcher.times) if m["type"] == "frame"]
    seen = [(m, at) for m, at in seen if at >= begin]
    t.check("at most one frame a tick", len(seen) <= elapsed / 0.2 + 2, (len(seen), elapsed))
    t.check("a frame at least every other tick while somebody runs", len(seen) >= elapsed / 0.4, (len(seen), elapsed))
    steps = [b[0]["time"] - a[0]["time"] for a, b in zip(seen, seen[1:])]
    t.check("frame times are the server's clock, and rise", all(step > 0 for step in steps)
            and near(seen[-1][0]["time"], now(), 3000), steps)
    t.check("frames hold only the runners that changed", all(
        row[0] == ana.number for m, _ in seen for row in m["runners"]), seen[-1])
    t.check("rows are as in columns", all(len(row) == len(COLUMNS) for m, _ in seen for row in m["runners"]))
    texts = [text for text in watcher.texts[start:] if '"frame"' in text]
    t.check("degrees have 6 decimals, meters and seconds 1", not any(re.search(r"\.\d{7}", text) for text in texts)
            and all(near(x * 10, round(x * 10), 1e-6) for m, _ in seen for row in m["runners"] for x in row[3:5]),
            texts[-1:])
    moment = time.monotonic()
    place = north(BEIJING, 12.2)
    await ana.markers([marker(31, place, now())])
    got = await t.holds("a marker is on every other screen", watcher,
                        lambda: near(watcher.rows[ana.number]["latitude"], place[0], 1.1e-6), 3,
                        detail=lambda: (watcher.rows[ana.number], place, ana.errors, ana.acks))
    if got:
        t.check("within a tick and a little", time.monotonic() - moment < 0.6, time.monotonic() - moment)
    seconds = watcher.rows[ana.number]["seconds"]
    await asyncio.sleep(2)
    t.check("seconds run on between markers", watcher.rows[ana.number]["seconds"] >= seconds + 0.9
            or watcher.rows[ana.number]["seconds"] == seconds, watcher.rows[ana.number])
    for client in (ana, ben, watcher):
        await client.close()


@section
async def standings(t):
    room = await t.rest.room()
    ana, ben, watcher = await runner(t.rest, room), await runner(t.rest, room), await spectator(t.rest, room)
    begin = now() - 400_000
    await ana.run(begin)
    await ben.run(begin)
    fast, slow = way(38, begin + 10_000, step=40), way(38, begin + 10_000, step=25)
    await ana.markers(fast)
    await ben.markers(slow)
    expected = length(places(fast)) - length(places(slow))
    await t.holds("place: 1-based, by distance", watcher, lambda: watcher.rows[ana.number]["place"] == 1
                  and watcher.rows[ben.number]["place"] == 2)
    await t.holds("gapMeters: the metres between them now", watcher,
                  lambda: near(watcher.rows[ben.number]["gapMeters"], expected, 0.3),
                  detail=lambda: (watcher.rows, expected))
    t.check("the one in place 1 has no gap", watcher.rows[ana.number]["gapMeters"] == 0
            and watcher.rows[ana.number]["gapSeconds"] == 0, watcher.rows[ana.number])
    # The leader passed the distance where ben is at this time of the run; ben stands there now.
    passed = begin + 10_000 + length(places(slow)) / length(places(fast)) * 370_000
    await ben.markers([marker(39, north(BEIJING, 25 * 37 + 1), now())])
    await ben.acknowledged(39)
    await asyncio.sleep(0.5)
    gap = watcher.rows[ben.number]["gapSeconds"]
    t.check("gapSeconds: the seconds since that runner passed the distance where this one is now",
            near(gap, (now() - passed) / 1000, 6) or near(gap, (begin + 380_000 - passed) / 1000, 6),
            (gap, (now() - passed) / 1000))
    await ana.acknowledged(38)
    first = await ben.finish(begin + 380_000)
    t.check("finished runners come first", first["place"] == 1, first)
    second = await ana.finish(begin + 381_000)
    t.check("by finishing time", second["place"] == 2, second)
    await watcher.until(lambda: watcher.rows[ana.number]["state"] == "finished")
    await asyncio.sleep(0.5)
    t.check("rows say so too", watcher.rows[ben.number]["place"] == 1 and watcher.rows[ana.number]["place"] == 2,
            watcher.rows)
    late = await spectator(t.rest, room)
    t.check("a late viewer sees the same rows", all(
        late.rows[n][key] == watcher.rows[n][key] for n in watcher.rows
        for key in ("meters", "seconds", "state", "place", "gapMeters")), (late.rows, watcher.rows))
    for client in (ana, ben, watcher, late):
        await client.close()


@section
async def splits(t):
    room = await t.rest.room()
    ana, watcher = await runner(t.rest, room), await spectator(t.rest, room)
    begin = now() - 1_000_000
    await ana.run(begin)
    track = way(85, begin + 10_000)  # 3 m/s, 2,520 m
    for part in range(0, 85, 20):
        await ana.markers(track[part:part + 20])
        await asyncio.sleep(0.3)
    found = await t.holds("split: each full kilometre", watcher, lambda: len(watcher.kinds("split", ana.number)) == 2
                          and watcher.kinds("split"), detail=lambda: watcher.events)
    if found:
        scale = length(places(track[:2])) / 30
        one, two = found
        t.check("with kilometer, seconds and total", one["kilometer"] == 1 and two["kilometer"] == 2
                and near(one["total"], 10 + 1000 / 3 / scale, 10.5) and near(two["total"], 10 + 2000 / 3 / scale, 10.5),
                found)
        t.check("seconds are those of the kilometre", near(one["seconds"], one["total"], 0.2)
                and near(two["seconds"], two["total"] - one["total"], 0.2), found)
    await ana.acknowledged(85)
    finished = await ana.finish(begin + 860_000)
    record = (await t.rest.records(ana.name, ana.token))[-1]
    t.check("no split twice", len(watcher.kinds("split")) == 2, watcher.kinds("split"))
    t.check("the record equals the event", near(record["meters"], finished["meters"], 0.0501)
            and near(record["seconds"], finished["seconds"], 0.0501) and record["runId"] == finished["runId"],
            (record["meters"], record["seconds"], finished))
    t.check("and holds every marker", len(record["markers"]) == 85, len(record["markers"]))
    await ana.close()
    await watcher.close()


@section
async def tunnel(t):
    room = await t.rest.room()
    ana, watcher = await runner(t.rest, room), await spectator(t.rest, room)
    begin = now() - 800_000
    await ana.run(begin)
    # A bend: 20 markers north, 20 east, 20 south; the bend in the middle comes late.
    track = []
    for n in range(60):
        place = (north(BEIJING, 30 * n) if n < 20 else
                 (north(BEIJING, 570)[0], east(BEIJING, 30 * (n - 19))[1]) if n < 40 else
                 (north(BEIJING, 570 - 30 * (n - 39))[0], east(BEIJING, 600)[1]))
        track.append(marker(n + 1, place, begin + 10_000 * (n + 1)))
    await ana.markers(track[:20])
    await ana.markers(track[40:])
    await ana.until(lambda: ana.acked == 20)
    chord = length(places(track[:20] + track[40:]))
    await t.holds("what is known so far is counted", watcher,
                  lambda: near(watcher.rows[ana.number]["meters"], chord, 0.5),
                  detail=lambda: (watcher.rows, chord))
    await ana.markers(track[20:40])
    corrected = await t.holds("late markers recompute the distance, with an event `corrected`", watcher,
                              lambda: watcher.kinds("corrected", ana.number), detail=lambda: watcher.events)
    whole = length(places(track))
    if corrected:
        t.check("from, to", near(corrected[-1]["from"], chord, 0.5) and near(corrected[-1]["to"], whole, 0.5),
                (corrected, chord, whole))
    await t.holds("and rows", watcher, lambda: near(watcher.rows[ana.number]["meters"], whole, 0.5))
    await t.holds("the ack goes to the end", ana, lambda: ana.acked == 60)
    events = len(watcher.kinds("corrected"))
    middle = [marker(62 - n, north((track[-1]["latitude"], track[-1]["longitude"]), -20 * (2 - n)),
                     begin + 601_000 + 10_000 * (2 - n)) for n in range(2)]
    for late in middle:  # a late marker on the straight way between two others
        await ana.markers([late])
        await asyncio.sleep(0.3)
    t.check("no corrected event where nothing changes by more than 1 m", len(watcher.kinds("corrected")) == events,
            watcher.kinds("corrected")[events:])
    track += sorted(middle, key=lambda m: m["id"])
    whole = length(places(track))
    await watcher.until(lambda: near(watcher.rows[ana.number]["meters"], whole, 0.5))
    await ana.acknowledged(62)
    kilometre = [event for event in watcher.kinds("split") if event["kilometer"] == 1]
    t.check("splits are recomputed", kilometre and near(kilometre[-1]["total"], 10 + 1000 / 3, 25), watcher.kinds("split"))
    finished = await ana.finish(begin + 630_000)
    late = [marker(63, (track[-1]["latitude"] - 0.0002, track[-1]["longitude"]), begin + 629_000)]
    await ana.markers(late)
    await t.holds("markers still unacknowledged may be sent for 30 s after a finish", ana, lambda: ana.acked == 63,
                  detail=lambda: (ana.acks, ana.errors))
    record = (await t.rest.records(ana.name, ana.token))[-1]
    t.check("and are stored", len(record["markers"]) == 63, len(record["markers"]))
    await ana.close()
    await watcher.close()


@section
async def late_after_finish(t):
    room = await t.rest.room()
    ana, watcher = await runner(t.rest, room), await spectator(t.rest, room)
    begin = now() - 300_000
    await ana.run(begin)
    track = way(20, begin + 10_000)
    await ana.markers(track[:10])
    await ana.acknowledged(10)
    finished = await ana.finish(begin + 205_000)
    await ana.markers(track[10:])
    await ana.acknowledged(20)
    whole = length(places(track))
    await t.holds("markers sent after a finish are counted", watcher,
                  lambda: near(watcher.rows[ana.number]["meters"], whole, 0.3), detail=lambda: watcher.rows)
    t.check("with a corrected event", watcher.kinds("corrected", ana.number), watcher.events)
    await asyncio.sleep(1.2)
    records = await t.rest.records(ana.name, ana.token)
    t.check("the record is the same one and says the same", len(records) == 1
            and near(records[0]["meters"], watcher.rows[ana.number]["meters"], 0.0501)
            and near(records[0]["seconds"], watcher.rows[ana.number]["seconds"], 0.0501),
            ([(r["meters"], r["seconds"]) for r in records], watcher.rows, finished))
    await ana.close()
    await watcher.close()


@section
async def recovery(t):
    room = await t.rest.room()
    ana, watcher = await runner(t.rest, room), await spectator(t.rest, room)
    epoch, event = watcher.joined["epoch"], watcher.joined["event"]
    await ana.run()
    await watcher.until(lambda: watcher.kinds("started"))
    held = watcher.events[-1]["event"]
    await watcher.drop()
    for n in range(3):
        await ana.send({"type": "pause"})
        await ana.send({"type": "start"})
    await ana.until(lambda: len(ana.kinds("started")) == 4)
    last = ana.events[-1]["event"]

    async def back(**since):
        client = await spectator(t.rest, room, since=since)
        result = client.joined
        await client.close()
        return result

    result = await back(epoch=epoch, event=held)
    t.check("`recovered` is true when since.epoch is this room's epoch", result["recovered"] is True, result)
    t.check("and events holds every event after since.event without a gap",
            [e["event"] for e in result["events"]] == list(range(held + 1, last + 1)), result["events"])
    t.check("recovered events are those that the others got",
            [strip(e) for e in result["events"]] == [strip(e) for e in ana.events if e["event"] > held],
            result["events"][:1])
    t.check("joined.event is the last one", result["event"] == last, result["event"])
    result = await back(epoch=epoch, event=last)
    t.check("nothing missed: recovered true, no events", result["recovered"] is True and result["events"] == [], result)
    for what, since in [("another epoch", {"epoch": "x" + epoch, "event": held}),
                        ("a number that was never given", {"epoch": epoch, "event": last + 1})]:
        result = await back(**since)
        t.check(f"otherwise ({what}) false and events is empty; the snapshot is complete",
                result["recovered"] is False and result["events"] == [] and result["runners"], result)
    numbers = [e["event"] for e in ana.events]
    t.check("events are numbered 1, 2, 3, … per room, in order",
            numbers == list(range(numbers[0], numbers[0] + len(numbers))) and numbers[0] <= 2, numbers)
    t.check("an event has type, event, time, kind", all(
        {"type", "event", "time", "kind"} <= set(m) and near(m["time"], now(), 60_000) for m in ana.of("event")))
    t.check("a first join's event number is 0 or that of the own joined event", event in (0, 1, 2), event)

    others = [ana] + [await runner(t.rest, room) for _ in range(5)]
    for client in others[1:]:
        await client.send({"type": "start"})
    for _ in range(26):
        for client in others:
            await client.send({"type": "pause"})
            await client.send({"type": "start"})
        await asyncio.sleep(0.1)
    await ana.until(lambda: ana.events[-1]["event"] >= held + 300, 10)
    result = await back(epoch=epoch, event=held)
    t.check("too long ago: false", result["recovered"] is False and result["events"] == [], result["event"])
    last = ana.events[-1]["event"]
    result = await back(epoch=epoch, event=last - 250)
    t.check("the last 256 events of a room can be recovered", result["recovered"] is True
            and len(result["events"]) >= 250, (result["recovered"], len(result["events"])))
    for client in others:
        numbers = [e["event"] for e in client.events]
        t.check("every viewer gets every event in order", numbers == list(range(numbers[0], numbers[0] + len(numbers))))
        await client.close()


def strip(event):
    return {key: value for key, value in event.items() if key != "type"}


@section
async def acks(t):
    room = await t.rest.room()
    ana = await runner(t.rest, room)
    await ana.run()
    sent = 0
    for n in range(40):
        sent += 1
        await ana.markers([marker(sent, north(BEIJING, n * 0.3), now())])
        await asyncio.sleep(0.1)
        if ana.acked > sent:
            break
    await t.holds("everything is acknowledged", ana, lambda: ana.acked == sent)
    t.check("acks rise", ana.acks == sorted(set(ana.acks)), ana.acks)
    moments = [at for m, at in zip(ana.messages, ana.times) if m["type"] == "ack"]
    t.check("at most one a second per runner", all(b - a > 0.85 for a, b in zip(moments, moments[1:])),
            [round(b - a, 2) for a, b in zip(moments, moments[1:])])
    await ana.close()


@section
async def closed_room(t):
    room = await t.rest.room()
    ana, watcher = await runner(t.rest, room), await spectator(t.rest, room)
    status, body = await t.rest("DELETE", "/api/runRoom/delete", {"runID": room[0], "password": room[1]})
    for client in (ana, watcher):
        await t.closes("the room was deleted: close 4004", client, 4004)
        t.check("after an event `closed`", client.kinds("closed"), client.messages[-2:])
    client = await Client.open(t.url)
    await client.join(room, ana.token)
    await t.closes("deleted: 4004 for whoever comes then", client, 4004)
    room = await t.rest.room(room[0], "other")
    client = await runner(t.rest, room, ana.name, ana.token)
    t.check("a new room of the same name has another epoch", client.joined["epoch"] != ana.joined["epoch"])
    await client.close()


@own_server
async def too_late(t):
    async with t.server("--late-markers", "1") as server:
        rest = Rest(server.url)
        room = await rest.room()
        ana = await runner(rest, room)
        begin = now() - 300_000
        await ana.run(begin)
        track = way(20, begin + 10_000)
        await ana.markers(track[:10])
        await ana.acknowledged(10)
        finished = await ana.finish(begin + 205_000)
        await asyncio.sleep(2)
        await ana.markers(track[10:])
        await ana.ping()
        await asyncio.sleep(1.2)
        record = (await rest.records(ana.name, ana.token))[-1]
        t.check("markers later than that are not counted", near(record["meters"], finished["meters"], 0.051)
                and ana.row["meters"] == finished["meters"], (record["meters"], finished, ana.row))
        t.check("and the connection stays", ana.close_code is None)
        await ana.close()


# MARK: - 4. What the server computes


async def ran(t, markers, begin, until, room=None, **more):
    """What a run of these markers amounts to: the finished event and the record."""
    client = await runner(t.rest, room or await t.rest.room(), **more)
    await client.run(begin)
    for part in range(0, len(markers), 400):
        await client.markers(markers[part:part + 400])
    await client.acknowledged(len(markers))
    finished = await client.finish(until)
    record = (await t.rest.records(client.name, client.token))[-1]
    await client.close()
    return finished, record


@section
async def distances(t):
    begin = now() - 3_000_000
    for what, origin in [("Beijing", BEIJING), ("London", LONDON), ("the equator", (0.00001, 30.0)),
                         ("the far north", (78.2232, 15.6267)), ("Sydney", (-33.8568, 151.2153)),
                         ("the antimeridian", (-16.8, 179.9995))]:
        if what == "the antimeridian":
            track = [marker(n + 1, (origin[0], round((origin[1] + n * 2.5e-4 + 180) % 360 - 180, 7)),
                            begin + 10_000 * (n + 1)) for n in range(60)]
        else:
            track = way(60, begin + 10_000, origin=origin)
        finished, record = await ran(t, track, begin, begin + 610_000)
        expected = length(places(track))
        t.check(f"distance is within 1 mm per 100 m of the geodesic ({what})",
                near(record["meters"], expected, 0.051 + expected * 1e-5), (record["meters"], expected))
        t.check("and the event says it to a decimal", near(finished["meters"], record["meters"], 0.0501), finished)


@section
async def filters(t):
    begin = now() - 3_000_000

    def base(count=20):
        return way(count, begin + 10_000)

    async def total(sentence, track, expected, tolerance=0.3):
        finished, record = await ran(t, track, begin, begin + 2_000_000)
        t.check(sentence, near(record["meters"], expected, tolerance), (record["meters"], expected))
        t.check("… and every marker is stored whatever happens to it", len(record["markers"]) == len(track),
                (len(record["markers"]), len(track)))

    clean = length(places(base()))
    aside = east(north(BEIJING, 300), 100)
    track = base()
    track[10] = dict(track[10], latitude=aside[0], longitude=aside[1], accuracy=50.5)
    await total("not counted when its accuracy is worse than 50 m", track, clean)
    track = base()
    track[10] = dict(track[10], accuracy=50)
    await total("50 m is not worse than 50 m, and its half is the least step then", track, clean)
    track = base()
    track[10] = dict(track[10], latitude=0, longitude=0)
    await total("not counted when it is at 0,0", track, clean)
    track = base()
    track[10] = dict(track[10], latitude=north(BEIJING, 1300)[0])
    await total("not counted when it would need more than 12.5 m/s from the last counted one", track, clean)
    track = base()
    track[10] = dict(track[10], latitude=north(BEIJING, 1300)[0], time=track[9]["time"] + 1)
    await total("… by whatever little time", track, clean)
    track = base()
    for n in (5, 10, 15):
        track[n] = dict(track[n], latitude=aside[0] + n * 0.01)
    await total("lone outliers do not add up", track, clean)
    track = base()
    track[10] = dict(track[10], time=track[9]["time"])
    track[12] = dict(track[12], time=track[9]["time"] - 5000)
    await total("not counted when its time is not after the one before", track, clean)
    track = base() + way(10, begin + 210_000, origin=north(BEIJING, 20_000), first=21)
    await total("after three markers that agree with each other the filter re-anchors on them",
                track, clean + length(places(track[20:])), 61)
    track = [marker(n + 1, north(BEIJING, 3.5 * (n % 2)), begin + 10_000 * (n + 1)) for n in range(60)]
    await total("standing still adds nothing", track, 0, 0)
    track = [dict(m, accuracy=30) for m in way(21, begin + 10_000, step=8)]
    await total("distance is added only once the runner is more than half the accuracy away", track,
                length([places(track)[n] for n in range(0, 21, 2)]))
    for step, counted in [(3.8, False), (4.3, True)]:
        track = [marker(1, BEIJING, begin + 10_000), marker(2, north(BEIJING, step), begin + 20_000)]
        await total(f"4 m is the least step ({step} m)", track, length(places(track)) if counted else 0, 0.051)
    for speed, counted in [(12.3, True), (12.8, False)]:
        track = way(30, begin + 10_000, step=speed * 10)
        await total(f"12.5 m/s is the highest speed ({speed} m/s)", track, length(places(track)) if counted else 0)
    finished, record = await ran(t, base()[:1], begin, begin + 100_000)
    t.check("a run of one marker has no distance", record["meters"] == 0, record)


@section
async def coordinates(t):
    room = await t.rest.room()
    china = await runner(t.rest, room, crs="gcj02")
    world = await runner(t.rest, room, crs="wgs84")
    await china.run()
    await world.run()
    place = north(BEIJING, 100)
    await china.markers([marker(1, seven(gcj02(*place)), now())])
    await world.markers([marker(1, BEIJING, now())])
    await t.holds("a phone with GCJ-02 and a browser with WGS-84 see each other in the right place", world,
                  lambda: world.rows[china.number]["latitude"] and
                  distance((world.rows[china.number]["latitude"], world.rows[china.number]["longitude"]), place) < 0.5,
                  detail=lambda: (world.rows, place))
    await t.holds("… both ways", china, lambda: china.rows[world.number]["latitude"] and distance(
        (china.rows[world.number]["latitude"], china.rows[world.number]["longitude"]), gcj02(*BEIJING)) < 0.5,
        detail=lambda: (china.rows, gcj02(*BEIJING)))
    viewer = await spectator(t.rest, room, crs="gcj02")
    row = viewer.rows[world.number]
    t.check("in joined too", distance((row["latitude"], row["longitude"]), gcj02(*BEIJING)) < 0.5, row)
    track = viewer.joined["tracks"].get(str(world.number))
    t.check("and in tracks", track and distance(track[0], gcj02(*BEIJING)) < 0.5, track)
    away = await t.rest.room()
    china2 = await runner(t.rest, away, crs="gcj02")
    world2 = await spectator(t.rest, away)
    await china2.run()
    await china2.markers([marker(1, LONDON, now())])
    await t.holds("outside mainland China the two are the same numbers", world2,
                  lambda: near(world2.rows[china2.number]["latitude"], LONDON[0], 1e-9)
                  and near(world2.rows[china2.number]["longitude"], LONDON[1], 1e-9), detail=lambda: world2.rows)
    begin = now() - 700_000
    track = way(60, begin + 10_000)
    shifted = [dict(m, **dict(zip(("latitude", "longitude"), seven(gcj02(m["latitude"], m["longitude"])))))
               for m in track]
    finished, record = await ran(t, shifted, begin, begin + 610_000, crs="gcj02")
    t.check("distance is on WGS-84, whatever the client speaks", near(record["meters"], length(places(track)), 0.5),
            (record["meters"], length(places(track))))
    for client in (china, world, viewer, china2, world2):
        await client.close()


# MARK: - 5. One truth with REST


@section
async def polling(t):
    room = await t.rest.room()
    name, token = await t.rest.account()
    watcher = await spectator(t.rest, room)

    async def call(route, **body):
        status, answer = await t.rest("POST", f"/api/runRoom/{route}",
                                      {"runID": room[0], "password": room[1], "username": name, **body})
        t.check(f"REST {route} {json.dumps(body)}", status == 200, (status, answer))
        return answer

    await call("join")
    joined = await t.holds("a REST join is an event for everybody", watcher, lambda: watcher.kinds("joined"))
    number = joined[-1]["person"].get("runner", joined[-1].get("runner")) if joined else 1
    t.check("with a row", number in watcher.rows or joined)
    begin = time.monotonic()
    shifted = seven(gcj02(*BEIJING))
    await call("update", latitude=shifted[0], longitude=shifted[1], in_room=True)
    got = await t.holds("a poller's update moves its runner on everybody's screen", watcher,
                        lambda: number in watcher.rows and watcher.rows[number]["latitude"] and distance(
                            (watcher.rows[number]["latitude"], watcher.rows[number]["longitude"]), BEIJING) < 0.5,
                        detail=lambda: (watcher.rows, shifted))
    if got:
        t.check("in the next frame", time.monotonic() - begin < 0.8, time.monotonic() - begin)
    place = north(BEIJING, 8)
    await call("update", latitude=place[0], longitude=place[1], crs="wgs84")
    await t.holds("… or WGS-84 if the request says so", watcher, lambda: distance(
        (watcher.rows[number]["latitude"], watcher.rows[number]["longitude"]), place) < 0.5,
        detail=lambda: (watcher.rows, place))
    await call("start")
    await t.holds("a REST start is one", watcher, lambda: watcher.rows[number]["state"] == "running"
                  and watcher.kinds("started", number))
    await call("update", meters=123.4, seconds=56, running=True)
    await t.holds("a poller that reports meters and seconds itself is shown with what it reports", watcher,
                  lambda: watcher.rows[number]["meters"] == 123.4, detail=lambda: watcher.rows)
    t.check("seconds too", near(watcher.rows[number]["seconds"], 56, 2), watcher.rows)

    ana = await runner(t.rest, room)
    start = now() - 100_000
    await ana.run(start)
    await ana.markers(way(8, start + 10_000))
    await ana.acknowledged(8)
    await watcher.until(lambda: watcher.rows[ana.number]["meters"] > 200)
    status, body = await t.rest("GET", f"/api/runRoom/{room[0]}")
    shown = {r["username"]: r for r in body["data"]["runners"]} if status == 200 else {}
    row = watcher.rows[ana.number]
    mine = shown.get(ana.name, {})
    t.check("GET /api/runRoom/{runID} shows what the frames show", near(mine.get("meters"), row["meters"], 0.06)
            and mine.get("running") is True and mine.get("in_room") is True
            and near(mine.get("seconds"), row["seconds"], 3), (mine, row))
    t.check("with the places", mine.get("marathon_place") == "1" and shown[name]["marathon_place"] == "2", shown)
    last = places(way(8, 0))[-1]
    t.check("coordinates in those routes are GCJ-02", mine and distance(
        (mine["latitude"], mine["longitude"]), gcj02(*last)) < 0.5, mine)
    t.check("the poller is in it with its own figures", near(shown.get(name, {}).get("meters"), 123.4, 0.05), shown)
    await call("update", running=False, meters=130, seconds=60, latitude=shifted[0], longitude=shifted[1])
    await t.holds("a pause by update", watcher, lambda: watcher.rows[number]["state"] == "paused"
                  and watcher.rows[number]["meters"] == 130, detail=lambda: watcher.rows[number])
    await call("leave")
    await t.holds("a REST leave is one", watcher, lambda: watcher.rows[number]["state"] == "left"
                  and watcher.kinds("left", number), detail=lambda: watcher.rows[number])
    await ana.close()
    await watcher.close()


# MARK: - 6. After a restart


@own_server
async def restart(t):
    async with t.server() as server:
        rest = Rest(server.url)
        room = await rest.room()
        ana, ben = await runner(rest, room), await runner(rest, room)
        watcher = await spectator(rest, room)
        begin = now() - 200_000
        await ana.run(begin)
        await ben.run(begin)
        track = way(19, begin + 10_000)
        await ben.markers(track)
        await ben.acknowledged(19)
        finished = await ben.finish(begin + 195_000)
        await ana.markers(track[:10])
        await ana.acknowledged(10)
        await watcher.until(lambda: watcher.rows[ana.number]["meters"] > 260)
        meters, held = watcher.rows[ana.number]["meters"], watcher.events[-1]["event"]
        server.kill()
        await t.closes("a killed server sends no close frame", watcher, 1006)
        await asyncio.to_thread(server.start)
        rest = Rest(server.url)
        again = await spectator(rest, room, since={"epoch": watcher.joined["epoch"], "event": held})
        t.check("rooms come back from disk with the same epoch", again.joined["epoch"] == watcher.joined["epoch"])
        t.check("and their events", again.joined["event"] >= held and again.joined["recovered"] is True
                and all(e["event"] > held for e in again.joined["events"]), again.joined)
        t.check("and their people", {p["username"] for p in again.joined["people"]} >= {ana.name, ben.name})
        row = again.rows.get(ana.number)
        t.check("the same meters", row and row["meters"] == meters, (row, meters))
        t.check("running clocks come back", row and near(row["seconds"], (now() - begin) / 1000, 5), row)
        t.check("a finished run stays finished", again.rows[ben.number]["state"] == "finished"
                and again.rows[ben.number]["meters"] == finished["meters"], again.rows[ben.number])
        back = await runner(rest, room, ana.name, ana.token)
        t.check("tokens and numbers hold", back.number == ana.number)
        t.check("what was acknowledged is never asked for again", back.joined["marker"] >= ana.acked,
                (back.joined["marker"], ana.acked))
        await back.markers(track[back.joined["marker"]:])
        await back.acknowledged(19)
        expected = length(places(track))
        done = await back.finish(begin + 195_000)
        t.check("the run goes on as if nothing had been", near(done["meters"], expected, 0.2)
                and near(done["seconds"], 190, 0.2), (done, expected))
        t.check("event numbers go on", done["event"] > held, (done["event"], held))
        records = await rest.records(ana.name, ana.token)
        t.check("stored once", len(records) == 1 and near(records[0]["meters"], done["meters"], 0.0501), records)
        records = await rest.records(ben.name, ben.token)
        t.check("a run finished before the crash is stored once", len(records) == 1, len(records))
        for client in (again, back):
            await client.close()


@own_server
async def graceful_stop(t):
    async with t.server() as server:
        rest = Rest(server.url)
        room = await rest.room()
        clients = [await runner(rest, room) for _ in range(3)] + [await spectator(rest, room) for _ in range(9)]
        await clients[0].run()
        await clients[0].markers([marker(1, BEIJING, now())])
        await clients[0].ping()
        server.terminate()
        for client in clients:
            try:
                await client.closed(10)
            except Timeout:
                pass
        t.check("server stopping: close 1001 for everybody", all(c.close_code in (1001, 1012) for c in clients),
                [c.close_code for c in clients])
        waits = [c.close_reason for c in clients]
        t.check("the reason holds a suggested wait in ms, spread over 0-10 s",
                all(re.fullmatch(r"\d+", w or "") and int(w) <= 10_000 for w in waits) and len(set(waits)) > 3, waits)
        try:
            status = await asyncio.to_thread(server.wait, 15)
        except Exception as error:
            status = error
        t.check("SIGTERM ends the program with status 0", status == 0, status)
        await asyncio.to_thread(server.start)
        rest = Rest(server.url)
        back = await runner(rest, room, clients[0].name, clients[0].token)
        t.check("what came before the stop is there", back.joined["marker"] == 1, back.joined["marker"])
        await back.close()


@own_server
async def slow_reader(t):
    """A viewer that reads nothing gets no queue of old frames, and is closed when events wait too long."""
    async with t.server("--slow-limit", "2", "--tick", "20", "--messages-per-second", "10000",
                        "--message-burst", "10000") as server:
        rest = Rest(server.url)
        room = await rest.room()
        ana = await runner(rest, room)
        stream, _ = await asyncio.to_thread(raw_upgrade, server.url, 2048)
        stream.sendall(masked(json.dumps(
            {"type": "join", "runID": room[0], "password": room[1], "role": "spectator"})))
        await ana.run()
        pack = [await runner(rest, room) for _ in range(40)]
        for other in pack:
            await other.run()
        begin = time.monotonic()
        n, cheered = 0, 0
        # A row of each in every frame fills the buffers; then what must not be missed waits behind them.
        while time.monotonic() - begin < 7.5:
            n += 1
            for other in [ana] + pack:
                await other.markers([marker(n, north(BEIJING, n * 0.01), now())])
            if time.monotonic() - cheered > 1.1:
                cheered = time.monotonic()
                await ana.send({"type": "cheer", "text": "go"})
            await asyncio.sleep(0.05)
        # A close frame needs a reader: one that comes back too late finds the connection cut off.
        frames = await asyncio.to_thread(read_frames, stream, 5)
        await ana.ping()
        t.check("others go on as before", ana.close_code is None)
        closes = [int.from_bytes(data[:2], "big") for op, data, _ in frames if op == 8]
        got = [json.loads(data) for op, data, _ in frames if op == 1]
        stale = [m for m in got if m["type"] == "frame"]
        t.check("too slow: events could not be delivered (4010)", closes == [4010], (closes, len(got), n))
        t.check("a slow viewer never gets a queue of old frames", len(stale) < 150, (len(stale), len(got)))
        viewer = await spectator(rest, room)
        t.check("the room lives", viewer.joined)
        for client in [ana, viewer] + pack:
            await client.close()


# MARK: - Running


async def run(arguments):
    directory = tempfile.mkdtemp(prefix="runroom-conformance-")
    server, url = None, arguments.url
    if arguments.runroom:
        server = Server(arguments.runroom, os.path.join(directory, "data"))
        await asyncio.to_thread(server.start)
        url = server.url
    gate = asyncio.Semaphore(arguments.parallel)
    totals = [0, 0]

    async def one(function, needs_own):
        name = function.__name__
        if needs_own and not arguments.runroom:
            print(f"skip  {name}: needs --runroom", flush=True)
            return
        async with gate:
            context = Context(url, arguments.runroom, directory, name)
            try:
                await asyncio.wait_for(function(context), 120)
            except Exception as error:
                place = traceback.extract_tb(error.__traceback__)
                mine = [f for f in place if f.filename == __file__]
                line = mine[-1] if mine else place[-1] if place else None
                context.check("the section came to its end", False,
                              f"{type(error).__name__} {error} at line {line.lineno if line else '?'}: "
                              f"{line.line if line else ''}")
            totals[0] += context.passed
            totals[1] += context.failed

    try:
        chosen = [(f, own) for f, own in SECTIONS if not arguments.only or arguments.only in f.__name__]
        await asyncio.gather(*(one(f, own) for f, own in chosen))
    finally:
        if server:
            server.kill()
        if arguments.keep or totals[1]:
            print(f"The servers' data and logs are in {directory}", file=sys.stderr)
        else:
            shutil.rmtree(directory, ignore_errors=True)
    print(f"{totals[0]} passed, {totals[1]} failed")
    return 1 if totals[1] or not totals[0] else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--url", help="a running server")
    where.add_argument("--runroom", metavar="PATH", help="the server's program, to start servers of one's own")
    parser.add_argument("--only", metavar="NAME", help="only sections whose name contains this")
    parser.add_argument("--parallel", type=int, default=4, help="sections at once (default: 4)")
    parser.add_argument("--keep", action="store_true", help="keep the servers' data")
    sys.exit(asyncio.run(run(parser.parse_args())))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Makes a data directory as it is when many have run for an hour, without the hour, and measures a restart on it.

    age.py --runroom .build/release/runroom --runners 15000 --rooms 300 --minutes 60 [--live 360] [--keep DIR]

A real server is told the runs' starts with a time long ago and gets their markers as phones send them that were
without a network; for the last --live seconds one marker a second as they come, so that the journal is what it is in a
run. Then it is killed (SIGKILL) and started again. Measured are how long until it listens, and until all rooms are up,
the CPU time of that, and the journal's bytes; everybody's metres must be what they were, and `runroom check` measures
every run from its first marker and compares that with what a start goes on from.
"""

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

import websockets

import live
from live import BEIJING, Rest, Server, now

CONNECTING = 50  # at once
WAITING = 1_200_000  # markers that may wait for the disk, of the server's two millions


class Runner:
    """A phone that reads nothing but acks."""

    def __init__(self, url, room, token, pace):
        self.url, self.room, self.token, self.pace = url, room, token, pace
        self.acked = 0
        self.refusal = None
        self.socket = None

    async def begin(self, start):
        self.socket = await websockets.connect(
            self.url.replace("http", "ws", 1) + "/live", subprotocols=["runroom.v1"], compression=None,
            ping_interval=None, max_size=None, proxy=None, open_timeout=60)
        self.reader = asyncio.create_task(self.read())
        run_id, password = self.room
        # A screen that is dark: thousands of phones in one process have no time for frames.
        await self.socket.send(json.dumps(
            {"type": "join", "runID": run_id, "password": password, "token": self.token, "rate": 0}))
        await self.socket.send(json.dumps({"type": "start", "time": start}))

    async def read(self):
        try:
            async for text in self.socket:
                if text.startswith('{"type":"ack"'):
                    self.acked = max(self.acked, json.loads(text)["marker"])
                elif text.startswith('{"type":"error"'):
                    self.refusal = text
        except websockets.ConnectionClosed:
            pass


def messages(start, first, last, pace, size):
    """Markers first...last, one a second, as the texts of messages; somebody who sways a little."""
    dice = random.Random(pace)
    texts = []
    for begin in range(first, last + 1, size):
        markers = [
            {"id": id, "latitude": round(BEIJING[0] + id * pace * 9e-6 + dice.uniform(-8e-6, 8e-6), 7),
             "longitude": round(BEIJING[1] + dice.uniform(-8e-6, 8e-6), 7), "time": start + id * 1000,
             "accuracy": dice.randint(3, 12)}
            for id in range(begin, min(begin + size, last + 1))]
        texts.append(json.dumps({"type": "markers", "markers": markers}, separators=(",", ":")))
    return texts


async def until(condition, timeout, what):
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"in vain waited for {what}")
        await asyncio.sleep(0.1)


async def metres(rest, rooms):
    """Everybody's metres as REST has them, by room."""
    found = {}
    for run_id, password in rooms:
        spectator = await live.spectator(rest, (run_id, password))
        found[run_id] = {number: row["meters"] for number, row in spectator.rows.items()}
        await spectator.close()
    return found


async def age(server, options):
    rest = Rest(server.url)
    rooms = [await rest.room() for _ in range(options.rooms)]
    start = now() - (options.minutes * 60 + options.live) * 1000
    paces = [2.2, 2.6, 3.0, 3.4]
    runners = []
    turns = asyncio.Semaphore(CONNECTING)

    async def enter(index):
        async with turns:
            _, token = await rest.account()
            runner = Runner(server.url, rooms[index % len(rooms)], token, paces[index % len(paces)])
            await runner.begin(start)
            runners.append(runner)

    await asyncio.gather(*(enter(index) for index in range(options.runners)))
    past = options.minutes * 60
    texts = {pace: messages(start, 1, past, pace, 60) for pace in paces}
    print(f"{len(runners)} runners have started; {past} markers each", flush=True)
    ahead = max(1, WAITING // (60 * len(runners)))
    for part in range(len(texts[paces[0]])):
        for runner in runners:
            await runner.socket.send(texts[runner.pace][part])
        await asyncio.sleep(0.06)
        # No faster than the server stores.
        through = max(0, (part + 1 - ahead) * 60)
        await until(lambda: all(runner.acked >= through for runner in runners), 600, "acks")
        refusal = next((runner.refusal for runner in runners if runner.refusal), None)
        if refusal:
            raise RuntimeError(f"markers were refused: {refusal}")
    await until(lambda: all(runner.acked >= past for runner in runners), 600, "acks")
    print(f"and now one a second for {options.live} s", flush=True)
    texts = {pace: messages(start, past + 1, past + options.live, pace, 1) for pace in paces}
    begun = time.monotonic()
    for second in range(options.live):
        for index, runner in enumerate(runners):
            if index % 500 == 0:
                # Spread over the second, as they are.
                await asyncio.sleep(max(0, begun + second + index / len(runners) - time.monotonic()))
            await runner.socket.send(texts[runner.pace][second])
    await until(lambda: all(runner.acked >= past + options.live for runner in runners), 120, "the last acks")
    return rest, rooms


def cpu(process):
    """Seconds of processor that it has used."""
    fields = open(f"/proc/{process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def figures(data):
    database = sqlite3.connect(f"file:{data}/runroom.sqlite?mode=ro", uri=True)
    one = lambda query: database.execute(query).fetchone()
    found = {
        "journal": one("SELECT COUNT(*), COALESCE(SUM(LENGTH(bytes)), 0) FROM journal"),
        "blocks": one("SELECT COUNT(*), COALESCE(SUM(LENGTH(bytes)), 0) FROM track_blocks"),
        "marks": one("SELECT COUNT(mark), COALESCE(SUM(LENGTH(mark)), 0) FROM people"),
    }
    database.close()
    return found


async def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runroom", required=True)
    parser.add_argument("--runners", type=int, default=15_000)
    parser.add_argument("--rooms", type=int, default=300)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--live", type=int, default=360)
    parser.add_argument("--keep", help="the data directory, which stays")
    options = parser.parse_args()
    data = options.keep or tempfile.mkdtemp(prefix="runroom-age-")
    flags = ["--tick", "500", "--offline-grace", "600", "--auto-finish", "86400", "--silence-limit", "3600"]
    server = Server(options.runroom, data, *flags)
    failed = False
    try:
        server.start()
        rest, rooms = await age(server, options)
        before = await metres(rest, rooms)
        server.kill()
        for name, (count, size) in figures(data).items():
            print(f"{name}: {count}, {size / 1e6:.1f} MB", flush=True)
        log = data + ".log"
        known = os.path.getsize(log)
        begun = time.monotonic()
        server.start()
        listening = time.monotonic() - begun
        pattern = re.compile(r"all rooms are up.*")
        found = None
        while not found and time.monotonic() < begun + 600:
            await asyncio.sleep(0.02)
            with open(log, errors="replace") as text:
                text.seek(known)
                found = pattern.search(text.read())
        print(f"listening after {listening:.2f} s; all rooms up after {time.monotonic() - begun:.2f} s and "
              f"{cpu(server.process):.2f} s of CPU", flush=True)
        after = await metres(Rest(server.url), rooms)
        if after != before:
            failed = True
            print("FAIL  somebody's metres are not what they were", flush=True)
        server.kill()
        check = subprocess.run([options.runroom, "check", "--data", data], capture_output=True, text=True)
        print(check.stdout.strip()[-2000:], flush=True)
        failed = failed or check.returncode != 0 or not found
    finally:
        server.kill()
        if not options.keep:
            shutil.rmtree(data, ignore_errors=True)
    print("FAILED" if failed else "all the same", flush=True)
    sys.exit(failed)


asyncio.run(main())

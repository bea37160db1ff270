"""The standings and the events say what a socket beside the page is told."""

import asyncio
import random

from live import BEIJING, east, north, now
from scene import (ROWS, a_room, distance_text, duration_text, events, holds, pace_text, row, rows, seconds_of, until)

NAMES = ["Ana", "Ben", "李雷", "Dora", "Emil", "Farid", "Grete", "Hana"]
NOTES = {"ready": "not started", "running": "", "paused": "paused", "finished": "finished", "left": "left"}


def order(row):
    return (row["place"] or float("inf"), row["runner"])


def expected(watcher, states):
    """What the standings are to be for rows of the socket, their seconds excepted."""
    for state in sorted(states, key=order):
        if state["state"] == "left" and state["place"] is None:
            continue
        is_behind = state["place"] is not None and state["place"] > 1 and (state["gapMeters"] or 0) >= 1
        average = pace_text(state["seconds"] / state["meters"]) if state["meters"] >= 100 else "–"
        is_running = state["state"] == "running"
        yield {
            "runner": state["runner"], "state": state["state"],
            "place": "–" if state["place"] is None else str(state["place"]),
            "name": watcher.people[state["runner"]]["nickname"], "note": NOTES[state["state"]],
            "distance": distance_text(state["meters"]),
            "gap": "+" + distance_text(state["gapMeters"]) if is_behind else "",
            "average": average if is_running else "", "pace": None if is_running else average,
            "behind": "+" + duration_text(state["gapSeconds"])
            if is_behind and state["gapSeconds"] is not None else "",
        }


def without_time(shown):
    """Rows without what goes on by itself: seconds, and the pace of who runs."""
    return [{**row, "pace": None if row["state"] == "running" else row["pace"], "time": None} for row in shown]


def same(shown, watcher, states):
    return without_time(shown) == [{**row, "time": None} for row in expected(watcher, states)]


# The rows as they are, and those that they were drawn from, at the end of a picture.
MOMENT = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done({
    shown: (%s)(), rows: [...window.runroom.room.rows.values()].map(({ runner, time }) => [runner, time]),
}))))"""


async def test_names_places_numbers_and_notes_are_those_of_the_socket(server, browse):
    dice = random.Random(8)
    async with a_room(server, *NAMES) as room:
        watcher = await room.watcher()
        page = await room.open(browse)
        runners = room.phones
        for index, phone in enumerate(runners[:7]):
            await phone.start(seconds_ago=1500, place=east(BEIJING, 20 * index))

        async def move(phone):
            way = [phone.place]
            for _ in range(dice.randrange(1, 9)):
                way.append(east(north(way[-1], dice.uniform(2, 40)), dice.uniform(-30, 30)))
            await phone.go(*way[1:], speed=dice.uniform(2.2, 4.5))

        moments = equal = 0
        for turn in range(12):
            await asyncio.gather(*(move(phone) for phone in runners[:7] if watcher.rows[phone.number]["state"] == "running"))
            if turn == 6:
                await runners[2].send({"type": "pause", "time": runners[2].clock})
                await runners[2].until(lambda: runners[2].row["state"] == "paused")
            if turn == 8:
                await runners[5].finish(time=runners[5].clock + 1000)
            if turn == 10:
                await runners[6].send({"type": "leave"})
                await watcher.until(lambda: watcher.rows[7]["state"] == "left")
                await runners[6].close()
            # While they run: the rows on the page are those that this socket was told with the same times.
            moment = await page.evaluate(MOMENT % ROWS)
            states = [watcher.row_at(*key) for key in moment["rows"]]
            moments += 1
            equal += same(moment["shown"], watcher, states)
        # A frame may come between a picture and its reading.
        assert equal >= moments - 4, f"{equal} of {moments} moments"

        # At rest: whatever was told is on the page.
        async def settled():
            return same(await rows(page), watcher, watcher.rows.values())
        try:
            await until(settled, 5)
        except AssertionError:
            assert without_time(await rows(page)) == [
                {**row, "time": None} for row in expected(watcher, watcher.rows.values())]
        states = {state["state"] for state in watcher.rows.values()}
        assert states == {"ready", "running", "paused", "finished", "left"}
        assert len({row["place"] for row in watcher.rows.values()}) == 8
        for shown in await rows(page):
            told = watcher.rows[shown["runner"]]
            if told["state"] == "ready":
                assert shown["time"] == "–"
                continue
            running = told["state"] == "running"
            seconds = told["seconds"] + ((now() - told["time"]) / 1000 if running else 0)
            assert abs(seconds_of(shown["time"]) - seconds) <= (2 if running else 1), (shown, told)
        # And the events: each that came since the page was opened, in order.
        told = [event["event"] for event in watcher.events if event["kind"] != "joined"]
        numbers = [number for number, _, _ in await events(page)]
        assert numbers == sorted(set(numbers)) and numbers == told[-len(numbers):] and len(numbers) >= 10
        texts = [text for _, _, text in await events(page)]
        finish = watcher.kinds("finished")[0]
        assert (f"Farid finished {distance_text(finish['meters'])} in {duration_text(finish['seconds'])}, place "
                f"{finish['place']}") in texts
        assert "李雷 paused" in texts and "Grete left" in texts
        split = watcher.kinds("split", 1)[0]
        assert (f"Ana: kilometre 1 in {duration_text(split['seconds'])}, {duration_text(split['total'])} in all"
                in texts)


async def test_who_has_not_moved_stands_last_with_dashes(server, browse):
    async with a_room(server, "Waiting", "Running") as room:
        page = await room.open(browse)
        await room.phones[1].start(seconds_ago=600)
        await room.phones[1].go(north(BEIJING, 300))
        await until(lambda: has(page, [2, 1]))
        waiting = await row(page, 1)
        assert waiting["place"] == "–" and waiting["time"] == "–" and waiting["distance"] == "0 m"
        assert waiting["note"] == "not started" and waiting["gap"] == waiting["behind"] == ""
        assert await page.evaluate("window.runroom.map.dotOf(1)") is None
        # Who has joined only to leave is not in the standings.
        await room.phones[0].send({"type": "leave"})
        await until(lambda: has(page, [2]))


async def has(page, numbers):
    return [row["runner"] for row in await rows(page)] == numbers


async def test_a_cheer_is_told_as_text_to_whom_it_is_for(server, browse):
    async with a_room(server, "Ana", "Ben") as room:
        page = await room.open(browse)
        watcher = await room.watcher()
        await watcher.send({"type": "cheer", "text": "加油 <b>all</b>"})
        await room.phones[0].send({"type": "cheer", "to": 2, "text": "Go!"})

        async def told():
            return [text for _, kind, text in await events(page) if kind == "cheer"]
        await until(lambda: same_texts(told, ["A spectator: 加油 <b>all</b>", "Ana to Ben: Go!"]))
        assert await page.locator("#events-list b").count() == 0


async def same_texts(told, texts):
    return sorted(await told()) == sorted(texts)


async def test_a_late_runner_comes_into_standings_with_a_name(server, browse):
    async with a_room(server) as room:
        page = await room.open(browse)
        empty = page.locator("#nobody")
        await empty.wait_for()
        assert room.key[0] in await empty.text_content()
        late = await room.phone("Late <i>runner</i>")
        await until(lambda: has(page, [1]))
        assert (await row(page, 1))["name"] == "Late <i>runner</i>"
        assert not await empty.is_visible()
        await late.start(seconds_ago=100)
        await late.go(north(BEIJING, 120))
        await until(lambda: is_at(page, 1, "120 m", "119 m"))


async def is_at(page, number, *texts):
    return (await row(page, number))["distance"] in texts


async def test_rows_are_reached_and_followed_by_keys_and_keep_the_focus(server, browse):
    async with a_room(server, "Ana", "Ben", "Cem") as room:
        ana, ben, cem = room.phones
        for phone, meters in ((ana, 300), (ben, 200), (cem, 100)):
            await phone.start(seconds_ago=3000)
            await phone.go(*(north(BEIJING, step) for step in range(20, meters, 20)))
        page = await room.open(browse)
        await until(lambda: has(page, [1, 2, 3]))

        focused = """() => {
            const node = document.activeElement, row = node.closest('[data-runner]');
            return row ? 'runner ' + row.dataset.runner : node.id || node.className || node.tagName;
        }"""
        found = []
        await page.evaluate("document.body.focus()")
        for _ in range(30):
            await page.keyboard.press("Tab")
            found.append(await page.evaluate(focused))
            if found[-1] == "BODY" or found.count("brand") > 1:
                break
        rows_found = [name for name in found if name.startswith("runner")]
        assert rows_found[:3] == ["runner 1", "runner 2", "runner 3"], found
        # The bar, the map with its buttons, the own run, the standings, the events with the cheers.
        assert found[:4] == ["brand", "language", "log-in", "map"], found
        places = [found.index(name) for name in ("map", "run-here", "runner 1", "cheer-to")]
        assert places == sorted(places), found

        await page.locator('[data-runner="3"] button').focus()
        await page.keyboard.press("Enter")
        await holds(page, "window.runroom.map.mode === 3")
        await page.locator('[data-runner="3"] button[aria-pressed="true"]').wait_for()
        # Cem overtakes both; his row goes up, and the focus with it.
        await cem.go(*(north(BEIJING, step) for step in range(100, 500, 20)))
        await until(lambda: has(page, [3, 1, 2]))
        assert await page.evaluate(focused) == "runner 3"
        await ana.go(*(north(BEIJING, step) for step in range(300, 800, 20)))
        await until(lambda: has(page, [1, 3, 2]))
        assert await page.evaluate(focused) == "runner 3"
        await page.keyboard.press("Enter")
        await holds(page, "window.runroom.map.mode === 'all'")
        await page.keyboard.press("Shift+Tab")
        assert await page.evaluate(focused) == "runner 1"

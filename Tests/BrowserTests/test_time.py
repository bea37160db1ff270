"""What only time shows: pace, silence, a lost signal, and a viewer's clock that is wrong.

All tests look at the same room, in which a quarter of a minute goes by once.
"""

import asyncio

import pytest
from conftest import complete
from live import BEIJING, east, north, now
from scene import (a_room, clock_text, color, dot, events, pace_text, pixel, row, rows, seconds_of,
                   until)

SPEED = 4.0
DAY = 86_400_000
# The viewer's clock is a day behind.
WRONG_CLOCK = f"""
const Right = Date;
window.Date = class extends Right {{
    constructor(...values) {{
        if (values.length) super(...values);
        else super(Right.now() - {DAY});
    }}
    static now() {{ return Right.now() - {DAY}; }}
}};
"""


class Quarter:
    """A room after a quarter of a minute: 1 runs steadily, 2 says nothing more, 3's connection is gone."""

    async def begin(self, server, browse):
        self.scene = a_room(server, "Steady", "Silent", "Gone")
        room = self.room = await self.scene.__aenter__()
        self.browse = browse
        steady, silent, gone = room.phones
        await steady.start(seconds_ago=300)
        start = steady.clock
        await steady.go(*(north(BEIJING, meters) for meters in range(0, 1200, 40)), speed=SPEED)
        # The page sees them running only.
        self.task = asyncio.create_task(self.keep_running(steady, start))
        self.page = await room.open(browse)
        context = await browse.context()
        await context.add_init_script(WRONG_CLOCK)
        self.wrong = await room.open(browse, context=context)
        for phone, place in ((silent, east(BEIJING, 60)), (gone, east(BEIJING, 120))):
            await phone.start(seconds_ago=200, place=place)
            await phone.go(north(place, 30))
        self.silent_since = now()
        await gone.drop()
        self.begun = now()
        self.watcher = await room.watcher()
        await until(lambda: now() - self.begun > 12_500, 20)
        return self

    async def keep_running(self, phone, start):
        """At 4 m/s since the start, a marker a second."""
        while True:
            await phone.tell(north(BEIJING, SPEED * (now() - start) / 1000))
            await asyncio.sleep(1 - now() % 1000 / 1000)

    async def end(self):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.scene.__aexit__(None, None, None)


@pytest.fixture(scope="module")
def quarter(server, browse_together):
    quarter = complete(Quarter().begin(server, browse_together))
    yield quarter
    complete(quarter.end())


async def test_pace_now_is_that_of_the_last_way_and_average_that_of_all(quarter):
    async def paced():
        return (await row(quarter.page, 1))["pace"] != "–"
    await until(paced, 30)
    shown = await row(quarter.page, 1)
    # 4 m/s are 4:10 a kilometre; a marker's way and its row's second may be a second apart at both ends.
    assert abs(seconds_of(shown["pace"]) - 250) <= 25, shown
    told = quarter.watcher.rows[1]
    assert abs(seconds_of(shown["average"]) - seconds_of(pace_text(told["seconds"] / told["meters"]))) <= 1
    assert (await row(quarter.page, 2))["pace"] == "–", "who is silent has no pace"


async def test_who_is_silent_is_faded_and_their_age_is_said(quarter):
    async def faded(number):
        return (await row(quarter.page, number))["note"].startswith("no signal for ")
    for number in (2, 3):
        await until(lambda: faded(number), 15)
    silent, gone = await row(quarter.page, 2), await row(quarter.page, 3)
    for shown in (silent, gone):
        age = seconds_of(shown["note"].removeprefix("no signal for "))
        assert abs(age - (now() - quarter.silent_since) / 1000) <= 2.5, shown
    assert silent["state"] == "silent" and silent["pace"] == "–"
    # Their dots are hollow: where the colour was is the ground.
    for number in (2, 3):
        at = await dot(quarter.page, number)
        assert (await pixel(quarter.page, at["x"], at["y"] - 8))[:3] != await color(quarter.page, number)
    at = await dot(quarter.page, 1)
    assert (await pixel(quarter.page, at["x"], at["y"] - 8))[:3] == await color(quarter.page, 1)
    assert (await row(quarter.page, 1))["note"] == ""
    # The silence grows with the seconds.
    before = silent["note"]

    async def older():
        return (await row(quarter.page, 2))["note"] != before
    await until(older, 3)


async def test_a_lost_signal_is_told_and_that_it_is_back(quarter):
    async def texts():
        return [text for _, _, text in await events(quarter.page)]

    async def lost():
        return "Gone has no signal" in await texts()
    await until(lost, 15)
    assert quarter.watcher.rows[3]["state"] == "offline"
    # Who comes now cannot know for how long.
    late = await quarter.room.open(quarter.browse)
    assert (await row(late, 3))["note"] == "no signal"
    await late.close()
    again = await quarter.room.phone(token=quarter.room.phones[2].token)
    again.marker, again.place = quarter.room.phones[2].marker, quarter.room.phones[2].place
    await again.tell(north(again.place, 12))

    async def back():
        return "Gone is back" in await texts() and (await row(quarter.page, 3))["note"] == ""
    await until(back, 5)


async def test_a_viewers_clock_that_is_a_day_off_changes_nothing(quarter):
    assert abs(await quarter.wrong.evaluate("Date.now()") - now() + DAY) < 5000

    async def clock(page):
        return await page.locator("#clock").text_content()
    shown = [clock_text(now() + shift) for shift in (-2000, -1000, 0)]
    for page in (quarter.page, quarter.wrong):
        text = await clock(page)
        assert text in shown + [clock_text(now())], (text, shown)
    right = {row["runner"]: row for row in await rows(quarter.page)}
    wrong = {row["runner"]: row for row in await rows(quarter.wrong)}
    for number, row_ in right.items():
        assert abs(seconds_of(row_["time"]) - seconds_of(wrong[number]["time"])) <= 1
        assert row_["state"] == wrong[number]["state"] and row_["place"] == wrong[number]["place"]
    steady = quarter.watcher.rows[1]
    reckoned = steady["seconds"] + (now() - steady["time"]) / 1000
    assert abs(seconds_of(wrong[1]["time"]) - reckoned) <= 2
    times = await quarter.wrong.evaluate(
        "() => [...document.querySelectorAll('#events-list time')].map(node => Date.parse(node.dateTime))")
    assert times and all(abs(now() - at) < 120_000 for at in times)

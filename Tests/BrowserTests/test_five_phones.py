"""Three browsers, an OwnTracks and an Overland in one room: whoever looks, by whatever way, sees the same."""

import asyncio
from datetime import datetime, timezone

import pytest
import requests
from live import LONDON, Client, distance, now, north
from scene import Room, until
from test_run import Walker

DECIMETRE = 0.1
STEPS = 9


class App:
    """A phone with an app that posts to a bridge, as its requests were recorded."""

    def __init__(self, server, room, place, app):
        self.server, self.room, self.place, self.app = server, room, place, app

    async def come(self):
        self.name, self.token = await self.server.rest.account()
        status, device = await self.server.rest(
            "POST", "/v1/devices", {"app": self.app, "runID": self.room[0], "password": self.room[1]}, self.token)
        assert status == 201, device
        self.address = device["address"]
        return self

    def post(self, body, **headers):
        answer = requests.post(self.address, json=body, headers=headers, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def walk(self, steps):
        for _ in range(steps):
            self.place = north(self.place, 3)
            self.answer = await asyncio.to_thread(self.report, now())
            await asyncio.sleep(1.02)

    async def finish(self):
        """By the room's page, as whoever has an app that has no button for it."""
        socket = await Client.open(self.server.url)
        await socket.join(self.room, self.token)
        await socket.finish()
        await socket.close()


class OwnTracks(App):
    def report(self, time):
        # Android 2.5, in move mode, with what it has of the phone.
        return self.post({
            "_type": "location", "BSSID": "b4:fb:e4:00:00:00", "SSID": "home", "acc": 5, "alt": 64, "batt": 84, "bs": 1,
            "cog": 0, "conn": "m", "created_at": time // 1000, "lat": self.place[0], "lon": self.place[1], "m": 2,
            "t": "u", "tid": "ow", "topic": "owntracks/user/phone", "tst": time // 1000, "vac": 2, "vel": 10,
        }, **{"X-Limit-U": "user", "X-Limit-D": "phone", "User-Agent": "Owntracks-Android/gms/420505000"})


class Overland(App):
    def report(self, time):
        stamp = datetime.fromtimestamp(time / 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        answer = self.post({"locations": [{
            "type": "Feature", "geometry": {"type": "Point", "coordinates": [self.place[1], self.place[0]]},
            "properties": {
                "timestamp": stamp, "altitude": 64, "speed": 3, "horizontal_accuracy": 5, "vertical_accuracy": 3,
                "motion": ["running"], "pauses": False, "activity": "fitness", "desired_accuracy": -1, "deferred": 0,
                "significant_change": "disabled", "locations_in_payload": 1, "device_id": "phone", "wifi": "",
                "battery_state": "unplugged", "battery_level": 0.8,
            },
        }]}, **{"User-Agent": "Overland/1.2"})
        assert answer == {"result": "ok"}, answer
        return answer


def is_at(place, latitude, longitude):
    return latitude is not None and distance(place, (latitude, longitude)) <= DECIMETRE


@pytest.mark.limit(180)
async def test_whoever_looks_sees_five_phones_at_the_same_places_and_the_records_have_them_there(server, browse):
    room = Room(server, await server.rest.room())
    walkers = [Walker(server, browse, room, f"Browser {number}") for number in range(3)]
    apps = [OwnTracks(server, room.key, LONDON, "owntracks"), Overland(server, room.key, LONDON, "overland")]
    for number, phone in enumerate([*walkers, *apps]):
        phone.place = north(LONDON, 500 * number)
        await phone.come()
    for walker in walkers:
        await walker.begin()
    # A run of an app begins when it is 20 m from where it was.
    await asyncio.gather(*(walker.walk(STEPS) for walker in walkers), *(app.walk(2 * STEPS) for app in apps))
    everybody = [*walkers, *apps]
    places = {phone.name: phone.place for phone in everybody}
    owntracks = apps[0]

    async def agrees(seen):
        """Whether everybody is seen where they are, by whom these rows are of."""
        rows = await seen()
        return set(rows) == set(places) and all(is_at(places[name], *rows[name]) for name in places) and rows

    async def on_page(page):
        return await page.evaluate("""() => Object.fromEntries([...window.runroom.room.rows.values()].map(row => [
            window.runroom.room.people.get(row.runner).username, [row.latitude, row.longitude]]))""")

    async def by_rest():
        status, state = await server.rest("GET", f"/v1/rooms/{room.key[0]}/state?crs=wgs84", token=owntracks.token)
        assert status == 200, state
        names = {person["runner"]: person["username"] for person in state["people"]}
        return {names[row[0]]: row[1:3] for row in state["runners"]}

    async def by_owntracks():
        """The friends that the phone's answer has, by the runner's numbers that it is told, and itself where it is."""
        told = await asyncio.to_thread(owntracks.report, now())
        _, state = await server.rest("GET", f"/v1/rooms/{room.key[0]}/state?crs=wgs84", token=owntracks.token)
        names = {person["runner"]: person["username"] for person in state["people"]}
        friends = {names[int(one["tid"], 36)]: (one["lat"], one["lon"]) for one in told if one["_type"] == "location"}
        assert owntracks.name not in friends
        return friends | {owntracks.name: owntracks.place}

    for walker in walkers:
        await until(lambda: agrees(lambda: on_page(walker.page)), 20)
    await until(lambda: agrees(by_rest))
    await until(lambda: agrees(by_owntracks))

    for phone in everybody:
        await phone.finish()
    _, state = await server.rest("GET", f"/v1/rooms/{room.key[0]}/state?crs=wgs84", token=owntracks.token)
    names = {person["runner"]: person["username"] for person in state["people"]}
    meters = {names[row[0]]: row[3] for row in state["runners"]}
    for phone in everybody:
        token = getattr(phone, "token", None)
        if token is None:
            _, told = await server.rest(
                "POST", "/api/users/login", {"username": phone.name, "password": "secret"})
            token = told["token"]
        record, = await server.rest.records(phone.name, token)
        last = record["markers"][-1]
        assert is_at(phone.place, last["latitude"], last["longitude"]), (phone.name, phone.place, last)
        assert abs(record["meters"] - meters[phone.name]) <= DECIMETRE, (phone.name, record["meters"], meters)
        if phone in walkers:
            # From the first place of which the page heard when it ran; that may have come within a second of another.
            first = next(place for *place, phase in phone.measured if phase == "running")
            walked = distance(first, phone.place)
            assert walked - 3.5 <= record["meters"] <= walked + 0.5, (phone.name, record["meters"], walked)
        else:
            # All steps but those before the run began.
            steps = 2 * STEPS - 7
            assert 3 * (steps - 2) - 1 <= record["meters"] <= 3 * steps + 1, (phone.name, record["meters"])

"""Runs from files and as files: the dialog on the page of one's runs, and what a run's page hands out."""

import asyncio

import pytest
from scene import a_room, holds, until
from test_pages import LOCALES, gallery, park  # noqa: F401 (a fixture)
from test_runs import has_run, member, own_runs, posts

START = 1_732_350_000


def gpx(day, name="", minutes=20, sport="running"):
    """A run of another day, a point each ten seconds, with a pause in its middle."""
    import datetime

    def point(index):
        latitude, longitude = park(0, index * 30)
        at = START + day * 86400 + index * 10 + (300 if index >= minutes * 3 else 0)
        time = datetime.datetime.fromtimestamp(at, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return f'<trkpt lat="{latitude:.7f}" lon="{longitude:.7f}"><ele>44</ele><time>{time}</time></trkpt>'

    points = [point(index) for index in range(minutes * 6)]
    half = minutes * 3
    return (f'<gpx><trk><name>{name}</name><type>{sport}</type><trkseg>{"".join(points[:half])}</trkseg>'
            f'<trkseg>{"".join(points[half:])}</trkseg></trk></gpx>').encode()


def file(name, content):
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


async def answers(page):
    return await page.locator("#import-list .import-outcome").all_text_contents()


async def test_several_files_are_taken_with_an_answer_for_each(server, browse):
    context = await browse.context()
    _, token = await member(server, context)
    page = await browse.page(server.url + "/runs", context)
    await page.locator("#import").click()
    files = [file(f"day {day}.gpx", gpx(day)) for day in range(12)]
    await page.locator("#import-files").set_input_files(
        [*files, file("again.gpx", gpx(3)), file("words <b>.txt", b"hello"), file("cut.gpx", gpx(40)[:400])])
    told = page.locator("#import-told")
    await until(lambda: is_text(told, "Done: 15 files. Added: 12, already there: 1, refused: 2."), 30)
    assert await answers(page) == ["added"] * 12 + [
        "already there", "It is no GPX, TCX, FIT, KML or GeoJSON file.", "It is damaged."]
    assert await page.locator("#import-list .import-name").nth(13).text_content() == "words <b>.txt"
    # Where two answers lead to the same run.
    links = [await page.locator("#import-list a").nth(index).get_attribute("href") for index in (3, 12)]
    assert links[0] == links[1]
    # Let fall on the dialog.
    await page.evaluate("""content => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([content], 'dropped.gpx'));
        document.querySelector('#import-zone').dispatchEvent(
            new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }""", gpx(20).decode())
    await until(lambda: is_text(told, "Done: 16 files. Added: 13, already there: 1, refused: 2."))
    await page.locator("#import-close").click()
    await until(lambda: has_runs(page, 13))
    assert await page.locator("#total-runs").text_content() == "13"
    assert "from a file" in await page.locator("#run-list li").first.text_content()
    runs = await own_runs(server, token)
    assert {run["file"]["format"] for run in runs} == {"gpx"} and all(run["visibility"] == "private" for run in runs)


async def test_runs_that_come_after_the_dialog_is_closed_are_listed(server, browse):
    context = await browse.context()
    await member(server, context)
    page = await browse.page(server.url + "/runs", context)
    sent, answers = [], asyncio.Event()

    async def late(route):
        if route.request.method == "POST":
            sent.append(route.request.url)
            await answers.wait()
        await route.continue_()
    await page.route("**/v1/runs", late)
    await page.locator("#import").click()
    await page.locator("#import-files").set_input_files([file("day.gpx", gpx(1))])
    await until(lambda: sent)
    await page.locator("#import-close").click()
    answers.set()
    await until(lambda: has_runs(page, 1))


async def is_text(locator, text):
    return await locator.text_content() == text


async def has_runs(page, count):
    return await page.locator("#run-list li").count() == count


async def test_a_run_is_handed_out_in_each_format_to_who_may_see_it(server, browse):
    context = await browse.context()
    _, token = await member(server, context)
    async with a_room(server) as room:
        await has_run(room, token, minutes=8)
    run, = await own_runs(server, token)
    page = await browse.page(f"{server.url}/runs/{run['id']}", context)
    await page.locator("#files").wait_for()
    for link, beginning in ((".gpx", b"<?xml"), (".fit", b"\x0e "), (".tcx", b"<?xml"), (".kml", b"<?xml"),
                            (".geojson", b'{"type"'), (".csv", b"time,"), ("/course.gpx", b"<?xml"),
                            ("/course.fit", b"\x0e ")):
        async with page.expect_download() as downloaded:
            await page.locator(f'[data-file="{link}"]').click()
        download = await downloaded.value
        assert download.suggested_filename.endswith(link.split("/")[-1].replace("course", "")), download
        content = open(await download.path(), "rb").read()
        assert content.startswith(beginning), (link, content[:20])
    # By a link it is the same file.
    await page.get_by_label("By link").check()
    link = page.locator("#run-link input")
    await link.wait_for()
    stranger = await browse.page(await link.input_value())
    await stranger.locator("#files").wait_for()
    async with stranger.expect_download() as downloaded:
        await stranger.locator('[data-file=".csv"]').click()
    download = await downloaded.value
    assert download.suggested_filename == f"run-{await day_of(run)}-{run['number']}.csv"
    assert len(open(await download.path()).read().splitlines()) > 50


async def day_of(run):
    import datetime
    return datetime.datetime.fromtimestamp(run["start"] / 1000, datetime.timezone.utc).strftime("%Y-%m-%d")


async def test_a_run_without_a_way_has_no_files(server, browse):
    context = await browse.context()
    _, token = await member(server, context)
    await posts(server, token, 1500)
    run, = await own_runs(server, token)
    page = await browse.page(f"{server.url}/runs/{run['id']}", context)
    await page.locator("#no-way").wait_for()
    assert await page.locator("#files").is_hidden()


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.limit(300)
async def test_looks_of_files(server, gallery, language):  # noqa: F811
    context = await gallery.context(language)
    _, token = await member(server, context)
    page = await gallery.browse.page(server.url + "/runs", context)
    await page.locator("#import").click()
    await gallery.examine(page, (360,))
    await gallery.pictures(page, "import-0", language, (360, 768, 1440))
    await page.locator("#import-files").set_input_files([
        file("Morning Run along the river with a very long name 河边晨跑 2024-11-23.gpx", gpx(0, "Morning")),
        *[file(f"activities_{day}.gpx", gpx(day, sport="cycling" if day == 2 else "running")) for day in range(1, 9)],
        file("again.gpx", gpx(3)), file("notes.txt", b"hello"), file("cut.gpx", gpx(40)[:400])])
    await holds(page, "document.querySelectorAll('#import-list [data-wrong=true]').length === 2")
    await gallery.examine(page)
    await gallery.pictures(page, "import-many", language, (320, 360, 768, 1440))
    await page.locator("#import-close").click()
    await page.locator("#overview").wait_for()
    await gallery.pictures(page, "runs-imported", language, (360, 1440), ("light",))
    imported = next(run for run in await own_runs(server, token) if run["file"]["sport"] == "cycling")
    await page.goto(f"{server.url}/runs/{imported['id']}")
    await page.locator("#files").scroll_into_view_if_needed()
    await asyncio.sleep(0.3)
    await gallery.examine(page)
    await gallery.pictures(page, "run-files", language, (360, 768, 1440))
    for width in (360, 1440):
        await page.set_viewport_size({"width": width, "height": 900})
        await asyncio.sleep(0.3)
        await page.screenshot(path=gallery.shots / f"run-files-whole-{width}-{language}.png", full_page=True)

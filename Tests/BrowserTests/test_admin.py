"""Administration: the first administrator, rooms, people, reports, figures, settings and the log."""

import asyncio
import re

import pytest
from scene import a_room, holds, until
from test_forum import HOSTILE, LONG, comment, log_in, publish
from test_pages import LOCALES, gallery  # noqa: F401

WRONG = r"console error: Failed to load resource: the server responded with a status of (400|401|403|404|409)"


async def administrator(server, browse, context, name="rita"):
    """Opens the address that the server printed, and becomes the first administrator."""
    invitation = await until(lambda: server.invitation)
    page = await browse.page(invitation, context)
    await page.locator("#setup-name").fill(name)
    await page.locator("#setup-password").fill("secret")
    await page.locator("#setup-submit").click()
    await page.wait_for_url("**/admin")
    await page.locator("#desk").wait_for()
    return page


async def tab(page, name):
    await page.locator(f"[data-tab={name}]").click()
    await page.locator(f"#{name}").wait_for()


async def entries(page, name):
    return await page.locator(f"#{name}-list > li").all_inner_texts()


async def report(server, context, path, reason="abuse", note=None):
    answer = await context.request.post(server.url + path, headers={"Origin": server.url}, data={
        "reason": reason, **({"note": note} if note else {})})
    assert answer.status == 204, await answer.text()


async def test_the_printed_address_makes_the_first_administrator_once(servers, browse):
    browse.expects(WRONG)
    server = await servers.start()
    context = await browse.context()
    page = await browse.page(await until(lambda: server.invitation), context)
    # Neither in the bar of the browser nor in its history.
    await holds(page, "location.search === ''")
    await page.locator("#setup-name").fill("rita")
    await page.locator("#setup-password").fill("secret")
    await page.locator("#setup-submit").click()
    await page.wait_for_url("**/admin")
    await page.locator("#desk").wait_for()
    # From any page there is a way here, for who may go it.
    await page.goto(server.url + "/forum")
    await page.locator("#account-button").click()
    await page.locator("#admin-link").click()
    await page.locator("#rooms-none").wait_for()

    again = await browse.page(server.invitation)
    await again.locator("#setup-name").fill("eve")
    await again.locator("#setup-password").fill("secret")
    await again.locator("#setup-submit").click()
    await again.locator("#setup-wrong").wait_for()

    other = await browse.context()
    await log_in(server, other)
    stranger = await browse.page(server.url + "/admin", other)
    await stranger.locator("#nobody").wait_for()
    assert await stranger.locator("#desk").is_hidden()
    await stranger.locator("#account-button").click()
    assert await stranger.locator("#admin-link").is_hidden()


@pytest.mark.limit(120)
async def test_rooms_are_seen_emptied_and_closed(servers, browse):
    server = await servers.start()
    async with a_room(server, HOSTILE[:60], "Ben") as room:
        page = await administrator(server, browse, await browse.context())
        await until(lambda: entries(page, "rooms"))
        item = page.locator("#rooms-list > li").first
        assert "0 running, 2 in the room, 0 watching" in await item.inner_text()
        await item.get_by_role("button", name="Who is there").click()
        people = item.locator(".inner > li")
        await people.nth(1).wait_for()
        await people.filter(has_text="Ben").get_by_role("button", name="Take out").click()
        await page.locator("dialog[open]").get_by_role("button", name="Take out").click()

        async def is_alone():
            return await people.count() == 1
        await until(is_alone)
        assert HOSTILE[:60] in await people.inner_text()
        await item.get_by_role("button", name="Close").click()
        await page.locator("dialog[open]").get_by_role("button", name="Close").click()
        await page.locator("#rooms-none").wait_for()
        assert await page.locator("#rooms-told").inner_text() == "The room is closed."
        await until(lambda: room.phones[0].close_code == 4004)


@pytest.mark.limit(120)
async def test_people_are_found_and_looked_after(servers, browse):
    browse.expects(WRONG)
    server = await servers.start()
    context = await browse.context()
    name = await log_in(server, context, LONG[:32])
    page = await administrator(server, browse, await browse.context())
    await tab(page, "people")
    await page.locator("#people-search").fill("nobody is called so")
    await page.keyboard.press("Enter")
    await page.locator("#people-none").wait_for()
    await page.locator("#people-search").fill(name[:-1])
    await page.keyboard.press("Enter")
    item = page.locator("#people-list > li").filter(has_text=name)
    await item.get_by_role("button", name="Manage").click()
    await page.locator("#person").wait_for()
    assert LONG[:32] in await page.locator("#person-name").inner_text()
    await page.locator("#person-reset").click()
    await page.locator("dialog[open]").last.get_by_role("button", name="New password").click()
    await page.locator("#person-password").wait_for()
    password = await page.locator("#person-password-text").inner_text()
    mine = await browse.page(server.url + "/", context)
    await mine.locator("#log-in").click()
    await mine.locator("#account-username").fill(name)
    await mine.locator("#account-password").fill(password)
    await mine.locator("#account-submit").click()
    await mine.locator("#account-button").wait_for()
    await page.locator("#person-role").select_option("auditor")
    await page.locator("#person-give").click()
    await holds(page, "document.querySelector('#person-told').textContent === 'The role is given.'")
    await page.locator("#person-disable").click()
    await page.locator("dialog[open]").last.get_by_role("button", name="Disable").click()
    await holds(page, "document.querySelector('#person-told').textContent === 'The account is disabled.'")
    await page.locator("#person-close").click()
    await until(lambda: item.locator(".badge").all_inner_texts())
    assert await item.locator(".badge").all_inner_texts() == ["auditor", "disabled"]
    await mine.reload()
    await mine.locator("#log-in").wait_for()
    # What was told once is not there any more.
    assert await page.locator("#person-password-text").inner_text() == ""
    await item.get_by_role("button", name="Manage").click()
    await page.locator("#person-delete").click()
    await page.locator("dialog[open]").last.get_by_role("button", name="Delete account").click()
    await page.locator("#person").wait_for(state="hidden")

    async def is_gone():
        return await item.count() == 0
    await until(is_gone)
    await tab(page, "log")
    await until(lambda: entries(page, "log"))
    titles = await page.locator("#log-list .entry-title").all_inner_texts()
    assert titles == [
        "Account deleted", "Account disabled", "Role given", "New password given", "First administrator made"]


@pytest.mark.limit(120)
async def test_a_post_a_comment_and_a_name_are_reported_and_decided(servers, browse):
    browse.expects(WRONG)
    server = await servers.start()
    author, reader = await browse.context(), await browse.context()
    name = await log_in(server, author, "Rude")
    post = await publish(server, author, HOSTILE, "Bad words\n" + HOSTILE)
    await comment(server, author, post, "Bad reply")
    await log_in(server, reader)
    page = await browse.page(f"{server.url}/forum/{post['id']}", reader)
    await page.locator("#report").click()
    await page.locator("#report-reason").select_option("spam")
    await page.locator("#report-note").fill("Look at " + HOSTILE)
    await page.locator("#report-submit").click()
    await holds(page, "document.querySelector('#report').textContent === 'Reported'")
    await page.locator("#comments [data-action=report]").click()
    await page.locator("#report-submit").click()
    await holds(page, "document.querySelector('#comments [data-action=report]').disabled")
    await report(server, reader, f"/v1/people/{name}/report")

    desk = await administrator(server, browse, await browse.context())
    await tab(desk, "reports")
    items = desk.locator("#reports-list > li")
    await items.nth(2).wait_for()
    assert HOSTILE in await items.nth(2).inner_text() and "Look at " + HOSTILE in await items.nth(2).inner_text()
    await items.nth(2).get_by_role("button", name="Hide").click()

    async def left(count):
        return await items.count() == count
    await until(lambda: left(2))
    await items.filter(has_text="Bad reply").get_by_role("button", name="Delete").click()
    await desk.locator("dialog[open]").get_by_role("button", name="Delete").click()
    await until(lambda: left(1))
    await items.first.get_by_role("button", name="Dismiss").click()
    await desk.locator("#reports-none").wait_for()
    await page.reload()
    await holds(page, "document.querySelector('#post-content').textContent === 'Hidden by an administrator'")
    assert await page.locator("#report").is_hidden()
    await page.locator("#no-comments").wait_for()
    await page.goto(server.url + "/forum")
    await page.get_by_text("Hidden by an administrator").first.wait_for()
    await desk.locator("#reports-open").uncheck()
    await items.nth(2).wait_for()
    await items.filter(has_text="hidden by").get_by_role("button", name="Show again").click()
    await holds(desk, "document.querySelector('#reports-told').textContent === 'Done.'")
    await page.reload()
    await page.get_by_text("Bad words").first.wait_for()


@pytest.mark.limit(120)
async def test_who_is_in_a_room_reports_it_or_one_of_its_people(servers, browse):
    server = await servers.start()
    async with a_room(server, "Ana", "Rude") as room:
        context = await browse.context()
        await log_in(server, context)
        page = await room.open(browse, context=context)
        await page.locator("#report").click()
        await page.locator("#report-dialog").wait_for()
        subjects = await page.locator("#report-subject option").all_inner_texts()
        assert subjects == ["This room", "Ana", "Rude"]
        await page.locator("#report-subject").select_option(label="Rude")
        await page.locator("#report-submit").click()
        await page.locator("#report-dialog").wait_for(state="hidden")
        await holds(page, "document.querySelector('#report').textContent === 'Reported'")
        desk = await administrator(server, browse, await browse.context())
        await tab(desk, "reports")
        await until(lambda: entries(desk, "reports"))
        assert "Rude" in (await entries(desk, "reports"))[0]


@pytest.mark.limit(120)
async def test_the_figures_go_on_and_the_settings_say_where_they_are_from(servers, browse):
    server = await servers.start("--tick", "100")
    page = await administrator(server, browse, await browse.context())
    await tab(page, "server")
    figure = "[...document.querySelectorAll('#figures > div')].find(box => box.firstChild.textContent === '{}')"
    await holds(page, figure.format("Memory") + "?.children[1].textContent.endsWith('MB')")
    up = figure.format("Running for") + "?.children[1].textContent"
    first = await page.evaluate(up)
    await holds(page, f"{up} !== '{first}'")
    rows = await page.locator("#settings > tr").all_inner_texts()
    assert any(re.fullmatch(r"tick\s+100\s+--tick", row) for row in rows), rows
    # The demo room's password is no secret, and is not shown all the same.
    assert any(re.search(r"demo-room\s+\(not shown\)", row) for row in rows), rows
    await page.locator("#settings-given").uncheck()
    assert await page.locator("#settings > tr").count() > len(rows) + 20


@pytest.mark.limit(120)
@pytest.mark.limit(60)
async def test_backups_are_seen_and_one_is_made_now(servers, browse, tmp_path):
    server = await servers.start("--backup-dir", str(tmp_path / "backups"), "--backup-every", "12", "--backups-kept", "3")
    page = await administrator(server, browse, await browse.context())
    await tab(page, "server")
    # The first was made at the start.
    await holds(page, "document.querySelectorAll('#backups li').length === 1")
    await holds(page, "document.querySelector('#backups-text').textContent.includes('12 hours; the newest 3')")
    assert "The next is due" in await page.locator("#backups-text").text_content()
    first = await page.locator("#backups li").text_content()
    assert re.search(r"runroom-\d{8}T\d{6}Z\.tar, [\d.]+ .B", first), first
    # Two within a second are one.
    await asyncio.sleep(1.1)
    await page.locator("#backup-now").click()
    await holds(page, "document.querySelectorAll('#backups li').length === 2", 20)
    await holds(page, "document.querySelector('#backups-told').textContent === 'It is made.'")
    assert len(list((tmp_path / "backups").iterdir())) == 2
    other = await servers.start()
    page = await administrator(other, browse, await browse.context())
    await tab(page, "server")
    await holds(page, "document.querySelector('#backups-text').textContent.includes('--backup-dir')")
    assert await page.locator("#backup-now").is_hidden()


async def test_reports_are_decided_one_after_the_other_by_keys(servers, browse):
    server = await servers.start()
    author, reader = await browse.context(), await browse.context()
    await log_in(server, author)
    await log_in(server, reader)
    for title in ("One", "Two"):
        post = await publish(server, author, title, "Words")
        await report(server, reader, f"/v1/posts/{post['id']}/report")
    page = await administrator(server, browse, await browse.context())
    await tab(page, "reports")
    items = page.locator("#reports-list > li")
    await items.nth(1).wait_for()

    async def left(count):
        return await items.count() == count
    await items.first.get_by_role("button", name="Dismiss").focus()
    await page.keyboard.press("Enter")
    await until(lambda: left(1))
    assert await page.evaluate("document.querySelector('#reports-list > li').contains(document.activeElement)")
    await items.first.get_by_role("button", name="Dismiss").focus()
    await page.keyboard.press("Enter")
    await until(lambda: left(0))
    assert await page.evaluate("document.activeElement.id") == "reports-none"


async def test_nothing_is_asked_of_the_server_for_a_tab_that_is_left(servers, browse):
    server = await servers.start()
    page = await administrator(server, browse, await browse.context())
    asked, answers = [], asyncio.Event()

    async def late(route):
        asked.append(route.request.url)
        await answers.wait()
        await route.continue_()
    await page.route("**/v1/admin/server", late)
    await tab(page, "server")
    await until(lambda: asked)
    await tab(page, "people")
    async with page.expect_response("**/v1/admin/server"):
        answers.set()
    await asyncio.sleep(3)
    assert len(asked) == 1
    # What an address names that is no tab is the first one.
    await page.goto(f"{server.url}/admin#constructor")
    await page.locator("#rooms").wait_for()


async def test_all_tabs_are_in_view_on_a_phone_and_the_chosen_one_on_the_narrowest(servers, browse):
    server = await servers.start()
    page = await administrator(server, browse, await browse.context())
    await page.set_viewport_size({"width": 360, "height": 740})
    await holds(page, "(row => row.scrollWidth <= row.clientWidth)(document.querySelector('.tabs'))")
    await page.set_viewport_size({"width": 260, "height": 740})
    await holds(page, "(row => row.scrollWidth > row.clientWidth)(document.querySelector('.tabs'))")
    for name in ("log", "rooms"):
        await page.goto(f"{server.url}/admin#{name}")
        await page.locator(f"#{name}").wait_for()
        await holds(page, "(box => box.left >= 0 && box.right <= innerWidth)"
                    f"(document.querySelector('[data-tab={name}]').getBoundingClientRect())")


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.limit(240)
async def test_its_looks(servers, gallery, language, tmp_path):
    server = await servers.start("--backup-dir", str(tmp_path))
    context = await gallery.context(language)
    setup = await gallery.browse.page(await until(lambda: server.invitation), context)
    await gallery.examine(setup)
    await gallery.pictures(setup, "setup", language)
    await setup.close()
    stranger = await gallery.browse.page(server.url + "/admin", await gallery.context(language))
    await stranger.locator("#nobody").wait_for()
    await gallery.examine(stranger, (360,))
    people = [await gallery.context(language) for _ in range(4)]
    names = ["Ana", "李雷", LONG, "فريد"]
    posts = []
    for person, name in zip(people, names):
        await log_in(server, person, name[:32])
        posts.append(await publish(server, person, f"{name} " * 3, "Some words. " * 60))
    async with a_room(server, *names):
        for index, reason in enumerate(("abuse", "spam", "privacy")):
            await report(server, people[index], f"/v1/posts/{posts[3]['id']}/report", reason, "Look at this. " * 8)
            await report(server, people[index], f"/v1/posts/{posts[index - 1]['id']}/report", reason)
        await report(server, people[0], f"/v1/people/{posts[2]['author']['name']}/report", "other")
        page = await administrator(server, gallery.browse, context)
        for name in ("rooms", "people", "reports", "server", "log"):
            await tab(page, name)
            if name != "server":
                await until(lambda: entries(page, name))
            if name == "rooms":
                await page.locator("#rooms-list button").first.click()
                await page.locator(".inner > li").nth(3).wait_for()
            await gallery.examine(page)
            await gallery.pictures(page, f"admin-{name}", language)
            if name == "server":
                await page.locator("#backups li").wait_for()
                await page.locator("#backups-heading").evaluate("heading => heading.scrollIntoView()")
                await gallery.pictures(page, "admin-backups", language)
        await tab(page, "people")
        await page.locator("#people-list button").first.click()
        await page.locator("#person").wait_for()
        await gallery.examine(page, (360,))
        await gallery.pictures(page, "admin-person", language, (360, 1440))
        await page.locator("#person-close").click()
        post = await gallery.browse.page(f"{server.url}/forum/{posts[0]['id']}", people[1])
        await post.locator("#report").click()
        await post.locator("#report-dialog").wait_for()
        await gallery.examine(post, (360,))
        await gallery.pictures(post, "report", language, (360, 1440))

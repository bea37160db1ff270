"""Logging in, registering and logging out on the pages, and the list of public rooms."""

import pytest
from conftest import DEMO
from live import unique
from scene import a_room, holds, until

HOSTILE = "<b>Ana</b> &quot;"


async def register(page, name, nickname=None):
    await page.locator("#log-in").click()
    await page.locator("#account-other").click()
    await page.locator("#account-username").fill(name)
    await page.locator("#account-password").fill("secret")
    if nickname:
        await page.locator("#account-nickname").fill(nickname)
    await page.locator("#account-submit").click()
    await page.locator("#account-button").wait_for()


async def test_who_registers_is_logged_in_on_every_page_until_they_log_out(server, browse):
    context = await browse.context()
    page = await browse.page(server.url + "/", context)
    await page.locator("#welcome").wait_for()
    await register(page, unique("ana"), HOSTILE)
    await page.locator("#welcome").wait_for(state="hidden")
    # A login that no script reads.
    assert await page.evaluate("document.cookie") == ""
    cookie, = [cookie for cookie in await context.cookies() if cookie["name"] == "runroom"]
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax", cookie
    assert await page.evaluate("localStorage.length + sessionStorage.length") == 0
    await page.goto(server.url + "/r/nowhere")
    await page.locator("#account-button").click()
    assert await page.locator("#account-name").text_content() == HOSTILE
    assert await page.locator("#account-menu b").count() == 0
    assert "You are watching." in await page.locator("#me-text").text_content()
    await page.locator("#log-out").click()
    await page.locator("#log-in").wait_for()
    assert "Log in to run" in await page.locator("#me-text").text_content()
    assert [cookie for cookie in await context.cookies() if cookie["name"] == "runroom"] == []


async def test_a_wrong_password_and_a_taken_name_are_said_in_the_dialog(server, browse):
    browse.expects("console error: Failed to load resource: the server responded with a status of (401|409)")
    name, _ = await server.rest.account()
    page = await browse.page(server.url + "/")
    await page.locator("#log-in").click()
    assert await page.evaluate("document.activeElement.id") == "account-username"
    await page.keyboard.type(name)
    await page.keyboard.press("Tab")
    await page.keyboard.type("wrong")
    await page.keyboard.press("Enter")
    wrong = page.locator("#account-wrong")
    await wrong.wait_for()
    assert await wrong.text_content() == "The name or the password is wrong."
    await page.locator("#account-other").click()
    await page.locator("#account-submit").click()
    await holds(page, "document.querySelector('#account-wrong').textContent.startsWith('This name is taken')")
    await page.locator("#account-other").click()
    await page.locator("#account-password").fill("secret")
    await page.keyboard.press("Enter")
    await page.locator("#account-button").wait_for()
    await page.locator("#account-dialog").wait_for(state="hidden")


async def test_public_rooms_are_listed_with_how_many_run(servers, browse):
    server = await servers.start()
    page = await browse.page(server.url + "/")
    await page.locator("#no-rooms").wait_for()
    assert await page.locator("#rooms li").count() == 0
    await server.rest("POST", "/api/runRoom/create", {"runID": DEMO[0], "password": DEMO[1]})
    async with a_room(server, "Ana", "Ben", key=DEMO) as room:
        await room.phones[0].start(seconds_ago=60)

        async def counted():
            await page.reload()
            row = page.locator("#rooms .room-count")
            return await row.count() and "1 running, 2 in the room" in await row.text_content()
        await until(counted, 15, every=0.5)
        await page.get_by_role("link", name="demo").click()
        await holds(page, "window.runroom?.room.status.state === 'live'")


@pytest.mark.parametrize("field", ["account-username", "account-password"])
async def test_nothing_is_sent_without_a_name_and_a_password(server, browse, field):
    page = await browse.page(server.url + "/")
    await page.locator("#log-in").click()
    await page.locator("#account-username").fill("ana")
    await page.locator("#account-password").fill("secret")
    await page.locator(f"#{field}").fill("")
    await page.locator("#account-submit").click()
    assert await page.evaluate("document.activeElement.id") == field
    assert await page.locator("#account-dialog").is_visible()

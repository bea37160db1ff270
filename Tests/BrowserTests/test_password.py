"""The password of a room: asked for, kept for the tab, and of the demo alone in an address."""

from conftest import DEMO
from scene import a_room, holds, is_live, until

STATE = "window.runroom.room.status.state"


async def test_a_wrong_password_is_asked_for_again_and_the_right_one_is_kept_for_the_tab(server, browse):
    async with a_room(server, "Ana") as room:
        context = await browse.context()
        page = await browse.page(room.url, context)
        dialog = page.locator("#password-dialog")
        await dialog.wait_for()
        assert room.key[0] in await dialog.locator("#password-text").text_content()
        assert not await page.locator("#password-wrong").is_visible()
        assert await page.evaluate("document.activeElement.id") == "password"

        await page.keyboard.type("wrong")
        await page.keyboard.press("Enter")
        await page.locator("#password-wrong").wait_for()
        assert await page.locator("#password-wrong").text_content() == "That is not the password of this room."
        # Who gives up can begin again.
        await page.locator("#password-cancel").click()
        await holds(page, "document.querySelector('#notice-text').textContent.includes('Without its password')", 5)
        await page.locator("#enter-password").click()
        await dialog.wait_for()
        await page.locator("#password").fill(room.key[1])
        await page.keyboard.press("Enter")
        await is_live(page)
        await dialog.wait_for(state="hidden")
        assert not await page.locator("#notice").is_visible()
        assert "password" not in page.url and room.key[1] not in page.url.split("#")[-1]

        await page.reload()
        await is_live(page)
        assert await page.evaluate("localStorage.length") == 0
        assert await page.evaluate("document.cookie") == ""
        assert all(cookie["name"] == "language" for cookie in await context.cookies())
        # Another tab has to ask, though it is the same browser.
        other = await browse.page(room.url, context)
        await other.locator("#password-dialog").wait_for()
        assert await other.evaluate(STATE) == "ended"


async def test_the_demo_opens_by_its_address(server, browse):
    async with a_room(server, key=await demo(server)):
        page = await browse.page(f"{server.url}/")
        await page.get_by_role("link", name="demo").click()
        await is_live(page)
        assert page.url == f"{server.url}/r/demo#password=demo"


async def demo(server):
    await server.rest("POST", "/api/runRoom/create", {"runID": DEMO[0], "password": DEMO[1]})
    return DEMO


async def test_a_password_in_the_address_of_another_room_is_ignored(server, browse):
    async with a_room(server) as room:
        page = await browse.page(f"{room.url}#password={room.key[1]}")
        await page.locator("#password-dialog").wait_for()
        assert await page.evaluate("sessionStorage.length") == 0


async def test_a_password_of_any_characters_opens_its_room(server, browse):
    from live import unique
    key = await server.rest.room(unique("room"), "пароль \"&<>\u202e 加油 🏃")
    async with a_room(server, key=key) as room:
        page = await browse.page(room.url)
        await page.locator("#password-dialog").wait_for()
        await page.locator("#password").fill(key[1])
        await page.keyboard.press("Enter")
        await is_live(page)
        await until(lambda: page.evaluate(f"{STATE} === 'live'"))
        await holds(page, "sessionStorage.length === 1")

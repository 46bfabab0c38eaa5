import os

import pytest
from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def chromium():
    """One browser for all tests of a process."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        # Playwright's loop runs in this thread, and Django would take the tests' own queries for asynchronous ones.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        yield browser
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
        browser.close()


def wrong(message):
    """Whether a console message is an error; a form that is sent back with its errors is none."""
    return message.type == "error" and "status of 422" not in message.text


@pytest.fixture
def open_page(chromium, live_server, client):
    """`open_page(user=None, **context)`: a page of a fresh browser, signed in, whose errors fail the test."""
    contexts, problems = [], []

    def open_(user=None, **options):
        context = chromium.new_context(base_url=live_server.url, **options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        if user is not None:
            client.force_login(user)
            cookie = client.cookies["sessionid"]
            context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text) if wrong(message) else None)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert problems == []

# SPDX-License-Identifier: MIT
"""page.py ADDRESS DIRECTORY [SWITCH…] - the live page in a headless browser,
driven by lines on standard input, each answered by a line:

    see SELECTOR      the text of the first element, in one line
    count SELECTOR    how many there are
    get NAME SELECTOR an attribute of the first element
    key NAME          pressed where the focus is: p, ArrowLeft, Escape
    focus SELECTOR    give it the focus
    click SELECTOR
    size WIDTH HIGH   of the page's view
    prefers SCHEME    light or dark
    load              the page anew
    shot NAME         a picture into DIRECTORY/NAME.png
    errors            what the console has said since, or `none`
    quit
"""
import json
import re
import signal
import sys

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys


def open_browser(directory):
    options = Options()
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 "--hide-scrollbars", "--no-proxy-server", "--disable-background-networking",
                 f"--user-data-dir={directory}/browser", *sys.argv[3:]):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)


class Page:
    def __init__(self, browser, address, directory):
        self.browser, self.address, self.directory = browser, address, directory
        browser.get(address)

    def find(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def see(self, selector):
        # textContent: what a narrow window scrolls away is there, too.
        found = self.browser.find_elements(By.CSS_SELECTOR, selector)
        return " ".join((found[0].get_property("textContent") if found else "(none)").split())

    def count(self, selector):
        return len(self.browser.find_elements(By.CSS_SELECTOR, selector))

    def get(self, rest):
        name, selector = rest.split(" ", 1)
        return self.find(selector).get_attribute(name)

    def key(self, name):
        code = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()
        self.browser.switch_to.active_element.send_keys(getattr(Keys, code, name))

    def focus(self, selector):
        self.browser.execute_script("arguments[0].focus()", self.find(selector))

    def click(self, selector):
        self.find(selector).click()

    def size(self, rest):
        width, height = map(int, rest.split())
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def prefers(self, scheme):
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def load(self, _):
        self.browser.get(self.address)

    def shot(self, name):
        self.browser.save_screenshot(f"{self.directory}/{name}.png")

    def errors(self, _):
        # That the server is away is no mistake of the page.
        said = [entry["message"] for entry in self.browser.get_log("browser")
                if not re.search("ERR_CONNECTION_(REFUSED|RESET)|ERR_EMPTY_RESPONSE", entry["message"])]
        return json.dumps(said) if said else "none"

    # The page makes its rows anew each second, perhaps between finding one and
    # looking at it.
    def answer(self, verb, rest):
        while True:
            try:
                said = getattr(self, verb)(rest)
                return "done" if said is None else said
            except StaleElementReferenceException:
                pass


def main():
    address, directory = sys.argv[1:3]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    browser = open_browser(directory)
    try:
        page = Page(browser, address, directory)
        for line in sys.stdin:
            verb, _, rest = line.strip().partition(" ")
            if verb == "quit":
                break
            print(page.answer(verb, rest), flush=True)
    finally:
        browser.quit()


main()

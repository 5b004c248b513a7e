"""The report as a reader has it: in a real browser, without a network."""

import json
import shutil
import time

import numpy as np
import pytest

from jointaware.mocap.keypoints.layouts import LAYOUTS
from jointaware.video.exports import export
from jointaware.video.lifted import Lifted
from tests.people import seen

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--no-first-run",
    "--window-size=1280,900",
)  # fmt: skip
SECONDS = 120
"""That a loaded machine may take to draw in software."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER), reason="no Chromium with its driver here: apt-get install chromium-driver"
    ),
]


@pytest.fixture(scope="module")
def address(report) -> str:
    return report.path.as_uri()


@pytest.fixture(scope="module")
def browser():
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for option in OPTIONS:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def page(browser, address):
    """The report, just opened."""
    browser.get("about:blank")
    for log in ("browser", "performance"):
        browser.get_log(log)
    browser.get(address)
    return browser


def until(page, expression: str) -> object:
    """Wait until a JavaScript expression is true; returns it."""
    end = time.monotonic() + SECONDS
    while not (value := page.execute_script(f"return {expression}")):
        assert time.monotonic() < end, f"never true: {expression}"
        time.sleep(0.1)
    return value


def open_player(page) -> None:
    page.execute_script("document.querySelector('.player').scrollIntoView({behavior: 'instant'})")
    until(page, "document.querySelector('.player').dataset.ready")


def look(page, selector: str) -> object:
    return page.execute_script("return document.querySelector(arguments[0])", selector)


def press(page, key: str, selector: str) -> None:
    element = look(page, selector)
    page.execute_script("arguments[0].focus()", element)
    element.send_keys(key)


def drawn(page) -> list[float]:
    """Where plotly has the first predicted bones."""
    return page.execute_script("return document.querySelector('.scene').data[4].x.filter(Number.isFinite)")


def test_it_opens_and_plays_without_an_error_or_a_request(page):
    open_player(page)
    look(page, "[name=play]").click()
    until(page, "Number(document.querySelector('.player').dataset.frame) > 1")
    errors = [entry for entry in page.get_log("browser") if entry["level"] == "SEVERE"]
    assert errors == []
    messages = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]
    asked = {
        m["params"]["request"]["url"].split(":")[0] for m in messages if m["method"] == "Network.requestWillBeSent"
    }
    assert asked <= {"file", "data", "blob"}


def test_a_click_on_a_number_shows_its_trace_and_escape_closes_it(page):
    from selenium.webdriver.common.keys import Keys

    number = page.execute_script(
        "const traces = JSON.parse(document.getElementById('traces').textContent);"
        "const place = traces.cells.findIndex((c) => c.table === 'protocols' && c.row === 'joint_aware');"
        "return document.querySelector(`[data-cell='${place}']`)"
    )
    number.click()
    text = until(page, "document.querySelector('dialog').open && document.querySelector('dialog').innerText")
    for words in ("protocols, joint_aware, mpjpe_mm", "published, Gupta 2020", "45.9", "from joint_aware-1",
                  "results/runs/joint_aware/1/metrics.json", "run joint_aware-0"):  # fmt: skip
        assert words in text
    whole = page.execute_script("return document.querySelector('dialog').textContent")
    for words in ("models/joint_aware/0/network.safetensors", "train.epochs", "data/raw/S9/Walking.npz", "commit"):
        assert words in whole
    look(page, "dialog .close").send_keys(Keys.ESCAPE)
    until(page, "!document.querySelector('dialog').open")


def test_a_number_is_reached_and_opened_with_the_keyboard(page):
    from selenium.webdriver.common.keys import Keys

    press(page, Keys.ENTER, ".number")
    assert until(page, "document.querySelector('dialog').open")


def test_the_player_moves_steps_scrubs_and_shows_another_run(page):
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.select import Select

    open_player(page)
    before = drawn(page)
    press(page, Keys.ARROW_RIGHT, ".player")
    until(page, "document.querySelector('.player').dataset.frame === '1'")
    assert drawn(page) != before
    press(page, " ", ".player")
    until(page, "document.querySelector('[name=play]').ariaLabel === 'pause'")
    press(page, " ", ".player")
    until(page, "document.querySelector('[name=play]').ariaLabel === 'play'")
    page.execute_script(
        "const f = document.querySelector('[name=frame]'); f.value = 3; f.dispatchEvent(new Event('input'))"
    )
    until(page, "document.querySelector('.player').dataset.frame === '3'")
    scrubbed = drawn(page)
    Select(look(page, "[name=run]")).select_by_visible_text("baseline-0")
    until(page, "location.hash.startsWith('#player=baseline-0/Walking/')")
    Select(look(page, "[name=camera]")).select_by_visible_text("55011271")
    until(page, "location.hash === '#player=baseline-0/Walking/55011271'")
    assert drawn(page) != scrubbed


def test_turning_one_skeleton_turns_the_other(page):
    from selenium.webdriver import ActionChains

    open_player(page)
    box = look(page, ".scene")
    ActionChains(page).move_to_element_with_offset(box, -200, 0).click_and_hold().move_by_offset(
        80, 20
    ).release().perform()
    eyes = "['scene', 'scene2'].map((s) => JSON.stringify(document.querySelector('.scene').layout[s].camera.eye))"
    until(page, f"new Set({eyes}).size === 1 && {eyes}[0] !== JSON.stringify({{x: 0.9, y: -1.5, z: 0.35}})")


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("joint_aware-9/Walking/54138969", "This report has no run joint_aware-9; it has baseline-0"),
        ("wide-0/Swimming/54138969", "This report has no action Swimming; it has Directions"),
        ("wide-0/Walking/1", "Walking has no camera 1; it has 54138969, 55011271"),
    ],
)
def test_a_sequence_that_is_not_there_is_told(page, address, wanted, words):
    page.get("about:blank")
    page.get(f"{address}#player={wanted}")
    assert words in until(page, "document.querySelector('.status').textContent")


def test_a_link_leads_to_what_it_names(page, address):
    page.get("about:blank")
    page.get(f"{address}#player=wide-0/Eating/55011271")
    until(page, "document.querySelector('.player').dataset.ready")
    chosen = page.execute_script(
        "return ['run', 'action', 'camera'].map((n) => document.querySelector(`[name=${n}]`).value)"
    )
    assert chosen == ["wide-0", "Eating", "55011271"]


def test_dark_is_dark_and_a_phone_scrolls_only_its_tables(page):
    page.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    )
    assert page.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(22, 24, 28)"
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    page.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    )
    try:
        assert page.execute_script("return document.documentElement.scrollWidth") <= 390
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_it_prints_its_tables_and_figures_without_the_player(page):
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        visible = "(s) => Boolean(document.querySelector(s).offsetParent)"
        shown = page.execute_script(f"return ['#results table', 'figure img', '.player', 'nav'].map({visible})")
    finally:
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert shown == [True, True, False, False]


@pytest.fixture
def take_page(browser, tmp_path):
    """The page of `jointaware lift --page`, just opened."""
    frames = 40
    joints, root = seen(frames), np.tile(np.float32([0, 0, 5]), (frames, 1))
    confidence, lost = np.ones((frames, 17), np.float32), np.zeros(frames, bool)
    keypoints = np.zeros((frames, 17, 2), np.float32)
    take = Lifted("take", joints, root, confidence, lost, 50.0, keypoints, LAYOUTS["h36m"], (1280, 720))
    export("page", tmp_path / "take.html", take)
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get((tmp_path / "take.html").as_uri())
    return browser


def test_a_single_take_plays_without_a_truth(take_page):
    open_player(take_page)
    look(take_page, "[name=play]").click()
    until(take_page, "Number(document.querySelector('.player').dataset.frame) > 1")
    assert not [entry for entry in take_page.get_log("browser") if entry["level"] == "SEVERE"]
    assert "MPJPE" not in look(take_page, "output").text
    assert not look(take_page, ".heads").is_displayed()
    assert not look(take_page, ".player form").is_displayed()
    scenes = take_page.execute_script("return Object.keys(document.querySelector('.scene').layout)")
    assert "scene2" not in scenes

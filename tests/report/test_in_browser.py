"""The report as a reader has it: in a real browser, without a network."""

import json
import re
import shutil
import time

import numpy as np
import pytest

from jointaware.mocap.keypoints.layouts import LAYOUTS
from jointaware.pose.skeleton import BONES
from jointaware.video.exports import export
from jointaware.video.lifted import Lifted
from tests.people import seen
from tests.report.test_player import unpack

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


def wait_for_player(page) -> None:
    until(page, "document.querySelector('.player').dataset.ready")


def look(page, selector: str) -> object:
    return page.execute_script("return document.querySelector(arguments[0])", selector)


def into_view(page, selector: str) -> object:
    """An element, with the page scrolled to it at once."""
    element = look(page, selector)
    page.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
    return element


def press(page, key: str, selector: str) -> None:
    element = look(page, selector)
    page.execute_script("arguments[0].focus()", element)
    element.send_keys(key)


def drawn(page, panel: str) -> list[dict]:
    """The bones in a panel of the player, the true pose behind a prediction left out."""
    return page.execute_script(
        "return [...document.querySelectorAll(`[data-shows=${arguments[0]}] > svg .bone:not(.ghost)`)]"
        ".map((bone) => Object.fromEntries([...bone.attributes].map(({name, value}) => [name, value])))",
        panel,
    )


def frame(page) -> int:
    return int(page.execute_script("return document.querySelector('.player').dataset.frame"))


def play_label(page) -> str:
    return look(page, "[name=play]").accessible_name


def emulate(page, width: int, **media: object) -> None:
    """Show the page as wide as a phone or a screen, with these settings of its reader."""
    size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 600}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": name.replace("_", "-"), "value": value} for name, value in media.items()]
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


@pytest.fixture
def motion(report) -> dict:
    """What the report's player shows."""
    return player_content(report.text)


def player_content(text: str) -> dict:
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', text, re.DOTALL)[1])


def test_it_opens_and_plays_without_an_error_or_a_request(page):
    wait_for_player(page)
    into_view(page, "[name=play]").click()
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
        "return document.querySelector(`#results [data-cell='${place}']`)"
    )
    page.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", number)
    number.click()
    text = until(page, "document.querySelector('dialog').open && document.querySelector('dialog').innerText")
    for words in ("protocols, joint_aware, mpjpe_mm", "from joint_aware-1", "results/runs/joint_aware/1/metrics.json",
                  "run joint_aware-0"):  # fmt: skip
        assert words in text
    assert "published" not in text
    whole = page.execute_script("return document.querySelector('dialog').textContent")
    for words in ("models/joint_aware/0/network.safetensors", "train.epochs", "data/raw/S9/Walking.npz", "commit"):
        assert words in whole
    look(page, "dialog .close").send_keys(Keys.ESCAPE)
    until(page, "!document.querySelector('dialog').open")


def test_a_number_is_reached_and_opened_with_the_keyboard(page):
    from selenium.webdriver.common.keys import Keys

    press(page, Keys.ENTER, "#results .number")
    assert until(page, "document.querySelector('dialog').open")


def test_a_name_says_what_it_means_on_focus_and_touch_and_escape_hides_it(page):
    from selenium.webdriver.common.keys import Keys

    name = page.execute_script(
        "return [...document.querySelectorAll('#verdict .term')].find((term) => term.textContent === 'P-MPJPE')"
    )
    shown = "!document.getElementById('tip').hidden"
    page.execute_script("arguments[0].focus()", name)
    until(page, shown)
    tip = page.execute_script("return document.getElementById('tip').textContent")
    assert tip.startswith("P-MPJPE: position error after the best rotation, translation and scale")
    assert name.get_attribute("aria-describedby") == "tip"
    name.send_keys(Keys.ESCAPE)
    until(page, f"!({shown})")
    page.execute_script("arguments[0].blur(); arguments[0].scrollIntoView({behavior: 'instant'})", name)
    name.click()
    until(page, shown)
    into_view(page, "h1").click()
    until(page, f"!({shown})")


@pytest.mark.parametrize("width", [390, 1400])
def test_the_first_screen_says_what_was_tested_and_which_claims_hold(page, address, width):
    try:
        emulate(page, width)
        page.get(address)
        bottoms = page.execute_script(
            "return [...document.querySelectorAll('#verdict > p')].map((p) => p.getBoundingClientRect().bottom)"
        )
        assert bottoms[1] <= 844
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_player_shows_all_panels_without_scrolling_and_moves_only_when_asked(page):
    wait_for_player(page)
    bones = {panel: len(drawn(page, panel)) for panel in ("keypoints", "true", "a", "b")}
    assert bones == dict.fromkeys(bones, len(BONES))
    assert page.execute_script("return scrollY") == 0
    assert (frame(page), play_label(page)) == (0, "play")


def test_the_player_obeys_the_keys_that_its_help_lists(page):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    wait_for_player(page)
    last = int(look(page, "[name=frame]").get_attribute("max"))
    before = drawn(page, "true")
    for key, expected in [(Keys.ARROW_RIGHT, 1), (Keys.END, last), (Keys.ARROW_LEFT, last - 1), (Keys.HOME, 0)]:
        press(page, key, ".player")
        assert frame(page) == expected
    press(page, Keys.ARROW_RIGHT, "[name=frame]")
    assert frame(page) == 1
    assert drawn(page, "true") != before
    ActionChains(page).key_down(Keys.SHIFT).send_keys(Keys.ARROW_RIGHT).key_up(Keys.SHIFT).perform()
    assert frame(page) == 11
    press(page, " ", ".player")
    assert play_label(page) == "pause"
    press(page, " ", ".player")
    assert play_label(page) == "play"
    press(page, ">", ".player")
    assert look(page, "[name=speed]").get_attribute("value") == "2"
    press(page, "l", ".player")
    assert not look(page, "[name=loop]").is_selected()
    before = drawn(page, "a")
    press(page, "]", ".player")
    assert drawn(page, "a") != before
    listed = page.execute_script("return [...document.querySelectorAll('.player kbd')].map((key) => key.textContent)")
    assert listed == ["space", "←", "→", "shift", "home", "end", "<", ">", "L", "[", "]"]


def test_without_the_loop_it_stops_at_the_end(page):
    from selenium.webdriver.common.keys import Keys

    wait_for_player(page)
    into_view(page, "[name=loop]").click()
    press(page, Keys.END, ".player")
    press(page, Keys.ARROW_LEFT, ".player")
    press(page, " ", ".player")
    until(page, "document.querySelector('[name=play]').ariaLabel === 'play'")
    assert frame(page) == int(look(page, "[name=frame]").get_attribute("max"))


def test_a_press_on_the_curves_seeks_the_frame_and_shows_its_errors(page, motion):
    from selenium.webdriver import ActionChains

    wait_for_player(page)
    chart = into_view(page, ".timeline svg")
    ActionChains(page).move_to_element_with_offset(chart, chart.size["width"] // 4, 0).click().perform()
    last = int(look(page, "[name=frame]").get_attribute("max"))
    assert frame(page) == pytest.approx(0.75 * last, abs=1)
    assert look(page, ".playhead").get_attribute("x1") == str(frame(page))
    walking = next(place for place, take in enumerate(motion["takes"]) if take["name"] == "Walking")
    errors = [unpack(motion)[walking]["errors"][run][frame(page)] for run in motion["first"]]
    shown = page.execute_script("return [...document.querySelectorAll('.player .error')].map((e) => e.textContent)")
    assert shown == [f"{error:.0f} mm" for error in errors]
    said = look(page, "[name=frame]").get_attribute("aria-valuetext")
    assert said.endswith(", ".join(f"{run} {error}" for run, error in zip(motion["first"], shown, strict=True)))


def test_any_two_runs_stand_beside_the_truth(page):
    from selenium.webdriver.support.select import Select

    wait_for_player(page)
    before = drawn(page, "a"), drawn(page, "b"), drawn(page, "true")
    Select(look(page, "[data-shows=a] [name=experiment]")).select_by_visible_text("wide")
    Select(look(page, "[data-shows=b] [name=experiment]")).select_by_visible_text("wide")
    Select(look(page, "[data-shows=b] [name=seed]")).select_by_visible_text("1")
    assert page.execute_script("return location.hash") == "#player=Walking/wide-0/wide-1"
    after = drawn(page, "a"), drawn(page, "b"), drawn(page, "true")
    assert after[0] != before[0]
    assert after[1] not in (before[1], after[0])
    assert after[2] == before[2]
    Select(look(page, "[name=take]")).select_by_visible_text("Eating")
    assert page.execute_script("return location.hash") == "#player=Eating/wide-0/wide-1"
    assert drawn(page, "true") != after[2]


def test_turning_one_skeleton_turns_the_others_and_a_double_click_turns_them_back(page):
    from selenium.webdriver import ActionChains

    wait_for_player(page)
    panel = into_view(page, "[data-shows=true] > svg")
    before = {name: drawn(page, name) for name in ("keypoints", "true", "a", "b")}
    ActionChains(page).move_to_element(panel).click_and_hold().move_by_offset(60, 20).release().perform()
    after = {name: drawn(page, name) for name in before}
    assert [name for name in before if before[name] != after[name]] == ["true", "a", "b"]
    ActionChains(page).double_click(panel).perform()
    assert {name: drawn(page, name) for name in before} == before


def test_every_control_of_the_player_has_a_name(page):
    wait_for_player(page)
    controls = page.execute_script(
        "return [...document.querySelectorAll('.player, .player :is(select, input, button, [role=img])')]"
    )
    assert len(controls) > 10
    assert [control.tag_name for control in controls if not control.accessible_name] == []


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("Walking/joint_aware-9/wide-0", "This report has no run joint_aware-9; it has baseline-0"),
        ("Swimming/wide-0/wide-1", "This report has no take Swimming; it has Directions"),
    ],
)
def test_a_sequence_that_is_not_there_is_told(page, address, wanted, words):
    page.get("about:blank")
    page.get(f"{address}#player={wanted}")
    assert words in until(page, "document.querySelector('.status').textContent")


def test_a_link_leads_to_what_it_names(page, address):
    page.get("about:blank")
    page.get(f"{address}#player=Eating/wide-1/baseline-0")
    wait_for_player(page)
    chosen = page.execute_script(
        "return ['take', 'experiment', 'seed'].map("
        "(name) => [...document.querySelectorAll(`[name=${name}]`)].map((select) => select.value))"
    )
    assert chosen == [["Eating"], ["wide", "baseline"], ["1", "0"]]


@pytest.mark.parametrize(("theme", "background"), [("dark", "rgb(22, 24, 28)"), ("light", "rgb(255, 255, 255)")])
@pytest.mark.parametrize("width", [390, 800, 1400])
def test_no_width_scrolls_the_page_sideways_in_either_theme(page, address, width, theme, background):
    try:
        emulate(page, width, prefers_color_scheme=theme)
        page.get(address)
        wait_for_player(page)
        assert page.execute_script("return getComputedStyle(document.body).backgroundColor") == background
        page.execute_script("document.querySelectorAll('details').forEach((details) => (details.open = true))")
        assert page.execute_script("return document.documentElement.scrollWidth") <= width
        sizes = page.execute_script(
            "return [...document.querySelectorAll('.panel > svg')].map((svg) => svg.getBoundingClientRect().width)"
        )
        assert min(sizes) >= 150
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_it_prints_its_tables_and_figures_and_a_still_of_the_player(page):
    wait_for_player(page)
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        visible = "(s) => document.querySelector(s).getClientRects().length > 0"
        parts = ["#results table", "figure img", ".panel .bone", ".timeline path", ".player button", "nav"]
        shown = page.execute_script(f"return arguments[0].map({visible})", parts)
    finally:
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert dict(zip(parts, shown, strict=True)) == dict.fromkeys(parts[:4], True) | dict.fromkeys(parts[4:], False)


@pytest.fixture
def take_page(browser, tmp_path):
    """The page of `jointaware lift --page`, just opened."""
    frames = 40
    joints, root = seen(frames), np.tile(np.float32([0, 0, 5]), (frames, 1))
    confidence, lost = np.ones((frames, 17), np.float32), np.zeros(frames, bool)
    keypoints = 300 * joints[..., :2]
    lost[10:20], joints[10:20], root[10:20] = True, np.nan, np.nan
    take = Lifted("take", joints, root, confidence, lost, 50.0, keypoints, LAYOUTS["h36m"], (1280, 720))
    export("page", tmp_path / "take.html", take)
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get((tmp_path / "take.html").as_uri())
    return browser


def test_a_single_take_plays_without_a_truth_or_errors(take_page):
    wait_for_player(take_page)
    into_view(take_page, "[name=play]").click()
    until(take_page, "Number(document.querySelector('.player').dataset.frame) > 1")
    assert not [entry for entry in take_page.get_log("browser") if entry["level"] == "SEVERE"]
    panels = take_page.execute_script("return [...document.querySelectorAll('.panel')].map((p) => p.dataset.shows)")
    assert panels == ["keypoints", "lifted"]
    assert not look(take_page, "[name=take]").is_displayed()
    assert look(take_page, ".timeline path") is None


def test_frames_without_a_detection_are_marked_and_have_no_pose(take_page):
    wait_for_player(take_page)
    mark = look(take_page, ".timeline .lost")
    assert (mark.get_attribute("x"), mark.get_attribute("width")) == ("4.5", "5")
    for number, bones, words in ((4, len(BONES), ""), (5, 0, "no detection"), (10, len(BONES), "")):
        take_page.execute_script(
            "const frame = document.querySelector('[name=frame]');"
            "frame.value = arguments[0]; frame.dispatchEvent(new Event('input'))",
            number,
        )
        assert len(drawn(take_page, "lifted")) == bones
        assert words in look(take_page, "output").text

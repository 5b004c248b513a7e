"""The report as a reader has it: in a real browser, without a network."""

import json

import pytest

from tests.report.browser.driving import emulate, into_view, look, press, until, wait_for_player

pytestmark = pytest.mark.slow


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

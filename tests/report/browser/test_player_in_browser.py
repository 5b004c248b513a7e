"""The player of the report and of a lifted take, in a real browser."""

import json
import re

import numpy as np
import pytest

from jointaware.mocap.keypoints.layouts import LAYOUTS
from jointaware.pose.skeleton import BONES
from jointaware.video.exports import export
from jointaware.video.lifted import Lifted
from tests.people import seen
from tests.report.browser.driving import (
    drawn,
    frame,
    into_view,
    look,
    play_label,
    press,
    until,
    wait_for_player,
)
from tests.report.test_player import unpack

pytestmark = pytest.mark.slow


@pytest.fixture
def motion(report) -> dict:
    """What the report's player shows."""
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', report.text, re.DOTALL)[1])


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

"""What a reader does in the report, and what is seen there."""

import time

SECONDS = 120
"""That a loaded machine may take to draw in software."""


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

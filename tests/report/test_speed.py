"""Speed in words."""

import pytest

from jointaware.report.speed import in_words


@pytest.mark.parametrize(
    ("ratio", "least", "most", "words"),
    [
        ("2.418", "2.195", "2.529", "training: 2.42 times as fast (2.19 to 2.53)"),
        ("0.9318", "0.9099", "0.9933", "training: 0.932 times as fast (0.91 to 0.993)"),
        ("1.04", "0.95", "1.17", "training: as fast, within the spread (0.95 to 1.17)"),
    ],
)
def test_a_ratio_is_told_with_its_spread(ratio, least, most, words):
    assert list(in_words([{"what": "training", "ratio": ratio, "least": least, "most": most}])) == [words]


def test_what_has_no_ratio_is_not_told():
    assert list(in_words([{"what": "training", "median": "3"}, {"ratio": "", "least": "", "most": ""}])) == []

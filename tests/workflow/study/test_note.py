"""The note of a study: one page, its numbers from the study."""

import re
import shutil
import subprocess

import pandas as pd
import pytest

from jointaware.analysis.intervals import Bootstrap, Motion
from workflow.readme import ERRORS as METRICS_OF

TEX = next(
    (
        [program, *options]
        for program, *options in (
            ("pdflatex", "-interaction=nonstopmode", "-halt-on-error"),
            ("tectonic", "--keep-logs"),
        )
        if shutil.which(program)
    ),
    None,
)


def cells(text: str, label: str) -> list[str]:
    """Cells of a row of the note, those of a word smaller than the others left out."""
    [line] = [line for line in text.splitlines() if line.startswith(f"{label} &")]
    return re.findall(r"(?<= )(\S+ \\%)", line.replace("$-$", "-"))


def test_the_note_has_the_headings_of_rescience_and_its_numbers_from_the_study(kept):
    text = (kept / "note.tex").read_text()
    assert re.findall(r"\\heading{(.*)}", text) == [
        "Scope of reproducibility", "Claims", "Methodology", "Results", "What was easy", "What was difficult",
        "Communication with the authors",
    ]  # fmt: skip
    claims = pd.read_csv(kept / "claims.csv").set_index("claim")
    names = ["position", "position_2", "position_3", "velocity", "acceleration"]
    assert cells(text, r"\emph{claimed}") == [f"{float(claims.at[name, 'published']):+g} \\%" for name in names]
    for label, end in {"recipe against VideoPose3D": "", "losses alone": "_by_losses_alone"}.items():
        assert cells(text, label) == [f"{claims.at[f'{name}{end}', 'ours']:+.1f} \\%" for name in names]
    bootstrap = Bootstrap.of(pd.read_csv(kept / "by_sequence.csv", keep_default_na=False))
    velocity = [
        bootstrap.change(Motion("only_velocity"), Motion("more_frames"), METRICS_OF[name]).percent for name in names
    ]
    assert cells(text, "velocity term alone, at equal width and frames") == [f"{each:+.1f} \\%" for each in velocity]
    assert "60 takes of 2 subjects (S11, S9), 2 seeds" in text
    assert "S9 was seen twice. Chosen on others." in text


def test_the_note_is_latex_without_a_bare_special_character(kept):
    body = (kept / "note.tex").read_text().partition(r"\begin{document}")[2]
    assert body.isascii()
    assert body.count("{") == body.count("}")
    assert not re.search(r"(?<!\\)[%#_^~](?!$)", body, re.MULTILINE)
    assert "joint\\_aware" in body
    assert "nan" not in body


@pytest.mark.skipif(not TEX, reason="no LaTeX here; Debian: texlive-latex-recommended")
def test_the_note_is_one_page(kept):
    done = subprocess.Popen([*TEX, "note.tex"], cwd=kept, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    printed, _ = done.communicate()
    assert done.returncode == 0, printed
    log = (kept / "note.log").read_text(encoding="utf-8", errors="replace")
    assert "(1 page" in log.replace("\n", "")
    assert "Overfull" not in log

"""Snakemake runs the whole pipeline on tiny parameters, to the results of DVC."""

import re

import pytest

from jointaware.analysis.figures.table import FIGURES
from jointaware.analysis.tables import CAPTIONS
from tests.tiny_checkout import EXPERIMENTS, run


@pytest.mark.slow
def test_snakemake_makes_the_same_results_and_then_has_nothing_to_do(reproduced, tmp_path):
    snake = tmp_path / "snake"
    run(tmp_path, f"git clone --quiet {reproduced} snake")
    run(snake, "snakemake --cores 2 --quiet --forceall")
    assert (snake / "results/report.html").is_file()
    assert not run(snake, "git status --porcelain"), "other results than DVC's"
    networks = list(reproduced.glob("models/*/*/network.safetensors"))
    assert len(networks) == len(EXPERIMENTS)
    for network in networks:
        assert (snake / network.relative_to(reproduced)).read_bytes() == network.read_bytes()
    run(snake, "python -m workflow.trace --all")
    assert "Nothing to be done" in run(snake, "snakemake --cores 2 --dry-run")
    published = snake / "paper/table_05.csv"
    published.write_text(published.read_text() + "\n")
    planned = run(snake, "snakemake --cores 2 --dry-run")
    assert set(re.findall(r"^rule (\w+):", planned, re.MULTILINE)) == {"aggregate", "report", "all"}
    run(snake, "snakemake --report report.html --quiet")
    report = (snake / "report.html").read_text()
    captions = (CAPTIONS["protocols"], FIGURES["joints"].caption)
    for words in ("reproduced on motion from", *(caption[:20] for caption in captions)):
        assert words in report

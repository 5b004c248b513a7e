"""The paper's tables, tidy and as readers see them."""

import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from jointaware.analysis.comparison import compare
from jointaware.analysis.tables import CAPTIONS, LAYOUTS, Layout, in_paper_order, read_published, tidy
from jointaware.analysis.typesetting import caption, document, latex, markdown, overview
from jointaware.artifacts.metrics import CONSTRAINTS, METRICS
from jointaware.artifacts.scores import MOTIONS, Scores
from jointaware.errors import InputError
from jointaware.mocap.actions import ACTIONS
from tests.small import make_scores

PAPER = Path(__file__).parents[2] / "paper"


def scores(values: dict[tuple[str, int], float], actions: tuple[str, ...] = ("Walking", "Running")) -> Scores:
    """Every metric of a run is the same number, one more for each further action."""
    averages = [
        {"experiment": name, "seed": seed, **dict.fromkeys(METRICS, value)} for (name, seed), value in values.items()
    ]
    by_action = [
        {**row, "action": action} | {metric: row[metric] + place for metric in METRICS}
        for row in averages
        for place, action in enumerate(actions)
    ]
    return make_scores(averages=pd.DataFrame(averages), actions=pd.DataFrame(by_action))


def constraints(runs: dict[tuple[str, int], float]) -> pd.DataFrame:
    """Every measure of plausibility is 1."""
    measured = dict.fromkeys(CONSTRAINTS, 1.0)
    keys = ({"experiment": name, "seed": seed, "motion": motion} for name, seed in runs for motion in MOTIONS)
    return pd.DataFrame([key | measured for key in keys])


def table_of(name: str, *arguments, **options) -> tuple[Layout, pd.DataFrame]:
    layout = LAYOUTS[name]
    return layout, tidy(layout, scores(*arguments, **options), read_published(PAPER, layout))


def test_a_run_is_the_mean_over_seeds_with_the_spread_of_a_sample():
    _, table = table_of(
        "protocols", {("wide", 0): 45.0, ("wide", 1): 47.0, ("baseline", 0): 50.0, ("baseline", 1): 50.0}
    )
    ours = table[table["origin"] == "ours"].set_index(["row", "statistic"])["mpjpe_mm"]
    assert ours["wide", "mean"] == 46.0
    assert ours["wide", "std"] == pytest.approx(2**0.5)
    assert list(ours.index.unique("row")) == ["wide", "baseline"]
    assert set(table["seeds"]) == {"", "0 1"}


def test_one_seed_has_no_spread():
    layout, table = table_of("motion", {("wide", 0): 2.0})
    assert table.iloc[-1]["statistic"] == "std"
    assert table.iloc[-1]["mpjve_mm_per_frame"] == ""
    assert "| wide | **2.00** | **2.00** |" in markdown(layout, table, "")
    assert "±" not in caption(layout, "h36m", table)


def test_published_values_stay_as_they_were_printed():
    layout, table = table_of("velocity", {("wide", 0): 2.0}, tuple(ACTIONS))
    assert "| 2.7 | 2.63 |" in markdown(layout, table, "")
    assert table.set_index("row").at["Gupta 2020", "Directions"] == "2.8"


def test_what_is_not_legible_is_empty_in_csv_and_a_dash_for_readers():
    layout, table = table_of("protocol1", {("wide", 0): 50.0}, tuple(ACTIONS))
    assert table.set_index("row").at["Gupta 2020", "Walking"] == ""
    assert "| \N{EN DASH} | 45.9 |" in markdown(layout, table, "")
    assert "-- & 45.9" in latex("protocol1", layout, table, "")
    assert "not legible" in caption(layout, "h36m", table)


def test_the_best_of_ours_is_bold_and_so_is_what_rounds_to_it():
    layout, table = table_of("protocols", {("a", 0): 46.01, ("b", 0): 46.04, ("c", 0): 46.06})
    text = markdown(layout, table, "")
    assert text.count("**46.0**") == 6
    assert "| c | 46.1 |" in text
    assert "**45.9**" not in text


def test_other_actions_have_published_averages_only():
    layout, table = table_of("protocol2", {("wide", 0): 40.0})
    assert list(table.columns[4:]) == ["Walking", "Running", "p_mpjpe_mm"]
    assert "| *Pavllo et al. 2019* | \N{EN DASH} | \N{EN DASH} | 36.5 |" in markdown(layout, table, "")
    assert "other actions" in caption(layout, "cmu", table)


@pytest.mark.parametrize("name", LAYOUTS)
def test_only_human36m_goes_without_a_warning_that_it_cannot_be_compared(name):
    layout, table = table_of(name, {("wide", 0): 40.0})
    assert "Our data is cmu, not Human3.6M, and therefore not comparable" in caption(layout, "cmu", table)
    assert "not comparable" not in caption(layout, "h36m", table)
    for wanted in ("lower is better", "mm", f"Table {layout.number} "):
        assert wanted in caption(layout, "cmu", table)


@pytest.mark.parametrize("name", LAYOUTS)
def test_latex_has_as_many_cells_in_every_row_and_no_bare_special_character(name):
    layout, table = table_of(name, {("joint_aware", 0): 40.0, ("joint_aware", 1): 41.0}, tuple(ACTIONS))
    text = latex(name, layout, table, caption(layout, "synthetic", table))
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert len(rows) == (5 if layout.by_action else 4)
    assert {row.count("&") for row in rows} == {len(table.columns) - 4}
    assert text.count("{") == text.count("}")
    assert text.isascii()
    assert r"joint\_aware" in text
    assert r"\textbf{40.5" in text
    assert r"$\pm$ 0.7" in rows[-1]


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="no pdflatex here; Debian: texlive-latex-recommended")
def test_the_tables_are_a_document_that_compiles_as_it_is(tmp_path):
    for place, name in enumerate(LAYOUTS):
        values = {(f"{experiment}_{place}", seed): 40.0 + seed for experiment in "abcdefghijklmnopq" for seed in (0, 1)}
        layout, table = table_of(name, values, tuple(ACTIONS))
        (tmp_path / f"{name}.tex").write_text(latex(name, layout, table, caption(layout, "synthetic", table)))
    (tmp_path / "paper.tex").write_text(document(LAYOUTS))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "paper.pdf").stat().st_size > 10_000
    assert not [line for line in (tmp_path / "paper.log").read_text().splitlines() if line.startswith("Overfull")]


@pytest.mark.parametrize("read_back", [False, True])
def test_the_overview_has_a_row_for_each_experiment_and_a_column_for_each_metric(read_back, tmp_path):
    values = {("wide", 0): 45.0, ("wide", 1): 47.0, ("joint_aware", 0): 40.0, ("joint_aware", 1): 40.2}
    averages = scores(values).averages
    filtered = averages.assign(variant="smoothed")
    table = compare(make_scores(averages=averages, filtered_averages=filtered, constraints=constraints(values)))
    if read_back:
        table.to_csv(tmp_path / "comparison.csv", index=False)
        table = pd.read_csv(tmp_path / "comparison.csv")
    header, wide, ours, note = overview(table).splitlines()
    assert header.split("  ")[-1].strip() == "MPJAE, mm/frame²"
    assert wide.split("  ")[0] == "wide"
    assert wide.count("46.0 ± 1.4") == 3
    assert wide.count("46.00 ± 1.41") == 2
    assert ours.endswith("40.10 ± 0.14")
    assert len({len(line) for line in (header, wide, ours)}) == 1
    assert "lower is better" in note


def test_every_table_has_a_caption():
    assert list(CAPTIONS) == [*LAYOUTS, "comparison", "differences", "ablation"]
    assert CAPTIONS["protocols"].startswith("MPJPE (Protocol 1) in mm, P-MPJPE (Protocol 2) in mm, N-MPJPE")


def test_human36m_actions_are_in_the_order_of_the_paper_and_others_in_that_of_the_alphabet():
    assert in_paper_order(set(ACTIONS))[-3:] == ["WalkDog", "Walking", "WalkTogether"]
    assert in_paper_order({"Walking", "Running"}) == ["Running", "Walking"]


def test_a_published_table_without_its_rows_is_refused_in_one_line(tmp_path):
    (tmp_path / "table_05.csv").write_text("row,mpjpe_mm\nsomeone,1\n")
    with pytest.raises(InputError, match=r"table_05\.csv: expected row, mpjpe_mm"):
        read_published(tmp_path, LAYOUTS["protocols"])


@pytest.mark.parametrize("cell", ["inf", "1e400", "1_000", "46,8", "nan", "\u221246.8", "12 %"])
def test_a_published_cell_that_is_no_number_is_refused_in_one_line(tmp_path, cell):
    text = (PAPER / "table_05.csv").read_text()
    (tmp_path / "table_05.csv").write_text(text.replace("46.8,", f'"{cell}",', 1))
    with pytest.raises(InputError, match=r"table_05\.csv: mpjpe_mm: found .*, expected a number such as 46\.8$"):
        read_published(tmp_path, LAYOUTS["protocols"])

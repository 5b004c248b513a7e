"""The Snakefile runs the graph of dvc.yaml: the same stages, the same edges, the same commands."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from jointaware.errors import InputError
from tests.house import CODE, ROOT
from tests.tiny import read_yaml, standing_in, tiny_parameters, write_yaml
from workflow.graph import Graph, captions

Job = tuple[str, frozenset[str], frozenset[str]]
"""A command, and the files and folders it reads and writes."""


@pytest.fixture(scope="module")
def dvc_jobs() -> dict[str, Job]:
    """Every stage of the pipeline as DVC understands dvc.yaml, by its command as the shell understands it."""
    program = (
        "import json; from os.path import normpath; from dvc.repo import Repo;"
        "print(json.dumps([[s.cmd, s.addressing, [str(d.def_path) for d in s.deps"
        " if not d.def_path.endswith('params.yaml')], [normpath(o.def_path) for o in s.outs]]"
        " for s in Repo().index.stages]))"
    )
    printed = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    stages = json.loads(printed.stdout.splitlines()[-1])
    return {
        " ".join(cmd.split()).replace('"$DVC_STAGE"', name): (frozenset(read), frozenset(written))
        for cmd, name, read, written in stages
    }


@pytest.fixture(scope="module")
def snakemake_jobs() -> dict[str, Job]:
    """Every job that Snakemake would run, by its command."""
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--forceall", "--printshellcmds", "--nocolor"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    jobs = {}
    for block in re.split(r"\n(?=(?:local)?rule )", done.stdout):
        fields = dict(re.findall(r"^    (input|output): (.*)$", block, re.MULTILINE))
        shell = re.search(r"^Shell command: (.*)$", block, re.MULTILINE)
        if shell and shell[1] != "None":
            read, written = (frozenset(fields[key].split(", ")) for key in ("input", "output"))
            stage_command, _, log = shell[1].partition(" 2>&1 | tee ")
            assert log.startswith("logs/")
            jobs[stage_command] = (read, written)
    return jobs


def edges(jobs: dict[str, Job]) -> set[tuple[str, str]]:
    """Pairs of commands of which the second reads what the first writes, as a file or within a folder."""

    def within(written: str, read: str) -> bool:
        return written == read or Path(read) in Path(written).parents

    return {
        (maker, reader)
        for reader, (read, _) in jobs.items()
        for maker, (_, written) in jobs.items()
        if any(within(output, path) for output in written for path in read)
    }


def test_both_run_the_same_commands(dvc_jobs, snakemake_jobs):
    assert set(snakemake_jobs) == set(dvc_jobs)


def test_both_have_the_same_edges(dvc_jobs, snakemake_jobs):
    assert edges(snakemake_jobs) == edges(dvc_jobs)


def test_both_know_the_same_outputs_and_code(dvc_jobs, snakemake_jobs):
    for command, (read, written) in dvc_jobs.items():
        assert snakemake_jobs[command][1] == written
        code, known = (
            {path for path in paths if path.split("/")[0] in CODE} for paths in (read, snakemake_jobs[command][0])
        )
        assert known == code


def test_every_rule_has_a_log_a_benchmark_memory_and_a_time_limit():
    rules = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    count = len(re.findall(r"^rule ", rules, re.MULTILINE))
    assert count == len(read_yaml(ROOT / "dvc.yaml")["stages"])
    for field in ("    log:", "    benchmark:", "    conda:", "mem_mb=", "runtime="):
        assert rules.count(field) == count, field


def test_the_workflow_has_the_layout_and_the_style_that_snakemakes_catalogue_asks_for():
    for path in ("workflow/Snakefile", "config/README.md", "README.md", "LICENSE"):
        assert (ROOT / path).is_file(), path
    assert {"usage"} == set(read_yaml(ROOT / ".snakemake-workflow-catalog.yml"))
    program = Path(sys.executable).parent / "snakefmt"
    subprocess.run([program, "--check", "workflow/Snakefile", "workflow/rules"], cwd=ROOT, check=True)
    done = subprocess.run([sys.executable, "-m", "snakemake", "--lint"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "snakemake workflow" in readme.casefold(), "by these words the catalogue finds workflows on GitHub"


def test_a_training_with_several_gpus_is_started_by_torchrun():
    command = f"{sys.executable} -m snakemake --dry-run --forceall --printshellcmds --set-resources train:gpu=4"
    done = subprocess.run([*command.split(), "--", "models/baseline"], cwd=ROOT, capture_output=True, text=True)
    commands = re.findall(r"^Shell command: (.*) -m stages\.(\w+) ", done.stdout, re.MULTILINE)
    started = {stage: how for how, stage in commands}
    torchrun = "torchrun --standalone --nproc-per-node 4"
    assert started == {"fetch": "python", "preprocess": "python", "train": torchrun}


def test_parameters_come_from_params_yaml_alone():
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--config", "seeds=[7]"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "edit that file" in done.stdout + done.stderr


@pytest.fixture
def graph(tmp_path) -> Graph:
    """The graph for motion of the user's own, with a checkpoint and a number as YAML 1.2 writes it."""
    parameters = tiny_parameters()
    parameters["data"] |= {"source": "arrays", "path": "own"}
    parameters["experiments"]["joint_aware"]["losses"] = {"velocity": 10.0}
    parameters["train"]["learning_rate"] = 0.001
    write_yaml(tmp_path / "params.yaml", parameters)
    text = (tmp_path / "params.yaml").read_text()
    (tmp_path / "params.yaml").write_text(text.replace("learning_rate: 0.001", "learning_rate: 1e-3"))
    for name in ("own/P1/Walking.npz", "own/P2/Walking.npz", "own/P2/Walking 1.npz", "own/.hidden", "paper/t.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "dvc.yaml").write_text((ROOT / "dvc.yaml").read_text())
    with standing_in(tmp_path):
        return Graph()


def test_every_take_is_an_input_so_that_a_corrected_one_is_seen(graph, tmp_path):
    with standing_in(tmp_path):
        for stage in ("fetch", "preprocess"):
            takes = [path for path in graph.rule(stage).inputs if path.startswith("own")]
            assert takes == ["own/.hidden", "own/P1/Walking.npz", "own/P2/Walking 1.npz", "own/P2/Walking.npz"]
        assert "paper/t.csv" in graph.rule("aggregate").inputs


def correct(folder: Path) -> None:
    (folder / "own/P1/Walking.npz").write_text("corrected")


def replace_by_an_older_one(folder: Path) -> None:
    (folder / "older.npz").write_text("better")
    os.utime(folder / "older.npz", (0, 0))
    (folder / "older.npz").replace(folder / "own/P1/Walking.npz")


def add_a_folder(folder: Path) -> None:
    (folder / "own/P3/deep").mkdir(parents=True)
    (folder / "own/P3/deep/Walking.npz").touch()


def remove(folder: Path) -> None:
    (folder / "own/P1/Walking.npz").unlink()


def correct_behind_a_link(folder: Path) -> None:
    (folder / "elsewhere/P4/Walking.npz").write_text("corrected")


def hide_another(folder: Path) -> None:
    (folder / "own/P2/.other").touch()


def add_with_braces(folder: Path) -> None:
    (folder / "own/P2/{x}.npz").touch()


@pytest.mark.parametrize(
    "change",
    [correct, replace_by_an_older_one, add_a_folder, remove, correct_behind_a_link, hide_another, add_with_braces],
)
def test_whatever_happens_to_the_users_files_is_seen(graph, tmp_path, change):
    (tmp_path / "elsewhere/P4").mkdir(parents=True)
    (tmp_path / "elsewhere/P4/Walking.npz").touch()
    (tmp_path / "own/P4").symlink_to(tmp_path / "elsewhere/P4")
    (tmp_path / "own/again").symlink_to(tmp_path / "own")

    def seen() -> tuple[dict, ...]:
        return tuple(Graph().values(stage)({}) for stage in ("fetch", "preprocess"))

    with standing_in(tmp_path):
        before = seen()
        assert seen() == before
        change(tmp_path)
        assert all(now != then for now, then in zip(seen(), before, strict=True))
        assert not [path for path in Graph().rule("fetch").inputs if "{" in path]


@pytest.mark.parametrize("path", ["data/raw", "data/raw/mine", "models/mine", "results/../data/raw"])
def test_motion_where_snakemake_would_delete_it_is_refused(graph, tmp_path, path):
    parameters = read_yaml(tmp_path / "params.yaml")
    parameters["data"]["path"] = path
    write_yaml(tmp_path / "params.yaml", parameters)
    with standing_in(tmp_path), pytest.raises(InputError, match=f"data.path: found {path}, in .*, which is replaced"):
        Graph()


def test_a_local_copy_of_cmu_is_an_input(tmp_path):
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy/02.asf").touch()
    (tmp_path / "dvc.yaml").write_text((ROOT / "dvc.yaml").read_text())
    parameters = tiny_parameters()
    parameters["data"] |= {"source": "cmu", "cmu": parameters["data"]["cmu"] | {"url": f"file://{tmp_path}/copy"}}
    write_yaml(tmp_path / "params.yaml", parameters)
    with standing_in(tmp_path):
        assert f"{tmp_path}/copy/02.asf" in Graph().rule("fetch").inputs


def test_a_rule_knows_the_values_of_its_stages_parameters(graph, tmp_path):
    with standing_in(tmp_path):
        values = graph.values("train")({"experiment": "joint_aware"})
    assert values["train.learning_rate"] == 0.001
    assert values["seeds"] is not None
    assert {key.split(".")[1] for key in values if key.startswith("experiments.")} == {"joint_aware"}
    assert values["experiments.joint_aware.losses.velocity"] == 10.0
    assert not [key for key in values if key.startswith(("evaluate", "predict"))]


def test_every_figure_and_table_has_a_caption_of_its_own_in_the_report():
    for page, form in (("figures", "svg"), ("tables", "csv")):
        made = {path.stem for path in (ROOT / "results" / page).glob(f"*.{form}")}
        known = captions()[page]
        assert set(known) == made
        assert len(set(known.values())) == len(known)

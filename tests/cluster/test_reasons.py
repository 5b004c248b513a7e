"""Reasons of failed jobs, from logs as Snakemake and SLURM write them; tests/cluster runs both."""

import pytest

from workflow.rules.reasons import reasons

SNAKEMAKE = """
Error in rule train:
    message: SLURM-job '14' failed, SLURM status is: 'FAILED'.
    log: logs/train/wide.log, {folder}/slurm_logs/rule_train/wide/14.log (check log file(s) for error details)
    shell:
        python -m stages.train 2>&1 | tee logs/train/wide.log
Error in rule fetch:
    log: logs/fetch.log, {folder}/slurm_logs/rule_fetch/15.log (check log file(s) for error details)
Error in rule train:
    log: logs/train/wide.log, {folder}/slurm_logs/rule_train/wide/14.log (check log file(s) for error details)
"""


def write(folder, job: str, text: str) -> None:
    path = folder / "slurm_logs" / job
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("slurmstepd: error: StepId=14.batch exceeded memory limit (2 > 1), being killed", "past its memory: give it"),
        ("slurmstepd: error: Detected 1 oom_kill event in StepId=14.batch", "past its memory: give it more with --set"),
        ("slurmstepd: error: *** JOB 14 ON n CANCELLED AT x DUE TO TIME LIMIT ***", "past its time: give it more"),
        ("slurmstepd: error: *** JOB 14 ON n CANCELLED AT x DUE TO NODE FAILURE ***", "its node went away"),
    ],
)
def test_a_failed_job_is_explained_in_one_line(tmp_path, said, why):
    (tmp_path / "log").write_text(SNAKEMAKE.format(folder=tmp_path))
    write(tmp_path, "rule_train/wide/14.log", f"wide-0 epoch 3/9\n{said}\n")
    write(tmp_path, "rule_fetch/15.log", "error: params.yaml: no such key\n")
    (line,) = reasons(str(tmp_path / "log"))
    assert line.startswith(f"train@wide (job 14): {why}")


def test_a_log_that_is_missing_explains_nothing(tmp_path):
    (tmp_path / "log").write_text(SNAKEMAKE.format(folder=tmp_path))
    assert not list(reasons(str(tmp_path / "log")))


def test_what_slurm_refused_is_repeated_once_for_each_rule(tmp_path):
    block = """Error in rule train:
    message: SLURM sbatch failed. The error message was 'sbatch: error: invalid partition specified: nope
sbatch: error: Batch job submission failed: Invalid partition name specified'.
    sbatch call:
        sbatch --parsable --comment 'rule_train'.
    log: logs/train/wide.log (check log file(s) for error details)
"""
    (tmp_path / "log").write_text(block + block.replace("wide", "baseline"))
    refused = "invalid partition specified: nope; Batch job submission failed: Invalid partition name specified"
    assert list(reasons(str(tmp_path / "log"))) == [f"train: refused by SLURM: {refused}"]

"""Why jobs failed on SLURM, a line for each: refused, past its memory, past its time, or its node went away.

Snakemake says that a job failed and names its log; only that log, or SLURM's accounting, says why. What SLURM refused,
and so has no log, is in the middle of Snakemake's own output.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

FAILED = re.compile(r"^\s+log: .*?(\S+/slurm_logs/rule_(\w+)/(?:(\S+)/)?(\d+)\.log)", re.MULTILINE)
"""In Snakemake's log: the log of a failed job, its rule, its experiment if any, and its number."""
REFUSED = re.compile(
    r"^Error in rule (\w+):\n\s+message: SLURM sbatch failed\. [^']*'(.*?)'\.$", re.MULTILINE | re.DOTALL
)
"""In Snakemake's log: the rule of a job that was not accepted, and what sbatch said."""
REASONS = {
    "exceeded memory limit": "past its memory: give it more with --set-resources {rule}:mem_mb=MEGABYTES",
    "oom_kill event": "past its memory: give it more with --set-resources {rule}:mem_mb=MEGABYTES",
    "oom-kill event": "past its memory: give it more with --set-resources {rule}:mem_mb=MEGABYTES",
    "DUE TO TIME LIMIT": "past its time: give it more with --set-resources {rule}:runtime=MINUTES",
    "DUE TO NODE FAILURE": "its node went away: start Snakemake again",
    "DUE TO PREEMPTION": "made room for another job: start Snakemake again",
}
"""By what SLURM writes into the log of a job."""


def reasons(snakemake_log: str) -> Iterator[str]:
    """A line for each failed job whose reason is known, from Snakemake's own log of a run."""
    printed = Path(snakemake_log).read_text(errors="replace")
    for rule, said in dict.fromkeys(REFUSED.findall(printed)):
        yield f"{rule}: refused by SLURM: {'; '.join(said.replace('sbatch: error: ', '').splitlines())}"
    for path, rule, experiment, number in dict.fromkeys(FAILED.findall(printed)):
        try:
            text = Path(path).read_text(errors="replace")
        except OSError:
            continue
        why = next((reason for words, reason in REASONS.items() if words in text), None)
        if why:
            yield f"{rule}{f'@{experiment}' if experiment else ''} (job {number}): {why.format(rule=rule)}"

"""`python -m workflow.study NAME`: keep the results of params.yaml as a study."""

from stages.command import run
from workflow.study.keep import main

run(main)

"""`python -m workflow.networks EXPERIMENT ...`: keep networks of params.yaml for `jointaware lift`."""

from stages.command import run
from workflow.networks.keep import main

run(main)

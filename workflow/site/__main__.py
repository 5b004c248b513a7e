"""`python -m workflow.site`: write docs/index.html, or check that it is up to date."""

from stages.command import run
from workflow.site.write import main

run(main)

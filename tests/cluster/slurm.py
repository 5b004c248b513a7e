"""A SLURM cluster of one node on the loopback interface, from Debian's packages: slurmctld, slurmd, munge."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

CONFIGURATION = Path("/etc/slurm/slurm.conf")
"""Where the executor looks: it clears SLURM_CONF."""
NAME = "loopback"
MARK = "# written by tests/cluster/slurm.py"
TEXT = """{mark}
ClusterName={name}
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
ReturnToService=2
JobRequeue=0
MpiDefault=none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory={megabytes}
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE
"""


def absent() -> str:
    """Why no cluster can be started here, if so."""
    missing = [name for name in ("slurmctld", "slurmd", "munged", "runuser") if not shutil.which(name)]
    if missing:
        return f"{', '.join(missing)} not found: apt-get install slurmctld slurmd slurm-client munge"
    if os.geteuid():
        return "SLURM's daemons need root"
    if CONFIGURATION.exists() and MARK not in CONFIGURATION.read_text():
        return f"{CONFIGURATION}: a cluster of this machine's own"
    return ""


def call(command: str) -> str:
    """Run a command; returns what it printed."""
    return subprocess.run(command.split(), check=True, capture_output=True, text=True).stdout


def until(holds: Callable[[], bool], otherwise: str, seconds: float = 120) -> None:
    """Wait until something holds; AssertionError with `otherwise` if it does not within some seconds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, otherwise
        time.sleep(0.5)


@contextmanager
def cluster(folder: Path, *, cores: int = 8) -> Iterator[str]:
    """Start the daemons with their state in a folder, and stop them; yields the name of the node.

    cores: number that the node is said to have.
    """
    host = socket.gethostname()
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True)
    CONFIGURATION.parent.mkdir(exist_ok=True)
    megabytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    values = {"mark": MARK, "name": NAME, "host": host, "folder": folder, "megabytes": megabytes, "cores": cores}
    CONFIGURATION.write_text(TEXT.format(**values))
    Path("/run/munge").mkdir(exist_ok=True)
    shutil.chown("/run/munge", "munge", "munge")
    has_munge = (
        Path("/run/munge/munge.socket.2").exists() and not subprocess.run(["munge", "-n"], check=False).returncode
    )
    if not has_munge:
        subprocess.run(["runuser", "-u", "munge", "--", "munged", "--force"], check=True, stderr=subprocess.DEVNULL)
    for daemon in ("slurmctld", "slurmd"):
        subprocess.run([daemon], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        until(lambda: "idle" in call("sinfo --noheader --format %T"), "the node was never idle")
        yield host
    finally:
        subprocess.run(["scancel", "--user", "root"], check=False)
        subprocess.run(["scontrol", "shutdown"], check=False)
        if not has_munge:
            subprocess.run(["munged", "--stop"], check=False, stderr=subprocess.DEVNULL)
        CONFIGURATION.unlink()
        for process in psutil.process_iter():  # of a job that SLURM lost with its node
            with suppress(psutil.Error):
                if process.environ().get("SLURM_CLUSTER_NAME") == NAME:
                    process.kill()

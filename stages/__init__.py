"""One module per pipeline stage, each a plain command: read, call, write.

The settings below must precede the first import of PyTorch. A process uses one thread by default, because the runs of
an experiment train side by side, each on a fixed number of threads. The instruction set is limited to AVX2, so that
sums are bit-identical on every x86 CPU that has it.
"""

import os

from jointaware.side_by_side import CORES

_cores = os.environ.get("OMP_NUM_THREADS", "")
if _cores != "1" or CORES not in os.environ:  # a 1 may have been set here by a parent process
    os.environ[CORES] = _cores
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ.pop("MKL_DOMAIN_NUM_THREADS", None)  # would come before the others
os.environ.setdefault("GOMP_SPINCOUNT", "2000")  # spinning threads slow each other down on a busy machine
if os.uname().machine == "x86_64":
    os.environ.setdefault("ATEN_CPU_CAPABILITY", "avx2")
    os.environ.setdefault("MKL_CBWR", "AVX2")
    os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX2")  # lifted for bfloat16: `training.devices.choose_precision`

#!/usr/bin/env bash
# What only a GPU can do, for a machine that is lent for minutes and has no network: measures training (bench.gpu), then
# trains the paper's networks on CMU (profiles/cmu_full.yaml), one experiment after another, two to five minutes each on
# an H100. Experiments that have scores are skipped, so that the script can be called again; training resumes.
#
# Before, where there is a network: python -m workflow.profile cmu_full && dvc repro preprocess
# Then take the checkout along with data/ (25 MB), and wheels of what `pip install .` brings beyond that machine's torch.
# It keeps what is finished in results/studies/cmu_full; networks (800 MB each) stay there.
#
# Usage: bench/gpu.sh [MINUTES]: stops before it starts what would not end within so many; default: no limit.
set -euo pipefail
cd "$(dirname "$0")/.."
longest=6 # minutes of one experiment
end=$((SECONDS + 60 * ${1:-100000}))
cmp -s params.yaml profiles/cmu_full.yaml && [ -f data/sequences.safetensors ] ||
    { echo "error: params.yaml, data: expected profiles/cmu_full.yaml and its sequences; see the head of $0" >&2; exit 2; }
[ -f bench/results/gpu.csv ] || python -m bench.gpu --seconds 6
given=(--params params.yaml --sequences data/sequences.safetensors)
for experiment in $(python -c 'from jointaware.artifacts.parameters import load; from pathlib import Path; print(*load(Path("params.yaml")).experiments)'); do
    [ -f "results/runs/$experiment/0/record.json" ] && continue
    [ $((SECONDS + 60 * longest)) -lt "$end" ] || { echo "no time for $experiment; call again"; break; }
    python -m stages.train "${given[@]}" --stage "train@$experiment" --out models
    python -m stages.predict "${given[@]}" --stage "predict@$experiment" --network models --out predictions
    python -m stages.smooth "${given[@]}" --stage "smooth@$experiment" --models models --predictions predictions --out smoothers
    python -m stages.evaluate "${given[@]}" --stage "evaluate@$experiment" --predictions predictions --smoothers smoothers \
        --out results/runs --frame-errors frame_errors
    python -m workflow.study cmu_full --finished
    rm -rf .checkpoints/"$experiment"-0-*
done

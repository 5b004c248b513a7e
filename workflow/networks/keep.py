"""Keep networks of params.yaml for `jointaware lift` in networks/, each with its record, and write their model card.

`python -m workflow.networks wild wild_causal` copies these experiments' networks to networks/<name>.safetensors and
writes <name>.json: the run's record and provenance, the data, and errors by held-out person, by camera, and on a real
video. networks/README.md is the card, written from these records alone; without an experiment only the card is written.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jointaware.artifacts.files import sha256, write_json, write_text
from jointaware.artifacts.network_files import read_network, read_network_input
from jointaware.artifacts.parameters import load
from jointaware.artifacts.records import read_record
from jointaware.artifacts.sequences import open_sequences
from jointaware.atomic import together, writing
from jointaware.errors import InputError
from jointaware.mocap.take import take_name
from stages.command import parser
from workflow.networks import real_video
from workflow.networks.card import ERRORS, card
from workflow.networks.root_errors import root_errors

OUT = Path("networks")
DISTANCES, HEIGHTS = (0.0, 4.0, 6.0, np.inf), (-np.inf, 1.0, 2.0, np.inf)
"""Edges of the classes of cameras, metres."""
KEYS = ["subject", "action", "subaction", "camera"]


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    command = parser(__doc__)
    command.add_argument("experiments", nargs="*", help="networks to keep; none: write the card alone")
    command.add_argument("--params", type=Path, default=Path("params.yaml"), help="default: %(default)s")
    command.add_argument("--seed", default="0", help="default: %(default)s")
    command.add_argument("--data", type=Path, default=Path("data"), help="default: %(default)s")
    command.add_argument("--models", type=Path, default=Path("models"), help="default: %(default)s")
    command.add_argument("--results", type=Path, default=Path("results"), help="default: %(default)s")
    command.add_argument("--out", type=Path, default=OUT, help="default: %(default)s")
    arguments = command.parse_args(argv)
    with together():
        for name in arguments.experiments:
            path = arguments.models / name / arguments.seed / "network.safetensors"
            if not path.is_file():
                raise InputError(f"{path}: missing; run `dvc repro train@{name}`")
            record = _record(name, path, arguments)
            with writing(arguments.out / f"{name}.safetensors") as temporary:
                temporary.write_bytes(path.read_bytes())
            write_json(arguments.out / f"{name}.json", record)
    records = {path.stem: _read(path) for path in sorted(arguments.out.glob("*.json"))}
    if not records:
        raise InputError(f"{arguments.out}: found no record of a network, expected one; name an experiment to keep")
    write_text(arguments.out / "README.md", card(records))


def _record(name: str, network: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Everything that the card says of a network."""
    seed, data, results = arguments.seed, arguments.data, arguments.results
    trained, made = _read(network.with_name("run.json")), _read(data / "record.json")
    if trained["network_sha256"] != sha256(network):
        raise InputError(
            f"{network}: differs from the network that its run.json describes; run `dvc repro train@{name}`"
        )
    manifest = _read(data / "manifest.json")
    table = pd.read_csv(data / "sequences.csv", keep_default_na=False, dtype={"subject": str, "subaction": str})
    frames = table.groupby(["split", "subject"], sort=False)["frames"].agg(["size", "sum"]).reset_index()
    parameters = load(arguments.params)
    if parameters.preprocess.wild is None:
        raise InputError(f"{arguments.params}: preprocess.wild: missing, expected the made-up views of {network}")
    roots = root_errors(network, parameters, data / "raw", parameters.preprocess.wild)
    expects, built = read_network_input(network), read_network(network)
    return {
        "run": trained,
        "provenance": _read(results / "provenance" / f"{name}-{seed}.json"),
        "input": {**(expects.to_json() if expects else {}), "receptive_field": built.receptive_field},
        "data": {
            "source": manifest["source"],
            "licence": manifest["licence"],
            "preprocess": made["parameters"]["preprocess"],
            "sequences": [dict(zip(("split", "subject", "sequences", "frames"), row, strict=True))
                          for row in frames.values.tolist()],
        },
        "held_out": _held_out(results / "runs" / name / seed, data, roots),
        "real_video": real_video.errors(network),
    }  # fmt: skip


def _read(path: Path) -> dict[str, Any]:
    return read_record(path, dict[str, Any], "")


def _held_out(scores: Path, data: Path, roots: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Errors by person, by distance and by height of the camera, means over sequences weighted by their frames."""
    columns = {"subject": str, "action": str, "subaction": str, "camera": str}
    found = pd.read_csv(scores / "by_sequence.csv", keep_default_na=False, dtype=columns)
    sequences = open_sequences(data / "sequences.safetensors")
    rows, root = sequences.of("test"), sequences.read("root", "test")
    cameras = {(take, each["camera"]): each for take, seen in _read(data / "cameras.json").items() for each in seen}
    starts = np.concatenate([[0], rows["frames"].cumsum()[:-1]])
    rows = rows.assign(
        distance=np.add.reduceat(np.linalg.norm(root, axis=1), starts) / rows["frames"].to_numpy(),
        height=[
            cameras[take_name(row.subject, row.action, row.subaction), row.camera]["translation"][2]
            for row in rows.itertuples()
        ],
    )
    for more in (rows[[*KEYS, "distance", "height"]], roots):
        found = found.merge(more, on=KEYS, validate="one_to_one")
    classes = {
        "subject": found["subject"],
        "distance": pd.cut(found["distance"], DISTANCES).map(_between),
        "height": pd.cut(found["height"], HEIGHTS).map(_between),
    }
    return {name: _means(found, by) for name, by in classes.items()}


def _means(found: pd.DataFrame, by: pd.Series) -> list[dict[str, Any]]:
    rows = []
    for name, group in found.groupby(by, observed=True):
        means = {error: float(np.average(group[error], weights=group["frames"])) for error in ERRORS}
        rows.append({"of": name, "sequences": len(group), "frames": int(group["frames"].sum()), **means})
    return rows


def _between(edges: pd.Interval) -> str:
    """A class in words."""
    if not np.isfinite(edges.right):
        return f"above {edges.left:g} m"
    return f"below {edges.right:g} m" if edges.left <= 0 else f"{edges.left:g} to {edges.right:g} m"

"""Bring the motion of the chosen source: make it, download it, or check that it lies where it should.

Writes what it makes or downloads to --raw and, to --manifest, each file's origin, size, SHA-256 and licence. Human3.6M
stays where the user put it; a detector's keypoints that are not there are downloaded from VideoPose3D's authors.
"""

from __future__ import annotations

import argparse
import math
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jointaware.artifacts.files import sha256, write_json, writing_folder
from jointaware.artifacts.parameters import load
from jointaware.errors import InputError
from jointaware.mocap import arrays
from jointaware.mocap.cmu import takes as cmu
from jointaware.mocap.h36m import takes as h36m
from jointaware.mocap.synthetic import synthesize as synthetic
from jointaware.progress import follow
from stages.command import parser, run

LICENCES = {
    "synthetic": "made by this repository, MIT",
    "cmu": "CMU Graphics Lab Motion Capture Database: free to copy, modify and redistribute, not to resell",
    "arrays": "as its owner says",
    "h36m": "Human3.6M licence: not to be redistributed",
}
SUBACTIONS = ("", "1")
TIMEOUT_SECONDS = 60
MEBIBYTE = 2**20


def main() -> None:
    """Run the stage from the command line."""
    arguments = _arguments()
    parameters = load(arguments.params)
    data, split = parameters["data"], parameters["preprocess"]["subjects"]["h36m"]
    if data["source"] == "h36m" and (
        message := h36m.missing(data["path"], data["h36m"]["keypoints"], split["train"] + split["test"])
    ):
        raise InputError(message)
    if arguments.check:
        print(f"{data['source']}: everything is in its place, or can be made or downloaded")
        return
    with writing_folder(arguments.raw) as raw:
        origins = SOURCES[data["source"]](data, raw)
        write_json(arguments.manifest, _manifest(data, raw, arguments.raw, origins))
    print(f"{len(origins)} files of {data['source']} motion, listed in {arguments.manifest}")


def make_synthetic(data: dict[str, Any], raw: Path) -> dict[Path, str]:
    """Every subject's every action, each twice; returns the origin of each file."""
    settings = data["synthetic"]
    names = [(s, a, n) for s in synthetic.SUBJECTS for a in synthetic.ACTIONS for n in SUBACTIONS]
    origin = f"jointaware.mocap.synthetic.synthesize, seed {settings['seed']}"
    origins = {}
    for subject, action, subaction in follow(names, "synthetic motion", total=len(names), unit="takes"):
        origins[arrays.write_take(raw, synthetic.synthesize(subject, action, subaction, **settings))] = origin
    return origins


def download_cmu(data: dict[str, Any], raw: Path) -> dict[Path, str]:
    """The takes of `jointaware/mocap/cmu/cmu_takes.csv` and their skeletons, each checked against its digest."""
    origins, files = {}, cmu.files()
    for name, digest in follow(files.items(), "CMU motion", total=len(files), unit="files"):
        url = f"{data['cmu']['url'].rstrip('/')}/{name}"
        target = raw / name
        _download(url, target, otherwise="data.cmu.url may name a copy, as file:///path")
        if (found := sha256(target)) != digest:
            raise InputError(f"{url}: SHA-256 is {found}, expected {digest}")
        origins[target] = url
    return origins


def copy_arrays(data: dict[str, Any], raw: Path) -> dict[Path, str]:
    """The user's own takes, each read once so that a bad one is named here."""
    takes = arrays.list_takes(Path(data["path"]))
    origins = {}
    for path in follow(takes, "motion arrays", total=len(takes), unit="takes"):
        origins[arrays.write_take(raw, arrays.read_take(path))] = str(path)
    return origins


def find_h36m(data: dict[str, Any], raw: Path) -> dict[Path, str]:
    """The licensed files where they lie, and the detector's file, there or downloaded."""
    folder, detector, digest = data["path"], data["h36m"]["keypoints"], data["h36m"]["keypoints_sha256"]
    origins = {path: str(path) for path in h36m.files(folder, "gt")}
    if detector == "gt":
        return origins
    path, origin = h36m.keypoints_path(folder, detector), str(h36m.keypoints_path(folder, detector))
    if not path.is_file():
        origin, path = f"{h36m.DETECTIONS_URL}/{path.name}", raw / path.name
        _download(origin, path, otherwise=f"download it elsewhere and put it into {folder}")
    if digest not in ("", found := sha256(path)):
        raise InputError(f"{origin}: SHA-256 is {found}, expected data.h36m.keypoints_sha256, {digest}")
    return origins | {path: origin}


SOURCES = {"synthetic": make_synthetic, "cmu": download_cmu, "arrays": copy_arrays, "h36m": find_h36m}


def _download(url: str, target: Path, *, otherwise: str) -> None:
    """Copy a web or file:// address to a path; what follows file:// may be a relative path.

    otherwise: what the user can do where that fails.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        if url.startswith("file://"):
            shutil.copyfile(url.removeprefix("file://"), target)
        else:
            with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as source, target.open("wb") as file:
                size = int(source.headers.get("Content-Length") or 0)
                pieces = iter(lambda: source.read(MEBIBYTE), b"")
                for piece in follow(pieces, target.name, total=math.ceil(size / MEBIBYTE) or None, unit="MiB"):
                    file.write(piece)
                if size and file.tell() != size:
                    raise OSError(f"{file.tell()} of {size} bytes came")
    except OSError as error:
        raise InputError(f"{url}: cannot be read ({error}); {otherwise}") from error


def _manifest(data: dict[str, Any], raw: Path, final: Path, origins: dict[Path, str]) -> dict[str, Any]:
    def entries() -> Iterator[dict[str, Any]]:
        for path, origin in follow(origins.items(), "listing", total=len(origins), unit="files"):
            place = final / path.relative_to(raw) if path.is_relative_to(raw) else path
            yield {"path": str(place), "origin": origin, "bytes": path.stat().st_size, "sha256": sha256(path)}

    source = data["source"]
    return {"source": source, "licence": LICENCES[source], "parameters": {"data": data}, "files": list(entries())}


def _arguments() -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("--params", type=Path, required=True, help="parameters (its section data)")
    command.add_argument(
        "--raw", type=Path, required=True, help="folder for what is made or downloaded, replaced whole"
    )
    command.add_argument("--manifest", type=Path, required=True, help="JSON to write: every file and its digest")
    command.add_argument("--check", action="store_true", help="only say what is missing; write nothing")
    return command.parse_args()


if __name__ == "__main__":
    run(main)

"""Fetch the motion of the chosen source: generate it, download it, or locate the files that the user provides.

Writes what is generated or downloaded to --raw, and to --manifest the origin, size and SHA-256 of every file, and the
licence. Human3.6M stays where the user put it; published detections are downloaded if they are missing.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from jointaware.artifacts.files import sha256, write_json
from jointaware.artifacts.parameters import load
from jointaware.atomic import together, writing_folder
from jointaware.errors import InputError
from jointaware.mocap.loading import Loader
from jointaware.mocap.sources import SOURCES
from jointaware.progress import follow
from stages.command import parser, run


def main(argv: Sequence[str] | None = None) -> None:
    """Run the stage from the command line."""
    arguments = _arguments(argv)
    parameters = load(arguments.params)
    data = parameters.data
    source = SOURCES[data.source]
    loader = Loader(source, data.settings, Path(data.path), arguments.raw, parameters.split.subjects)
    if Path(data.path).resolve().is_relative_to(arguments.raw.resolve()):
        raise InputError(f"data.path: found {data.path}, expected a folder outside {arguments.raw}, which is replaced")
    if (message := loader.missing()) is not None:
        raise InputError(message)
    if arguments.check:
        print(f"{data.source}: every file is in place, or can be generated or downloaded")
        return
    with together(), writing_folder(arguments.raw) as raw:
        origins = replace(loader, raw=raw).fetch()
        manifest = {
            "source": data.source,
            "licence": source.licence,
            "parameters": {
                "data": {"source": data.source, "path": data.path, data.source: data.settings.model_dump(mode="json")}
            },
            "files": describe(origins, raw, arguments.raw),
        }
        write_json(arguments.manifest, manifest, digits=None)
    print(f"{len(origins)} files of {data.source} motion, listed in {arguments.manifest}")


def describe(origins: dict[Path, str], raw: Path, final: Path) -> list[dict[str, object]]:
    """Path, origin, size and digest of each file; those below `raw` are listed where they will be, below `final`.

    A file made from another one of the user's also has the digest of that one.
    """
    return [
        {
            "path": str(final / path.relative_to(raw) if path.is_relative_to(raw) else path),
            "origin": origin,
            "bytes": path.stat().st_size,
            "sha256": sha256(path),
            **({"origin_sha256": sha256(original)} if (original := original_of(origin, path)) else {}),
        }
        for path, origin in follow(origins.items(), "digests", total=len(origins), unit="files")
    ]


def original_of(origin: str, path: Path) -> Path | None:
    """The file of the user's that a file is a copy of; None if it is that file, was downloaded or generated."""
    original = Path(origin.removeprefix("file://"))
    return original if original != path and original.is_file() else None


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("--params", type=Path, required=True, help="parameters (data, and subjects in preprocess)")
    command.add_argument("--raw", type=Path, required=True, help="folder for generated and downloaded files; replaced")
    command.add_argument("--manifest", type=Path, required=True, help="JSON to write: every file and its digest")
    command.add_argument("--check", action="store_true", help="only report what is missing; write nothing")
    return command.parse_args(argv)


if __name__ == "__main__":
    run(main)

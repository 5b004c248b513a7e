"""Files and other entities of the archive, with digest, size and media type."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rocrate.model.contextentity import ContextEntity
from rocrate.model.entity import Entity
from rocrate.rocrate import ROCrate

from jointaware.artifacts.files import sha256

PARAMS, WORKFLOW = "params.yaml", "dvc.yaml"
MANIFEST, SEQUENCES, REPORT = "data/manifest.json", "data/sequences.safetensors", "results/report.html"
ARRAYS = ".safetensors"
MEDIA = {
    ".csv": "text/csv", ".html": "text/html", ".json": "application/json", ".md": "text/markdown",
    ".py": "text/x-python", ".svg": "image/svg+xml", ".tex": "application/x-tex", ".yaml": "application/yaml",
}  # fmt: skip


def add_file(crate: ROCrate, path: str) -> Entity:
    """A file of the crate; the command of a stage is a program as well."""
    is_stage = path.startswith("stages/") and path.endswith(".py")
    kind = {"@type": ["File", "SoftwareSourceCode", "SoftwareApplication"]} if is_stage else {}
    return crate.add_file(path, path, properties=about(path) | kind)


def add_elsewhere(crate: ROCrate, path: str, **properties: Any) -> Entity:
    """A file that is not in the crate, listed by its digest."""
    properties |= about(path)
    return add(crate, f"#sha256-{properties['sha256']}", "CreativeWork", **properties)


def add(crate: ROCrate, identifier: str, kind: str, /, **properties: Any) -> Entity:
    """An entity that is not a file."""
    return crate.add(ContextEntity(crate, identifier, properties={"@type": kind, **properties}))


def about(path: str) -> dict[str, Any]:
    """Name, digest, size and media type of a file."""
    size = str(Path(path).stat().st_size)
    form = MEDIA.get(Path(path).suffix, "application/octet-stream" if path.endswith(ARRAYS) else "text/plain")
    return {"name": path, "sha256": sha256(Path(path)), "contentSize": size, "encodingFormat": form}


def under(files: dict[str, Entity], folder: str) -> list[Entity]:
    """The files of the crate whose path starts so."""
    return [entity for path, entity in files.items() if path.startswith(folder)]


def one_or_all(entities: list[Entity]) -> Entity | list[Entity]:
    """A single entity by itself, as RO-Crate 1.1 recommends."""
    return entities[0] if len(entities) == 1 else entities

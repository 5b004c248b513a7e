"""The digest of the code in use, on which checkpoints depend."""

import sys
from types import ModuleType

from jointaware.artifacts import provenance as _provenance


def test_code_at_any_depth_of_a_room_enters_the_digest(tmp_path, monkeypatch):
    module = tmp_path / "stages/deep/down/code.py"
    module.parent.mkdir(parents=True)
    module.write_text("value = 1\n")
    loaded = ModuleType("stages.deep.down.code")
    loaded.__file__ = str(module)
    monkeypatch.setattr(_provenance, "ROOT", tmp_path)
    monkeypatch.setitem(sys.modules, "stages.deep.down.code", loaded)
    before = _provenance.code_digest()
    module.write_text("value = 2\n")
    assert _provenance.code_digest() != before


def test_code_outside_the_rooms_does_not(tmp_path, monkeypatch):
    outside = tmp_path / ".venv/lib/stages/code.py"
    outside.parent.mkdir(parents=True)
    outside.write_text("value = 1\n")
    loaded = ModuleType("outside")
    loaded.__file__ = str(outside)
    monkeypatch.setattr(_provenance, "ROOT", tmp_path)
    monkeypatch.setitem(sys.modules, "outside", loaded)
    before = _provenance.code_digest()
    outside.write_text("value = 2\n")
    assert _provenance.code_digest() == before

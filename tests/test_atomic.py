"""Whatever goes wrong while files are written: the earlier ones stay, all of them, and the error names the file."""

import contextlib
import contextvars
import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import save_file

from jointaware import journal
from jointaware.artifacts.files import write_json, write_table, write_text
from jointaware.artifacts.predictions import write_predictions
from jointaware.atomic import together, writing, writing_folder, written
from jointaware.errors import InputError
from jointaware.training import checkpoints
from tests.house import ROOT

DIE = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
BIG = np.zeros((500, 17, 3), np.float32)


def everything(folder: Path) -> dict[str, str]:
    """Content of every file below a folder, hidden ones too; folders end with a slash."""
    return {
        f"{path.relative_to(folder)}{'/' if path.is_dir() else ''}": "" if path.is_dir() else path.read_text()
        for path in folder.rglob("*")
    }


def killed(folder: Path, code: str) -> None:
    """Run code in a process of its own, which kills itself."""
    head = "import sys; from pathlib import Path; from jointaware import atomic, journal\n"
    command = [sys.executable, "-c", f"{head}from jointaware.atomic import *\n{code}"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.fixture
def full_disk():
    """No file can grow beyond 4 kB, as far as a test can fill a disk: the same calls fail in the same places."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def save_arrays(path: Path) -> None:
    with writing(path) as temporary:
        save_file({"error": BIG}, temporary)


@pytest.mark.parametrize(
    "write",
    [
        lambda path: write_text(path, "x" * 5000),
        lambda path: write_json(path, ["x"] * 5000),
        lambda path: write_table(path, pd.DataFrame({"x": range(5000)})),
        lambda path: write_predictions(path, BIG, {}),
        save_arrays,
        lambda path: checkpoints.save(path.parent, {"weight": torch.zeros(5000)}),
    ],
    ids=["text", "json", "table", "predictions", "safetensors", "checkpoint"],
)
def test_a_full_disk_is_one_line_that_names_the_final_file(write, tmp_path, full_disk):
    path = tmp_path / "state.pt"
    path.write_text("earlier")
    with pytest.raises(InputError, match=rf"^{path}: cannot be written \(File too large\)$") as caught:
        write(path)
    assert "\n" not in str(caught.value)
    assert everything(tmp_path) == {"state.pt": "earlier"}


def test_a_file_where_a_folder_should_be_is_named(tmp_path):
    (tmp_path / "results").touch()
    with pytest.raises(InputError, match=r"results/tables/a\.csv: cannot be written \(Not a directory\)"):
        write_text(tmp_path / "results/tables/a.csv", "")


def test_a_folder_where_a_file_should_be_stays(tmp_path):
    (tmp_path / "manifest.json").mkdir()
    with pytest.raises(InputError, match=r"manifest\.json: cannot be written \(Is a directory\)"):
        write_text(tmp_path / "manifest.json", "")
    with pytest.raises(InputError, match=r"raw: cannot be written \(Not a directory\)"):
        (tmp_path / "raw").touch()
        with writing_folder(tmp_path / "raw"):
            pass
    assert everything(tmp_path) == {"manifest.json/": "", "raw": ""}


def test_errors_of_reading_another_file_keep_its_name(tmp_path):
    with pytest.raises(FileNotFoundError, match="take"), writing(tmp_path / "sequences"):
        (tmp_path / "take").read_text()


def test_an_interrupted_write_leaves_the_earlier_file_and_nothing_else(tmp_path):
    (tmp_path / "file").write_text("earlier")
    with pytest.raises(KeyboardInterrupt), writing(tmp_path / "file") as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert everything(tmp_path) == {"file": "earlier"}


def test_an_interrupted_folder_leaves_the_earlier_one(tmp_path):
    write_text(tmp_path / "raw/old", "earlier")
    with pytest.raises(KeyboardInterrupt), writing_folder(tmp_path / "raw") as temporary:
        (temporary / "new").touch()
        raise KeyboardInterrupt
    assert everything(tmp_path) == {"raw/": "", "raw/old": "earlier"}


def test_a_new_folder_takes_the_place_of_the_old(tmp_path):
    write_text(tmp_path / "raw/old", "earlier")
    with writing_folder(tmp_path / "raw") as temporary:
        write_text(temporary / "S1/new", "new")
    assert everything(tmp_path) == {"raw/": "", "raw/S1/": "", "raw/S1/new": "new"}


def test_outputs_appear_together(tmp_path):
    write_text(tmp_path / "a", "earlier")
    with together():
        write_text(tmp_path / "a", "new")
        write_text(tmp_path / "folder/b", "new")
        assert (tmp_path / "a").read_text() == "earlier"
        assert written(tmp_path / "a").read_text() == "new"
    assert written(tmp_path / "a") == tmp_path / "a"
    assert everything(tmp_path) == {"a": "new", "folder/": "", "folder/b": "new"}


def test_outputs_of_which_one_fails_all_stay_as_they_were(tmp_path):
    write_text(tmp_path / "a", "earlier")
    with pytest.raises(ZeroDivisionError), together():
        write_text(tmp_path / "a", "new")
        write_text(tmp_path / "b", "new")
        raise ZeroDivisionError
    assert everything(tmp_path) == {"a": "earlier"}


def test_a_rename_that_fails_is_named_and_those_before_it_are_undone(tmp_path, monkeypatch):
    make = journal.Move.make

    def fail_at_last(move):
        if move.final.name == "raw":
            move.final.rename(move.old)
            raise OSError(5, "Input/output error", str(move.new), None, str(move.final))
        make(move)

    monkeypatch.setattr(journal.Move, "make", fail_at_last)
    write_text(tmp_path / "a", "earlier")
    write_text(tmp_path / "raw/take", "earlier")
    before = everything(tmp_path)
    with pytest.raises(InputError, match=f"^{tmp_path}/raw: cannot be written"), together():
        write_text(tmp_path / "a", "new")
        write_text(tmp_path / "b", "new")
        with writing_folder(tmp_path / "raw"):
            pass
    assert everything(tmp_path) == before


@pytest.mark.parametrize("first", ["a", "tables/c"])
@pytest.mark.parametrize("renames", range(5))
def test_a_kill_between_two_renames_is_undone_by_the_next_start(tmp_path, renames, first):
    """In whichever of the folders it writes, and where they have been mounted elsewhere meanwhile."""
    folder = tmp_path / "killed"
    write_text(folder / "a", "earlier")
    write_text(folder / "raw/take", "earlier")
    before = everything(folder)
    code = f"""
made = []
class Dying(journal.Move):
    def make(self):
        if len(made) == {renames}:
            {DIE}
        super().make()
        made.append(self)
atomic.Move = Dying
with together():
    for name in {first!r}, *sorted({{"a", "b", "tables/c"}} - {{{first!r}}}):
        with writing(Path(name)) as temporary:
            temporary.write_text("new")
    with writing_folder(Path("raw")):
        pass
{DIE}
"""
    killed(folder, code)
    folder = folder.rename(tmp_path / "elsewhere")
    write_text(folder / "other", "")
    after = everything(folder)
    del after["other"]
    if renames == 4:
        after = {name: text for name, text in after.items() if ".writing-" not in name}
        assert after == {"a": "new", "b": "new", "raw/": "", "tables/": "", "tables/c": "new"}
        return
    assert {name: text for name, text in after.items() if not name.startswith("tables/")} == before
    assert "tables/c" not in after


def test_files_that_a_killed_process_left_are_removed_by_the_next_start(tmp_path):
    killed(tmp_path, f"with writing(Path('big')) as path:\n    path.write_text('half')\n    {DIE}")
    killed(tmp_path, f"with writing_folder(Path('raw')) as path:\n    (path / 'take').write_text('')\n    {DIE}")
    assert list(tmp_path.glob(".writing-*"))
    write_text(tmp_path / "another", "")
    assert everything(tmp_path) == {"another": ""}


def test_a_journal_moves_nothing_but_what_was_written_beside_it(tmp_path):
    """One that came with somebody's data, say."""
    (tmp_path / "mine").write_text("mine")
    for row in (["..", "mine", False], ["../..", "mine", False], [".", "../../mine", True], [".", "mine"], 1):
        hidden = tmp_path / "data/.writing-1"
        (hidden / "new").mkdir(parents=True, exist_ok=True)
        (hidden / "old").mkdir(exist_ok=True)
        (hidden / "old/mine").write_text("hostile")
        (hidden / "journal.json").write_text(json.dumps([row]))
        with contextlib.suppress(InputError):
            write_text(tmp_path / "data/other", "")
    assert (tmp_path / "mine").read_text() == "mine"


@pytest.mark.parametrize("name", ["journal.json", "journal-in"])
@pytest.mark.parametrize("content", [b"[" * 10**5, b"\xff", b"a\0b", b"../../../../etc", b"9" * 5000, None])
def test_a_damaged_journal_is_one_line(tmp_path, name, content):
    damaged = tmp_path / ".writing-1" / name
    damaged.parent.mkdir()
    os.mkfifo(damaged) if content is None else damaged.write_bytes(content)
    with pytest.raises(InputError, match=rf"{name}: damaged; `old` beside it holds files"):
        write_text(tmp_path / "other", "")


def test_a_lock_that_is_no_file_is_left_alone(tmp_path):
    (tmp_path / ".writing-1").mkdir()
    os.mkfifo(tmp_path / ".writing-1/lock")
    write_text(tmp_path / "other", "")
    assert (tmp_path / ".writing-1/lock").exists()


def test_files_of_a_living_process_stay(tmp_path):
    with writing(tmp_path / "a") as temporary:
        contextvars.Context().run(write_text, tmp_path / "b", "b")
        temporary.write_text("a")
    assert everything(tmp_path) == {"a": "a", "b": "b"}


def test_two_processes_that_write_the_same_files_never_mix_them(tmp_path):
    code = """
for round in range(40):
    with together():
        for name in ("a", "folder/b", "c"):
            with writing(Path(name)) as temporary:
                temporary.write_text(f"{sys.argv[1]} {round}")
"""
    head = "import sys; from pathlib import Path; from jointaware.atomic import *\n"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    started = [
        subprocess.Popen([sys.executable, "-c", head + code, name], cwd=tmp_path, env=environment) for name in "xy"
    ]
    assert [process.wait() for process in started] == [0, 0]
    texts = everything(tmp_path)
    assert texts.keys() == {"a", "c", "folder/", "folder/b"}
    assert texts["a"] == texts["c"] == texts["folder/b"]

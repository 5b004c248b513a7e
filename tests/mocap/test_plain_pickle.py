"""No code in a pickle runs; plain data is read from every version of numpy and every protocol."""

import io
import os
import pickle
import struct
import zipfile
from collections import OrderedDict, defaultdict
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from jointaware.errors import InputError
from jointaware.mocap.plain_pickle import load_npz

PLAIN = {
    "S1": {"Walking 1": np.arange(24, dtype=np.float32).reshape(4, 3, 2), "empty": np.zeros((0, 17, 2), np.float32)},
    "numbers": [1, 2.5, True, None, (3, -(2**63 - 1)), np.float64(0.1), np.int32(-7)],
    "strings": ["left", np.array(["pelvis", "neck"]), np.str_("coco")],
    "orders": [
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(3, dtype=">i4"),
        np.array(5.0),
        np.dtype(">f4"),
    ],
    "ragged": np.array([np.arange(2), "text"], dtype=object),
    "objects": np.asfortranarray(np.array([["a", "b", 1], ["c", {}, 2]], dtype=object)),
}

WIDE = np.arange(6).reshape(2, 3)


def write_member(path: Path, pickled: bytes) -> Path:
    """An .npz with one member, `data`, of an object array whose pickle is given."""
    member = io.BytesIO()
    np.lib.format.write_array_header_1_0(member, {"descr": "|O", "fortran_order": False, "shape": ()})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.npy", member.getvalue() + pickled)
    return path


def by_numpy_1(pickled: bytes) -> bytes:
    """The pickle with numpy 1's module names: plain text in protocols 2 and 3, length-prefixed and framed later."""
    pickled = pickled.replace(b"cnumpy._core.", b"cnumpy.core.")
    for module in (b"numpy._core.multiarray", b"numpy._core.numeric"):
        old, new = module, module.replace(b"_core", b"core")
        framed = bytes([len(old)]) + old
        if framed in pickled:
            pickled = pickled.replace(framed, bytes([len(new)]) + new)
            pickled = pickled[:3] + struct.pack("<Q", struct.unpack("<Q", pickled[3:11])[0] - 1) + pickled[11:]
    assert b"_core" not in pickled
    return pickled


def assert_same(found, expected):
    assert type(found) is type(expected)
    if isinstance(expected, dict):
        assert list(found) == list(expected)
        found, expected = list(found.values()), list(expected.values())
    if isinstance(expected, list | tuple):
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
    elif isinstance(expected, np.ndarray):
        assert found.dtype == expected.dtype
        assert found.shape == expected.shape
        assert_same(found.tolist(), expected.tolist())
    else:
        assert found == expected


def test_arrays_and_objects_survive_a_round_trip_through_numpy(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", positions_3d=PLAIN, fps=np.array([50.0]), wide=np.asfortranarray(WIDE))
    found = load_npz(tmp_path / "a.npz")
    assert_same(found, {"positions_3d": PLAIN, "fps": np.array([50.0]), "wide": WIDE})


@pytest.mark.parametrize("of_numpy", [bytes, by_numpy_1], ids=["numpy 2", "numpy 1"])
@pytest.mark.parametrize("protocol", range(6))
def test_every_protocol_of_either_numpy_is_read(tmp_path, protocol, of_numpy):
    array = np.empty((), object)
    array[()] = PLAIN
    path = write_member(tmp_path / "a.npz", of_numpy(pickle.dumps(array, protocol)))
    assert_same(load_npz(path)["data"], PLAIN)


def test_a_pickle_of_python_2_is_read_with_its_bytes_as_latin1(tmp_path):
    values = np.array([1.5, -2.25e-12], "<f4")
    pickled = (
        b"\x80\x02}U\x05caf\xe9scnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K\x02\x85cnumpy\ndtype\nU\x02f4K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"\x89U\x08" + values.tobytes() + b"tbs."
    )
    assert_same(load_npz(write_member(tmp_path / "a.npz", pickled))["data"], {"cafés": values})


class Calls:
    """Pickles as a function call that unpickling would execute."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize(
    ("function", "name"),
    [
        (os.mkdir, f"{os.mkdir.__module__}.mkdir"),
        (partial(os.mkdir), "functools.partial"),
        (Path, r"pathlib[\w.]*\.Path"),
        (eval, "eval"),
        (np.load, "numpy.load"),
        (np.memmap, "numpy.memmap"),
    ],
)
def test_a_foreign_class_is_refused_by_name_and_nothing_runs(tmp_path, function, name, protocol):
    victim = tmp_path / "made"
    path = write_member(tmp_path / "a.npz", pickle.dumps({"a": [Calls(function, str(victim))]}, protocol))
    with pytest.raises(InputError, match=rf"a\.npz: .*found .*{name}"):
        load_npz(path)
    assert not victim.exists()


@pytest.mark.parametrize("protocol", range(6))
def test_containers_without_code_are_read_as_plain_ones(tmp_path, protocol):
    default = defaultdict(dict, S1={"Walking": 1})
    value = [OrderedDict(b=1, a=OrderedDict(c=2)), default, defaultdict(list, a=[2])]
    value += [{1, 2}, frozenset("ab"), b"\xff", b""]
    expected = [{"b": 1, "a": {"c": 2}}, {"S1": {"Walking": 1}}, {"a": [2]}, {1, 2}, frozenset("ab"), b"\xff", b""]
    path = write_member(tmp_path / "a.npz", pickle.dumps(value, protocol))
    assert_same(load_npz(path)["data"], expected)


def test_an_ordered_dictionary_of_python_2_is_read(tmp_path):
    pickled = b"\x80\x02ccollections\nOrderedDict\nq\x00]q\x01]q\x02(U\x01bK\x01ea\x85R."
    assert load_npz(write_member(tmp_path / "a.npz", pickled)) == {"data": {"b": 1}}


def test_what_is_held_in_many_places_is_read_once(tmp_path):
    bomb = [0]
    for _ in range(60):
        bomb = [bomb] * 2
    found = load_npz(write_member(tmp_path / "a.npz", pickle.dumps(bomb, 4)))["data"]
    assert found[0] is found[1]


@pytest.mark.parametrize(
    ("pickled", "found"),
    [
        (b"\x80\x02]r\x00\x00\x00\x10.", "entry 268435456 of the memo"),
        (b"(lp268435456\n.", "entry 268435456 of the memo"),
        (b"\x80\x04" + b")" + b"\x85" * 10**6 + b"}" + b"\x94h\x00K\x01s.", "nested 100 deep"),
        (b"\x80\x04" + b"]" * 10**5 + b"a" * (10**5 - 1) + b".", "nested 100 deep"),
        (b"\x80\x05\x8e" + struct.pack("<Q", 2**40) + b"1234.", "bytes8"),
        (b"\x80\x04\x95" + struct.pack("<Q", 2**40) + b"K\x01.", r"\(UnpicklingError"),
        (b"\x80\x02cnumpy\nndarray\n}X\x01\x00\x00\x00aK\x01sb.", "found a change of numpy.ndarray"),
        (pickle.dumps({3 * (2**61 - 1) * n: 0 for n in range(100)}), "an integer of more than 64 bits"),
        (b"\x80\x02cbuiltins\ndict\n)R.", "found a call of builtins.dict"),
        (b"\x80\x02cbuiltins\ndict\n.", "found builtins.dict"),
    ],
)
def test_a_pickle_that_declares_what_it_does_not_hold_is_refused_before_it_is_loaded(tmp_path, pickled, found):
    with pytest.raises(InputError, match=rf"a\.npz: 'data': cannot be read .*{found}"):
        load_npz(write_member(tmp_path / "a.npz", pickled))


def npz_of(path: Path, member: bytes, compression=zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("joints.npy", member)
    return path


@pytest.mark.parametrize(
    ("header", "content"),
    [
        ({"descr": "<f4", "fortran_order": False, "shape": (2**40, 17, 3)}, bytes(12)),
        ({"descr": "<U1000000000", "fortran_order": False, "shape": (1,)}, bytes(12)),
        ({"descr": "|S0", "fortran_order": False, "shape": (2**50,)}, b""),
        ({"descr": "<f4", "fortran_order": False, "shape": (2,)}, bytes(12)),
        ({"descr": "<f4", "fortran_order": False, "shape": (-3, -1)}, bytes(12)),
        ({"descr": [("x", "<f4")], "fortran_order": False, "shape": (3,)}, bytes(12)),
        ({"descr": "|V4", "fortran_order": False, "shape": (3,)}, bytes(12)),
    ],
)
def test_an_array_of_other_size_than_its_header_says_is_refused(tmp_path, header, content):
    member = io.BytesIO()
    np.lib.format.write_array_header_1_0(member, header)
    with pytest.raises(InputError, match=r"a\.npz: 'joints': cannot be read"):
        load_npz(npz_of(tmp_path / "a.npz", member.getvalue() + content), objects=False)


def test_members_that_inflate_beyond_what_a_file_of_this_size_holds_are_refused(tmp_path):
    path = npz_of(tmp_path / "a.npz", bytes(2**27))
    assert path.stat().st_size < 2**20
    with pytest.raises(InputError, match=r"a\.npz: declares 134217728 bytes of content"):
        load_npz(path)


def test_compression_that_numpy_does_not_use_is_refused(tmp_path):
    with pytest.raises(InputError, match="compressed in a way that NumPy does not use"):
        load_npz(npz_of(tmp_path / "a.npz", b"", zipfile.ZIP_LZMA))


def test_objects_are_refused_where_only_arrays_are_wanted(tmp_path):
    np.savez(tmp_path / "a.npz", fps=50.0, joints={"a": 1})
    with pytest.raises(InputError, match=r"a\.npz: 'joints': .*pickled objects"):
        load_npz(tmp_path / "a.npz", objects=False)
    np.savez(tmp_path / "a.npz", fps=50.0)
    assert load_npz(tmp_path / "a.npz", objects=False) == {"fps": 50.0}


def test_the_shared_file_that_took_4_gigabytes_is_refused_at_once():
    path = Path(__file__).parents[3] / "shared" / "cases" / "faults" / "memo-2e28-data_3d_h36m.npz"
    if not path.exists():
        pytest.skip("needs ../shared")
    with pytest.raises(InputError, match="of the memo"):
        load_npz(path)


class Forged:
    """Pickles as an object array whose dtype denies holding objects, so that numpy would take bytes for a pointer."""

    def __reduce__(self):
        return np._core.multiarray._reconstruct, (np.ndarray, (0,), b"b"), (1, (1,), Denying(), False, b"A" * 8)


class Denying:
    def __reduce__(self):
        return np.dtype, ("O8", False, True), (3, "|", None, None, None, -1, -1, 0)


def test_a_forged_object_array_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"a\.npz"):
        load_npz(write_member(tmp_path / "a.npz", pickle.dumps(Forged(), 4)))


@pytest.mark.parametrize("dtype", [np.dtype([("x", "f4"), ("y", "O")]), np.dtype("M8[s]"), np.dtype(("f4", 3))])
def test_structured_and_other_dtypes_are_refused(tmp_path, dtype):
    with pytest.raises(InputError, match="found dtype"):
        load_npz(write_member(tmp_path / "a.npz", pickle.dumps(dtype, 4)))


def test_a_truncated_file_is_refused_in_one_line(tmp_path):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, data=PLAIN)
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"a\.npz: .*expected an \.npz file") as refusal:
            load_npz(path)
        assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "pickled", [b"", b"\x80\x04.", b"\x80\x04K", b"cnumpy\nndarray\n.", b"cnumpy\nndarray\n)\x81.", b"\x80\x63K\x01."]
)
def test_a_damaged_pickle_is_refused(tmp_path, pickled):
    with pytest.raises(InputError, match=r"a\.npz"):
        load_npz(write_member(tmp_path / "a.npz", pickled))


def test_a_recursive_pickle_is_refused(tmp_path):
    knot = []
    knot.append(knot)
    with pytest.raises(InputError, match="RecursionError"):
        load_npz(write_member(tmp_path / "a.npz", pickle.dumps(knot)))


def test_missing_and_other_files_are_refused(tmp_path):
    path = tmp_path / "a.npz"
    with pytest.raises(InputError, match="No such file"):
        load_npz(path)
    single = io.BytesIO()
    np.save(single, np.zeros(3))
    for content, found in {
        b"": "found an empty file",
        b"<html>Sign in</html>": "found a web page",
        b"frame,x,y\n": "not a zip file",
        pickle.dumps(PLAIN): "found a pickle",
        b"PK\x03\x04" + bytes(100): "found a part of an .npz file",
        single.getvalue(): "found a single array",
    }.items():
        path.write_bytes(content)
        with pytest.raises(InputError, match=found):
            load_npz(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.npy", "text")
    with pytest.raises(InputError, match=r"expected an \.npz file"):
        load_npz(path)

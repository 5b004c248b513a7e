"""Arrays in files of MATLAB's and HDF5, and what is refused of them."""

import struct

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from jointaware.errors import InputError
from jointaware.mocap.h36m.matlab import read_variable
from tests.mocap.h36m.reading import assert_read, read_all, take_path
from tests.mocap.h36m_files import made_up


@pytest.mark.parametrize(
    "variables",
    [
        {"pose": np.zeros((5, 64))},
        {"a": np.zeros((5, 96)), "b": np.zeros((5, 96))},
        {"pose": "text"},
        {"pose": {"x": np.zeros((5, 96))}},
        {"pose": np.zeros((5, 96), complex)},
        {},
    ],
)
def test_a_mat_with_other_contents_is_refused(tmp_path, variables):
    savemat(take_path(tmp_path, ".cdf.mat"), variables)
    with pytest.raises(InputError, match=r"Walking\.cdf\.mat: cannot be read"):
        read_all(tmp_path, ["S1"])


def cells(depth):
    content = np.zeros((5, 96))
    for _ in range(depth):
        cell = np.empty((1, 1), object)
        cell[0, 0] = content
        content = cell
    return content


def test_cells_within_cells_are_refused(tmp_path):
    path = take_path(tmp_path, ".mat")
    for depth in (2, 300):
        savemat(path, {"data": cells(depth)})
        with pytest.raises(InputError, match=r"Walking\.mat: cannot be read"):
            read_all(tmp_path, ["S1"])


def test_hdf5_of_another_program_is_refused(tmp_path):
    path = take_path(tmp_path, ".cdf.mat")
    with h5py.File(path, "w") as file:
        file["3D_positions"] = np.zeros((32, 5))
    with pytest.raises(InputError, match=r"Walking\.cdf\.mat: cannot be read .*shape \(5, 32\)"):
        read_all(tmp_path, ["S1"])


def test_hdf5_that_declares_more_than_it_holds_or_points_elsewhere_is_refused(tmp_path):
    path = take_path(tmp_path, ".mat")
    values = tmp_path / "values"
    values.write_bytes(bytes(96 * 5 * 8))
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["data"] = np.zeros((96, 5))
    layout = h5py.VirtualLayout((96, 5), "f8")
    layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "data", (96, 5))
    for found, write in {
        "declares 7680000000 bytes": lambda file: file.create_dataset("data", (96, 10**7), "f8", chunks=(96, 100)),
        "values in other files": lambda file: file.create_virtual_dataset("data", layout),
        "values in other": lambda file: file.create_dataset(
            "data", (96, 5), "f8", external=[(tmp_path / "values", 0, 3840)]
        ),
        "0 variables": lambda file: file.__setitem__("data", h5py.ExternalLink(tmp_path / "other.h5", "data")),
    }.items():
        with h5py.File(path, "w") as file:
            write(file)
        with pytest.raises(InputError, match=rf"Walking\.mat: .*{found}"):
            read_all(tmp_path, ["S1"])


@pytest.mark.parametrize("name", ["Walking 1.mat", "Walking_1.mat", "Walking 1.cdf.mat", "Walking 1.MAT"])
@pytest.mark.parametrize("variable", ["data", "Pose", "x"])
@pytest.mark.parametrize("write", ["plain", "three axes", "compressed", "version 7.3", "with others"])
def test_a_plain_array_in_a_mat_of_any_version_is_read(tmp_path, name, variable, write):
    pose = made_up()["S1"]["Walking"]
    path = take_path(tmp_path, ".mat").with_name(name)
    others = {"fps": np.array("50"), "info": {"by": "hand"}}
    if write == "version 7.3":
        with h5py.File(path, "w", userblock_size=512) as file:
            file[variable] = pose.T
    else:
        written = pose.reshape(-1, 32, 3) if write == "three axes" else pose
        more = others if write == "with others" else {}
        savemat(path, {**more, variable: written}, do_compression=write == "compressed")
    assert_read(tmp_path, pose)


def element(kind, content, order):
    return struct.pack(f"{order}II", kind, len(content)) + content + bytes(-len(content) % 8)


def mat(order, values, stored=9):
    """A file of version 5 with the variable `data`, (1, columns), as MATLAB writes it on a machine of either order."""
    flags = element(6, struct.pack(f"{order}II", 6, 0), order)
    shape = element(5, struct.pack(f"{order}2i", 1, len(values)), order)
    name = struct.pack(f"{order}I", 4 << 16 | 1) + b"data"  # within the tag
    content = flags + shape + name + element(stored, np.array(values, f"{order}f8").tobytes(), order)
    head = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack(f"{order}2H", 0x100, 0x4D49)
    return head + element(14, content, order)


@pytest.mark.parametrize("order", "<>")
def test_a_mat_of_either_byte_order_is_read(tmp_path, order):
    (tmp_path / "a.mat").write_bytes(mat(order, [1.5, -2, 1e9]))
    np.testing.assert_array_equal(read_variable(tmp_path / "a.mat"), [[1.5, -2, 1e9]])


def test_a_type_that_crashes_scipy_is_refused(tmp_path):
    path = take_path(tmp_path, ".mat")
    path.write_bytes(mat("<", [0.0] * 96, stored=0x8009))
    with pytest.raises(InputError, match=r"Walking\.mat: cannot be read"):
        read_all(tmp_path, ["S1"])


def test_a_mat_that_inflates_to_gigabytes_is_refused(tmp_path):
    path = take_path(tmp_path, ".mat")
    savemat(path, {"data": np.zeros((10**5, 96))}, do_compression=True)
    assert path.stat().st_size < 2**20
    with pytest.raises(InputError, match=r"Walking\.mat: declares \d+ bytes of content"):
        read_all(tmp_path, ["S1"])

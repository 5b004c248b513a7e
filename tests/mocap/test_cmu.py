"""The CMU reader: a small skeleton computed by hand, real files, every valid form, every invalid one."""

import math
from pathlib import Path

import numpy as np
import pytest

from jointaware.errors import InputError
from jointaware.mocap.cmu import takes as cmu
from jointaware.mocap.cmu.asf_amc import positions, read_motion, read_skeleton
from jointaware.pose import skeleton as h36m

ASF = """# made by hand
:version 1.10
:units
  mass 1.0
  length 0.45
  angle deg
:root
  order TX TY TZ RX RY RZ
  axis XYZ
  position 0 0 0
  orientation 0 0 0
:bonedata
  begin
    id 1
    name thigh
    direction 0 -1 0
    length 9
    axis 0 0 90 XYZ
    dof rx ry rz
    limits (-160 20)
           (-70 70)
           (-60 70)
  end
  begin
    id 2
    name shin
    direction 0 -1 0
    length 4.5
    axis 0 0 0 XYZ
    dof rx
  end
  begin
    id 3
    name foot
    direction 0 0 1
    length 0.9
    axis 0 0 0 XYZ
  end
:hierarchy
  begin
    root thigh
    thigh shin
    shin foot
  end
"""

AMC = """#!OML:ASF by hand
:FULLY-SPECIFIED
:DEGREES
1
root 4.5 9 0 0 0 0
thigh 0 0 0
shin 0
2
root 4.5 9 0 0 90 0
thigh 0 30 0
shin 90
"""

UNIT = 0.0254 / 0.45


@pytest.fixture
def files(tmp_path) -> tuple[Path, Path]:
    (tmp_path / "a.asf").write_text(ASF)
    (tmp_path / "a.amc").write_text(AMC.replace("\n", "\r\n"))
    return tmp_path / "a.asf", tmp_path / "a.amc"


def read_positions(asf: Path, amc: Path) -> np.ndarray:
    skeleton = read_skeleton(asf)
    return positions(skeleton, read_motion(amc, skeleton))


def test_positions_by_hand(files):
    root, thigh, shin, foot = np.moveaxis(read_positions(*files), 1, 0) / UNIT
    np.testing.assert_allclose(
        [root[0], thigh[0], shin[0], foot[0]], [[4.5, 9, 0], [4.5, 0, 0], [4.5, -4.5, 0], [4.5, -4.5, 0.9]]
    )
    # The thigh's own y points to the world's -x (its axes are turned by 90 degrees about z): a turn of 30 degrees about
    # it swings the bone backwards, and the root's quarter turn about y brings what was behind to the side.
    sine, cosine = math.sin(math.radians(30)), math.cos(math.radians(30))
    np.testing.assert_allclose(thigh[1], [4.5 + 9 * sine, 9 - 9 * cosine, 0], atol=1e-12)
    bend = np.array([-cosine, -sine, 0])  # the shin at a right angle to the thigh
    np.testing.assert_allclose(shin[1], thigh[1] + 4.5 * bend, atol=1e-12)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (ASF, "", "found an empty file"),
        (ASF, "no ASF", "no section :units"),
        ("  length 0.45\n", "", "units length is '', expected 1 finite numbers"),
        ("length 0.45", "length 0", "expected > 0 and deg"),
        ("angle deg", "angle rad", "angle rad; expected > 0 and deg"),
        ("order TX TY TZ RX RY RZ", "order RX RY RZ", "the root's order is 'rx ry rz'"),
        ("orientation 0 0 0", "orientation 0 90 0", "the root's orientation is '0 90 0', expected '0 0 0'"),
        (":bonedata", ":bones", "no section :bonedata"),
        ("    length 9\n", "    length nine\n", "bone thigh, length is 'nine', expected 1 finite numbers"),
        ("direction 0 0 1", "direction 0 0 nan", "bone foot, direction is '0 0 nan'"),
        ("dof rx\n", "dof rx l\n", "bone shin has dof 'rx l'"),
        ("dof rx\n", "dof rx rx\n", "expected dof of rx ry rz, each once"),
        ("thigh shin\n", "", "bone 'shin' is not in :hierarchy"),
        ("thigh shin\n    shin foot", "foot shin\n    thigh foot", "the parent of bone 'shin' is 'foot'"),
        ("  end\n:hierarchy", ":hierarchy", "truncated"),
        ("    shin foot", "    shin foot\n    thigh foot", "found bone 'foot' below two others"),
        ("    shin foot", "    shin foot\n    foot thigh", "found bone 'thigh' below two others"),
        ("name shin", "name thigh", "found bone 'thigh' twice"),
        ("length 9\n", "length 1e308\n", "bone thigh, length is '1e308', expected 1 finite numbers up to 1,000,000"),
        ("length 0.45", "length 1e-300", "units are length 1e-300"),
    ],
)
def test_a_wrong_skeleton_is_refused_by_name(files, old, new, words):
    files[0].write_text(ASF.replace(old, new))
    with pytest.raises(InputError, match=words) as caught:
        read_skeleton(files[0])
    assert str(caught.value).startswith(str(files[0]))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (AMC, "", "found an empty file"),
        (AMC, ":DEGREES", "found the end of the file, expected the number of the first frame"),
        (":DEGREES", ":RADIANS", "expected angles in degrees"),
        (":DEGREES\n", "", "found no :DEGREES before the first frame"),
        ("shin 90\n", "", r"found the end of the file, expected 'shin' of frame 2"),
        ("shin 0\n", "", r"line 7: found '2', expected 'shin' of frame 1"),
        ("thigh 0 30 0", "thigh 0 30", r"line 10: found 'thigh 0 30', expected 3 finite numbers .* after thigh"),
        ("thigh 0 30 0", "thigh 0 nan 0", r"line 10: found 'thigh 0 nan 0'"),
        (
            "thigh 0 30 0",
            "thigh 0 1e308 0",
            r"line 10: found 'thigh 0 1e308 0', expected 3 finite numbers up to",
        ),
        ("thigh 0 30 0", "thigh 0 x 0", r"line 10: found 'thigh 0 x 0'"),
        ("thigh 0 30 0", "arm 0 30 0", r"line 10: found 'arm 0 30 0', expected 'shin, thigh' of frame 2"),
        (
            "thigh 0 30 0\n",
            "thigh 0 30 0\nthigh 0 30 0\n",
            "line 11: found 'thigh 0 30 0', expected 'shin' of f",
        ),
        ("\n2\n", "\n3\n", r"line 8: found '3', expected frame 2"),
        ("\n1\n", "\n", r"line 4: found 'root .*', expected the number of the first frame"),
        ("root 4.5 9 0 0 0 0\n", "", "line 6: found 'shin 0'|found '2', expected 'root' of frame 1"),
    ],
)
def test_a_wrong_motion_is_refused_by_line(files, old, new, words):
    skeleton = read_skeleton(files[0])
    files[1].write_text(AMC.replace(old, new))
    with pytest.raises(InputError, match=words) as caught:
        read_motion(files[1], skeleton)
    assert str(caught.value).startswith(str(files[1]))


@pytest.mark.parametrize(
    ("asf", "amc"),
    [
        (ASF, AMC.replace("\n1\n", "\n0\n").replace("\n2\n", "\n1\n")),
        (ASF, AMC.replace("\n1\n", "\n101\n").replace("\n2\n", "\n102\n")),
        (ASF.upper(), AMC.upper()),
        (ASF, AMC.replace(" ", "\t").replace("\n", " \t\n")),
        (ASF, "\n".join(f"{line}  # a comment\n\n#" for line in AMC.splitlines())),
        (ASF, AMC.replace("thigh 0 30 0\nshin 90", "shin 90\nthigh 0 30 0")),
        (f"\ufeff{ASF}", f"\ufeff{AMC}"),
    ],
    ids=["from 0", "from 101", "upper case", "tabs and trailing spaces", "comments", "another order", "BOM"],
)
def test_every_way_of_writing_a_take_is_read(files, asf, amc):
    expected = read_positions(*files)
    files[0].write_text(asf, encoding="utf-8")
    files[1].write_text(amc, encoding="utf-8")
    np.testing.assert_array_equal(read_positions(*files), expected)


def test_bytes_that_are_not_utf8_are_no_obstacle_in_a_comment_and_refused_elsewhere(files):
    files[0].write_bytes(b"# Universit\xe9\r\n" + ASF.encode())
    skeleton = read_skeleton(files[0])
    files[1].write_bytes(AMC.encode().replace(b"shin 90", b"sh\xedn 90"))
    with pytest.raises(InputError, match=r"line 11: found 'sh.n 90', expected 'shin' of frame 2"):
        read_motion(files[1], skeleton)


BLOCK = "begin\n name b{0}\n direction 0 1 0\n length 1\n axis 0 0 0 XYZ\n dof rx\nend\n"
MANY = range(14_000)
HEAD, BONES = ASF.split("  begin\n", 1)[0], "".join(map(BLOCK.format, MANY))
CHAIN = "".join(f"b{bone - 1} b{bone}\n" for bone in MANY).replace("b-1", "root", 1)


@pytest.mark.parametrize(
    "asf",
    [
        f"{HEAD}{BONES}:hierarchy\nbegin\n{CHAIN}end\n",
        ASF.replace("length 9\n", f"length {'9' * 1_000_000}\n"),
        ASF.replace("name thigh", f"name {'thigh' * 200_000}"),
        ASF.replace("axis 0 0 90 XYZ", f"axis {'0 ' * 500_000}"),
    ],
    ids=["a chain of bones", "a long number", "a long name", "many numbers"],
)
def test_a_small_skeleton_that_declares_much_is_refused_in_one_short_line(files, asf):
    files[0].write_text(asf)
    with pytest.raises(InputError) as caught:
        cmu.read_take(*files)
    assert len(str(caught.value)) < 600
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "amc",
    [
        f"{AMC}{'9' * 1_000_000}",
        f"{AMC}3\nroot {'1' * 1_000_000} 0 0 0 0 0",
        f"{AMC}3\nroot {'0 ' * 500_000}",
        f"{'1 ' * 500_000}",
        "a\n" * 500_000,
        f"{AMC}3\nroot {'0 ' * 6}\n" + "x " * 200_000 + "y" * 500_000,
    ],
    ids=["a long frame", "a long number", "many numbers", "one line", "many lines", "many words and a long one"],
)
def test_a_small_motion_that_declares_much_is_refused_in_one_short_line(files, amc):
    skeleton = read_skeleton(files[0])
    files[1].write_text(amc)
    with pytest.raises(InputError) as caught:
        read_motion(files[1], skeleton)
    assert len(str(caught.value)) < 600


def test_a_missing_file_is_refused_in_one_line(tmp_path):
    with pytest.raises(InputError, match=r"none\.asf: cannot be read"):
        cmu.read_take(tmp_path / "none.asf", tmp_path / "none.amc")


def test_a_skeleton_other_than_cmus_is_refused(files):
    with pytest.raises(InputError, match="found 3 bones, expected CMU's 30"):
        cmu.read_take(*files)


@pytest.fixture(scope="module")
def walk(shared) -> np.ndarray:
    folder = shared / "data/cmu/subjects/02"
    return cmu.to_h36m17(cmu.read_take(folder / "02.asf", folder / "02_01.amc"))


def test_a_real_walker_has_human_proportions(walk):
    lengths = {
        h36m.JOINTS[child]: np.linalg.norm(walk[:, child] - walk[:, parent], axis=1) for parent, child in h36m.BONES
    }
    limbs = {name: length for name, length in lengths.items() if "_" in name}
    assert all(length.std() < 1e-6 for length in limbs.values())
    for name, low, high in (("knee", 0.38, 0.48), ("foot", 0.36, 0.46), ("elbow", 0.24, 0.34), ("hand", 0.22, 0.32)):
        for side in ("left", "right"):
            assert low < limbs[f"{side}_{name}"].mean() < high
    assert 1.45 < np.median(walk[:, h36m.HEAD, 2]) < 1.85


def test_a_real_walker_walks_forward_upright_at_human_speed(walk):
    steps = np.diff(walk[:, h36m.PELVIS], axis=0)
    assert 1.0 < np.linalg.norm(steps, axis=1).mean() * cmu.FPS < 1.7
    ahead = steps.sum(axis=0) / np.linalg.norm(steps.sum(axis=0))
    to_the_left = np.cross([0, 0, 1], ahead)
    assert ((walk[:, h36m.LEFT_HIP] - walk[:, h36m.RIGHT_HIP]) @ to_the_left).min() > 0.1
    feet = walk[:, [h36m.LEFT_FOOT, h36m.RIGHT_FOOT], 2]
    assert feet.min() > 0
    assert 0.04 < feet.min(axis=1).mean() < 0.13


SEGMENTS = {
    ("root", "thorax"): 0.497,
    ("lowerneck", "head"): 0.081,
    **{(f"{side}hipjoint", f"{side}femur"): 0.100 for side in "lr"},
    **{(f"{side}femur", f"{side}tibia"): 0.0465 for side in "lr"},
    **{(f"{side}tibia", f"{side}toes"): 0.0145 for side in "lr"},
    **{(f"{side}clavicle", f"{side}humerus"): 0.028 for side in "lr"},
    **{(f"{side}humerus", f"{side}wrist"): 0.016 for side in "lr"},
    **{(f"{side}wrist", f"{side}hand"): 0.006 for side in "lr"},
}
"""Share of the body's mass in each segment (Winter, Biomechanics and Motor Control of Human Movement)."""


def test_a_real_jump_falls_at_the_acceleration_of_gravity(shared):
    """In flight the centre of mass falls at 9.8 m/s^2 if units and frame rate are right."""
    folder = shared / "data/cmu/subjects/02"
    heights = cmu.read_take(folder / "02.asf", folder / "02_04.amc")[:, :, 2]
    ends = {segment: [cmu.POINTS.index(name) for name in segment] for segment in SEGMENTS}
    centre = sum(mass * heights[:, ends[segment]].mean(axis=1) for segment, mass in SEGMENTS.items())
    airborne = np.flatnonzero(heights.min(axis=1) > heights.min(axis=1).min() + 0.08)
    flight = max(np.split(airborne, np.flatnonzero(np.diff(airborne) > 1) + 1), key=len)
    acceleration = 2 * np.polyfit(np.arange(len(flight)) / cmu.FPS, centre[flight], 2)[0]
    assert acceleration == pytest.approx(-9.8, rel=0.03)

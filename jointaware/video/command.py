"""Lift what a 2D detector wrote of a video to 3D joints: one .npz for each person, and other forms on request.

The .npz holds joints (frames, 17, 3), relative to the root, and root (frames, 3), both in metres in the camera
frame, with joint_names, fps, unit, frame_of_reference, the detector's confidence, and lost, the frames without a
detection. Lost frames keep their time: short gaps are bridged, in long ones joints are NaN. Where the camera's focal
length is not given, that of a common lens is assumed, which scales the distance of the root, not the pose.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from jointaware.artifacts.network_files import NetworkInput, read_network_input
from jointaware.artifacts.provenance import ROOT
from jointaware.atomic import together
from jointaware.errors import InputError
from jointaware.mocap.keypoints.forms import FORMS
from jointaware.mocap.keypoints.layouts import LAYOUTS, Layout, can_become
from jointaware.mocap.keypoints.loading import read_video
from jointaware.mocap.keypoints.video import Person, Told, Video
from jointaware.mocap.plausible import check_fps
from jointaware.video.exports import EXPORTS, export
from jointaware.video.follow import follow_stream
from jointaware.video.lift import Choices, Lifter, lift_person, open_lifter
from jointaware.video.lifted import write_lifted

Number = TypeVar("Number", int, float)

NETWORKS = Path(__file__).parents[1] / "networks", ROOT / "networks"
"""Where the networks are that are used where none is named: in a wheel, in a checkout."""
SHIPPED, SHIPPED_CAUSAL = (("wild", "wild_h36m"), ("wild_causal", "wild_h36m_causal"))
"""Their names, for videos and for streams: the first whose keypoints can be made from those of the video is used."""
UNUSUAL = re.compile(r"[^\w.-]+")
"""What of a person's id is not written into the name of a file."""
MOST = 10**8
"""Beyond which a number of frames or pixels is a mistake."""
FEWEST = 0.05
"""Share of the frames of the person seen longest below which a person is left out, unless named."""


def main(argv: Sequence[str]) -> None:
    """Run `jointaware lift`."""
    arguments = _arguments(argv)
    told = _told(arguments)
    choices = Choices(
        gap=_number("--gap", arguments.gap, int),
        focal=_number("--focal", arguments.focal, float),
        use_flip=not arguments.no_flip,
        is_smoothed=arguments.smooth,
        is_rigid=arguments.rigid or any(EXPORTS[form].is_rigid for form in _forms(arguments)),
    )
    if arguments.follow:
        follow_stream(_open(arguments.network, SHIPPED_CAUSAL, told.layout), told, choices)
        return
    if arguments.keypoints is None or arguments.out is None:
        raise InputError("jointaware lift: expected a file or folder of keypoints, and --out FOLDER")
    if not arguments.keypoints.exists():
        raise InputError(f"{arguments.keypoints}: missing, expected keypoints of a video")
    video = read_video(arguments.keypoints, told, arguments.form)
    lifter = _open(arguments.network, SHIPPED, video.layout)
    _say_approximations(lifter, video)
    with together():
        for person in _chosen(video, arguments.person):
            _write_person(lifter, video, person, choices, arguments)


def _write_person(
    lifter: Lifter, video: Video, person: Person, choices: Choices, arguments: argparse.Namespace
) -> None:
    """Lift a person, and write the motion in all forms asked for."""
    name = video.path.stem if video.path.is_file() else video.path.resolve().name
    if len(video.people) > 1:
        name = f"{name}-{UNUSUAL.sub('_', person.id)}"
    take, remarks = lift_person(lifter, video, person, choices, name)
    for remark in remarks:
        print(remark)
    paths = [arguments.out / f"{name}.npz"]
    write_lifted(paths[0], take)
    for form in _forms(arguments):
        paths.append(paths[0].with_name(f"{name}{EXPORTS[form].suffix}"))
        export(form, paths[-1], take)
    for path in paths:
        print(path)


def _chosen(video: Video, wanted: str | None) -> list[Person]:
    """The people to lift: the one whose id is wanted, or all that are seen for long enough."""
    if wanted is not None:
        found = [person for person in video.people if person.id == wanted]
        if not found:
            known = ", ".join(person.id for person in video.people[:10])
            raise InputError(f"--person: found no person {wanted!r} in {video.path}, expected one of {known}")
        return found
    seen = {person.id: int((~person.lost).sum()) for person in video.people}
    fewest = max(1.0, FEWEST * max(seen.values()))
    if few := [name for name, frames in seen.items() if frames < fewest]:
        named = ", ".join(few[:10]) + (", ..." if len(few) > 10 else "")
        print(
            f"{video.path}: left out, seen in fewer than {fewest:.0f} frames each: {named} (--person takes one of them)"
        )
    return [person for person in video.people if person.id not in few]


def _say_approximations(lifter: Lifter, video: Video) -> None:
    if lacking := lifter.mapping(video.layout, video.path).approximated:
        print(f"{video.path}: {video.layout.name} has no {', '.join(lacking)}: constructed from other keypoints")


def _open(path: Path | None, shipped: Sequence[str], layout: Layout | None) -> Lifter:
    """The network named, or the one of those that come with the package that these keypoints suit."""
    path = path or _choose(shipped, layout)
    lifter, is_said = open_lifter(path)
    if not is_said:
        print(f"{path}: does not say what it was trained on, taken for Human3.6M's joints on screen at 50 frames/s")
    return lifter


def _choose(shipped: Sequence[str], layout: Layout | None) -> Path:
    """The first network that keypoints of this layout suit; the first of all where none does, which will say why."""
    paths = [folder / f"{name}.safetensors" for name in shipped for folder in NETWORKS]
    found = [path for path in paths if path.is_file()]
    if not found:
        raise InputError("--network: no network comes with this installation, expected a file that stages.train wrote")
    wanted = {path: LAYOUTS[(read_network_input(path) or NetworkInput()).layout] for path in found}
    return next((path for path in found if layout and can_become(layout, wanted[path])), found[0])


def _told(arguments: argparse.Namespace) -> Told:
    """What the user says of the video. Read here, because argparse says what is wrong in several lines."""
    layout, fps, size = arguments.layout, arguments.fps, arguments.size
    for option, names in {"form": list(FORMS), "layout": list(LAYOUTS)}.items():
        if (found := getattr(arguments, option)) not in (None, *names):
            raise InputError(f"--{option}: found {found[:40]!r}, expected one of {', '.join(names)}")
    return Told(
        fps=None if fps is None else _rate(fps),
        size=None if size is None else _size(size),
        layout=None if layout is None else LAYOUTS[layout],
        frames=_number("--frames", arguments.frames, int),
    )


def _forms(arguments: argparse.Namespace) -> list[str]:
    return [form for form in EXPORTS if getattr(arguments, form)]


def _rate(text: str) -> float:
    """A frame rate, which may be a fraction such as 30000/1001."""
    try:
        fps = float(Fraction(text))
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        raise InputError(f"--fps: found {text[:40]!r}, expected frames/second such as 29.97 or 30000/1001") from error
    check_fps(fps, "--fps")
    return fps


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([1-9][0-9]{0,4})[xX]([1-9][0-9]{0,4})", text)
    if found is None:
        raise InputError(f"--size: found {text[:40]!r}, expected WIDTHxHEIGHT in pixels, such as 1920x1080")
    return int(found[1]), int(found[2])


def _number(option: str, text: str | None, kind: type[Number]) -> Number | None:
    """A number from 0; None if the option is not given."""
    try:
        value = None if text is None else kind(text)
    except ValueError:
        value = kind(-1)
    if value is not None and not 0 <= value < MOST:
        raise InputError(f"{option}: found {str(text)[:40]!r}, expected a number from 0")
    return value


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    width = max(map(len, LAYOUTS))
    forms = "\n".join(f"  {name:{width}}  {form.words}; says {form.says}" for name, form in FORMS.items())
    layouts = "\n".join(f"  {name:{width}}  {layout.words}" for name, layout in LAYOUTS.items())
    command = argparse.ArgumentParser(
        prog="jointaware lift",
        description=__doc__,
        epilog=f"forms of keypoints, recognised by their content:\n{forms}\n\nlayouts:\n{layouts}\n\n"
        "example:\n  jointaware lift alphapose-results.json --fps 30 --size 1920x1080 --out out --bvh --mp4",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = command.add_argument
    add("keypoints", type=Path, nargs="?", metavar="KEYPOINTS", help="file or folder, in one of the forms below")
    add(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="where to write <name>.npz, or <name>-<person>.npz for several people",
    )
    add(
        "--network",
        type=Path,
        metavar="FILE",
        help="a network that stages.train wrote; default: one of those that come along, by the layout",
    )
    add("--fps", metavar="F", help="frame rate of the video, where its file does not say it")
    add(
        "--size",
        metavar="WxH",
        help="width and height of the image in pixels, where the file does not say it",
    )
    add("--layout", metavar="L", help="which keypoints they are, where the file does not say it")
    add("--form", metavar="FORM", help="read as this form; default: find out")
    add("--person", metavar="ID", help="lift this person alone; default: everybody")
    add("--frames", metavar="N", help="length of the video, if it ends without detections")
    add("--gap", metavar="N", help="longest run of lost frames that is bridged; default: half a second")
    add(
        "--focal",
        metavar="PIXELS",
        help="focal length of the camera; default: as long as the image's diagonal",
    )
    add("--smooth", action="store_true", help="filter the motion, as `stages.evaluate` does (Savitzky-Golay)")
    add("--rigid", action="store_true", help="give every bone its median length in all frames")
    add("--no-flip", action="store_true", help="do not average with the mirror image: twice as fast, less accurate")
    for form, row in EXPORTS.items():
        add(f"--{form}", action="store_true", help=f"also write {row.words}")
    add(
        "--follow",
        action="store_true",
        help='lift a stream: a JSON line a frame on stdin, {"keypoints": [[x, y, confidence], ...]}, or null where '
        "nobody is seen, and a line of joints on stdout; needs a causal network, --size, --fps and --layout",
    )
    return command.parse_args(argv)

"""Downloads arrive whole or not at all, and every failure is one line that names the URL."""

import errno
import http.server
import os
import threading

import pytest

from jointaware import download as module
from jointaware.download import download
from jointaware.errors import InputError

CONTENT = bytes(range(256)) * 5000


class Server(http.server.BaseHTTPRequestHandler):
    """Answers by the name of the path."""

    def do_GET(self):
        name = self.path.strip("/")
        if name == "absent":
            self.send_error(404)
            return
        if name == "moved":
            self.send_response(302)
            self.send_header("Location", "/page")
            self.end_headers()
            return
        self.send_response(200)
        chunked = name == "chunked"
        if chunked:
            self.protocol_version = "HTTP/1.1"
            self.send_header("Transfer-Encoding", "chunked")
        elif name != "endless":
            sizes = {"short": len(CONTENT) + 1, "page": 26, "empty": 0, "nonsense": "many"}
            self.send_header("Content-Length", str(sizes.get(name, len(CONTENT))))
        self.end_headers()
        try:
            if chunked:
                self.wfile.write(b"ffff\r\nbroken off")
            elif name == "endless":
                while True:
                    self.wfile.write(CONTENT)
            elif name != "empty":
                self.wfile.write(b"<!DOCTYPE html>Log in</html>"[:26] if name == "page" else CONTENT)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def web():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_file_arrives_whole(web, tmp_path):
    (tmp_path / "source").write_bytes(CONTENT)
    for url in (f"{web}/whole", f"file://{tmp_path}/source"):
        target = tmp_path / "new" / "folder" / "take.npz"
        download(url, target, hint="ask")
        assert target.read_bytes() == CONTENT
        assert os.listdir(target.parent) == ["take.npz"]
        target.unlink()


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("short", "received 1280000 of 1280001 bytes"),
        ("chunked", "IncompleteRead"),
        ("absent", "404"),
        ("empty", "an empty file"),
        ("page", "a web page"),
        ("moved", "a web page"),
        ("endless", "more than 2 MiB"),
        ("nonsense", "many"),
    ],
)
def test_what_is_not_the_file_is_refused_and_nothing_is_left(web, tmp_path, monkeypatch, name, found):
    monkeypatch.setattr(module, "LARGEST", 2 * module.MEBIBYTE)
    (tmp_path / "take.npz").write_bytes(b"from an earlier run")
    with pytest.raises(InputError, match=rf"^{web}/{name}: .*{found}.*; ask") as refusal:
        download(f"{web}/{name}", tmp_path / "take.npz", hint="ask")
    assert "\n" not in str(refusal.value)
    assert os.listdir(tmp_path) == ["take.npz"]
    assert (tmp_path / "take.npz").read_bytes() == b"from an earlier run"


@pytest.mark.parametrize(
    "url",
    ["http://", "http://[::1", "http://a b/c", "http://127.0.0.1:1/x", f"http://{'a' * 70}.invalid/x", "http://x:y/"],
)
def test_a_url_that_leads_nowhere_is_named(tmp_path, url):
    with pytest.raises(InputError, match=r"^http://.* cannot be read .*; ask$"):
        download(url, tmp_path / "take.npz", hint="ask")


def test_folders_devices_and_pipes_are_not_copied(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, found in {tmp_path: "a folder", tmp_path / "pipe": "a named pipe", "/dev/zero": "a device"}.items():
        with pytest.raises(InputError, match=rf"^file://{path}: found {found}, expected"):
            download(f"file://{path}", tmp_path / "to" / "take.npz", hint="ask")
    assert not os.listdir(tmp_path / "to")


def test_a_file_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(InputError, match=rf"^file://{tmp_path}/absent: cannot be read \(FileNotFoundError"):
        download(f"file://{tmp_path}/absent", tmp_path / "take.npz", hint="ask")


def test_a_full_disk_is_named_and_nothing_is_left(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "source").write_bytes(CONTENT)
    monkeypatch.setattr(module.Path, "replace", full)
    with pytest.raises(InputError, match=rf"^{tmp_path}/to/take\.npz: disk is full, expected space for file://"):
        download(f"file://{tmp_path}/source", tmp_path / "to" / "take.npz", hint="ask")
    assert not os.listdir(tmp_path / "to")

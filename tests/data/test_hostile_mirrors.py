"""A mirror may send anything, for ever: no disk is filled and nobody waits for long."""

import errno
import gzip
import http.server
import os
import re
import time
from contextlib import contextmanager

import pytest
import small_mnist
from small_mnist import NAME, NOBODY

from dmdrepro.data import mnist_download, mnist_layout
from dmdrepro.data.mnist_files import MnistUnavailable, read_mnist


class Hostile(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, way: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.way, self.sent, self.over = way, 0, False

    def handle_error(self, request, client_address) -> None:
        """Nothing: that the client hangs up is what is tested."""


class _Handler(small_mnist.Quiet):
    def do_GET(self) -> None:
        way, send = self.server.way, self.wfile.write
        if way == "redirects for ever":
            self.send_response(302)
            self.send_header("Location", self.path + "x")
            self.end_headers()
            return
        if way == "headers without end":
            send(b"HTTP/1.1 200 OK\r\n")
            while not self.server.over:
                send(b"X: y\r\n")
                time.sleep(0.02)
            return
        self.send_response(200)
        if way == "another length":
            self.send_header("Content-Length", "1000000000000")
        if way == "no length at all":
            self.send_header("Content-Length", "many")
        if way == "a bomb":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        piece = {"a bomb": gzip.compress(bytes(5_000_000)), "a byte now and then": b"\x1f"}
        while not self.server.over:
            self.server.sent += send(piece.get(way, bytes(1 << 14)))
            self.wfile.flush()
            if way in ("a byte now and then", "a bomb"):
                time.sleep(0.02)


@contextmanager
def hostile(way: str):
    with small_mnist.running(Hostile(way)) as server:
        try:
            yield server, f"http://127.0.0.1:{server.server_port}/mnist/"
        finally:
            server.over = True


WAYS = {
    "a body without end": "it sends more than 74",  # 9,424 bytes and the slack
    "another length": "it sends more than",
    "no length at all": "invalid literal",
    "a bomb": "it sends more than",
    "a byte now and then": r"too slow: \d+ bytes in 2 s",
    "headers without end": "too slow: 0 bytes in 2 s|HTTPException|more than 100 headers",
    "redirects for ever": "TooManyRedirects",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_hostile_mirror_is_left_soon_and_named_and_the_next_one_is_asked(
    files, tmp_path, monkeypatch, way
):
    monkeypatch.setattr(mnist_download, "LIMIT_S", 2.0)
    pages = small_mnist.packed_pages(files)
    with hostile(way) as (server, url), small_mnist.running(small_mnist.Mirror(pages)) as good:
        monkeypatch.setattr(mnist_download, "MIRRORS", (url,))
        begun = time.monotonic()
        with pytest.raises(MnistUnavailable) as caught:
            read_mnist(None, False, tmp_path)
        assert re.search(WAYS[way], str(caught.value))
        assert f"{url}{NAME}.gz" in str(caught.value)
        assert {p.name for p in tmp_path.iterdir()} <= {".lock"}
        monkeypatch.setattr(mnist_download, "MIRRORS", (url, good.url))
        assert read_mnist(None, False, tmp_path) == files
        assert time.monotonic() - begun < 100
        if way == "a body without end":
            assert server.sent < 50_000_000
    assert {p.name for p in tmp_path.iterdir()} - {".lock"} == set(files)


def test_dead_mirrors_are_named_with_all_that_is_needed_to_go_on_by_hand(
    files, tmp_path, monkeypatch
):
    monkeypatch.setenv("DMDREPRO_DATA", str(tmp_path / "typo"))
    monkeypatch.setattr(mnist_download, "MIRRORS", (NOBODY, NOBODY.replace("mnist", "other")))
    cache = tmp_path / "cache"
    with pytest.raises(MnistUnavailable) as caught:
        read_mnist(None, False, cache)
    for words in (
        f"{NOBODY}{NAME}.gz: ConnectionError",
        f"http://127.0.0.1:9/other/{NAME}.gz: ConnectionError",
        f"to {cache / NAME}.gz",
        f"{NAME} has SHA-256 {mnist_layout.FILES[NAME][1]}",
        f"put {', '.join(files)}, .gz or not, into {cache}",
        "--data",
        f"$DMDREPRO_DATA = {tmp_path / 'typo'} does not exist",
    ):
        assert words in str(caught.value)
    small_mnist.write(cache, files, packed=True)  # by hand, as it says
    assert read_mnist(None, False, cache) == files


def test_a_slow_download_tells_how_far_it_is(files, tmp_path, monkeypatch):
    monkeypatch.setattr(mnist_download, "LIMIT_S", 2.0)
    monkeypatch.setattr(mnist_download, "TELL_S", 0.4)
    told = []
    with hostile("a byte now and then") as (_, url):
        monkeypatch.setattr(mnist_download, "MIRRORS", (url,))
        with pytest.raises(MnistUnavailable, match="too slow"):
            read_mnist(None, False, tmp_path, told.append)
    assert 1 <= len(told) <= 5
    assert re.fullmatch(rf"Downloading {url}{NAME}\.gz: 0\.0 MB in \d s", told[0])


def test_a_full_disk_is_not_the_mirrors_fault(files, tmp_path, monkeypatch):
    def full(self, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with small_mnist.serving(monkeypatch, small_mnist.packed_pages(files)) as mirror:
        monkeypatch.setattr("pathlib.Path.write_bytes", full)
        with pytest.raises(MnistUnavailable, match=r"cannot be kept in .*No space left"):
            read_mnist(None, False, tmp_path)
    assert len(mirror.asked) == 1
    assert {p.name for p in tmp_path.iterdir()} <= {".lock"}


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOLCK, "No locks available"), NotImplementedError("use SoftFileLock")]
)
def test_a_file_system_without_locks_is_used_without(files, tmp_path, monkeypatch, error):
    import filelock

    def acquire(self, *arguments, **options):
        raise error

    monkeypatch.setattr(filelock.FileLock, "acquire", acquire)
    with small_mnist.serving(monkeypatch, small_mnist.packed_pages(files)):
        assert read_mnist(None, False, tmp_path) == files

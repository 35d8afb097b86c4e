"""Four tiny IDX files in MNIST's place, and a local server that sends what it is told to."""

import gzip
import hashlib
import http.server
import struct
import threading
from contextlib import contextmanager

import numpy as np

from dmdrepro.data import mnist_download, mnist_layout

NAME = "train-images-idx3-ubyte"
NOBODY = "http://127.0.0.1:9/mnist/"  # the discard port: nothing listens


def idx(array: np.ndarray) -> bytes:
    """uint8 values as an IDX file (Y. LeCun's format)."""
    header = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(np.uint8).tobytes()


def digits(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Digit d as a bright square at its own place, in noise: (uint8 [n, 28, 28], [n])."""
    images = np.random.default_rng(n).integers(0, 90, (n, 28, 28), np.uint8)
    labels = np.arange(n) % 10
    for image, d in zip(images, labels, strict=True):
        image[4 + 12 * (d // 5) :, 1 + 5 * (d % 5) :][:8, :5] = 255
    return images, labels


def contents(train: int = 12, t10k: int = 5) -> dict[str, bytes]:
    made = {}
    for part, n in (("train", train), ("t10k", t10k)):
        images, labels = map(idx, digits(n))
        made |= {f"{part}-images-idx3-ubyte": images, f"{part}-labels-idx1-ubyte": labels}
    return made


def instead(monkeypatch, **counts: int) -> dict[str, bytes]:
    """Let four tiny files stand for MNIST: their names and bytes.

    Without $DMDREPRO_DATA, retries, or a proxy between us and the local mirrors.
    """
    made = contents(**counts)
    for name, fact in facts(made).items():
        monkeypatch.setitem(mnist_layout.FILES, name, fact)
    monkeypatch.setattr(mnist_download, "RETRIES", 0)
    monkeypatch.delenv("DMDREPRO_DATA", raising=False)
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(variable, "127.0.0.1")
    return made


def facts(files: dict[str, bytes]) -> dict[str, tuple[int, str]]:
    return {name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in files.items()}


def write(folder, files: dict[str, bytes], packed: bool = False, place=lambda name: name) -> None:
    """`place`: of a name, below the folder."""
    for name, data in files.items():
        path = folder / (place(name) + ".gz" * packed)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(data) if packed else data)


class Mirror(http.server.ThreadingHTTPServer):
    """Serves `pages` (file name -> bytes, or a status number) and counts what was asked for."""

    def __init__(self, pages: dict[str, bytes | int], encoding: str | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages, self.encoding, self.asked = pages, encoding, []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/mnist/"


class Quiet(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Nothing: a test's output is its own."""


class _Handler(Quiet):
    def do_GET(self) -> None:
        name = self.path.rsplit("/", 1)[-1]
        self.server.asked.append(name)
        page = self.server.pages.get(name, 404)
        if isinstance(page, int):
            self.send_error(page)
            return
        self.send_response(200)
        if self.server.encoding:
            self.send_header("Content-Encoding", self.server.encoding)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)


@contextmanager
def running(server: http.server.HTTPServer):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def serving(monkeypatch, pages: dict[str, bytes | int], encoding: str | None = None):
    """The only mirror there is."""
    with running(Mirror(pages, encoding)) as mirror:
        monkeypatch.setattr(mnist_download, "MIRRORS", (mirror.url,))
        yield mirror


def packed_pages(files: dict[str, bytes]) -> dict[str, bytes | int]:
    return {f"{name}.gz": gzip.compress(data) for name, data in files.items()}

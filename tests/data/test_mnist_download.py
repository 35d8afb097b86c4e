"""MNIST comes from whichever mirror sends the right bytes, and never halfway into the cache."""

import gzip
import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
import small_mnist
from small_mnist import NAME, NOBODY

from dmdrepro.data import mnist_download
from dmdrepro.data.mnist_files import MnistUnavailable, find_mnist, read_mnist


def use(monkeypatch, *mirrors: str) -> None:
    monkeypatch.setattr(mnist_download, "MIRRORS", mirrors)


def kept(cache) -> set[str]:
    """What lies in the cache, less its lock."""
    return {p.name for p in cache.iterdir()} - {".lock"}


def test_a_download_is_kept_and_not_repeated(files, tmp_path, monkeypatch):
    cache = tmp_path / "new" / "cache"
    with small_mnist.serving(monkeypatch, small_mnist.packed_pages(files)) as mirror:
        assert read_mnist(None, False, cache) == files
        assert read_mnist(None, False, cache) == files
    assert sorted(mirror.asked) == sorted(f"{name}.gz" for name in files)
    assert kept(cache) == set(files)
    assert find_mnist(None, cache).folder == cache


BAD = {
    "404": 404,
    "503": 503,
    "a page": b"<html>sign in to the hotel's network</html>",
    "half": gzip.compress(small_mnist.contents()[NAME])[:400],
    "nothing": b"",
    "other bytes": gzip.compress(b"\0" * len(small_mnist.contents()[NAME])),
}


@pytest.mark.parametrize("case", BAD)
def test_the_next_mirror_is_tried_and_the_good_one_is_asked_first_from_then(
    files, tmp_path, monkeypatch, case
):
    good = small_mnist.packed_pages(files)
    with (
        small_mnist.running(small_mnist.Mirror(dict.fromkeys(good, BAD[case]))) as first,
        small_mnist.running(small_mnist.Mirror(good)) as second,
    ):
        use(monkeypatch, first.url, second.url)
        assert read_mnist(None, False, tmp_path) == files
    assert len(first.asked) == 1
    assert len(second.asked) == 4
    assert kept(tmp_path) == set(files)


@pytest.mark.parametrize("case", BAD)
def test_without_a_good_mirror_every_reason_is_given_and_nothing_is_kept(
    files, tmp_path, monkeypatch, case
):
    pages = dict.fromkeys(small_mnist.packed_pages(files), BAD[case])
    with small_mnist.running(small_mnist.Mirror(pages)) as mirror:
        use(monkeypatch, NOBODY, mirror.url)
        with pytest.raises(MnistUnavailable) as caught:
            read_mnist(None, False, tmp_path)
        host = mirror.url.split("/")[2]
    for words in (f"{NAME}.gz", "127.0.0.1:9", host, "--data"):
        assert words in str(caught.value)
    assert ".part" not in str(caught.value)
    assert kept(tmp_path) == set()


def test_what_was_complete_before_a_failure_is_kept_and_used(files, tmp_path, monkeypatch):
    pages = small_mnist.packed_pages(files)
    last = [*pages][-1]
    broken = small_mnist.serving(monkeypatch, {**pages, last: 500})
    with broken, pytest.raises(MnistUnavailable, match=last):
        read_mnist(None, False, tmp_path)
    assert kept(tmp_path) == set(files) - {last.removesuffix(".gz")}
    with small_mnist.serving(monkeypatch, pages) as mirror:
        assert read_mnist(None, False, tmp_path) == files
    assert mirror.asked == [last]


def test_a_download_that_was_killed_leaves_nothing_that_counts(files, tmp_path, monkeypatch):
    (tmp_path / "tmpab12_9xy").write_bytes(b"half of it")  # as pooch calls it
    with small_mnist.serving(monkeypatch, small_mnist.packed_pages(files)):
        assert read_mnist(None, False, tmp_path) == files
    assert kept(tmp_path) == set(files)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_damaged_file_in_the_cache_is_named_and_replaced(
    files, tmp_path, monkeypatch, caplog, suffix
):
    small_mnist.write(tmp_path, files)
    (tmp_path / NAME).unlink()
    (tmp_path / f"{NAME}{suffix}").write_bytes(b"<html>")
    with (
        small_mnist.serving(monkeypatch, small_mnist.packed_pages(files)) as mirror,
        caplog.at_level(logging.WARNING),
    ):
        assert read_mnist(None, False, tmp_path) == files
    assert mirror.asked == [f"{NAME}.gz"]
    assert f"{tmp_path / NAME}{suffix} is a web page" in caplog.text
    assert kept(tmp_path) == set(files)


def test_a_file_unpacked_on_the_way_is_taken(files, tmp_path, monkeypatch):
    """Some servers declare the .gz as a transfer coding, and the client unpacks it."""
    with small_mnist.serving(monkeypatch, small_mnist.packed_pages(files), "gzip"):
        assert read_mnist(None, False, tmp_path) == files
    assert kept(tmp_path) == set(files)


def test_a_connection_that_breaks_once_is_tried_again(files, tmp_path, monkeypatch):
    monkeypatch.setattr(mnist_download, "RETRIES", 1)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    first = f"{NAME}.gz"

    class Once(dict):
        def get(self, name, other):
            return 503 if name == first and mirror.asked.count(first) == 1 else self[name]

    with small_mnist.serving(monkeypatch, Once(small_mnist.packed_pages(files))) as mirror:
        assert read_mnist(None, False, tmp_path) == files
    assert mirror.asked.count(first) == 2


def test_several_at_once_download_once(files, tmp_path, monkeypatch):
    mirrors = small_mnist.serving(monkeypatch, small_mnist.packed_pages(files))
    with mirrors as mirror, ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: read_mnist(None, False, tmp_path), range(4))) == [files] * 4
    assert len(mirror.asked) == 4


def test_a_lock_that_is_never_freed_is_named(files, tmp_path, monkeypatch):
    import filelock

    use(monkeypatch, NOBODY)
    monkeypatch.setattr(mnist_download, "LOCK_TIMEOUT_S", 0.1)
    with filelock.FileLock(tmp_path / ".lock"), pytest.raises(MnistUnavailable, match=r"\.lock"):
        read_mnist(None, False, tmp_path)


def test_a_cache_that_cannot_be_made_is_named(files, tmp_path, monkeypatch):
    use(monkeypatch, NOBODY)
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(MnistUnavailable, match=r"cannot be kept in .*file.cache.*--data"):
        read_mnist(None, False, tmp_path / "file" / "cache")

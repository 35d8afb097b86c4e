"""The page in a real browser, where there is one: no request, nothing too wide, all shown."""

import html
import json
import re
import shutil
import subprocess

import pytest
from page_runs import known_record, page_bytes, write_runs
from PIL import Image
from report_runs import write_study

from dmdrepro.report import Picture

NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
QUIET = (
    "--headless",
    "--no-sandbox",  # a container's root has no other way
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # its own wishes go nowhere
)
WIDTHS = (360, 820, 1400)
# A window cannot be as narrow as a phone; a frame can.
PROBE = """
addEventListener("load", () => {
  const found = [...document.querySelectorAll("iframe")].map((frame) => {
    const page = frame.contentDocument, root = page.documentElement;
    return {
      width: root.clientWidth,
      needs: Math.max(root.scrollWidth, page.body.scrollWidth),
      images: [...page.images].map((image) => image.naturalWidth),
      readouts: page.querySelectorAll(".readout").length,
      charts: page.querySelectorAll("svg.chart").length,
      tables: page.querySelectorAll("table").length,
    };
  });
  const out = document.createElement("pre");
  out.textContent = JSON.stringify(found);
  document.body.replaceChildren(out);
});
"""

pytestmark = pytest.mark.skipif(BROWSER is None, reason=f"none of {', '.join(NAMES)} is there")


def requests(log) -> set[str]:
    """The addresses that the page asked for, by the browser's log, less what it asked itself."""
    asked = [event.get("params", {}) for event in json.loads(log.read_text())["events"]]
    return {
        params["url"]
        for params in asked
        if params.get("initiator", "not an origin") != "not an origin"
        and not params["url"].startswith(("file:", "data:"))
    }


def browse(folder, page: bytes, *options: str) -> str:
    """Open a page from disk; returns its elements after its scripts have run."""
    file = folder / "page.html"
    file.write_bytes(page)
    command = [BROWSER, *QUIET, f"--user-data-dir={folder / 'user'}", *options, "--dump-dom"]
    done = subprocess.run([*command, file.as_uri()], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def page(tmp_path):
    runs = write_study(write_runs(tmp_path / "runs"), "learning-rate")
    Image.new("RGB", (1500, 400), "red").save(tmp_path / "wide.png")
    png = (tmp_path / "wide.png").read_bytes()
    pictures = [Picture(2, "w" * 300, ("chessboard",), png), Picture(4, "A.", ("mnist",), png)]
    lack = {"moons": f"no {'x/' * 200}file"}
    return page_bytes(runs, "laptop", pictures, lack, known_record())


def test_no_request_leaves_the_machine(tmp_path, page):
    log = tmp_path / "network.json"
    assert "<h1>" in browse(tmp_path, page, f"--log-net-log={log}")
    assert log.stat().st_size > 0
    assert requests(log) == set()


def test_the_log_would_show_a_request(tmp_path, page):
    log = tmp_path / "network.json"
    asking = page.replace(b"<h1>", b'<img src="http://127.0.0.1:9/a.png"><h1>')
    browse(tmp_path, asking, f"--log-net-log={log}")
    assert requests(log) == {"http://127.0.0.1:9/a.png"}


def test_at_three_widths_nothing_is_too_wide_and_everything_is_shown(tmp_path, page):
    text = html.escape(page.decode())
    frames = "".join(
        f'<iframe style="width:{width}px;height:900px;border:0" srcdoc="{text}"></iframe>'
        for width in WIDTHS
    )
    probe = f"<!doctype html><body>{frames}<script>{PROBE}</script>"
    printed = browse(tmp_path, probe.encode(), "--window-size=1500,900")
    found = json.loads(html.unescape(re.search(r"<pre>(.*)</pre>", printed, re.DOTALL)[1]))
    for width, frame in zip(WIDTHS, found, strict=True):
        assert width - 20 <= frame["width"] <= width  # less a scroll bar
        assert frame["needs"] <= frame["width"]
        assert frame["images"] == [1500, 1500]
        assert frame["readouts"] == frame["charts"] == 10 + 3 + 4
        assert frame["tables"] > 10

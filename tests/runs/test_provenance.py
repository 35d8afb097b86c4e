"""A record names this project's commit, and never that of a repository around it."""

import json
import os
import shutil
import subprocess

import pytest
from conftest import ROOT
from processes import completed

from dmdrepro import __version__
from dmdrepro.runs.provenance import commit

PACKAGE = ("__init__.py", "checkout.py")


def git(folder, *arguments) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    own = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    done = subprocess.run(
        ["git", *identity, "-C", folder, *arguments],
        check=True, capture_output=True, text=True, env=own,
    )  # fmt: skip
    return done.stdout.strip()


def repository(folder, name="dmdrepro") -> str:
    """A git repository with one commit of a project of that name; returns the commit."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q")
    (folder / "pyproject.toml").write_text(f'[project]\nname = "{name}"\nversion = "9.8"\n')
    (folder / "a.py").write_text("")
    git(folder, "add", "pyproject.toml", "a.py")
    git(folder, "commit", "-qm", "one")
    return git(folder, "rev-parse", "HEAD")


def test_a_checkout_names_its_commit_and_whether_files_differ(tmp_path):
    head = repository(tmp_path)
    assert commit(tmp_path) == head
    (tmp_path / "a.py").write_text("changed")
    assert commit(tmp_path) == head + "+"


@pytest.mark.parametrize("name", ["somebody-elses", "dmdrepro"])
def test_a_repository_around_it_is_not_asked(tmp_path, name):
    """The package lies in an environment, or its source was unpacked, below somebody's top."""
    repository(tmp_path, name)
    inside = tmp_path / "venv" / "site-packages"
    inside.mkdir(parents=True)
    assert commit(inside) is None
    shutil.copy(ROOT / "pyproject.toml", inside)
    assert commit(inside) is None


def test_another_project_at_the_top_is_not_this_one(tmp_path):
    repository(tmp_path, "somebody-elses")
    assert commit(tmp_path) is None


def test_a_repository_that_a_hook_names_is_not_asked(tmp_path, monkeypatch):
    head = repository(tmp_path / "ours")
    repository(tmp_path / "theirs", "somebody-elses")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "theirs" / ".git"))
    assert commit(tmp_path / "ours") == head


@pytest.mark.parametrize("recorded", [None, "vcs", "folder"])
def test_an_installed_package_has_the_commit_that_pip_recorded(tmp_path, recorded):
    """Installed inside somebody's repository; imported there, as a user's script would."""
    repository(tmp_path, "somebody-elses")
    site = tmp_path / "venv" / "site-packages"
    shutil.copytree(ROOT / "dmdrepro" / "runs", site / "dmdrepro" / "runs")
    for name in PACKAGE:
        shutil.copy(ROOT / "dmdrepro" / name, site / "dmdrepro")
    about = site / "dmdrepro-9.9.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: dmdrepro\nVersion: 9.9\n")
    known = {"vcs": {"vcs_info": {"vcs": "git", "commit_id": "abc123"}}, "folder": {"dir_info": {}}}
    if recorded:
        (about / "direct_url.json").write_text(json.dumps({"url": "x", **known[recorded]}))
    code = (
        f"import sys; sys.path.insert(0, {str(site)!r}); "
        "from dmdrepro.runs.provenance import provenance as p; "
        "found = p(); print(found['commit'], found['version'])"
    )
    printed = completed("-c", code, env=None, cwd=tmp_path).stdout
    assert printed.split() == ["abc123" if recorded == "vcs" else "None", __version__]

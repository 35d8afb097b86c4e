"""Chains on several devices: the assignment as a function, and whole runs with a stand-in."""

import random

import pytest
import torch
from command import SMOKE, command, plan_of
from processes import environment, tree

from dmdrepro.pipeline.chains import Work, chains_of, make_chains
from dmdrepro.pipeline.devices import APART, Devices, free_device, is_apart
from dmdrepro.runs.errors import RunError
from dmdrepro.stages.context import Context
from dmdrepro.training.session import Session


def test_evaluations_are_chains_that_wait_for_their_samples():
    found = chains_of(plan_of("chessboard"), APART)
    stages = [[task.stage for task in chain.tasks] for chain in found]
    assert stages == [["teacher"], ["distill", "sample"], ["evaluate"]]
    teacher, student, evaluation = found
    assert student.after == {teacher.makes}
    assert evaluation.after == {teacher.makes, student.makes}


def test_a_device_has_one_chain_of_each_kind():
    *_, student, evaluation = chains_of(plan_of("chessboard", seeds="0-1"), APART)
    other = chains_of(plan_of("ring"), APART)[1]
    assert free_device(student, {}, 2) == 0
    assert free_device(student, {other: 0}, 2) == 1
    assert free_device(student, {other: 0}, 1) is None
    assert free_device(evaluation, {other: 0}, 1) == 0


@pytest.mark.parametrize("devices", [1, 2, 3])
def test_all_are_made_in_order_and_no_device_works_on_two(devices):
    draw, order, most = random.Random(devices), [], []
    plan = plan_of("chessboard", "ring", seeds="0-2")

    class Fake(Devices):
        def start(self, chain):
            self._held[chain] = free_device(chain, self._held, devices)
            left = [draw.randint(1, 5)]
            at_work = [c for c in self._held if not is_apart(c)]
            assert len({self.device(c) for c in at_work}) == len(at_work)
            assert chain.after <= {c.makes for c in order}
            most.append(len(at_work))

            class Fakework(Work):
                def ended(self):
                    left[0] -= 1
                    if not left[0]:
                        order.append(chain)
                    return not left[0]

            return Fakework()

    session = Session()
    names = [str(number) for number in range(devices)]
    make_chains(plan, Fake(plan, Context(session), names, 4, print), session, pytest.fail)
    assert len(order) == len(chains_of(plan, APART)) == 18
    assert max(most) == devices


@pytest.mark.slow
def test_two_stand_ins_end_with_the_bytes_of_one(tmp_path, monkeypatch):
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)  # of the kernels' tests alone
    plan = plan_of("ring", "chessboard", runs=tmp_path / "two", offline=True)
    session = Session()
    executor = Devices(plan, Context(session), ("cpu", "cpu"), 4, print)
    make_chains(plan, executor, session, pytest.fail)
    threads = torch.get_num_threads()
    torch.set_num_threads(executor.threads)
    try:
        command("all", "ring", "chessboard", *SMOKE, "--jobs", 1, "--runs", tmp_path / "one")
    finally:
        torch.set_num_threads(threads)
    two = tree(tmp_path / "two")
    assert {name: bytes_ for name, bytes_ in tree(tmp_path / "one").items() if name in two} == two
    assert sum(name.endswith("record.json") for name in two) == 8


def test_jobs_are_for_a_cpu():
    with pytest.raises(RunError, match="--jobs is for a CPU"):
        plan_of("ring", gpu="0-3", jobs=2)

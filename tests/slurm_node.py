"""A real Slurm of one node: munge, slurmctld and slurmd from Debian's packages, in a folder."""

import os
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

NEEDED = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "runuser")
CONFIGURATION = """ClusterName=scratch
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
JobRequeue=1
KillWait=5
SchedulerParameters=sched_interval=1,batch_sched_delay=0
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=2000 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE GraceTime=30
PartitionName=high Nodes={host} MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmctldParameters=preempt_send_user_signal
"""  # noqa: E501 - a partition is one line


def lacking() -> str:
    """What this machine has not that the node needs; empty for nothing."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    absent = [name for name in NEEDED if shutil.which(name, path=path) is None]
    if absent:
        return f"no {', '.join(absent)}: apt-get install slurm-wlm munge"
    try:
        import submitit  # noqa: F401
    except ImportError:
        return "no submitit: pip install submitit"
    return "" if os.getuid() == 0 else "its daemons are started as root"


class Node:
    """The daemons, from `start` to `stop`; its clients need `environment`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.configuration = folder, folder / "slurm.conf"
        self.environment = {"SLURM_CONF": str(self.configuration)}
        host = socket.gethostname().partition(".")[0]
        text = CONFIGURATION.format(host=host, folder=folder, ports=_ports(), cpus=os.cpu_count())
        self.configuration.write_text(text)
        # 22.05 does not know `disabled`, and v2 ends at once beside mounts of v1.
        (folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
        (folder / "state").mkdir()
        (folder / "spool").mkdir()

    def start(self) -> None:
        if subprocess.run(["munge", "-n"], capture_output=True, check=False).returncode:
            Path("/run/munge").mkdir(exist_ok=True)
            shutil.chown("/run/munge", "munge", "munge")
            os.chmod("/run/munge", 0o755)
            subprocess.run(["runuser", "-u", "munge", "--", "/usr/sbin/munged"], check=True)
        self.start_controller()
        self._run("/usr/sbin/slurmd")
        self.wait_for(lambda: "idle" in self.ask("sinfo", "-h", "-o", "%T"), "an idle node")

    def start_controller(self) -> None:
        self._run("/usr/sbin/slurmctld")

    def stop_controller(self) -> None:
        self._end("slurmctld")

    def stop(self) -> None:
        self.ask("scancel", "--user", "root")
        time.sleep(0.5)
        self._end("slurmd")
        self._end("slurmctld")

    def ask(self, *words: str) -> str:
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        env = os.environ | self.environment
        return subprocess.run(words, env=env, check=False, timeout=60, **streams).stdout

    def wait_for(self, true, what: str, seconds: float = 240) -> None:
        began = time.monotonic()
        while not true():
            assert time.monotonic() - began < seconds, f"{what}: {self.ask('squeue')}"
            time.sleep(0.3)

    def _run(self, daemon: str) -> None:
        words = [daemon, "-f", str(self.configuration)]
        subprocess.run(words, check=True, env=os.environ | self.environment)

    def _end(self, daemon: str) -> None:
        """By its pid file, and until it is gone."""
        file = self.folder / f"{daemon}.pid"
        if not file.is_file():
            return
        pid = int(file.read_text())
        with suppress(ProcessLookupError):
            os.kill(pid, 15)
            for _ in range(200):
                os.kill(pid, 0)
                time.sleep(0.05)


def _ports() -> list[int]:
    """Two that are free."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    found = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return found

"""Many borders on Dask: the table of stages gives the graph of tasks, one graph for each border.

The largest borders start first. If a worker dies, another repeats the task it was running; finished
tasks stay finished. Without workers the same tasks run in this process, one after the other.
"""

import itertools
import logging
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
from distributed import Client, KilledWorker, LocalCluster
from tqdm import tqdm

from pipeline.core import parameters
from pipeline.core import stages as table
from pipeline.core.errors import InputError
from pipeline.core.progress import warn
from pipeline.core.spread import Item, Result, Spread, in_turn
from pipeline.core.stages import Stage
from pipeline.world.run import Job, Outcome, code_sum, keys, of_border, run
from pipeline.world.waiting import until_done

# A task that has killed its worker this often is itself at fault.
ALLOWED_FAILURES = 3
AHEAD = 4  # items for each worker that are handed out before the next result is there
# As in `make`: BLAS may add in another order with more threads, and borders run side by side.
# Libraries read the first of these when they are loaded, so Dask sets them when it starts workers,
# also in this process. Numba reads its own in each worker, and they must not change here.
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
ONE_KERNEL_THREAD = {"NUMBA_NUM_THREADS": "1"}
NO_WORKER_NOTE_S = parameters.number("no_worker_note_s")
MEMORY_SHARE = 0.85  # of the free memory, shared by the workers


def run_all(
    jobs: Sequence[Job], scratch: str, until: str | None, client: Client | None
) -> dict[str, list[Outcome]]:
    """Run every border and return the outcomes of its stages, by border.

    Parameters
    ----------
    jobs
        The borders.
    scratch
        A folder for local copies of files at an address.
    until
        The last stage to run, None for all.
    client
        Client of the Dask scheduler to use; None to run in this process, one after the other.
    """
    stages = of_border(table.read()[0], until)
    ordered = sorted(jobs, key=lambda job: (-job.size, job.border))
    code = code_sum()
    key = {job.border: keys(job, stages, code) for job in ordered}
    if client is None:
        return {
            job.border: _here(job, stages, key[job.border], scratch)
            for job in tqdm(ordered, disable=None)
        }
    return _on_dask(client, ordered, stages, key, scratch)


def _here(job: Job, stages: Sequence[Stage], key: Mapping[str, str], scratch: str) -> list[Outcome]:
    done: dict[str, Outcome] = {}
    for stage in stages:
        before = [done[one] for one in stage.inputs if one in done]
        done[stage.name] = run(job, stage.name, key[stage.name], scratch, before)
    return list(done.values())


def _on_dask(
    client: Client,
    jobs: Sequence[Job],
    stages: Sequence[Stage],
    keys_of: Mapping[str, Mapping[str, str]],
    scratch: str,
) -> dict[str, list[Outcome]]:
    futures: dict[str, dict[str, Any]] = {}
    for rank, job in enumerate(jobs):
        key = keys_of[job.border]
        mine: dict[str, Any] = {}
        for stage in stages:
            mine[stage.name] = client.submit(
                run,
                *(job, stage.name, key[stage.name], scratch),
                [mine[one] for one in stage.inputs if one in mine],
                key=f"{job.border}-{stage.name}-{key[stage.name][:16]}",
                priority=-rank,
                pure=False,
            )
        futures[job.border] = mine
    every = [one for mine in futures.values() for one in mine.values()]
    until_done(client, every, NO_WORKER_NOTE_S)
    if any(one.cancelled() for one in every):
        raise InputError(
            "SCHEDULER: the one that it names is no longer there; what was done is kept: start "
            "one, and the same command does the rest"
        )
    return {
        border: [_outcome(name, one) for name, one in mine.items()]
        for border, mine in futures.items()
    }


def _outcome(name: str, future: Any) -> Outcome:
    """The outcome of a task; a task that killed its workers is an error like any other.

    The status of a task is not enough: an outcome that was lost with its worker is pending again
    until another worker has computed it, which `exception` waits for.
    """
    error = future.exception()
    if error is None:
        found: Outcome = future.result()
        return found
    return Outcome(name, f"{name}: {str(error)[:300]}", 0.0, 0.0, ran=True)


def on_workers(client: Client | None) -> Spread:
    """A function that spreads work over the client's workers, a few items ahead of the next result.

    Only a few, so that items need little room on the disk. Without a client, the work is done in
    this process.
    """
    if client is None:
        return in_turn

    def spread(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        ahead = AHEAD * max(1, client.scheduler_info(n_workers=0)["n_workers"])
        left = iter(items)
        pending = deque(_submitted(client, work, itertools.islice(left, ahead)))
        while pending:
            try:
                result: Result = pending.popleft().result()
            except KilledWorker as error:
                raise InputError(
                    f"a worker was ended {ALLOWED_FAILURES + 1} times at one piece of the work, "
                    "most likely for want of memory: fewer WORKERS= give each more"
                ) from error
            pending += _submitted(client, work, itertools.islice(left, 1))
            yield result

    return spread


def _submitted(client: Client, work: Callable[[Item], Result], items: Iterable[Item]) -> list[Any]:
    return [client.submit(work, item, pure=False) for item in items]


@contextmanager
def cluster(workers: int, scheduler: str, host: str, folder: Path) -> Iterator[Client | None]:
    """A client of the user's scheduler or of local workers; None for no workers.

    Ports are opened on loopback only, unless `host` names another address. Local workers share the
    free memory; one that needs more is ended, and its task with it.
    """
    if scheduler:
        # A lost scheduler is reported in one line, without a traceback of each attempt.
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
        try:
            client = Client(scheduler)  # type: ignore[no-untyped-call]
        except (OSError, ValueError) as error:
            raise InputError(
                f"SCHEDULER={scheduler}: no scheduler answers there ({error}), expected the "
                "address of one that runs, tcp://host:port"
            ) from error
        with client:
            if not client.scheduler_info(n_workers=0)["n_workers"]:
                warn(f"SCHEDULER={scheduler}: it has no worker yet; the run waits for one")
            yield client
        return
    if not workers:
        yield None
        return
    settings: Mapping[str, object] = {
        "distributed.scheduler.allowed-failures": ALLOWED_FAILURES,
        "distributed.nanny.pre-spawn-environ": ONE_THREAD,
        "distributed.nanny.environ": ONE_KERNEL_THREAD,
        "distributed.worker.memory.target": False,
        "distributed.worker.memory.spill": False,
        "distributed.worker.memory.pause": False,
        "distributed.worker.memory.terminate": 0.95,
        "distributed.admin.large-graph-warning-threshold": "1GiB",  # elements of a corridor
        "distributed.worker.profile.enabled": False,  # it checks workers 100 times a second
    }
    with (
        dask.config.set(settings),
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=workers,
            threads_per_worker=1,
            memory_limit=int(free_memory() * MEMORY_SHARE / workers),
            host=host,
            dashboard_address=f"{host}:0",
            local_directory=str(folder),
        ) as local,
        Client(local) as client,  # type: ignore[no-untyped-call]
    ):
        sys.stderr.write(f"Dask's dashboard: {client.dashboard_link}\n")
        yield client


def free_memory() -> int:
    """Bytes of free memory, as the system counts them."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable"):
            return int(line.split()[1]) * 1024
    return int(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))

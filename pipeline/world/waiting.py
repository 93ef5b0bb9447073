"""Wait for tasks on a scheduler whose workers may come late, or leave."""

import time
from collections.abc import Collection
from typing import Any

from distributed import Client, as_completed
from tqdm import tqdm

from pipeline.core.progress import warn

LOOK_S = 0.1  # at most, between two looks at which tasks are done
WORKERS_LOOK_S = 2.0  # between two questions to the scheduler for its workers


def until_done(client: Client, tasks: Collection[Any], note_s: float) -> None:
    """Wait until all tasks have ended, and say so while there is no worker to do them.

    A cluster may start workers hours after they were asked for, so the wait itself has no end.

    Parameters
    ----------
    client
        Client of the scheduler.
    tasks
        Futures.
    note_s
        Seconds without a worker before the first note; each later one comes after twice the time.
    """
    done: Any = as_completed(tasks, raise_errors=False)  # type: ignore[no-untyped-call]
    looked = time.monotonic()
    alone_since: float | None = None  # when the scheduler was first seen without a worker
    next_note_s = note_s
    with tqdm(total=len(tasks), unit="stage", disable=None) as bar:
        while not done.is_empty():
            bar.update(len(done.next_batch(block=False)))
            with done.thread_condition:  # told of each task that ends
                done.thread_condition.wait(LOOK_S)
            now = time.monotonic()
            if now - looked < min(WORKERS_LOOK_S, note_s):
                continue
            looked = now
            found = client.scheduler_info(n_workers=0)
            if found["n_workers"]:
                if next_note_s > note_s:
                    _tell("a worker is there; the run goes on")
                alone_since, next_note_s = None, note_s
                continue
            alone_since = now if alone_since is None else alone_since
            if now - alone_since >= next_note_s:
                address = found["address"]
                _tell(
                    f"no worker at {address} for {now - alone_since:.0f} s; the run waits: start "
                    f"one (dask worker {address} --nthreads 1), or end the run with Ctrl-C, which "
                    "keeps what is done"
                )
                next_note_s *= 2


def _tell(text: str) -> None:
    with tqdm.external_write_mode():  # a bar on the terminal stands aside
        warn(text)

"""For each line on stdin: forks, as multiprocessing does, a process that sends a sum through a pipe; prints the milliseconds."""

import multiprocessing
import sys
import time

context = multiprocessing.get_context("fork")


def add(connection, a, b):
    connection.send(a + b)
    connection.close()


for _ in sys.stdin:
    start = time.perf_counter()
    here, there = context.Pipe(False)
    process = context.Process(target=add, args=(there, 1, 2))
    process.start()
    there.close()
    assert here.recv() == 3
    process.join()
    print((time.perf_counter() - start) * 1000, flush=True)

"""What others take for a decision that all processes of one machine share: Redis over a Unix socket.

    peers.py FOLDER    starts a redis-server of its own in FOLDER and prints, for 1 and 2 processes, one line a case:
                       name, processes, decisions a second of real time, CPU nanoseconds a decision of clients and server

redis_gcra: a GCRA script (gcra.lua), sent by redis-benchmark, which is written in C, one request at a time.
limits_moving_window: PyPI limits, its moving window, with its Redis storage.
"""

import multiprocessing
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import redis
from limits import RateLimitItemPerMinute, storage, strategies

REQUESTS = 100_000
SECONDS = 3


def server_cpu(client):
    cpu = client.info("cpu")
    return cpu["used_cpu_user"] + cpu["used_cpu_sys"]


def children_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def report(name, processes, decisions, seconds, cpu):
    print(f"{name} {processes} {decisions / seconds:.0f} {cpu / decisions * 1e9:.0f}", flush=True)


def gcra(client, socket, processes):
    script = client.script_load(Path(__file__).with_name("gcra.lua").read_text())
    command = ["redis-benchmark", "-s", socket, "-n", str(REQUESTS), "-c", "1", "-q",
               "EVALSHA", script, "1", "hot", "60", "60000000"]
    cpu, start = children_cpu() + server_cpu(client), time.monotonic()
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(processes)]
    if any(each.wait() != 0 for each in running):
        raise SystemExit("redis-benchmark failed")
    seconds = time.monotonic() - start
    report("redis_gcra", processes, processes * REQUESTS, seconds, children_cpu() + server_cpu(client) - cpu)


def hit_for_a_while(socket, counts, place):
    limiter = strategies.MovingWindowRateLimiter(storage.RedisStorage(f"redis+unix://{socket}"))
    item = RateLimitItemPerMinute(1000)
    until = time.monotonic() + SECONDS
    decisions = 0
    while time.monotonic() < until:
        limiter.hit(item, "hot")
        decisions += 1
    counts[place] = decisions


def moving_window(client, socket, processes):
    counts = multiprocessing.Array("l", processes)
    cpu = children_cpu() + server_cpu(client)
    running = [multiprocessing.Process(target=hit_for_a_while, args=(socket, counts, i)) for i in range(processes)]
    for each in running:
        each.start()
    for each in running:
        each.join()
    report("limits_moving_window", processes, sum(counts), SECONDS, children_cpu() + server_cpu(client) - cpu)


def main(folder):
    socket = os.path.join(folder, "redis.sock")
    server = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", folder],
        stdout=subprocess.DEVNULL,
    )
    try:
        client = redis.Redis(unix_socket_path=socket)
        for _ in range(200):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.05)
        for processes in (1, 2):
            gcra(client, socket, processes)
            moving_window(client, socket, processes)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main(sys.argv[1])

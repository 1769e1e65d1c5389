"""What the driver gives to every program, and how events are told; see bench/peers/README.md."""

import argparse
import threading
import time
import urllib.parse

_output = threading.Lock()


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--etcd", required=True)
    parser.add_argument("--lock", default="lock")
    parser.add_argument("--ttl", type=int, default=5)
    parser.add_argument("--candidates", type=int, default=1)
    parser.add_argument("--apart", action="store_true")
    options = parser.parse_args()
    url = urllib.parse.urlparse(options.etcd)
    options.host, options.port = url.hostname, url.port
    return options


def now():
    """CLOCK_MONOTONIC in nanoseconds: the clock that all programs of a run share."""
    return time.monotonic_ns()


def tell(event, index, nanos, more=""):
    with _output:
        print(f"{event} {index} {nanos} {more}".rstrip(), flush=True)


def lock_of(options, index):
    return f"{options.lock}-{index}" if options.apart else options.lock

"""What was measured, kept as it is written to the results' file."""

import json
import sys
import threading
import time


def quantile(samples, share):
    """The sample that this share of all does not exceed: never one that was not seen."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Results:
    def __init__(self):
        self.measures, self.notes = [], []
        self.started = time.monotonic()
        self.lock = threading.Lock()

    def say(self, text):
        print(f"lock-peers: {time.monotonic() - self.started:5.0f} s: {text}", file=sys.stderr, flush=True)

    def value(self, subject, measure, unit, value, samples):
        with self.lock:
            self.measures.append({"subject": subject, "measure": measure, "value": value, "unit": unit, "samples": samples})

    def cannot(self, subject, measure, reason):
        with self.lock:
            self.measures.append({"subject": subject, "measure": measure, "value": None, "unit": "", "samples": 0,
                                  "cannot": reason})

    def note(self, subject, text):
        with self.lock:
            self.notes.append(f"{subject}: {text}")

    def distribution(self, subject, measure, unit, samples):
        """Many samples: p50, p90, p99 and the highest."""
        if not samples:
            self.cannot(subject, measure + "-p50", "no round came to an end")
            return
        for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1)):
            self.value(subject, f"{measure}-{name}", unit, round(quantile(samples, share), 3), len(samples))

    def values(self, subject, measure, unit, samples):
        """A few samples: lowest, median and highest."""
        if not samples:
            self.cannot(subject, measure + "-median", "it did not happen")
            return
        for name, share in (("min", 0), ("median", 0.5), ("max", 1)):
            self.value(subject, f"{measure}-{name}", unit, round(quantile(samples, share), 3), len(samples))

    def get(self, subject, measure):
        return next((m for m in self.measures if m["subject"] == subject and m["measure"] == measure), None)

    def write(self, path, head):
        with open(path, "w") as file:
            lines = ",\n".join("    " + json.dumps(measure) for measure in self.measures)
            body = json.dumps({**head, "notes": self.notes}, indent=2)
            file.write(f'{body[:-2]},\n  "measures": [\n{lines}\n  ]\n}}\n')

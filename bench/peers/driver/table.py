"""The results as a page for people; made from the results' file alone."""

HEAD = """# lockclaim beside its peers

Written by `make bench-lock`; the numbers are those of [lock-peers.json](lock-peers.json). What each one means: [measurements](../../docs/measurements.md).

{when}, commit {commit}; {machine}, load {load} at the start; {versions}. Leases of {ttl} s everywhere. "–": it cannot, with the reason below.

![hand-over and take-over](lock-peers.svg)
"""

TABLES = [
    ("Clean hand-over", "From the call of release to the next one knowing, ms; Java after its first 30 rounds; `cold`: the first 30. "
     "`compiled`: Java told to compile all that it has done some twenty times, so that it is the lock that is measured and less the JVM.",
     [("p50", "handover-p50"), ("p90", "handover-p90"), ("p99", "handover-p99"), ("max", "handover-max"), ("n", "handover-p50#"),
      ("compiled p50", "handover-compiled-p50"), ("compiled p99", "handover-compiled-p99"),
      ("cold p50", "handover-cold-p50"), ("very first", "handover-first-median"), ("lost wake-ups", "handover-lost-wake-ups/")]),
    ("Take-over after SIGKILL", "From the kill to the next one knowing, s.",
     [("min", "take-over-after-kill-min"), ("median", "take-over-after-kill-median"), ("max", "take-over-after-kill-max"),
      ("n", "take-over-after-kill-median#"), ("command outlived its lock", "command-outlived-its-lock-after-kill/")]),
    ("The loser", "etcd frozen past the TTL; the holder's link cut; the holder's process paused and resumed. "
     "`stopped after`: from the fault's begin until its work had stopped, s (median). `two at once`: how often the next one "
     "had begun before that.",
     [("frozen: stopped after", "frozen-loser-stopped-after-median"), ("two at once", "frozen-two-at-once/"),
      ("cut: stopped after", "cut-loser-stopped-after-median"), ("before the next, s (least)", "cut-stopped-before-next-min"),
      ("two at once", "cut-two-at-once/"), ("paused: two at once", "paused-two-at-once/")]),
    ("Order", "Pairs of 8 waiters that were served the wrong way round.", [("inversions", "order-inversions-of-8/")]),
    ("Cost", "Messages from clients to etcd and bytes both ways, entries in etcd's log (writes), holder and one waiter together. A hand-over: "
     "release, grant, and the former holder standing in line anew. jetcd's lock is served inside etcd: what it asks there is not "
     "counted but for its writes. A waiter's resident memory.",
     [("requests / held minute", "requests-per-held-minute"), ("bytes / held minute", "bytes-per-held-minute"),
      ("requests / hand-over", "requests-per-handover"), ("bytes / hand-over", "bytes-per-handover"), ("writes / hand-over", "writes-per-handover"),
      ("waiter MB", "waiter-memory"), ("threads", "waiter-threads")]),
    ("Throughput", "Grants a second of one lock that all want again at once.",
     [("2", "throughput-2"), ("8", "throughput-8"), ("64", "throughput-64"), ("200", "throughput-200")]),
    ("Hand-over off the plain path", "ms. A queue of 200 at rest; 500 locks at the same moment; the next in line killed just "
     "before, or 3 s before; nobody else in line (release until held again).",
     [("queue of 200: p50", "handover-queue-of-200-p50"), ("p99", "handover-queue-of-200-p99"),
      ("500 at once: p50", "handover-of-500-at-once-p50"), ("max", "handover-of-500-at-once-max"),
      ("all done", "handover-of-500-at-once-all-done"),
      ("next dead just now", "handover-successor-dead-just-now-median"), ("dead for 3 s", "handover-successor-dead-3s-median"),
      ("alone p50", "alone-release-to-held-again-p50")]),
]


def render(document):
    found = {(m["subject"], m["measure"]): m for m in document["measures"]}
    subjects = list(dict.fromkeys(m["subject"] for m in document["measures"]))
    page = [HEAD.format(versions=", ".join(f"{k} {v}" for k, v in document["versions"].items()),
                        **{k: document[k] for k in ("when", "commit", "machine", "load", "ttl")})]
    page += ["## Goals\n", *_goals(found, subjects), ""]
    for title, text, columns in TABLES:
        rows = [(s, [_cell(found, s, key) for _, key in columns]) for s in subjects]
        rows = [(s, cells) for s, cells in rows if any(c not in ("", "–") for c in cells)]
        if not rows:
            continue
        page += [f"## {title}\n", text + "\n", "| | " + " | ".join(name for name, _ in columns) + " |",
                 "|---|" + "---:|" * len(columns)]
        page += [f"| {s} | " + " | ".join(cells) + " |" for s, cells in rows] + [""]
    reasons = [f"- {m['subject']}, {m['measure']}: {m['cannot']}" for m in document["measures"] if m.get("cannot")]
    page += ["## What could not be measured, and why\n", *(reasons or ["Nothing."]), *(f"- {n}" for n in document["notes"]), ""]
    return "\n".join(page)


def _cell(found, subject, key):
    measure = found.get((subject, key.rstrip("#/")))
    if measure is None:
        return ""
    if measure["value"] is None:
        return "–"
    if key.endswith("#"):
        return str(measure["samples"])
    value = measure["value"]
    text = f"{value:,.0f}" if value >= 1000 else f"{value:g}" if value == int(value) else f"{value:.2f}"
    return f"{text} of {measure['samples']}" if key.endswith("/") else text


def _goals(found, subjects):
    def value(subject, measure):
        m = found.get((subject, measure))
        return None if m is None else m["value"]

    def line(goal, is_met, seen):
        return f"- {'met' if is_met else '**not met**'}: {goal}; {seen}"

    locks = [s for s in subjects if not s.startswith(("floor", "lockclaim"))]
    lines = []
    for share, factor in (("p50", 1.3), ("p99", 2.0)):
        ours = value("lockclaim", f"handover-{share}")
        for which, name in (("the floor", "floor"), ("jetcd's own floor", "floor-java")):
            floor = value(name, f"handover-{share}")
            if ours and floor:
                lines.append(line(f"hand-over at {share} at most {factor} × {which}", ours <= factor * floor,
                                  f"{ours:.2f} ms is {ours / floor:.2f} × {floor:.2f} ms"))
        floor = value("floor", f"handover-{share}")
        for name, by in (("floor-transaction", "by Go's client"), ("floor-transaction-java", "over our own connection")):
            asked = value(name, f"handover-{share}")
            if asked and floor:
                lines.append(f"- for comparison: what a hand-over asks of etcd, {by}, at {share}; "
                             f"{asked:.2f} ms is {asked / floor:.2f} × {floor:.2f} ms")
        compiled, floor = value("lockclaim", f"handover-compiled-{share}"), value("floor-java", f"handover-compiled-{share}")
        if compiled and floor:
            lines.append(line(f"compiled, hand-over at {share} at most {factor} × jetcd's own floor, compiled", compiled <= factor * floor,
                              f"{compiled:.2f} ms is {compiled / floor:.2f} × {floor:.2f} ms"))
        # Like with like: each as it is, and where all of Java is compiled the peers in whichever way they are quicker.
        peers = {s: value(s, f"handover-{share}") for s in locks if value(s, f"handover-{share}")}
        quickest = {s: min(both) for s in locks
                    if (both := list(filter(None, (peers.get(s), value(s, f"handover-compiled-{share}")))))}
        for mine, others, goal in ((ours, peers, f"hand-over at {share} ahead of every peer, each as it is"),
                                   (compiled, quickest, f"compiled, hand-over at {share} ahead of every peer, compiled or not")):
            if mine and others:
                best = min(others, key=others.get)
                lines.append(line(goal, mine < others[best], f"{mine:.2f} ms; the best peer is {best} with {others[best]:.2f} ms"))
    for name in ("lockclaim", "lockclaim-run"):
        highest, limit = value(name, "take-over-after-kill-max"), found.get(("lockclaim", "ttl"), {}).get("value")
        if highest and limit:
            lines.append(line(f"{name}: take-over after SIGKILL within TTL + 0.6 s", highest <= limit + 0.6,
                              f"the longest took {highest:.2f} s"))
    clashes = {s: sum(value(s, f"{fault}-two-at-once") or 0 for fault in ("frozen", "cut", "paused"))
               for s in subjects if value(s, "cut-two-at-once") is not None}
    if "lockclaim-run" in clashes:
        clean = [s for s in clashes if clashes[s] == 0]
        lines.append(line("the only one whose loser has always stopped before the next one starts",
                          [s for s in clean if not s.startswith("lockclaim")] == [] and "lockclaim-run" in clean,
                          "never two at once: " + (", ".join(clean) or "nobody")))
    ours = value("lockclaim", "requests-per-handover")
    # No lock changes hands without a write. Fewer says that the election's own renewals, which are taken off, were not made meanwhile,
    # or that the API server asked less by itself: then the requests say nothing either.
    peers = {s: value(s, "requests-per-handover") for s in locks if (value(s, "writes-per-handover") or 0) >= 1}
    if ours and peers:
        best = min(peers, key=peers.get)
        left_out = [f"; not compared: {s} with {value(s, 'requests-per-handover'):.1f}, which came with less than a write"
                    for s in locks if s not in peers and value(s, "requests-per-handover") is not None]
        lines.append(line("no worse than the best in requests per hand-over", ours <= peers[best] * 1.02,
                          f"{ours:.1f}, the best peer is {best} with {peers[best]:.1f}" + "".join(left_out)))
    return lines

"""Many candidates: order, throughput, a long queue, many locks at once."""

import random
import time

from agents import Silent

WAITERS = 8

# Where many candidates are played on one machine: renewals of short leases would take what is to be measured.
CROWD_TTL_SECONDS = 30
CROWD_FROM = 16


def order(starter, subject, server, rounds, results):
    """Waiters that came one after the other: how many pairs of them were served the wrong way round."""
    inversions, pairs = 0, 0
    pause = 0.06 if subject.server == "etcd" else 0.3
    patience = 15 if subject.server == "etcd" else 60
    for turn in range(rounds):
        agent = starter.start(subject, f"order-{turn}", server, candidates=WAITERS + 1)
        try:
            agent.ready()
            agent.join(WAITERS)
            agent.wait("held", patience, index=WAITERS)
            for index in range(WAITERS):
                agent.join(index)
                time.sleep(pause)
            served, holder = [], WAITERS
            while len(served) < WAITERS:
                time.sleep(0.12)
                after = agent.mark()
                agent.release(holder)
                holder = agent.wait("held", patience, after=after).index
                served.append(holder)
            inversions += sum(a > b for i, a in enumerate(served) for b in served[i + 1:])
            pairs += WAITERS * (WAITERS - 1) // 2
        except Silent as silent:
            results.note(subject.name, f"order among {WAITERS}: {silent}")
        finally:
            starter.close(agent)
    if pairs:
        results.value(subject.name, f"order-inversions-of-{WAITERS}", "of all", inversions, pairs)
    else:
        results.cannot(subject.name, f"order-inversions-of-{WAITERS}", "it did not serve all of them in time")


def _crowd(starter, subject, server, lock, candidates):
    """Candidates in two processes, or four when they are many."""
    processes = min(candidates, 2 if candidates <= 16 else 4)
    ttl = CROWD_TTL_SECONDS if candidates >= CROWD_FROM else None
    agents = [starter.start(subject, lock, server, candidates=candidates // processes, ttl=ttl) for _ in range(processes)]
    for agent in agents:
        agent.ready(60)
    return agents, candidates // processes


def throughput(starter, subject, server, candidates, seconds, results):
    """One lock that everybody wants again as soon as he has given it back: grants a second."""
    agents, each = _crowd(starter, subject, server, f"pass-{candidates}", candidates)
    try:
        for agent in agents:
            agent.say(*(f"pass {index}" for index in range(each)))
        ramp = time.monotonic() + 10
        while not all(agent.find(("held",)) for agent in agents) and time.monotonic() < ramp:
            time.sleep(0.1)
            if sum(1 for agent in agents for e in agent.events if e.name == "held") > candidates * 2:
                break  # somebody is starved; that is a result too
        time.sleep(1)
        start = time.monotonic_ns()
        time.sleep(seconds)
        end = time.monotonic_ns()
        held = sorted(e.nanos for agent in agents for e in list(agent.events) if e.name == "held" and start <= e.nanos < end)
        results.value(subject.name, f"throughput-{candidates}", "grants/s", round(len(held) / seconds, 2), len(held))
    except Silent as silent:
        results.cannot(subject.name, f"throughput-{candidates}", str(silent))
    finally:
        starter.close(*agents)


def long_queue(starter, subject, server, candidates, rounds, results):
    """Hand-over with a long queue that is at rest."""
    agents, each = _crowd(starter, subject, server, f"queue-{candidates}", candidates)
    measure = f"handover-queue-of-{candidates}"
    samples = []
    try:
        holder = agents[0], 0
        holder[0].join(0)
        holder[0].wait("held", 30, index=0)
        for agent in agents:
            agent.say(*(f"join {index}" for index in range(each) if (agent, index) != holder))
        _quiet(server, candidates)
        for _ in range(rounds):
            time.sleep(random.uniform(0.2, 0.3))
            marks = {agent: agent.mark() for agent in agents}
            holder[0].release(holder[1])
            held = _first_held(agents, marks)
            releasing = holder[0].wait("releasing", 15, index=holder[1], after=marks[holder[0]])
            samples.append((held[1].nanos - releasing.nanos) / 1e6)
            holder[0].join(holder[1])
            holder = held[0], held[1].index
        results.distribution(subject.name, measure, "ms", samples)
    except Silent as silent:
        results.cannot(subject.name, measure, str(silent))
    finally:
        starter.close(*agents)


def _first_held(agents, marks):
    end = time.monotonic() + 15
    while time.monotonic() < end:
        for agent in agents:
            event = agent.find(("held",), after=marks[agent])
            if event:
                return agent, event
        time.sleep(0.0005)
    raise Silent("nobody took the lock over within 15 s")


def _quiet(server, candidates):
    """Waits until those who join have joined: etcd is asked no more than renewals need, which is once in seconds."""
    last, calm = server.counters()[0], 0
    end = time.monotonic() + 30
    while calm < 3 and time.monotonic() < end:
        time.sleep(0.5)
        now = server.counters()[0]
        calm = calm + 1 if now - last < max(100, candidates) else 0
        last = now


def at_once(starter, subject, server, locks, results):
    """Many locks whose holders all give them back at the same moment."""
    agents = [starter.start(subject, f"once-{subject.name}", server, candidates=locks, apart=True, ttl=CROWD_TTL_SECONDS)
              for _ in range(2)]
    measure = f"handover-of-{locks}-at-once"
    try:
        for agent in agents:
            agent.ready(60)
        for agent in agents:
            agent.say(*(f"join {index}" for index in range(locks)))
            if agent is agents[0]:
                for index in range(locks):
                    agent.wait("held", 60, index=index)
        _quiet(server, 2 * locks)
        time.sleep(1)
        before, after = agents[0].mark(), agents[1].mark()
        agents[0].say(*(f"release {index}" for index in range(locks)))
        end = time.monotonic() + 40
        while sum(e.name == "held" for e in agents[1].events[after:]) < locks and time.monotonic() < end:
            time.sleep(0.05)
        releasing = {e.index: e.nanos for e in agents[0].events[before:] if e.name == "releasing"}
        held = {e.index: e.nanos for e in agents[1].events[after:] if e.name == "held"}
        both = [index for index in held if index in releasing]
        if not both:
            raise Silent("none was handed over within 40 s")
        results.distribution(subject.name, measure, "ms", [(held[i] - releasing[i]) / 1e6 for i in both])
        results.value(subject.name, measure + "-all-done", "ms",
                      round((max(held[i] for i in both) - min(releasing.values())) / 1e6, 1), len(both))
        results.value(subject.name, measure + "-missing", "of all", locks - len(both), locks)
    except Silent as silent:
        results.cannot(subject.name, measure, str(silent))
    finally:
        starter.close(*agents)

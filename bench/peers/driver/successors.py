"""Hand-over when the next in line has died: just now, or some time ago; and when there is nobody."""

import concurrent.futures
import time

from agents import Silent


def dead_successor(starter, subjects, server, ttl, dead_seconds, rounds, results):
    """From the call of release to the one after the dead one knowing. All subjects at once, each on its own lock."""
    measure = "handover-successor-dead-" + ("just-now" if dead_seconds < 1 else f"{dead_seconds:g}s")

    def one(subject):
        samples = []
        for turn in range(rounds):
            agents = [starter.start(subject, f"{measure}-{turn}", server) for _ in range(3)]
            try:
                for agent in agents:
                    agent.ready()
                    agent.join()
                    if agent is agents[0]:
                        agent.wait("held", 15)
                    time.sleep(0.4)
                # A whole interval of renewals, so that how old the last one is does not depend on the start.
                time.sleep(1 + turn * 0.3)
                agents[1].kill()
                time.sleep(dead_seconds)
                before, after = agents[0].mark(), agents[2].mark()
                agents[0].release()
                held = agents[2].wait("held", ttl * 3, after=after)
                samples.append((held.nanos - agents[0].wait("releasing", 15, after=before).nanos) / 1e6)
            except Silent as silent:
                results.note(subject.name, f"{measure}: {silent}")
            finally:
                starter.close(*agents)
        results.values(subject.name, measure, "ms", samples)

    with concurrent.futures.ThreadPoolExecutor(len(subjects)) as pool:
        list(pool.map(one, subjects))


def alone(starter, subjects, server, seconds, results):
    """Nobody else in line: given back and taken again, one cycle."""
    for subject in subjects:
        agent = starter.start(subject, "alone", server)
        try:
            agent.ready()
            agent.say("pass 0")
            agent.wait("held", 15)
            time.sleep(1 + seconds)
            agent.say("rest 0")
            time.sleep(0.2)
            releasing = [e.nanos for e in agent.events if e.name == "releasing"]
            held = [e.nanos for e in agent.events if e.name == "held"][1:]
            cycles = [(h - r) / 1e6 for r, h in zip(releasing, held)]
            results.distribution(subject.name, "alone-release-to-held-again", "ms", cycles[len(cycles) // 3:])
        except Silent as silent:
            results.cannot(subject.name, "alone-release-to-held-again", str(silent))
        finally:
            starter.close(agent)

"""Clean hand-over: from the call of release to the next one knowing."""

from agents import Silent
from pairs import Pair
from subjects import compiled_java_flags

# Java compiles what has run often; the first rounds are told apart from the others, for every subject.
COLD_ROUNDS = 30


class Course:
    """The hand-overs of one subject, in pieces, so that those of all subjects can take turns."""

    def __init__(self, starter, subject, server, measure="handover", flags=None):
        self.measure = measure
        self.starter, self.subject, self.server, self.flags = starter, subject, server, flags
        self.samples, self.missing, self.tries = [], 0, 0
        self.pair = None

    def run(self, rounds):
        for _ in range(rounds):
            self.tries += 1
            try:
                if self.pair is None:
                    self.pair = Pair(self.starter, self.subject, self.server, flags=self.flags).begin()
                self.pair.settle()
                self.samples.append(self.pair.hand_over())
            except Silent:
                # A wake-up that was lost. What the two know now is not known.
                self.missing += 1
                self.close()
                self.pair = None

    def close(self):
        if self.pair:
            self.pair.close()


def hand_overs(starter, subjects, server, pieces, rounds, results):
    courses = [Course(starter, subject, server) for subject in subjects]
    courses += [Course(starter, subject, server, "handover-compiled", compiled_java_flags())
                for subject in subjects if subject.is_java and subject.server == "etcd"]
    for piece in range(pieces):
        results.say(f"handover: piece {piece + 1} of {pieces}")
        for course in courses:
            course.run(rounds)
    for course in courses:
        course.close()
        name, measure = course.subject.name, course.measure
        cold = min(COLD_ROUNDS, len(course.samples) // 3)
        results.distribution(name, measure, "ms", course.samples[cold:])
        if course.subject.server == "etcd":
            results.distribution(name, measure + "-cold", "ms", course.samples[:cold])
            results.values(name, measure + "-first", "ms", course.samples[:1])
        results.value(name, measure + "-lost-wake-ups", "of all", course.missing, course.tries)

"""Plays candidates with python-etcd3's Lock. It does not renew and does not tell a loss: this does both, as its users do."""

import queue
import sys
import threading

import etcd3

from options import lock_of, now, parse, tell


class Player:
    def __init__(self, options, index):
        self.index = index
        self.ttl = options.ttl
        client = etcd3.client(host=options.host, port=options.port)
        self.lock = client.lock(lock_of(options, index), ttl=options.ttl)
        self.words = queue.SimpleQueue()
        self.passing = False
        self.held = None
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            word = self.words.get()
            if word == "join":
                self.join()
            elif word == "release":
                self.release()
            elif word == "pass":
                self.passing = True
                while self.passing and self.join():
                    self.release()

    def join(self):
        try:
            self.lock.acquire(timeout=None)
        except Exception as error:  # whatever it is, the driver is to know
            tell("failed", self.index, now(), repr(error))
            return False
        tell("held", self.index, now())
        self.held = threading.Event()
        threading.Thread(target=self.renew, args=(self.held,), daemon=True).start()
        return True

    def renew(self, dropped):
        while not dropped.wait(self.ttl / 3):
            try:
                alive = self.lock.refresh()[0].TTL > 0
            except Exception:  # an error is no proof that the lock is kept
                alive = False
            if not alive and not dropped.is_set():
                tell("lost", self.index, now())
                return

    def release(self):
        if self.held is None:
            return
        self.held.set()
        self.held = None
        releasing = now()
        try:
            self.lock.release()
        except Exception as error:
            tell("failed", self.index, now(), repr(error))
            return
        released = now()
        tell("releasing", self.index, releasing)
        tell("released", self.index, released)


def main():
    options = parse()
    players = [Player(options, index) for index in range(options.candidates)]
    tell("ready", 0, now())
    for line in sys.stdin:
        verb, index = line.split()
        if verb == "rest":
            players[int(index)].passing = False
        else:
            players[int(index)].words.put(verb)


main()

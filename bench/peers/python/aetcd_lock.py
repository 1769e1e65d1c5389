"""Plays candidates with aetcd's lock. It does not renew and does not tell a loss: this does both, as its users do."""

import asyncio
import sys

import aetcd

from options import lock_of, now, parse, tell


class Player:
    def __init__(self, options, index, client):
        self.index = index
        self.ttl = options.ttl
        self.lock = client.lock(lock_of(options, index).encode(), ttl=options.ttl)
        self.words = asyncio.Queue()
        self.passing = False
        self.renewing = None
        self.running = asyncio.create_task(self.run())

    async def run(self):
        while True:
            word = await self.words.get()
            if word == "join":
                await self.join()
            elif word == "release":
                await self.release()
            elif word == "pass":
                self.passing = True
                while self.passing and await self.join():
                    await self.release()

    async def join(self):
        try:
            await self.lock.acquire(timeout=None)
        except Exception as error:  # whatever it is, the driver is to know
            tell("failed", self.index, now(), repr(error))
            return False
        tell("held", self.index, now())
        self.renewing = asyncio.create_task(self.renew())
        return True

    async def renew(self):
        while True:
            await asyncio.sleep(self.ttl / 3)
            try:
                alive = (await self.lock.refresh()).TTL > 0
            except Exception:  # an error is no proof that the lock is kept
                alive = False
            if not alive:
                tell("lost", self.index, now())
                return

    async def release(self):
        if self.renewing is None:
            return
        self.renewing.cancel()
        self.renewing = None
        releasing = now()
        try:
            await self.lock.release()
        except Exception as error:
            tell("failed", self.index, now(), repr(error))
            return
        released = now()
        tell("releasing", self.index, releasing)
        tell("released", self.index, released)


async def main():
    options = parse()
    client = aetcd.Client(host=options.host, port=options.port)
    await client.connect()
    players = [Player(options, index, client) for index in range(options.candidates)]
    words = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(words), sys.stdin)
    tell("ready", 0, now())
    while line := await words.readline():
        verb, index = line.decode().split()
        if verb == "rest":
            players[int(index)].passing = False
        else:
            players[int(index)].words.put_nowait(verb)


asyncio.run(main())

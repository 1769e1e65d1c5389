/* The second dead-man's switch, of --new-namespace only: the outer process kills the whole namespace when its PID 1 has stood
   still past main's KILL time. SIGKILL ends a stopped process too, and with PID 1 the kernel ends all in its namespace. */
#ifndef LOCKCLAIM_GATE_WATCHDOG_H
#define LOCKCLAIM_GATE_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

struct watchdog {
    int told;  /* readable when a main begins */
    int timer; /* CLOCK_BOOTTIME */
};

/* Before the fork, so that both have it. False: cannot be made, and errno says why. */
bool watchdog_make(struct watchdog *watchdog);

/* In the inner: main is dead by then; 0: no main lives, or KILL was sent. Costs nothing when it is the same as before, and does
   nothing without a watchdog. */
void watchdog_tell(int64_t kill_ns);

/* In the outer, when one of the two is readable. True when the inner is to be killed now. */
bool watchdog_bites(const struct watchdog *watchdog);

#endif

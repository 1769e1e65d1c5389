/* Which signals the gate takes, and what main inherits of them. */
#ifndef LOCKCLAIM_GATE_SIGNALS_H
#define LOCKCLAIM_GATE_SIGNALS_H

#include <stdbool.h>
#include <sys/signalfd.h>

/* Blocks the signals that the gate handles. Returns a non-blocking signalfd for them, or -1. SIGTSTP, SIGTTIN and SIGTTOU
   stay as they are: the outer process of --new-namespace stops and goes on with its job. */
int signals_take(void);

/* The next signal, or false. */
bool signals_next(int fd, struct signalfd_siginfo *signal);

/* The kernel sent it (Ctrl-C and the like): the whole foreground process group has it already. */
bool signals_from_terminal(const struct signalfd_siginfo *signal);

/* In a forked child: empty mask, default actions, except what nohup and background jobs had ignored from the start. */
void signals_restore_for_main(void);

#endif

/* Main's first process. */
#ifndef LOCKCLAIM_GATE_CHILD_H
#define LOCKCLAIM_GATE_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "protocol.h"

struct child_start {
    char *const *command;
    uint64_t token;
    uint64_t slot;
    const char *lock;
    const char *socket; /* of the gate; lock.sock lies beside it */
};

struct child {
    pid_t pid;    /* 0: none */
    int executed; /* read end of a pipe that execve closes, or that carries errno; -1: outcome known */
};

/* Forks. The outcome of execve comes through child->executed. Returns 0 or errno. */
int child_start(struct child *child, const struct child_start *start);

enum child_outcome { CHILD_PENDING, CHILD_EXECUTED, CHILD_FAILED };

/* Reads the outcome of execve, without blocking; closes child->executed once it is known. */
enum child_outcome child_outcome(struct child *child, int *error);

/* A signal that the kernel sent to the whole foreground group of the terminal has reached main already. */
void child_signal(const struct child *child, int signal, bool from_terminal);

/* Reaps all that can be reaped, orphans too. True when main's first process was among them. */
bool child_reap(struct child *child, struct status *status);

#endif

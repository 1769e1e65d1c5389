/* The PID namespace that the gate is the first process of. */
#ifndef LOCKCLAIM_GATE_PIDNS_H
#define LOCKCLAIM_GATE_PIDNS_H

#include <stdbool.h>

/* True when this process is PID 1 and /proc shows its namespace. Else says on stderr what is wrong. */
bool pidns_is_ours(void);

/* SIGKILL to every process of the namespace but the gate, whoever its parent is. */
void pidns_kill_all(void);

/* Number of processes in the namespace besides the gate; zombies are not counted: they run no instruction and hold no
   file. -1: /proc could not be read, so nothing is known. *example: the number of one of them. */
int pidns_count(int *example);

/* Reads a /proc/PID/stat, "pid (comm) S ppid …": S and, for a zombie, field 20, its number of threads. A zombie with more
   than one thread is a process whose first thread has ended while others still run. Not understood: alive. Pure. */
bool pidns_stat_says_alive(const char *stat);

#endif

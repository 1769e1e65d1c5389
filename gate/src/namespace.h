/* `gate run --new-namespace`: a PID namespace of one's own, outside Kubernetes. */
#ifndef LOCKCLAIM_GATE_NAMESPACE_H
#define LOCKCLAIM_GATE_NAMESPACE_H

#include <stdbool.h>

/* Splits in two. True in the new process: it is PID 1 of a new PID and mount namespace with its own /proc, and gets SIGTERM
   when the outer one dies. False in the outer one, when the inner has ended or could not be made: *status is the exit
   status. signals: of signals_take. */
bool namespace_enter(int signals, int *status);

#endif

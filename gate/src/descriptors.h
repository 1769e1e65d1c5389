/* The file descriptors that the gate was given. */
#ifndef LOCKCLAIM_GATE_DESCRIPTORS_H
#define LOCKCLAIM_GATE_DESCRIPTORS_H

#include <stdbool.h>

/* Opens /dev/null for those of 0, 1 and 2 that are closed, so that no socket of the gate takes their place, and closes all
   others: neither the gate nor main has a use for what leaked in. The gate's own are close-on-exec, each from its start. */
bool descriptors_begin(void);

#endif

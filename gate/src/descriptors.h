/* File descriptors that the gate was given, and those that main must not get. */
#ifndef LOCKCLAIM_GATE_DESCRIPTORS_H
#define LOCKCLAIM_GATE_DESCRIPTORS_H

#include <stdbool.h>

/* Opens /dev/null for those of 0, 1 and 2 that are closed, so that no socket of the gate takes their place; marks all
   others close-on-exec. */
bool descriptors_begin(void);

/* Marks all above 2 close-on-exec. */
void descriptors_close_on_exec(void);

#endif

/* The name by which a sidecar tells one gate process from the next. */
#ifndef LOCKCLAIM_GATE_INSTANCE_H
#define LOCKCLAIM_GATE_INSTANCE_H

/* Writes INSTANCE_DIGITS random hex digits and a NUL. */
void instance_choose(char *instance);

#endif

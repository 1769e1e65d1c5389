/* Brings events to the state machine and carries out what it decides. */
#ifndef LOCKCLAIM_GATE_LOOP_H
#define LOCKCLAIM_GATE_LOOP_H

#include "options.h"

/* Runs until the gate is to exit. signals: of signals_take. Returns the exit status. */
int loop_run(const struct options *options, int signals);

#endif

/* What the gate writes into the container's log about main. */
#ifndef LOCKCLAIM_GATE_REPORT_H
#define LOCKCLAIM_GATE_REPORT_H

#include <stdint.h>

#include "protocol.h"

/* From now on nothing of what goes its ordinary way: main starts, ends by itself or as its user wants. */
void report_quietly(void);
void report_standby(void);
/* The messages that tell of a change; nothing for the others. */
void report_message(const struct message *message);
void report_not_started(const char *command, int error);
void report_jump(int64_t ahead_ns);
/* count and example as pidns_count gives them. */
void report_stuck(int count, int example);

#endif

/* What the pieces of the loop share: loop.c (events), apply.c (actions). */
#ifndef LOCKCLAIM_GATE_LOOP_PARTS_H
#define LOCKCLAIM_GATE_LOOP_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "child.h"
#include "link.h"
#include "options.h"
#include "protocol.h"
#include "state.h"

struct loop {
    const struct options *options;
    struct gate gate;
    struct link link;
    struct child child;
    int signals;
    int timer;     /* CLOCK_BOOTTIME: the dead-man's switch, and all other times */
    int wall_step; /* readable when the wall clock is set */
    bool wall_known;
    int64_t wall_offset_ns;
    int64_t look_again_ns; /* INT64_MAX: nothing to look at */
    int64_t look_pause_ns;
    int64_t stuck_at_ns;
    bool exiting;
    int exit_code;
    char instance[INSTANCE_DIGITS + 1];
};

/* Gives the event to the state machine and carries out what it decides. */
void step(struct loop *loop, struct event event);

/* execve of main failed. */
void not_started(struct loop *loop, int error);

void send_message(struct connection *connection, const struct message *message);

#endif

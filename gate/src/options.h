/* The command line of `gate run`. */
#ifndef LOCKCLAIM_GATE_OPTIONS_H
#define LOCKCLAIM_GATE_OPTIONS_H

#include <stdbool.h>

#include "state.h"

struct options {
    struct gate_config gate;
    const char *container;
    const char *socket;
    bool new_namespace;
    bool quiet; /* says only what the user must know */
    char **command; /* NULL-terminated, at least one word */
};

/* arguments: what follows `gate run`. False after one line on stderr: wrong use. */
bool options_read(char **arguments, struct options *options);

#endif

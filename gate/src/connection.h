/* One connection to a sidecar: non-blocking, bounded both ways. */
#ifndef LOCKCLAIM_GATE_CONNECTION_H
#define LOCKCLAIM_GATE_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lines.h"

/* What waits for a sidecar that does not read, beyond the kernel's own buffer: some forty lines. A sidecar that is further
   behind is given up: after the reconnect HELLO says all that matters. */
enum { OUTPUT_CAPACITY = 4096 };

struct connection {
    int fd; /* -1: closed */
    dev_t device;
    ino_t inode; /* of the socket's file when it was connected: a new file is a new sidecar */
    struct lines input;
    char output[OUTPUT_CAPACITY];
    size_t output_length;
};

void connection_init(struct connection *connection);

/* False: nobody listens there now. */
bool connection_open(struct connection *connection, const char *path);
void connection_close(struct connection *connection);
bool connection_is_open(const struct connection *connection);

/* Queues the bytes and sends what goes. Closes the connection when it is broken or the queue is full. */
void connection_send(struct connection *connection, const char *bytes, size_t length);
void connection_flush(struct connection *connection);

/* One read into input. Closes the connection at its end or when it is broken; lines that came before stay readable. */
void connection_receive(struct connection *connection);

/* True when the peer has read every byte and was still there afterwards. */
bool connection_all_read(const struct connection *connection);

#endif

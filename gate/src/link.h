/* Which sidecar the gate listens to. It holds at most two connections: the one it obeys, and a newer one whose sidecar
   has not said HELLO yet. The highest sidecar number seen wins for the gate's lifetime. */
#ifndef LOCKCLAIM_GATE_LINK_H
#define LOCKCLAIM_GATE_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "connection.h"
#include "protocol.h"

struct link {
    const char *path;
    char folder[108];
    int inotify; /* -1: none; then the slow look at the file is less slow */
    bool watching;
    struct connection slots[2];
    struct connection *obeyed;    /* open or not */
    struct connection *candidate; /* open or not */
    bool heard;                   /* some sidecar has said HELLO */
    uint64_t highest_sidecar;
    char lock[LOCK_NAME_MAX + 1]; /* as the obeyed sidecar calls it */
    int64_t next_try_ns;
    int64_t next_look_ns;
};

/* path: absolute, shorter than sun_path. */
void link_init(struct link *link, const char *path);

/* Connects when there is nobody to obey or a new file stands in the socket's place, if it is time for it. Returns the
   connection just made (say HELLO on it), or NULL. */
struct connection *link_connect(struct link *link, int64_t now_ns);

/* The next time at which link_connect wants to be called. */
int64_t link_next_time(const struct link *link);

/* Something happened in the socket's folder. */
void link_folder_changed(struct link *link);

/* A sidecar's HELLO on this connection. False: it is an older sidecar (or speaks another version) and is closed. */
bool link_hello(struct link *link, struct connection *from, const struct command *hello);

#endif

/* The gate protocol, version 1: reading the sidecar's lines and writing the gate's. Pure. See ../PROTOCOL.md. */
#ifndef LOCKCLAIM_GATE_PROTOCOL_H
#define LOCKCLAIM_GATE_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

enum {
    PROTOCOL_VERSION = 1,
    LOCK_NAME_MAX = 63 + 1 + 253, /* namespace/name, Kubernetes' own limits */
    CONTAINER_NAME_MAX = 63,
    INSTANCE_DIGITS = 16,
};

/* A token and a time are both below 2^63, so that a Java long and a timerfd can hold them. */
#define PROTOCOL_NUMBER_MAX ((uint64_t)INT64_MAX)

enum command_kind { COMMAND_HELLO, COMMAND_RUN, COMMAND_TIMES, COMMAND_STOP, COMMAND_PING };

/* One line of the sidecar. Only the fields of its kind are set. */
struct command {
    enum command_kind kind;
    uint64_t version;
    uint64_t sidecar;
    uint64_t token;
    uint64_t slot;
    int64_t term_ns;
    int64_t kill_ns;
    int64_t grace_ns;
    char lock[LOCK_NAME_MAX + 1];
};

/* Reads one line, destroying it. Returns NULL, or what is wrong with it as a sentence for ERROR. */
const char *protocol_read(char *line, struct command *command);

enum message_kind {
    MESSAGE_HELLO,
    MESSAGE_STARTED,
    MESSAGE_REFUSED,
    MESSAGE_STOPPING,
    MESSAGE_ENDED,
    MESSAGE_BEAT,
    MESSAGE_ERROR,
};
enum mode { MODE_WAITING, MODE_RUNNING, MODE_STOPPING };
enum reason { REASON_LATE, REASON_STALE, REASON_BUSY, REASON_STOPPING, REASON_EXEC };
enum why { WHY_STOP, WHY_TERM, WHY_DEADLINE, WHY_EXITED, WHY_KILLED };
enum status_kind { STATUS_NONE, STATUS_EXIT, STATUS_SIGNAL };

/* How main's first process ended. */
struct status {
    enum status_kind kind;
    int value; /* exit code or signal number */
};

/* One line of the gate. Only the fields of its kind are written. */
struct message {
    enum message_kind kind;
    uint64_t token;
    uint64_t stopped;
    enum mode mode;
    enum reason reason;
    enum why why;
    struct status status;
    bool exits; /* next=exit */
    uint64_t late_ms;
    const char *container;
    const char *instance;
    const char *error;
};

/* Appends the line with its '\n'. boot_ns: the gate's CLOCK_BOOTTIME now. */
void protocol_write(struct text *line, const struct message *message, int64_t boot_ns);

const char *protocol_why(enum why why);

#endif

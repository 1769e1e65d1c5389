#include "report.h"

#include <string.h>

#include "clock.h"
#include "log.h"
#include "text.h"

static bool quiet; /* set once at start */

void report_quietly(void) {
    quiet = true;
}

void report_standby(void) {
    if (!quiet) {
        log_line("standby, waiting for the lock");
    }
}

static void log_number(const char *before, uint64_t number, const char *after) {
    char buffer[256];
    struct text line = log_begin(buffer, sizeof buffer);
    text_add(&line, before);
    text_add_number(&line, number);
    text_add(&line, after);
    log_end(&line);
}

static const char *why_sentence(enum why why) {
    switch (why) {
    case WHY_STOP:
        return ": the lock is being given away";
    case WHY_TERM:
        return ": the container is asked to end";
    case WHY_DEADLINE:
        return ": the lock was not renewed in time, or the wall clock jumped ahead";
    case WHY_EXITED:
    case WHY_KILLED:
        break;
    }
    return ": its first process has ended";
}

/* Main is stopped though neither it nor its user wanted that. */
static bool is_unwanted_stop(const struct message *message) {
    return message->kind == MESSAGE_STOPPING && (message->why == WHY_STOP || message->why == WHY_DEADLINE);
}

void report_message(const struct message *message) {
    if (quiet && !is_unwanted_stop(message)) {
        return;
    }
    if (message->kind == MESSAGE_STARTED) {
        log_number("active: main started with token ", message->token, "");
    } else if (message->kind == MESSAGE_STOPPING) {
        log_number("stopping main with token ", message->token, why_sentence(message->why));
    } else if (message->kind == MESSAGE_ENDED && message->status.kind != STATUS_NONE) {
        log_number("all processes of token ", message->token,
                   message->exits ? " have ended" : " have ended; standby, waiting for the lock");
    }
}

void report_not_started(const char *command, int error) {
    char buffer[512];
    struct text line = log_begin(buffer, sizeof buffer);
    text_add(&line, "cannot execute \"");
    text_add(&line, command);
    text_add(&line, "\": ");
    text_add(&line, strerror(error));
    log_end(&line);
}

void report_jump(int64_t ahead_ns) {
    log_number("the wall clock jumped ahead by ", (uint64_t)(ahead_ns / NS_PER_MS),
               " ms against CLOCK_BOOTTIME: times told before are not believed");
}

void report_stuck(int count, int example) {
    if (count < 0) {
        log_line("cannot read /proc, so nobody knows whether main has ended: the lock is not given away");
    } else {
        log_number("a process does not end although it was killed: PID ", (uint64_t)example,
                   " in the container; the lock is not given away before it has");
    }
}

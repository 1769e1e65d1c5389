/* Random and nearly right bytes through lines and protocol, from a fixed seed; the sanitizers are the judge, and a few rules
   that must hold for whatever is taken. */
#include <stdlib.h>

#include "check.h"
#include "lines.h"
#include "protocol.h"

static uint64_t random_state = 0x9e3779b97f4a7c15;

static uint64_t next_random(void) { /* xorshift64*: the same on every machine */
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 0x2545f4914f6cdd1d;
}

static size_t below(size_t bound) {
    return (size_t)(next_random() % bound);
}

static const char *const pieces[] = {
    "HELLO", "RUN", "TIMES", "STOP", "PING", " ", " ", " ", "\n", "\n", "=", "v=1", "sidecar=", "lock=a/b", "token=", "slot=0",
    "term_ns=", "kill_ns=", "grace_ms=", "0", "1", "7", "9223372036854775807", "18446744073709551616", "-1", "boot_ns=5", "\r",
};

static size_t nearly_right(char *bytes, size_t capacity) {
    size_t length = 0;
    for (size_t i = below(40); i > 0; i--) {
        const char *piece = pieces[below(sizeof pieces / sizeof pieces[0])];
        size_t piece_length = strlen(piece);
        if (length + piece_length > capacity) {
            break;
        }
        memcpy(bytes + length, piece, piece_length);
        length += piece_length;
    }
    if (length > 0 && below(4) == 0) {
        bytes[below(length)] = (char)next_random();
    }
    return length;
}

static size_t random_bytes(char *bytes, size_t capacity) {
    size_t length = below(capacity + 1);
    for (size_t i = 0; i < length; i++) {
        bytes[i] = below(50) == 0 ? '\n' : (char)next_random();
    }
    return length;
}

static void judge(char *line) {
    static struct command command;
    CHECK(strlen(line) < LINE_MAX_BYTES);
    if (protocol_read(line, &command) != NULL) {
        return;
    }
    switch (command.kind) {
    case COMMAND_RUN:
    case COMMAND_TIMES:
        CHECK(command.token > 0 && command.token <= PROTOCOL_NUMBER_MAX);
        CHECK(command.term_ns >= 0 && command.kill_ns >= command.term_ns);
        break;
    case COMMAND_STOP:
        CHECK(command.token > 0 && command.grace_ns >= 0);
        break;
    case COMMAND_HELLO:
        CHECK(strlen(command.lock) >= 1 && strlen(command.lock) <= LOCK_NAME_MAX);
        break;
    case COMMAND_PING:
        break;
    }
}

static void feed(size_t (*make)(char *, size_t)) {
    /* On the heap in its exact size, so that a read past its end is seen. */
    struct lines *lines = malloc(sizeof *lines);
    char *line;
    lines_reset(lines);
    for (int round = 0; round < 200000; round++) {
        char bytes[700];
        size_t room;
        size_t length = make(bytes, sizeof bytes);
        char *space = lines_space(lines, &room);
        CHECK(room >= LINES_CAPACITY - LINE_MAX_BYTES);
        memcpy(space, bytes, length);
        lines_received(lines, length);
        for (enum line_kind kind; (kind = lines_next(lines, &line)) != LINE_NONE;) {
            if (kind == LINE_GOOD) {
                judge(line);
            }
        }
    }
    free(lines);
}

static void nearly_right_lines_do_no_harm(void) {
    feed(nearly_right);
}

static void random_bytes_do_no_harm(void) {
    feed(random_bytes);
}

int main(void) {
    RUN_TEST(nearly_right_lines_do_no_harm);
    RUN_TEST(random_bytes_do_no_harm);
    return check_summary();
}

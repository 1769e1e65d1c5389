/* Cuts a byte stream into lines of at most LINE_MAX_BYTES; never grows, never reads past what it was given. Pure. */
#ifndef LOCKCLAIM_GATE_LINES_H
#define LOCKCLAIM_GATE_LINES_H

#include <stdbool.h>
#include <stddef.h>

enum {
    LINE_MAX_BYTES = 512,  /* of a line with its '\n', as the protocol says */
    LINES_CAPACITY = 4096, /* one read: eight of the longest lines; bounds the work of one turn of the loop */
};

struct lines {
    char bytes[LINES_CAPACITY];
    size_t begin; /* first byte not yet handed out */
    size_t end;   /* one past the last byte received */
    bool skipping; /* inside a line that was too long: drop up to its end */
};

enum line_kind {
    LINE_NONE,     /* no whole line there yet */
    LINE_GOOD,     /* *line is a NUL-terminated line of printable ASCII */
    LINE_TOO_LONG, /* said once for each such line */
    LINE_BAD_BYTE, /* a byte that is not printable ASCII */
};

void lines_reset(struct lines *lines);

/* Where the next bytes go. There is always room once lines_next has returned LINE_NONE. */
char *lines_space(struct lines *lines, size_t *room);
void lines_received(struct lines *lines, size_t count);

/* *line stays valid until the next lines_space. */
enum line_kind lines_next(struct lines *lines, char **line);

#endif

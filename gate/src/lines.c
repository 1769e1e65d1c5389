#include "lines.h"

#include <string.h>

void lines_reset(struct lines *lines) {
    lines->begin = 0;
    lines->end = 0;
    lines->skipping = false;
}

char *lines_space(struct lines *lines, size_t *room) {
    if (lines->begin > 0) {
        memmove(lines->bytes, lines->bytes + lines->begin, lines->end - lines->begin);
        lines->end -= lines->begin;
        lines->begin = 0;
    }
    *room = LINES_CAPACITY - lines->end;
    return lines->bytes + lines->end;
}

void lines_received(struct lines *lines, size_t count) {
    lines->end += count;
}

static bool printable(const char *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] < ' ' || bytes[i] > '~') {
            return false;
        }
    }
    return true;
}

enum line_kind lines_next(struct lines *lines, char **line) {
    for (;;) {
        char *start = lines->bytes + lines->begin;
        size_t length = lines->end - lines->begin;
        char *newline = memchr(start, '\n', length);
        if (newline == NULL) {
            if (lines->skipping || length >= LINE_MAX_BYTES) {
                bool news = !lines->skipping;
                lines->skipping = true;
                lines->begin = lines->end;
                return news ? LINE_TOO_LONG : LINE_NONE;
            }
            return LINE_NONE;
        }
        size_t line_length = (size_t)(newline - start);
        lines->begin += line_length + 1;
        if (lines->skipping) {
            lines->skipping = false; /* the end of a line that has been complained about */
            continue;
        }
        if (line_length + 1 > LINE_MAX_BYTES) {
            return LINE_TOO_LONG;
        }
        if (!printable(start, line_length)) {
            return LINE_BAD_BYTE;
        }
        *newline = '\0';
        *line = start;
        return LINE_GOOD;
    }
}

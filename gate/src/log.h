/* One line on stderr, never blocking the dead-man's switch. */
#ifndef LOCKCLAIM_GATE_LOG_H
#define LOCKCLAIM_GATE_LOG_H

#include "text.h"

/* Call once in `gate run` before the first log line: lets a timer end a write that would block. */
void log_never_block(void);

/* Begins a line "gate: …" in the given buffer. */
struct text log_begin(char *buffer, size_t capacity);
void log_end(struct text *line);

/* log_begin + one string + log_end. */
void log_line(const char *string);

#endif

/* Bounded text building and strict number reading; no allocation, no stdio. */
#ifndef LOCKCLAIM_GATE_TEXT_H
#define LOCKCLAIM_GATE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A string that grows inside a fixed buffer; always NUL-terminated. What does not fit is dropped and remembered. */
struct text {
    char *start;
    size_t capacity;
    size_t length;
    bool truncated;
};

struct text text_over(char *buffer, size_t capacity);
void text_add(struct text *text, const char *string);
void text_add_number(struct text *text, uint64_t number);

/* Decimal digits only, no sign, no blanks, at most `most`. False leaves *number alone. */
bool text_read_number(const char *string, uint64_t most, uint64_t *number);

#endif

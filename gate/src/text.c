#include "text.h"

#include <string.h>

struct text text_over(char *buffer, size_t capacity) {
    buffer[0] = '\0';
    return (struct text){.start = buffer, .capacity = capacity};
}

void text_add(struct text *text, const char *string) {
    size_t length = strlen(string);
    size_t room = text->capacity - 1 - text->length;
    if (length > room) {
        length = room;
        text->truncated = true;
    }
    memcpy(text->start + text->length, string, length);
    text->length += length;
    text->start[text->length] = '\0';
}

void text_add_number(struct text *text, uint64_t number) {
    char digits[21]; /* 2^64 has 20 digits */
    char *first = digits + sizeof digits - 1;
    *first = '\0';
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    text_add(text, first);
}

bool text_read_number(const char *string, uint64_t most, uint64_t *number) {
    uint64_t value = 0;
    if (*string == '\0') {
        return false;
    }
    for (; *string != '\0'; string++) {
        if (*string < '0' || *string > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)(*string - '0');
        if (digit > most || value > (most - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *number = value;
    return true;
}

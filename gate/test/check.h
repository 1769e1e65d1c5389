/* The least that a C test needs: named tests, counted, one line each. */
#ifndef LOCKCLAIM_GATE_CHECK_H
#define LOCKCLAIM_GATE_CHECK_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check_passed;
static int check_failed;
static bool check_good;

#define CHECK(condition)                                                          \
    do {                                                                          \
        if (!(condition) && check_good) {                                         \
            check_good = false;                                                   \
            printf("     %s:%d: not so: %s\n", __FILE__, __LINE__, #condition);   \
        }                                                                         \
    } while (0)

#define CHECK_TEXT(actual, expected)                                                                      \
    do {                                                                                                  \
        if (strcmp((actual), (expected)) != 0 && check_good) {                                            \
            check_good = false;                                                                           \
            printf("     %s:%d: is       \"%s\"\n     expected \"%s\"\n", __FILE__, __LINE__, (actual), (expected)); \
        }                                                                                                 \
    } while (0)

/* With the environment's GATE_TEST_ONLY=NAME, that one alone. */
static inline void check_run(const char *name, void (*test)(void)) {
    const char *only = getenv("GATE_TEST_ONLY");
    if (only != NULL && strcmp(only, name) != 0) {
        return;
    }
    check_good = true;
    test();
    if (check_good) {
        check_passed++;
    } else {
        check_failed++;
    }
    printf("%s %s\n", check_good ? "ok  " : "FAIL", name);
}

#define RUN_TEST(test) check_run(#test, test)

static inline int check_summary(void) {
    printf("%d passed, %d failed\n", check_passed, check_failed);
    return check_failed == 0 ? 0 : 1;
}

#endif

#include "clock.h"

#include <time.h>

/* Two readings further apart than this (the gate was not scheduled between them) say nothing about a jump. */
static const int64_t READING_APART_NS = 50 * NS_PER_MS;

/* More than a second for certain, whatever the readings' error: a guest that its hypervisor paused sees only this. Slewing
   (500 ppm, chrony at most 8.3 %) stays far below it between two beats, a deleted leap second just below. */
static const int64_t JUMP_NS = NS_PER_S + 50 * NS_PER_MS;

static int64_t read_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now); /* cannot fail: both clocks exist on every Linux that has timerfd for them */
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t clock_boot_ns(void) {
    return read_ns(CLOCK_BOOTTIME);
}

bool clock_wall_offset_ns(int64_t *offset_ns) {
    for (int attempt = 0; attempt < 3; attempt++) {
        int64_t before = read_ns(CLOCK_BOOTTIME);
        int64_t wall = read_ns(CLOCK_REALTIME);
        int64_t after = read_ns(CLOCK_BOOTTIME);
        if (after - before <= READING_APART_NS) {
            *offset_ns = wall - after;
            return true;
        }
    }
    return false;
}

int64_t clock_jump_ahead_ns(int64_t offset_before_ns, int64_t offset_now_ns) {
    int64_t ahead = offset_now_ns - offset_before_ns;
    return ahead > JUMP_NS ? ahead : 0;
}

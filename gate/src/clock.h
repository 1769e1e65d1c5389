/* The two clocks the gate looks at. */
#ifndef LOCKCLAIM_GATE_CLOCK_H
#define LOCKCLAIM_GATE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

/* Nanoseconds of CLOCK_BOOTTIME: goes on in a suspend, is never stepped. */
int64_t clock_boot_ns(void);

/* CLOCK_REALTIME - CLOCK_BOOTTIME. False when the two could not be read close enough together. */
bool clock_wall_offset_ns(int64_t *offset_ns);

/* By how much the wall clock has jumped ahead between two offsets; 0 when that is no jump. Pure. */
int64_t clock_jump_ahead_ns(int64_t offset_before_ns, int64_t offset_now_ns);

#endif

/* Preloaded into a dynamically linked gate: sets its CLOCK_REALTIME ahead by the seconds in the file $CLOCK_AHEAD_FILE, so that
   a jump of the wall clock can be tested without touching the machine's. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    const char *path = getenv("CLOCK_AHEAD_FILE");
    FILE *file = clock == CLOCK_REALTIME && path != NULL ? fopen(path, "re") : NULL;
    if (file != NULL) {
        long ahead = 0;
        if (fscanf(file, "%ld", &ahead) == 1) {
            now->tv_sec += ahead;
        }
        fclose(file);
    }
    return result;
}

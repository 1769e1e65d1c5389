#include "watchdog.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "clock.h"

/* What the inner gate has for its own KILL before the outer acts. Both fit into the half second that the lock leaves between
   KILL and the end of the lease. */
static const int64_t PATIENCE_NS = 150 * NS_PER_MS;

static _Atomic int64_t *shared; /* the KILL time of the main that lives, else 0 */
static int wake = -1;

bool watchdog_make(struct watchdog *watchdog) {
    void *page = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        return false;
    }
    watchdog->told = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    watchdog->timer = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    shared = page;
    wake = watchdog->told;
    return watchdog->told >= 0 && watchdog->timer >= 0;
}

void watchdog_tell(int64_t kill_ns) {
    const uint64_t one = 1;
    if (shared == NULL) {
        return;
    }
    int64_t before = atomic_exchange(shared, kill_ns);
    /* An earlier time must be heard of at once; of a later one the timer learns when it fires. */
    if (kill_ns != 0 && (before == 0 || kill_ns < before)) {
        (void)!write(wake, &one, sizeof one);
    }
}

bool watchdog_bites(const struct watchdog *watchdog) {
    uint64_t ignored;
    (void)!read(watchdog->told, &ignored, sizeof ignored);
    (void)!read(watchdog->timer, &ignored, sizeof ignored);
    int64_t kill_ns = atomic_load(shared);
    if (kill_ns == 0) {
        return false;
    }
    int64_t due_ns = kill_ns + PATIENCE_NS;
    if (clock_boot_ns() >= due_ns) {
        return true;
    }
    const struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(due_ns / NS_PER_S), .tv_nsec = (long)(due_ns % NS_PER_S)}};
    timerfd_settime(watchdog->timer, TFD_TIMER_ABSTIME, &when, NULL);
    return false;
}

#include "descriptors.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436 /* the same on every architecture */
#endif

/* A bound for the slow way where the limit of open files is set to millions. */
enum { SLOW_WAY_MOST = 1 << 20 };

static void close_above_2(void) {
    struct rlimit limit;
    if (syscall(SYS_close_range, 3u, UINT_MAX, 0u) == 0) {
        return;
    }
    /* Linux before 5.9, or a seccomp profile that does not know the call. */
    int most = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < SLOW_WAY_MOST ? (int)limit.rlim_cur : SLOW_WAY_MOST;
    for (int fd = 3; fd < most; fd++) {
        close(fd); /* EBADF for those that are not open */
    }
}

bool descriptors_begin(void) {
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) { /* the lowest free number: fd */
            return false;
        }
    }
    close_above_2();
    return true;
}

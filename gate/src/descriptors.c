#include "descriptors.h"

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436 /* the same on every architecture */
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4u
#endif

void descriptors_close_on_exec(void) {
    struct rlimit limit;
    if (syscall(SYS_close_range, 3u, UINT_MAX, CLOSE_RANGE_CLOEXEC) == 0) {
        return;
    }
    /* Linux before 5.11, or a seccomp profile that does not know the call. */
    int most = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 1048576 ? (int)limit.rlim_cur : 1048576;
    for (int fd = 3; fd < most; fd++) {
        fcntl(fd, F_SETFD, FD_CLOEXEC); /* EBADF for those that are not open */
    }
}

bool descriptors_begin(void) {
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) { /* the lowest free number: fd */
            return false;
        }
    }
    descriptors_close_on_exec();
    return true;
}

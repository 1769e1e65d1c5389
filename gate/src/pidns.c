#include "pidns.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log.h"
#include "text.h"

/* One entry as getdents64 fills it in; opendir would allocate. */
struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    uint8_t type;
    char name[];
};

bool pidns_is_ours(void) {
    char self[16];
    if (getpid() != 1) {
        log_line("must be the first process (PID 1) of its container: set shareProcessNamespace and hostPID to false in the "
                 "pod, or give --new-namespace outside Kubernetes");
        return false;
    }
    ssize_t length = readlink("/proc/self", self, sizeof self);
    if (length != 1 || self[0] != '1') {
        log_line("/proc does not show this container's processes: mount a proc file system of its own PID namespace there");
        return false;
    }
    return true;
}

void pidns_kill_all(void) {
    if (getpid() == 1) { /* checked at the start; checked again, since anywhere else this would end the whole machine */
        kill(-1, SIGKILL); /* ESRCH: nobody there */
    }
}

bool pidns_stat_says_alive(const char *stat) {
    const char *field = strrchr(stat, ')'); /* comm may contain anything, also ')' */
    if (field == NULL || field[1] != ' ') {
        return true;
    }
    field += 2;
    if (*field != 'Z' && *field != 'X') {
        return true;
    }
    for (int number = 3; number < 20; number++) {
        field = strchr(field, ' ');
        if (field == NULL) {
            return true;
        }
        field++;
    }
    return !((field[0] == '0' || field[0] == '1') && field[1] == ' ');
}

static bool is_alive(const char *pid) {
    char path[32];
    char stat[1024]; /* the fields up to 20 take far less */
    struct text text = text_over(path, sizeof path);
    text_add(&text, "/proc/");
    text_add(&text, pid);
    text_add(&text, "/stat");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return access(path, F_OK) == 0; /* gone since the folder was read; or there and unreadable: counts */
    }
    ssize_t length = read(fd, stat, sizeof stat - 1);
    close(fd);
    if (length <= 0) {
        return access(path, F_OK) == 0;
    }
    stat[length] = '\0';
    return pidns_stat_says_alive(stat);
}

int pidns_count(int *example) {
    char buffer[4096] __attribute__((aligned(__alignof__(struct entry))));
    int count = 0;
    int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    for (;;) {
        long filled = syscall(SYS_getdents64, fd, buffer, sizeof buffer);
        if (filled < 0) {
            count = -1;
        }
        if (filled <= 0) {
            break;
        }
        for (long at = 0; at < filled;) {
            const struct entry *entry = (const struct entry *)(const void *)(buffer + at);
            uint64_t pid;
            at += entry->length;
            if (text_read_number(entry->name, INT32_MAX, &pid) && pid != 1 && is_alive(entry->name)) {
                *example = (int)pid;
                count++;
            }
        }
    }
    close(fd);
    return count;
}

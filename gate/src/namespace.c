#include "namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "signals.h"
#include "state.h"
#include "text.h"
#include "watchdog.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434 /* the same on every architecture */
#endif

/* Above all that a signal could be told by: the launcher is to take nothing for a proof. */
enum { EXIT_NOTHING_SEEN = 255 };

static void log_failure(const char *what, int error, const char *mend) {
    char buffer[512];
    struct text line = log_begin(buffer, sizeof buffer);
    text_add(&line, what);
    text_add(&line, " (");
    text_add(&line, strerror(error));
    text_add(&line, ")");
    text_add(&line, mend);
    log_end(&line);
}

static bool write_file(const char *path, const char *content) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool written = write(fd, content, strlen(content)) == (ssize_t)strlen(content);
    close(fd);
    return written;
}

/* Maps the one id to itself: main runs as the user it was started by. */
static bool map_id(const char *path, uint64_t id) {
    char buffer[64];
    struct text line = text_over(buffer, sizeof buffer);
    text_add_number(&line, id);
    text_add(&line, " ");
    text_add_number(&line, id);
    text_add(&line, " 1");
    return write_file(path, buffer);
}

static bool new_namespaces(void) {
    uint64_t user = geteuid();
    uint64_t group = getegid();
    if (user == 0 && unshare(CLONE_NEWPID | CLONE_NEWNS) == 0) {
        return true;
    }
    if (unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS) != 0) {
        log_failure("cannot make a user namespace", errno,
                    ": run as root, or allow them (sysctl user.max_user_namespaces above 0, "
                    "kernel.unprivileged_userns_clone=1 on Debian, "
                    "kernel.apparmor_restrict_unprivileged_userns=0 on Ubuntu)");
        return false;
    }
    if (!write_file("/proc/self/setgroups", "deny") || !map_id("/proc/self/uid_map", user) ||
        !map_id("/proc/self/gid_map", group)) {
        log_failure("cannot map the user into its new namespace", errno, ": run as root");
        return false;
    }
    return true;
}

/* In the new PID 1. alive: read end of a pipe whose write end only the outer process has. */
static bool settle(int alive) {
    struct pollfd outer = {.fd = alive};
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (poll(&outer, 1, 0) != 0) {
        return false; /* it died before it could be heard: nobody waits for us */
    }
    close(alive);
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0) {
        log_failure("cannot mount /proc of the new namespace", errno,
                    ": inside a container whose /proc is masked, run as root with CAP_SYS_ADMIN");
        return false;
    }
    return true;
}

static void forward(int signals, pid_t inner) {
    struct signalfd_siginfo signal;
    while (signals_next(signals, &signal)) {
        /* What the terminal sent to the whole group the inner gate has got itself. */
        if (signal.ssi_signo != SIGCHLD && !signals_from_terminal(&signal)) {
            kill(inner, (int)signal.ssi_signo);
        }
    }
}

static void bite(pid_t inner) {
    log_line("the gate in the namespace has stood still past the time to kill main (stopped?): killed the whole namespace");
    kill(inner, SIGKILL);
}

/* A status below EXIT_SIGNAL_BASE is a proof for the launcher: the kernel lets the first process of a PID namespace be waited
   for only once every process in there has ended. So a killed one, with all of main, is not told as a signal: this process
   itself may end by one, and nothing has ended then. */
static int status_of(int how) {
    if (WIFSIGNALED(how)) {
        char buffer[128];
        struct text line = log_begin(buffer, sizeof buffer);
        text_add(&line, "the gate in the namespace was ended by signal ");
        text_add_number(&line, (uint64_t)WTERMSIG(how));
        text_add(&line, ", and with it all that ran there");
        log_end(&line);
        return EXIT_GATE_FAILED;
    }
    return WEXITSTATUS(how);
}

/* Waits for the inner gate; passes signals on; the death of the launcher is a SIGTERM. Not PR_SET_PDEATHSIG here: that
   fires when the thread that started us ends, and launchers have many. */
static int attend(int signals, pid_t inner, pid_t launcher, const struct watchdog *watchdog) {
    int how = 0;
    pid_t ended;
    struct pollfd polled[4] = {{.fd = signals, .events = POLLIN},
                               {.fd = (int)syscall(SYS_pidfd_open, launcher, 0), .events = POLLIN},
                               {.fd = watchdog->told, .events = POLLIN},
                               {.fd = watchdog->timer, .events = POLLIN}};
    if (getppid() != launcher) {
        kill(inner, SIGTERM); /* it died before it could be watched */
    }
    while ((ended = waitpid(inner, &how, WNOHANG)) == 0) {
        if (poll(polled, 4, -1) < 0) {
            continue;
        }
        forward(signals, inner);
        if (polled[1].fd >= 0 && polled[1].revents != 0) {
            polled[1].fd = -1;
            kill(inner, SIGTERM);
        }
        if ((polled[2].revents != 0 || polled[3].revents != 0) && watchdog_bites(watchdog)) {
            bite(inner);
        }
    }
    if (ended != inner) {
        log_failure("cannot wait for the gate in the namespace", errno, ": the lock is left to run out");
        return EXIT_NOTHING_SEEN;
    }
    return status_of(how);
}

bool namespace_enter(int signals, int *status) {
    int alive[2];
    struct watchdog watchdog;
    pid_t launcher = getppid();
    *status = EXIT_GATE_FAILED;
    if (!new_namespaces()) {
        return false;
    }
    if (pipe2(alive, O_CLOEXEC) != 0) {
        log_failure("cannot make a pipe", errno, "");
        return false;
    }
    if (!watchdog_make(&watchdog)) {
        log_failure("cannot make the outer dead-man's switch", errno, ": raise the limit of open files");
        return false;
    }
    pid_t inner = fork();
    if (inner < 0) {
        log_failure("cannot fork", errno, ": raise the limit of processes");
        return false;
    }
    if (inner == 0) {
        close(alive[1]);
        close(watchdog.timer);
        if (!settle(alive[0])) {
            _exit(EXIT_GATE_FAILED);
        }
        return true;
    }
    close(alive[0]);
    *status = attend(signals, inner, launcher, &watchdog);
    return false;
}

#include "log.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/time.h>
#include <unistd.h>

static bool interruptible; /* set once at start, before anything is decided */

static void wake_write(int signal) {
    (void)signal;
}

void log_never_block(void) {
    struct sigaction action = {.sa_handler = wake_write}; /* no SA_RESTART: the write must return */
    sigemptyset(&action.sa_mask);
    interruptible = sigaction(SIGALRM, &action, NULL) == 0;
}

/* stderr is shared with main, so it cannot be made non-blocking. A reader of the container's log that stands still
   must not stop the gate: write only when poll says there is room, and let a repeating timer break a write that main
   was quicker than. */
static void write_or_drop(const char *bytes, size_t length) {
    struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) {
        return;
    }
    if (!interruptible) {
        (void)!write(STDERR_FILENO, bytes, length);
        return;
    }
    const struct itimerval every_20_ms = {.it_interval = {.tv_usec = 20000}, .it_value = {.tv_usec = 20000}};
    const struct itimerval off = {0};
    sigset_t alarm;
    sigset_t before;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    setitimer(ITIMER_REAL, &every_20_ms, NULL);
    sigprocmask(SIG_UNBLOCK, &alarm, &before);
    (void)!write(STDERR_FILENO, bytes, length);
    setitimer(ITIMER_REAL, &off, NULL);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

struct text log_begin(char *buffer, size_t capacity) {
    struct text line = text_over(buffer, capacity);
    text_add(&line, "gate: ");
    return line;
}

void log_end(struct text *line) {
    if (line->length + 1 >= line->capacity) {
        line->length = line->capacity - 2; /* keep room for the end of the line */
    }
    line->start[line->length++] = '\n';
    line->start[line->length] = '\0';
    write_or_drop(line->start, line->length);
}

void log_line(const char *string) {
    char buffer[512];
    struct text line = log_begin(buffer, sizeof buffer);
    text_add(&line, string);
    log_end(&line);
}

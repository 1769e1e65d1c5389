#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "signals.h"
#include "state.h"
#include "text.h"

static void set_number(const char *name, uint64_t number) {
    char digits[24];
    struct text text = text_over(digits, sizeof digits);
    text_add_number(&text, number);
    setenv(name, digits, 1);
}

static void set_environment(const struct child_start *start) {
    char socket[128];
    struct text path = text_over(socket, sizeof socket);
    text_add(&path, start->socket);
    path.length = (size_t)(strrchr(socket, '/') + 1 - socket);
    text_add(&path, "lock.sock");
    setenv("LOCKCLAIM_SOCKET", socket, 1);
    setenv("LOCKCLAIM_LOCK", start->lock, 1);
    set_number("LOCKCLAIM_TOKEN", start->token);
    set_number("LOCKCLAIM_SLOT", start->slot);
}

_Noreturn static void become_main(const struct child_start *start, int failed) {
    signals_restore_for_main();
    set_environment(start);
    execvp(start->command[0], start->command);
    int error = errno;
    (void)!write(failed, &error, sizeof error); /* an int goes into an empty pipe whole */
    _exit(error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE);
}

int child_start(struct child *child, const struct child_start *start) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return errno;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    pid_t pid = fork();
    if (pid == 0) {
        become_main(start, ends[1]);
    }
    int error = errno;
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return error;
    }
    child->pid = pid;
    child->executed = ends[0];
    return 0;
}

enum child_outcome child_outcome(struct child *child, int *error) {
    ssize_t count = read(child->executed, error, sizeof *error);
    if (count < 0) {
        return CHILD_PENDING;
    }
    close(child->executed);
    child->executed = -1;
    /* A process that was killed before execve closes the pipe too: taken as executed, which is the safe side. */
    return count == (ssize_t)sizeof *error ? CHILD_FAILED : CHILD_EXECUTED;
}

void child_signal(const struct child *child, int signal, bool from_terminal) {
    if (child->pid == 0 || (from_terminal && getpgid(child->pid) == getpgrp())) {
        return;
    }
    kill(child->pid, signal); /* not reaped yet, so the number is still its own */
}

bool child_reap(struct child *child, struct status *status) {
    bool main_ended = false;
    int how;
    pid_t pid;
    while ((pid = waitpid(-1, &how, WNOHANG)) > 0) {
        if (pid != child->pid) {
            continue;
        }
        child->pid = 0;
        main_ended = true;
        *status = WIFSIGNALED(how) ? (struct status){.kind = STATUS_SIGNAL, .value = WTERMSIG(how)}
                                   : (struct status){.kind = STATUS_EXIT, .value = WEXITSTATUS(how)};
    }
    return main_ended;
}

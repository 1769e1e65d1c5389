#include "signals.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

/* Faults stay what they are; the terminal's stop signals are for the job, not for main alone. */
static const int not_taken[] = {SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,  SIGTRAP, SIGABRT, SIGSYS,
                                SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU, SIGKILL, SIGSTOP};

/* nohup ignores SIGHUP, a shell's background job SIGINT and SIGQUIT: that is meant for main too. */
static const int inheritable[] = {SIGHUP, SIGINT, SIGQUIT};

static bool is_ignored(int signal) {
    struct sigaction action;
    return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static void set(int signal, void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler};
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, NULL); /* fails only for SIGKILL and SIGSTOP, which are not passed here */
}

int signals_take(void) {
    sigset_t taken;
    sigfillset(&taken);
    for (size_t i = 0; i < sizeof not_taken / sizeof not_taken[0]; i++) {
        sigdelset(&taken, not_taken[i]);
    }
    for (size_t i = 0; i < sizeof inheritable / sizeof inheritable[0]; i++) {
        if (is_ignored(inheritable[i])) {
            sigdelset(&taken, inheritable[i]);
        }
    }
    set(SIGCHLD, SIG_DFL); /* ignored, children would vanish without their status */
    set(SIGPIPE, SIG_IGN); /* of a log that nobody reads any more */
    if (sigprocmask(SIG_SETMASK, &taken, NULL) != 0) {
        return -1;
    }
    return signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC);
}

bool signals_next(int fd, struct signalfd_siginfo *signal) {
    return read(fd, signal, sizeof *signal) == (ssize_t)sizeof *signal;
}

bool signals_from_terminal(const struct signalfd_siginfo *signal) {
    return signal->ssi_code == SI_KERNEL;
}

void signals_restore_for_main(void) {
    sigset_t none;
    for (int signal = 1; signal <= SIGRTMAX; signal++) {
        bool keep = false;
        for (size_t i = 0; i < sizeof inheritable / sizeof inheritable[0]; i++) {
            keep = keep || (signal == inheritable[i] && is_ignored(signal));
        }
        if (!keep && signal != SIGKILL && signal != SIGSTOP) {
            set(signal, SIG_DFL);
        }
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

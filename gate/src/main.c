/* The gate: PID 1 of main's container. Holds main back until the sidecar says RUN, and kills it at its deadline. */
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "descriptors.h"
#include "log.h"
#include "loop.h"
#include "namespace.h"
#include "options.h"
#include "pidns.h"
#include "probe.h"
#include "report.h"
#include "signals.h"

#ifndef GATE_VERSION
#error "the Makefile sets GATE_VERSION"
#endif

enum { EXIT_WRONG_USE = 2 };

static const char usage[] =
    "usage: gate run [options] -- command...   hold the command until the sidecar says RUN (must be PID 1)\n"
    "         --container=NAME                 name of this container (main)\n"
    "         --socket=PATH                    socket of the sidecar (/lockclaim/gate.sock)\n"
    "         --termination-grace-seconds=N    the pod's terminationGracePeriodSeconds (30)\n"
    "         --stop-grace-seconds=N           instead, outside Kubernetes: from SIGTERM to SIGKILL for the command\n"
    "         --on-loss=hold|restart           after losing the lock: wait again, or exit 88 (hold)\n"
    "         --stop-signal=NAME               what main is asked to end with (TERM)\n"
    "         --new-namespace                  make a PID namespace, for use outside Kubernetes\n"
    "         --quiet                          do not say that main starts and ends in the ordinary way\n"
    "       gate probe startup|liveness|readiness|hook -- command...\n"
    "                                          exit 0 on a standby, else become the command\n"
    "       gate version | gate help\n";

static int run(char **arguments) {
    struct options options;
    int status;
    prctl(PR_SET_NAME, "gate:standby"); /* first of all: probes read it */
    if (!options_read(arguments, &options)) {
        return EXIT_WRONG_USE;
    }
    if (!descriptors_begin()) {
        return EXIT_GATE_FAILED; /* no stderr to say it on */
    }
    int signals = signals_take();
    if (signals < 0) {
        log_line("cannot get a signalfd: raise the limit of open files");
        return EXIT_GATE_FAILED;
    }
    if (options.new_namespace && !namespace_enter(signals, &status)) {
        return status;
    }
    log_never_block();
    if (options.quiet) {
        report_quietly();
    }
    if (!pidns_is_ours()) {
        return EXIT_WRONG_USE;
    }
    return loop_run(&options, signals);
}

static int print(const char *string) {
    return write(STDOUT_FILENO, string, strlen(string)) < 0 ? EXIT_GATE_FAILED : 0;
}

int main(int argc, char **argv) {
    if (argc >= 2 && strcmp(argv[1], "run") == 0) {
        return run(argv + 2);
    }
    if (argc >= 2 && strcmp(argv[1], "probe") == 0) {
        return probe_run(argv + 2);
    }
    if (argc == 2 && strcmp(argv[1], "version") == 0) {
        return print("gate " GATE_VERSION " protocol 1\n");
    }
    if (argc == 2 && (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0)) {
        return print(usage);
    }
    log_line("wrong use: give run, probe, version or help; see \"gate help\"");
    return EXIT_WRONG_USE;
}

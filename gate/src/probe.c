#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "report.h"
#include "state.h"

enum { EXIT_WRONG_USE = 2 };

enum found { FOUND_STANDBY, FOUND_ACTIVE, FOUND_OTHER };

/* PID 1 names itself as soon as it runs. */
static enum found look_at_first_process(char *name, size_t capacity) {
    name[0] = '\0';
    int fd = open("/proc/1/comm", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return FOUND_OTHER;
    }
    ssize_t length = read(fd, name, capacity - 1);
    close(fd);
    name[length > 0 ? length - 1 : 0] = '\0'; /* without its '\n' */
    return strcmp(name, "gate:active") == 0 ? FOUND_ACTIVE : strcmp(name, "gate:standby") == 0 ? FOUND_STANDBY : FOUND_OTHER;
}

static bool kind_is_good(const char *kind) {
    return strcmp(kind, "startup") == 0 || strcmp(kind, "liveness") == 0 || strcmp(kind, "readiness") == 0 ||
           strcmp(kind, "hook") == 0;
}

static int execute(char **command) {
    execvp(command[0], command);
    int error = errno;
    report_not_started(command[0], error);
    return error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE;
}

int probe_run(char **arguments) {
    char name[32];
    if (arguments[0] == NULL || !kind_is_good(arguments[0]) || arguments[1] == NULL || strcmp(arguments[1], "--") != 0 ||
        arguments[2] == NULL) {
        log_line("wrong use: gate probe startup|liveness|readiness|hook -- command...");
        return EXIT_WRONG_USE;
    }
    /* A hook can come while the runtime is still about to execute the gate: it gets a second to show its name. */
    for (int attempt = 0; attempt < 50; attempt++) {
        const struct timespec pause = {.tv_nsec = 20000000};
        switch (look_at_first_process(name, sizeof name)) {
        case FOUND_ACTIVE:
            return execute(arguments + 2);
        case FOUND_STANDBY:
            return 0;
        case FOUND_OTHER:
            nanosleep(&pause, NULL);
        }
    }
    char buffer[256];
    struct text line = log_begin(buffer, sizeof buffer);
    text_add(&line, "PID 1 of this container is \"");
    text_add(&line, name);
    text_add(&line, "\", not a gate: use gate probe only in a container whose command is \"gate run\"");
    log_end(&line);
    return EXIT_WRONG_USE;
}

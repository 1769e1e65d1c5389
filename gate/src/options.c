#include "options.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>

#include "clock.h"
#include "log.h"
#include "protocol.h"
#include "text.h"

static bool wrong(const char *what, const char *value, const char *mend) {
    char buffer[512];
    struct text line = log_begin(buffer, sizeof buffer);
    text_add(&line, what);
    text_add(&line, " \"");
    text_add(&line, value);
    text_add(&line, "\": ");
    text_add(&line, mend);
    log_end(&line);
    return false;
}

/* The rest of the argument after "--name=", or NULL. */
static const char *value_of(const char *argument, const char *name) {
    size_t length = strlen(name);
    return strncmp(argument, name, length) == 0 ? argument + length : NULL;
}

static bool container_is_good(const char *name) {
    size_t length = strlen(name);
    return length >= 1 && length <= CONTAINER_NAME_MAX &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

struct signal_name {
    const char *name;
    int number;
};

static const struct signal_name signal_names[] = {
    {"TERM", SIGTERM}, {"INT", SIGINT},   {"QUIT", SIGQUIT},   {"HUP", SIGHUP},
    {"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"WINCH", SIGWINCH}, {"PWR", SIGPWR},
};

/* "TERM", "SIGTERM" or a number as STOPSIGNAL of an image has it; 0: unknown. */
static int signal_number(const char *name) {
    uint64_t number;
    const char *bare = strncmp(name, "SIG", 3) == 0 ? name + 3 : name;
    for (size_t i = 0; i < sizeof signal_names / sizeof signal_names[0]; i++) {
        if (strcmp(bare, signal_names[i].name) == 0) {
            return signal_names[i].number;
        }
    }
    return text_read_number(name, 64, &number) ? (int)number : 0;
}

static bool read_one(const char *argument, struct options *options) {
    const char *value;
    if ((value = value_of(argument, "--container=")) != NULL) {
        options->container = value;
        return container_is_good(value) ||
               wrong("--container", value, "a container name has 1 to 63 characters of a-z, 0-9 and -");
    }
    if ((value = value_of(argument, "--socket=")) != NULL) {
        options->socket = value;
        return (value[0] == '/' && strlen(value) < sizeof((struct sockaddr_un *)NULL)->sun_path) ||
               wrong("--socket", value, "give an absolute path of at most 107 bytes");
    }
    if ((value = value_of(argument, "--termination-grace-seconds=")) != NULL) {
        uint64_t seconds;
        if (!text_read_number(value, UINT32_MAX, &seconds)) {
            return wrong("--termination-grace-seconds", value, "give whole seconds, as in terminationGracePeriodSeconds");
        }
        options->gate.termination_grace_ns = (int64_t)seconds * NS_PER_S;
        options->gate.whole_reserve = false;
        return true;
    }
    if ((value = value_of(argument, "--stop-grace-seconds=")) != NULL) {
        uint64_t seconds;
        if (!text_read_number(value, UINT32_MAX, &seconds)) {
            return wrong("--stop-grace-seconds", value, "give whole seconds from SIGTERM to SIGKILL");
        }
        options->gate.termination_grace_ns = (int64_t)seconds * NS_PER_S + GATE_REPORT_RESERVE_NS;
        options->gate.whole_reserve = true;
        return true;
    }
    if ((value = value_of(argument, "--on-loss=")) != NULL) {
        options->gate.restart_on_loss = strcmp(value, "restart") == 0;
        return options->gate.restart_on_loss || strcmp(value, "hold") == 0 ||
               wrong("--on-loss", value, "give hold or restart");
    }
    if ((value = value_of(argument, "--stop-signal=")) != NULL) {
        options->gate.stop_signal = signal_number(value);
        return options->gate.stop_signal != 0 ||
               wrong("--stop-signal", value, "give TERM, INT, QUIT, HUP, USR1, USR2, WINCH, PWR or a number up to 64");
    }
    if (strcmp(argument, "--new-namespace") == 0) {
        options->new_namespace = true;
        return true;
    }
    if (strcmp(argument, "--quiet") == 0) {
        options->quiet = true;
        return true;
    }
    return wrong("unknown option", argument, "see \"gate help\"; the command comes after --");
}

bool options_read(char **arguments, struct options *options) {
    *options = (struct options){
        .gate = {.termination_grace_ns = 30 * NS_PER_S, .stop_signal = SIGTERM},
        .container = "main",
        .socket = "/lockclaim/gate.sock",
    };
    for (; *arguments != NULL && strcmp(*arguments, "--") != 0; arguments++) {
        if (!read_one(*arguments, options)) {
            return false;
        }
    }
    if (*arguments == NULL || arguments[1] == NULL) {
        log_line("no command given: write it after --, as in \"gate run -- /bin/server --port 80\"");
        return false;
    }
    options->command = arguments + 1;
    return true;
}

#include <errno.h>
#include <sys/prctl.h>

#include "clock.h"
#include "loop_parts.h"
#include "pidns.h"
#include "report.h"
#include "watchdog.h"

/* Where looking again begins; loop.c doubles the pause from here. */
static const int64_t LOOK_AGAIN_FIRST_NS = NS_PER_MS / 2;

/* Processes that do not end (stuck in the kernel, or another user's) are named in the log after this. */
static const int64_t STUCK_NS = 5 * NS_PER_S;

void send_message(struct connection *connection, const struct message *message) {
    char buffer[LINE_MAX_BYTES + 1];
    struct text line = text_over(buffer, sizeof buffer);
    protocol_write(&line, message, clock_boot_ns());
    connection_send(connection, line.start, line.length);
}

static void say(struct loop *loop, const struct message *message) {
    send_message(loop->link.obeyed, message);
    /* A candidate has had HELLO: what changes after that it must learn too, or its picture would be old. */
    if (message->kind == MESSAGE_STARTED || message->kind == MESSAGE_STOPPING || message->kind == MESSAGE_ENDED) {
        send_message(loop->link.candidate, message);
    }
}

void not_started(struct loop *loop, int error) {
    report_not_started(loop->options->command[0], error);
    step(loop, (struct event){.kind = EVENT_NOT_STARTED,
                              .now_ns = clock_boot_ns(),
                              .exit_code = error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE});
}

static void start(struct loop *loop, const struct action *action) {
    int error = child_start(&loop->child, &(struct child_start){.command = loop->options->command,
                                                                .token = action->token,
                                                                .slot = action->slot,
                                                                .lock = loop->link.lock,
                                                                .socket = loop->options->socket});
    if (error != 0) {
        not_started(loop, error);
    }
}

static void look_again_soon(struct loop *loop) {
    loop->look_pause_ns = LOOK_AGAIN_FIRST_NS;
    loop->look_again_ns = 0;
}

static void carry_out(struct loop *loop, const struct action *action) {
    switch (action->kind) {
    case ACTION_SAY:
        say(loop, &action->message);
        report_message(&action->message);
        break;
    case ACTION_START:
        start(loop, action);
        break;
    case ACTION_SIGNAL_MAIN:
        child_signal(&loop->child, action->signal, action->from_terminal);
        break;
    case ACTION_KILL_ALL:
        pidns_kill_all();
        loop->stuck_at_ns = clock_boot_ns() + STUCK_NS;
        break;
    case ACTION_EXIT:
        loop->exiting = true;
        loop->exit_code = action->exit_code;
        break;
    }
}

/* Until KILL was sent the outer process of --new-namespace sends it, should this one be stopped. */
static int64_t kill_time(const struct gate *gate) {
    bool lives = gate->phase == PHASE_STARTING || gate->phase == PHASE_RUNNING || gate->phase == PHASE_STOPPING;
    return lives ? gate->kill_ns : 0;
}

void step(struct loop *loop, struct event event) {
    struct actions actions;
    enum phase before = loop->gate.phase;
    bool active_before = gate_active(&loop->gate);
    gate_step(&loop->gate, &event, &actions);
    if (gate_active(&loop->gate) != active_before) {
        prctl(PR_SET_NAME, gate_active(&loop->gate) ? "gate:active" : "gate:standby"); /* read by `gate probe` */
    }
    if (loop->gate.phase != before) {
        look_again_soon(loop);
    }
    if (loop->gate.phase != PHASE_KILLING) {
        watchdog_tell(kill_time(&loop->gate)); /* before main is started */
    }
    for (size_t i = 0; i < actions.count; i++) {
        carry_out(loop, &actions.list[i]);
    }
    if (loop->gate.phase == PHASE_KILLING) {
        watchdog_tell(0); /* after KILL was sent */
    }
}

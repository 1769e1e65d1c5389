#include "state.h"

#include <signal.h>
#include <string.h>

#include "state_parts.h"

/* A RUN read this soon after a jump of the wall clock may have been written before it. */
static const int64_t DISTRUST_NS = 1 * NS_PER_S;

void gate_begin(struct gate *gate, const struct gate_config *config) {
    memset(gate, 0, sizeof *gate);
    gate->config = *config;
    gate->phase = PHASE_WAITING;
    gate->grace_end_ns = INT64_MAX;
    gate->leave_by_ns = INT64_MAX;
}

/* ---- signals ---- */

static bool asks_to_end(const struct gate *gate, int signal) {
    return signal == SIGTERM || signal == SIGINT || signal == gate->config.stop_signal;
}

static void on_end_asked(struct gate *gate, const struct event *event, struct actions *actions) {
    int64_t grace_ns = gate->config.termination_grace_ns;
    int64_t reserve_ns = gate->config.whole_reserve ? GATE_REPORT_RESERVE_NS : earlier(GATE_REPORT_RESERVE_NS, grace_ns / 2);
    if (gate->grace_end_ns == INT64_MAX) { /* the first one counts: the kubelet's clock runs since then */
        gate->grace_end_ns = after(event->now_ns, grace_ns);
    }
    bool hurried = !starting_or_running(gate) && !gate->exits;
    gate->exits = true;
    stop(gate, WHY_TERM, gate->grace_end_ns - reserve_ns, actions);
    if (hurried) {
        say_stopping(gate, WHY_TERM, actions); /* the sidecar must know that this gate will not take another RUN */
    }
    if (gate->phase == PHASE_STOPPING) {
        signal_main(actions, event->signal, event->from_terminal);
    }
    kill_when_due(gate, event->now_ns, actions);
}

static void on_signal(struct gate *gate, const struct event *event, struct actions *actions) {
    bool end_asked = asks_to_end(gate, event->signal);
    switch (gate->phase) {
    case PHASE_WAITING:
        /* SIGQUIT is the stop signal of common images (nginx, php-fpm, haproxy's is USR1: see --stop-signal). */
        if (end_asked || event->signal == SIGQUIT) {
            bool owed = gate->owed;
            leave(gate, EXIT_SIGNAL_BASE + event->signal, after(event->now_ns, LEAVE_NS));
            gate->owed = false;
            if (owed) { /* an end nobody has read yet is worth the longer wait */
                gate->owed = true;
                gate->leave_by_ns = after(event->now_ns, LEAVE_OWED_NS);
                gate->last_ended.exits = true;
                say(actions, gate->last_ended);
            } else {
                say(actions, ended_without_main(gate, 0, WHY_TERM));
            }
        }
        break;
    case PHASE_LEAVING:
        if (end_asked) {
            exit_now(gate, actions);
        }
        break;
    case PHASE_STARTING:
    case PHASE_RUNNING:
    case PHASE_STOPPING:
    case PHASE_KILLING:
        if (end_asked) {
            on_end_asked(gate, event, actions);
        } else if (gate->phase != PHASE_KILLING) {
            signal_main(actions, event->signal, event->from_terminal);
        }
        break;
    }
}

/* ---- what happened to main, and to time ---- */

static void on_main_ended(struct gate *gate, const struct event *event, struct actions *actions) {
    gate->main_alive = false;
    gate->status = event->status;
    if (starting_or_running(gate)) {
        gate->exits = true;
        gate->why = event->status.kind == STATUS_SIGNAL && event->status.value == SIGKILL ? WHY_KILLED : WHY_EXITED;
        say_stopping(gate, WHY_EXITED, actions);
        kill_all(gate, actions);
    } else if (gate->phase == PHASE_STOPPING) {
        kill_all(gate, actions); /* as the kernel does when the first process of a container ends */
    }
}

static void on_not_started(struct gate *gate, const struct event *event, struct actions *actions) {
    if (gate->phase != PHASE_STARTING) {
        return; /* already being stopped: the end of the forked process says the rest */
    }
    refuse(actions, gate->token, REASON_EXEC);
    leave(gate, event->exit_code, after(event->now_ns, LEAVE_NS));
}

/* The guest stood still for ahead_ns that CLOCK_BOOTTIME did not count: all times told before are that much too late. */
static void on_jump(struct gate *gate, const struct event *event, struct actions *actions) {
    gate->refuse_until_ns = after(event->now_ns, DISTRUST_NS);
    bool running = starting_or_running(gate);
    if (!running && gate->phase != PHASE_STOPPING) {
        return;
    }
    int64_t limit_ns = gate->kill_ns > event->ahead_ns ? gate->kill_ns - event->ahead_ns : 0;
    limit_ns = later(limit_ns, event->now_ns); /* so that late_ms tells of the gate's lateness, not of the jump */
    stop(gate, WHY_DEADLINE, limit_ns, actions);
    if (running) {
        signal_main(actions, gate->config.stop_signal, false);
    }
    kill_when_due(gate, event->now_ns, actions);
}

static void on_time(struct gate *gate, int64_t now_ns, struct actions *actions) {
    if (starting_or_running(gate) && now_ns >= gate->term_ns) {
        stop(gate, WHY_DEADLINE, gate->kill_ns, actions);
        signal_main(actions, gate->config.stop_signal, false);
    }
    kill_when_due(gate, now_ns, actions);
    if (gate->phase == PHASE_LEAVING && now_ns >= gate->leave_by_ns) {
        exit_now(gate, actions);
    }
}

void gate_step(struct gate *gate, const struct event *event, struct actions *actions) {
    actions->count = 0;
    switch (event->kind) {
    case EVENT_COMMAND:
        on_command(gate, event, actions);
        break;
    case EVENT_EXECUTED:
        if (gate->phase == PHASE_STARTING) {
            gate->phase = PHASE_RUNNING;
            say(actions, (struct message){.kind = MESSAGE_STARTED, .token = gate->token});
        }
        break;
    case EVENT_NOT_STARTED:
        on_not_started(gate, event, actions);
        break;
    case EVENT_MAIN_ENDED:
        on_main_ended(gate, event, actions);
        break;
    case EVENT_EMPTY:
        if (gate->phase == PHASE_KILLING && !gate->main_alive) {
            ended(gate, event->now_ns, actions);
        }
        break;
    case EVENT_SIGNAL:
        on_signal(gate, event, actions);
        break;
    case EVENT_JUMP:
        on_jump(gate, event, actions);
        break;
    case EVENT_DELIVERED:
        gate->owed = false;
        if (gate->phase == PHASE_LEAVING) {
            exit_now(gate, actions);
        }
        break;
    case EVENT_TIME:
        on_time(gate, event->now_ns, actions);
        break;
    }
}

int64_t gate_next_time(const struct gate *gate) {
    switch (gate->phase) {
    case PHASE_STARTING:
    case PHASE_RUNNING:
        return gate->term_ns;
    case PHASE_STOPPING:
        return earlier(gate->stop_limit_ns, gate->kill_ns);
    case PHASE_LEAVING:
        return gate->leave_by_ns;
    case PHASE_WAITING:
    case PHASE_KILLING: /* the loop looks for an empty namespace at its own pace */
        break;
    }
    return INT64_MAX;
}

struct message gate_hello(const struct gate *gate) {
    enum mode mode = starting_or_running(gate)      ? MODE_RUNNING
                     : gate->phase == PHASE_WAITING ? MODE_WAITING
                                                    : MODE_STOPPING;
    return (struct message){
        .kind = MESSAGE_HELLO, .token = gate->token, .mode = mode, .stopped = gate->highest_stopped};
}

bool gate_active(const struct gate *gate) {
    return starting_or_running(gate);
}

#include "state.h"

#include <signal.h>
#include <string.h>

#include "clock.h"

/* H4: what is left is killed and reported this long before the kubelet kills the gate; with a short grace, half of it. */
static const int64_t REPORT_RESERVE_NS = 3 * NS_PER_S;

/* How long the last words wait for a sidecar that is away: a restarted one is back within it; without it the lease runs
   out, which is slower but as safe. */
static const int64_t LEAVE_OWED_NS = 5 * NS_PER_S;

/* The same when nothing is owed and the sidecar does not read: a standby that is told to end must not linger. */
static const int64_t LEAVE_NS = 1 * NS_PER_S;

/* With the kubelet's KILL near, leave with main's own status rather than be killed. */
static const int64_t LEAVE_BEFORE_KILL_NS = NS_PER_S / 2;

/* A RUN read this soon after a jump of the wall clock may have been written before it. */
static const int64_t DISTRUST_NS = 1 * NS_PER_S;

static int64_t earlier(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static int64_t after(int64_t now_ns, int64_t delay_ns) {
    return now_ns > INT64_MAX - delay_ns ? INT64_MAX : now_ns + delay_ns;
}

void gate_begin(struct gate *gate, const struct gate_config *config) {
    memset(gate, 0, sizeof *gate);
    gate->config = *config;
    gate->phase = PHASE_WAITING;
    gate->grace_end_ns = INT64_MAX;
    gate->leave_by_ns = INT64_MAX;
}

static struct action *add(struct actions *actions, enum action_kind kind) {
    struct action *action = &actions->list[actions->count++];
    memset(action, 0, sizeof *action);
    action->kind = kind;
    return action;
}

static void say(struct actions *actions, struct message message) {
    add(actions, ACTION_SAY)->message = message;
}

static void refuse(struct actions *actions, uint64_t token, enum reason reason) {
    say(actions, (struct message){.kind = MESSAGE_REFUSED, .token = token, .reason = reason});
}

static void say_stopping(const struct gate *gate, enum why why, struct actions *actions) {
    say(actions, (struct message){.kind = MESSAGE_STOPPING, .token = gate->token, .why = why});
}

static void signal_main(struct actions *actions, int signal, bool from_terminal) {
    struct action *action = add(actions, ACTION_SIGNAL_MAIN);
    action->signal = signal;
    action->from_terminal = from_terminal;
}

static bool main_may_live(const struct gate *gate) {
    return gate->phase == PHASE_STARTING || gate->phase == PHASE_RUNNING || gate->phase == PHASE_STOPPING ||
           gate->phase == PHASE_KILLING;
}

static bool starting_or_running(const struct gate *gate) {
    return gate->phase == PHASE_STARTING || gate->phase == PHASE_RUNNING;
}

/* ---- leaving ---- */

static void leave(struct gate *gate, int exit_code, int64_t leave_by_ns) {
    gate->phase = PHASE_LEAVING;
    gate->exits = true;
    gate->token = 0;
    gate->exit_code = exit_code;
    gate->leave_by_ns = leave_by_ns;
}

static void exit_now(const struct gate *gate, struct actions *actions) {
    add(actions, ACTION_EXIT)->exit_code = gate->exit_code;
}

/* ---- stopping ---- */

static void kill_all(struct gate *gate, struct actions *actions) {
    gate->phase = PHASE_KILLING;
    add(actions, ACTION_KILL_ALL);
}

/* Asks main to end, or hurries a stop that is already on its way. */
static void stop(struct gate *gate, enum why why, int64_t limit_ns, struct actions *actions) {
    if (starting_or_running(gate)) {
        gate->phase = PHASE_STOPPING;
        gate->why = why;
        gate->stop_limit_ns = limit_ns;
        say_stopping(gate, why, actions);
    } else {
        gate->stop_limit_ns = earlier(gate->stop_limit_ns, limit_ns);
    }
}

static void kill_when_due(struct gate *gate, int64_t now_ns, struct actions *actions) {
    int64_t due_ns = earlier(gate->stop_limit_ns, gate->kill_ns);
    if (gate->phase == PHASE_STOPPING && now_ns >= due_ns) {
        gate->late_ms = (uint64_t)((now_ns - due_ns) / NS_PER_MS);
        kill_all(gate, actions);
    }
}

static int own_status(const struct gate *gate) {
    return gate->status.kind == STATUS_SIGNAL ? EXIT_SIGNAL_BASE + gate->status.value : gate->status.value;
}

static struct message ended_without_main(const struct gate *gate, uint64_t token, enum why why) {
    return (struct message){.kind = MESSAGE_ENDED,
                            .token = token,
                            .status = {.kind = STATUS_NONE},
                            .why = why,
                            .exits = gate->phase == PHASE_LEAVING};
}

/* The namespace is empty: the only place from which ENDED of a main is said. */
static void ended(struct gate *gate, int64_t now_ns, struct actions *actions) {
    bool lost = !gate->exits;
    gate->exits = gate->exits || gate->config.restart_on_loss;
    gate->last_ended = (struct message){.kind = MESSAGE_ENDED,
                                        .token = gate->token,
                                        .status = gate->status,
                                        .why = gate->why,
                                        .exits = gate->exits,
                                        .late_ms = gate->late_ms};
    gate->has_ended = true;
    gate->owed = true;
    gate->token = 0;
    say(actions, gate->last_ended);
    if (gate->exits) {
        int64_t before_kill_ns =
            gate->grace_end_ns == INT64_MAX ? INT64_MAX : gate->grace_end_ns - LEAVE_BEFORE_KILL_NS;
        leave(gate, lost ? EXIT_LOCK_LOST : own_status(gate), earlier(after(now_ns, LEAVE_OWED_NS), before_kill_ns));
    } else {
        gate->phase = PHASE_WAITING;
    }
    if (gate->stop_to_answer != 0) {
        say(actions, ended_without_main(gate, gate->stop_to_answer, WHY_STOP));
        gate->stop_to_answer = 0;
    }
}

/* ---- commands ---- */

static void on_run(struct gate *gate, const struct command *run, int64_t now_ns, struct actions *actions) {
    uint64_t token = run->token;
    if (main_may_live(gate) && token == gate->token) {
        /* Never REFUSED: that would prove that it does not run. While starting, the outcome is the answer. */
        if (gate->phase == PHASE_RUNNING) {
            say(actions, (struct message){.kind = MESSAGE_STARTED, .token = token});
        } else if (gate->phase != PHASE_STARTING) {
            say_stopping(gate, gate->why, actions);
        }
    } else if (gate->exits) {
        refuse(actions, token, REASON_STOPPING);
    } else if (token <= gate->highest_stopped || token <= gate->highest_run) {
        refuse(actions, token, REASON_STALE);
    } else if (gate->phase != PHASE_WAITING) {
        refuse(actions, token, REASON_BUSY);
    } else if (now_ns >= run->term_ns || now_ns < gate->refuse_until_ns) {
        refuse(actions, token, REASON_LATE);
    } else {
        gate->phase = PHASE_STARTING;
        gate->token = token;
        gate->highest_run = token;
        gate->term_ns = run->term_ns;
        gate->kill_ns = run->kill_ns;
        gate->main_alive = true;
        gate->status = (struct status){.kind = STATUS_NONE};
        gate->late_ms = 0;
        gate->owed = false; /* a sidecar that says RUN knows that the last main has ended */
        struct action *start = add(actions, ACTION_START);
        start->token = token;
        start->slot = run->slot;
    }
}

static void on_times(struct gate *gate, const struct command *times, struct actions *actions) {
    if (main_may_live(gate) && times->token == gate->token) {
        gate->term_ns = later(gate->term_ns, times->term_ns);
        gate->kill_ns = later(gate->kill_ns, times->kill_ns);
    }
    say(actions, (struct message){.kind = MESSAGE_BEAT, .token = gate->token});
}

static void on_stop(struct gate *gate, const struct command *command, int64_t now_ns, struct actions *actions) {
    uint64_t token = command->token;
    if (token > gate->highest_stopped) {
        gate->highest_stopped = token;
    }
    if (main_may_live(gate) && token >= gate->token) {
        bool running = starting_or_running(gate);
        stop(gate, WHY_STOP, after(now_ns, command->grace_ns), actions);
        if (running) {
            signal_main(actions, gate->config.stop_signal, false);
        }
        if (token > gate->token && token > gate->stop_to_answer) {
            gate->stop_to_answer = token;
        }
        kill_when_due(gate, now_ns, actions);
    } else if (gate->has_ended && token == gate->last_ended.token) {
        gate->last_ended.exits = gate->phase == PHASE_LEAVING;
        say(actions, gate->last_ended);
    } else {
        say(actions, ended_without_main(gate, token, WHY_STOP));
    }
}

static void on_command(struct gate *gate, const struct event *event, struct actions *actions) {
    switch (event->command->kind) {
    case COMMAND_RUN:
        on_run(gate, event->command, event->now_ns, actions);
        break;
    case COMMAND_TIMES:
        on_times(gate, event->command, actions);
        break;
    case COMMAND_STOP:
        on_stop(gate, event->command, event->now_ns, actions);
        break;
    case COMMAND_PING:
        say(actions, (struct message){.kind = MESSAGE_BEAT, .token = gate->token});
        break;
    case COMMAND_HELLO: /* about the connection, not about main */
        break;
    }
}

/* ---- signals ---- */

static bool asks_to_end(const struct gate *gate, int signal) {
    return signal == SIGTERM || signal == SIGINT || signal == gate->config.stop_signal;
}

static void on_end_asked(struct gate *gate, const struct event *event, struct actions *actions) {
    int64_t grace_ns = gate->config.termination_grace_ns;
    int64_t reserve_ns = earlier(REPORT_RESERVE_NS, grace_ns / 2);
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

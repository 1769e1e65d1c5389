#include "state_parts.h"

#include <string.h>

/* With the kubelet's KILL near, leave with main's own status rather than be killed. */
static const int64_t LEAVE_BEFORE_KILL_NS = NS_PER_S / 2;

/* ---- one more action ---- */

struct action *actions_add(struct actions *actions, enum action_kind kind) {
    struct action *action = &actions->list[actions->count++];
    memset(action, 0, sizeof *action);
    action->kind = kind;
    return action;
}

void say(struct actions *actions, struct message message) {
    actions_add(actions, ACTION_SAY)->message = message;
}

void refuse(struct actions *actions, uint64_t token, enum reason reason) {
    say(actions, (struct message){.kind = MESSAGE_REFUSED, .token = token, .reason = reason});
}

void say_stopping(const struct gate *gate, enum why why, struct actions *actions) {
    say(actions, (struct message){.kind = MESSAGE_STOPPING, .token = gate->token, .why = why});
}

void signal_main(struct actions *actions, int signal, bool from_terminal) {
    struct action *action = actions_add(actions, ACTION_SIGNAL_MAIN);
    action->signal = signal;
    action->from_terminal = from_terminal;
}

/* ---- leaving ---- */

void leave(struct gate *gate, int exit_code, int64_t leave_by_ns) {
    gate->phase = PHASE_LEAVING;
    gate->exits = true;
    gate->token = 0;
    gate->exit_code = exit_code;
    gate->leave_by_ns = leave_by_ns;
}

void exit_now(const struct gate *gate, struct actions *actions) {
    actions_add(actions, ACTION_EXIT)->exit_code = gate->exit_code;
}

/* ---- stopping ---- */

void kill_all(struct gate *gate, struct actions *actions) {
    gate->phase = PHASE_KILLING;
    actions_add(actions, ACTION_KILL_ALL);
}

void stop(struct gate *gate, enum why why, int64_t limit_ns, struct actions *actions) {
    if (starting_or_running(gate)) {
        gate->phase = PHASE_STOPPING;
        gate->why = why;
        gate->stop_limit_ns = limit_ns;
        say_stopping(gate, why, actions);
    } else {
        gate->stop_limit_ns = earlier(gate->stop_limit_ns, limit_ns);
    }
}

void kill_when_due(struct gate *gate, int64_t now_ns, struct actions *actions) {
    int64_t due_ns = earlier(gate->stop_limit_ns, gate->kill_ns);
    if (gate->phase == PHASE_STOPPING && now_ns >= due_ns) {
        gate->late_ms = (uint64_t)((now_ns - due_ns) / NS_PER_MS);
        kill_all(gate, actions);
    }
}

static int own_status(const struct gate *gate) {
    return gate->status.kind == STATUS_SIGNAL ? EXIT_SIGNAL_BASE + gate->status.value : gate->status.value;
}

struct message ended_without_main(const struct gate *gate, uint64_t token, enum why why) {
    return (struct message){.kind = MESSAGE_ENDED,
                            .token = token,
                            .status = {.kind = STATUS_NONE},
                            .why = why,
                            .exits = gate->phase == PHASE_LEAVING};
}

void ended(struct gate *gate, int64_t now_ns, struct actions *actions) {
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

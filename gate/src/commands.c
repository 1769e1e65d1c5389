#include "state_parts.h"

static void on_run(struct gate *gate, const struct command *run, int64_t now_ns, struct actions *actions) {
    uint64_t token = run->token;
    if (main_may_live(gate) && token == gate->token) {
        /* Never REFUSED: that would prove that it does not run. While starting, the outcome is the answer. */
        if (gate->phase == PHASE_RUNNING) {
            say(actions, (struct message){.kind = MESSAGE_STARTED, .token = token});
        } else if (gate->phase != PHASE_STARTING) {
            say_stopping(gate, gate->why, actions);
        }
    } else if (token <= gate->highest_stopped || token <= gate->highest_run) {
        refuse(actions, token, REASON_STALE); /* first: it may have run, which no other reason admits */
    } else if (gate->exits) {
        refuse(actions, token, REASON_STOPPING);
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
        struct action *start = actions_add(actions, ACTION_START);
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

void on_command(struct gate *gate, const struct event *event, struct actions *actions) {
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

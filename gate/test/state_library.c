/* The gate's state machine as a shared library of numbers, for tests in other languages: they run this very code instead of a
   copy of its rules. A state is plain memory of gate_library_size() bytes, aligned like an int64_t, which the caller may copy. */
#include <assert.h>
#include <signal.h>
#include <string.h>

#include "state.h"

/* What a caller knows by number. */
static_assert(PHASE_WAITING == 0 && PHASE_STARTING == 1 && PHASE_RUNNING == 2 && PHASE_STOPPING == 3 &&
                  PHASE_KILLING == 4 && PHASE_LEAVING == 5,
              "TestingGateCode.Phase has this order");
static_assert(EVENT_COMMAND == 0 && EVENT_EXECUTED == 1 && EVENT_NOT_STARTED == 2 && EVENT_MAIN_ENDED == 3 && EVENT_EMPTY == 4 &&
                  EVENT_SIGNAL == 5 && EVENT_JUMP == 6 && EVENT_DELIVERED == 7 && EVENT_TIME == 8,
              "TestingGateCode.Event has this order");
static_assert(COMMAND_RUN == 1 && COMMAND_TIMES == 2 && COMMAND_STOP == 3, "TestingGateCode.Command has this order");
static_assert(ACTION_SAY == 0 && ACTION_START == 1 && ACTION_SIGNAL_MAIN == 2 && ACTION_KILL_ALL == 3 && ACTION_EXIT == 4,
              "TestingGateCode.Act has this order");
static_assert(MESSAGE_HELLO == 0 && MESSAGE_STARTED == 1 && MESSAGE_REFUSED == 2 && MESSAGE_STOPPING == 3 && MESSAGE_ENDED == 4 &&
                  MESSAGE_BEAT == 5,
              "TestingGateCode.Word has this order");
static_assert(MODE_WAITING == 0 && MODE_RUNNING == 1 && MODE_STOPPING == 2, "TestingLine.Mode has this order");
static_assert(REASON_LATE == 0 && REASON_STALE == 1 && REASON_BUSY == 2 && REASON_STOPPING == 3 && REASON_EXEC == 4,
              "dev.lockclaim.lock.Refusal has this order");
static_assert(WHY_STOP == 0 && WHY_TERM == 1 && WHY_DEADLINE == 2 && WHY_EXITED == 3 && WHY_KILLED == 4,
              "TestingLine.Why has this order");

/* gate_library_fields must tell all that the next steps depend on: who adds a field there adds it here. */
static_assert(sizeof(struct gate) == 224, "struct gate has changed: look at gate_library_fields");

size_t gate_library_size(void);
void gate_library_begin(struct gate *gate, int64_t termination_grace_ns, int64_t restart_on_loss);
int64_t gate_library_step(struct gate *gate, int64_t event_kind, int64_t now_ns, int64_t command_kind, int64_t token,
                          int64_t term_ns, int64_t kill_ns, int64_t value, int64_t *out);
void gate_library_hello(const struct gate *gate, int64_t *out);
int64_t gate_library_fields(const struct gate *gate, int64_t *out);

size_t gate_library_size(void) {
    return sizeof(struct gate);
}

void gate_library_begin(struct gate *gate, int64_t termination_grace_ns, int64_t restart_on_loss) {
    const struct gate_config config = {
        .restart_on_loss = restart_on_loss != 0, .termination_grace_ns = termination_grace_ns, .stop_signal = SIGTERM};
    gate_begin(gate, &config);
}

/* One event: value is STOP's grace, or by how much the wall clock jumped. out: phase, next time, whether the gate exits, whether
   main's first process is there, whether an ENDED is owed, highest token started; then the actions, which are counted. */
int64_t gate_library_step(struct gate *gate, int64_t event_kind, int64_t now_ns, int64_t command_kind, int64_t token,
                          int64_t term_ns, int64_t kill_ns, int64_t value, int64_t *out) {
    const struct command command = {.kind = (enum command_kind)command_kind,
                                    .token = (uint64_t)token,
                                    .term_ns = term_ns,
                                    .kill_ns = kill_ns,
                                    .grace_ns = value};
    const struct event event = {.kind = (enum event_kind)event_kind,
                                .now_ns = now_ns,
                                .command = &command,
                                .status = {.kind = STATUS_EXIT},
                                .signal = SIGTERM,
                                .exit_code = EXIT_NOT_FOUND,
                                .ahead_ns = value};
    struct actions actions;
    gate_step(gate, &event, &actions);
    *out++ = gate->phase;
    *out++ = gate_next_time(gate);
    *out++ = gate->exits;
    *out++ = gate->main_alive;
    *out++ = gate->owed;
    *out++ = (int64_t)gate->highest_run;
    for (size_t i = 0; i < actions.count; i++) {
        const struct action *action = &actions.list[i];
        *out++ = action->kind;
        *out++ = action->message.kind;
        *out++ = (int64_t)action->message.token;
        *out++ = action->message.reason;
        *out++ = action->message.why;
        *out++ = action->message.exits;
    }
    return (int64_t)actions.count;
}

/* out: mode, token, whether an ENDED is owed, and its token, why and exits. */
void gate_library_hello(const struct gate *gate, int64_t *out) {
    struct message hello = gate_hello(gate);
    out[0] = hello.mode;
    out[1] = (int64_t)hello.token;
    out[2] = gate->owed;
    out[3] = (int64_t)gate->last_ended.token;
    out[4] = gate->last_ended.why;
    out[5] = gate->last_ended.exits;
}

/* All that the next steps depend on: what a main has left behind that is no more does not count. Returns how many of the numbers
   are times, which come first. */
int64_t gate_library_fields(const struct gate *gate, int64_t *out) {
    bool stopping = gate->phase == PHASE_STOPPING || gate->phase == PHASE_KILLING;
    bool main = stopping || gate->phase == PHASE_STARTING || gate->phase == PHASE_RUNNING;
    const int64_t times[] = {main ? gate->term_ns : 0, main ? gate->kill_ns : 0, stopping ? gate->stop_limit_ns : 0,
                             gate->refuse_until_ns,    gate->grace_end_ns,       gate->leave_by_ns};
    const int64_t others[] = {gate->phase,
                              (int64_t)gate->token,
                              (int64_t)gate->highest_run,
                              (int64_t)gate->highest_stopped,
                              (int64_t)gate->stop_to_answer,
                              stopping ? gate->why : 0,
                              gate->main_alive,
                              gate->exits,
                              main ? gate->status.kind : 0,
                              main ? gate->status.value : 0,
                              gate->exit_code,
                              gate->owed,
                              gate->has_ended,
                              (int64_t)gate->last_ended.token,
                              gate->last_ended.why,
                              gate->last_ended.exits};
    static_assert(sizeof times + sizeof others == 22 * sizeof(int64_t), "TestingGateCode.FIELDS");
    memcpy(out, times, sizeof times);
    memcpy(out + sizeof times / sizeof *times, others, sizeof others);
    return sizeof times / sizeof *times;
}

/* What the pieces of the state machine share: state.c (signals, main, time), commands.c (the sidecar), ending.c (how a main is
   brought to its end). All pure. */
#ifndef LOCKCLAIM_GATE_STATE_PARTS_H
#define LOCKCLAIM_GATE_STATE_PARTS_H

#include "clock.h"
#include "state.h"

/* How long the last words wait for a sidecar that is away: a restarted one is back within it; without it the lease runs
   out, which is slower but as safe. */
#define LEAVE_OWED_NS (5 * NS_PER_S)

/* The same when nothing is owed and the sidecar does not read: a standby that is told to end must not linger. */
#define LEAVE_NS (1 * NS_PER_S)

static inline int64_t earlier(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static inline int64_t later(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static inline int64_t after(int64_t now_ns, int64_t delay_ns) {
    return now_ns > INT64_MAX - delay_ns ? INT64_MAX : now_ns + delay_ns;
}

static inline bool starting_or_running(const struct gate *gate) {
    return gate->phase == PHASE_STARTING || gate->phase == PHASE_RUNNING;
}

static inline bool main_may_live(const struct gate *gate) {
    return starting_or_running(gate) || gate->phase == PHASE_STOPPING || gate->phase == PHASE_KILLING;
}

/* ---- one more action ---- */

struct action *actions_add(struct actions *actions, enum action_kind kind);
void say(struct actions *actions, struct message message);
void refuse(struct actions *actions, uint64_t token, enum reason reason);
void say_stopping(const struct gate *gate, enum why why, struct actions *actions);
void signal_main(struct actions *actions, int signal, bool from_terminal);

/* ---- the end of a main ---- */

/* Asks main to end (the signal to it is the caller's), or hurries a stop that is already on its way. */
void stop(struct gate *gate, enum why why, int64_t limit_ns, struct actions *actions);

/* Kills everything if that is due. */
void kill_when_due(struct gate *gate, int64_t now_ns, struct actions *actions);
void kill_all(struct gate *gate, struct actions *actions);

/* The namespace is empty: the only place from which ENDED of a main is said first. */
void ended(struct gate *gate, int64_t now_ns, struct actions *actions);
struct message ended_without_main(const struct gate *gate, uint64_t token, enum why why);

/* Nothing is left: exit with this code once the sidecar has read all, at the latest at leave_by_ns. */
void leave(struct gate *gate, int exit_code, int64_t leave_by_ns);
void exit_now(const struct gate *gate, struct actions *actions);

/* ---- the sidecar ---- */

void on_command(struct gate *gate, const struct event *event, struct actions *actions);

#endif

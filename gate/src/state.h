/* What the gate decides: a pure function of (state, event). No I/O, no clock, no allocation.

   The rules that exclusion rests on are all here: one token is one start; nothing is started after STOP or once the
   gate is going away; TERM and KILL come at their times whatever the sidecar does. */
#ifndef LOCKCLAIM_GATE_STATE_H
#define LOCKCLAIM_GATE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol.h"

enum {
    EXIT_GATE_FAILED = 125,   /* the gate itself could not go on */
    EXIT_CANNOT_EXECUTE = 126, /* as shells have it */
    EXIT_NOT_FOUND = 127,
    EXIT_SIGNAL_BASE = 128,
    EXIT_LOCK_LOST = 88, /* --on-loss=restart: never 0, so that restartPolicy OnFailure starts the container again */
};

/* H4: what is left is killed and reported this long before the kubelet kills the gate; with a short grace, half of it. */
#define GATE_REPORT_RESERVE_NS (3 * NS_PER_S)

enum phase {
    PHASE_WAITING,  /* main does not exist */
    PHASE_STARTING, /* forked, not yet known whether execve worked */
    PHASE_RUNNING,
    PHASE_STOPPING, /* main was asked to end */
    PHASE_KILLING,  /* everything is killed again and again until nothing is left */
    PHASE_LEAVING,  /* nothing is left; waits until the sidecar has read the last words */
};

struct gate_config {
    bool restart_on_loss;
    int64_t termination_grace_ns; /* from being told to end until somebody kills the gate */
    bool whole_reserve;           /* nobody does: of that the whole reserve is for the report, also when it is short */
    int stop_signal; /* what main is asked to end with */
};

struct gate {
    struct gate_config config;
    enum phase phase;
    uint64_t token;           /* of the main that exists, else 0 */
    uint64_t highest_run;     /* highest token ever started here */
    uint64_t highest_stopped; /* every token up to it is refused */
    uint64_t stop_to_answer;  /* a STOP of a token above the running one, to be answered when that has ended; else 0 */
    int64_t term_ns;
    int64_t kill_ns;
    int64_t stop_limit_ns;     /* KILL at the latest, from the causes of the stop; kill_ns may be earlier */
    int64_t refuse_until_ns;   /* times told before a jump of the wall clock are not believed */
    int64_t grace_end_ns;      /* when the kubelet kills the container; INT64_MAX before its TERM */
    int64_t leave_by_ns;       /* PHASE_LEAVING: exit at the latest */
    enum why why;              /* first cause of the stop */
    bool main_alive;           /* main's first process has not been reaped */
    bool exits;                /* the gate leaves once all has ended */
    struct status status;      /* of main's first process */
    uint64_t late_ms;
    int exit_code;
    bool owed;                 /* last_ended is not known to have been read */
    bool has_ended;
    struct message last_ended;
};

enum event_kind {
    EVENT_COMMAND,     /* RUN, TIMES, STOP or PING of the obeyed sidecar */
    EVENT_EXECUTED,    /* execve of main worked */
    EVENT_NOT_STARTED, /* it did not: no instruction of main ran */
    EVENT_MAIN_ENDED,  /* main's first process was reaped */
    EVENT_EMPTY,       /* no process but the gate is left in the namespace */
    EVENT_SIGNAL,      /* the gate got a signal */
    EVENT_JUMP,        /* the wall clock jumped ahead */
    EVENT_DELIVERED,   /* the sidecar has read all, or there is none and nothing is owed */
    EVENT_TIME,        /* only that it is now_ns */
};

struct event {
    enum event_kind kind;
    int64_t now_ns;
    const struct command *command;
    struct status status; /* EVENT_MAIN_ENDED */
    int signal;           /* EVENT_SIGNAL */
    bool from_terminal;   /* EVENT_SIGNAL: the kernel sent it to the whole foreground group */
    int exit_code;        /* EVENT_NOT_STARTED */
    int64_t ahead_ns;     /* EVENT_JUMP */
};

enum action_kind {
    ACTION_SAY,         /* message to the sidecar */
    ACTION_START,       /* fork and exec main with this token and slot */
    ACTION_SIGNAL_MAIN, /* signal to main's first process */
    ACTION_KILL_ALL,    /* SIGKILL to all in the namespace, then look whether it is empty */
    ACTION_EXIT,        /* leave now with exit_code */
};

struct action {
    enum action_kind kind;
    struct message message;
    uint64_t token;
    uint64_t slot;
    int signal;
    bool from_terminal;
    int exit_code;
};

enum { ACTIONS_MAX = 6 }; /* the most that one step yields is 4 */

struct actions {
    struct action list[ACTIONS_MAX];
    size_t count;
};

void gate_begin(struct gate *gate, const struct gate_config *config);

void gate_step(struct gate *gate, const struct event *event, struct actions *actions);

/* The next CLOCK_BOOTTIME at which EVENT_TIME changes something; INT64_MAX: never. */
int64_t gate_next_time(const struct gate *gate);

/* The state as HELLO says it; container and instance are left to the caller. */
struct message gate_hello(const struct gate *gate);

/* True while probes and hooks are to be carried out against main. */
bool gate_active(const struct gate *gate);

#endif

/* The state machine: its rules one by one, then every sequence of events up to a depth, then long random walks; the walks
   are judged by a small model of the world that knows what exclusion needs and nothing of how the gate decides. */
#include "state.h"

#include <signal.h>
#include <stdlib.h>

#include "check.h"
#include "clock.h"

static struct gate gate;
static struct actions actions;
static int64_t now;

static void begin(bool restart_on_loss, int64_t grace_s) {
    const struct gate_config config = {
        .restart_on_loss = restart_on_loss, .termination_grace_ns = grace_s * NS_PER_S, .stop_signal = SIGTERM};
    gate_begin(&gate, &config);
    now = 100 * NS_PER_S;
}

static void happen(struct event event) {
    event.now_ns = now;
    gate_step(&gate, &event, &actions);
    CHECK(actions.count <= ACTIONS_MAX);
}

static void command(struct command what) {
    happen((struct event){.kind = EVENT_COMMAND, .command = &what});
}

static void run_for(uint64_t token, int64_t term_s, int64_t kill_s) {
    command((struct command){
        .kind = COMMAND_RUN, .token = token, .term_ns = now + term_s * NS_PER_S, .kill_ns = now + kill_s * NS_PER_S});
}

static void stop_token(uint64_t token, int64_t grace_s) {
    command((struct command){.kind = COMMAND_STOP, .token = token, .grace_ns = grace_s * NS_PER_S});
}

static void get_signal(int number) {
    happen((struct event){.kind = EVENT_SIGNAL, .signal = number});
}

static void main_ended(enum status_kind kind, int value) {
    happen((struct event){.kind = EVENT_MAIN_ENDED, .status = {kind, value}});
}

static void simple(enum event_kind kind) {
    happen((struct event){.kind = kind});
}

static void start_main(uint64_t token) {
    run_for(token, 6, 9);
    simple(EVENT_EXECUTED);
}

static const char *said(void) {
    static char all[2048];
    struct text text = text_over(all, sizeof all);
    for (size_t i = 0; i < actions.count; i++) {
        if (actions.list[i].kind == ACTION_SAY) {
            protocol_write(&text, &actions.list[i].message, 0);
        }
    }
    return all;
}

static const struct action *find(enum action_kind kind) {
    for (size_t i = 0; i < actions.count; i++) {
        if (actions.list[i].kind == kind) {
            return &actions.list[i];
        }
    }
    return NULL;
}

/* ---- one by one ---- */

static void run_starts_and_is_answered_when_executed(void) {
    begin(false, 30);
    run_for(7, 6, 9);
    CHECK(find(ACTION_START) != NULL && find(ACTION_START)->token == 7);
    CHECK_TEXT(said(), "");
    run_for(7, 6, 9); /* its answer is on the way */
    CHECK(actions.count == 0);
    simple(EVENT_EXECUTED);
    CHECK_TEXT(said(), "STARTED token=7 boot_ns=0\n");
    run_for(7, 6, 9);
    CHECK_TEXT(said(), "STARTED token=7 boot_ns=0\n");
    CHECK(find(ACTION_START) == NULL);
    CHECK(gate_next_time(&gate) == now + 6 * NS_PER_S);
}

static void c14_l1_late_run_is_refused_and_its_token_not_used_up(void) {
    begin(false, 30);
    run_for(7, 0, 3); /* TERM is now */
    CHECK_TEXT(said(), "REFUSED token=7 reason=late boot_ns=0\n");
    run_for(7, 1, 3);
    CHECK(find(ACTION_START) != NULL);
}

static void h2_used_token_and_lower_ones_are_stale(void) {
    begin(false, 30);
    start_main(7);
    stop_token(7, 3);
    main_ended(STATUS_EXIT, 0);
    simple(EVENT_EMPTY);
    run_for(7, 6, 9);
    CHECK_TEXT(said(), "REFUSED token=7 reason=stale boot_ns=0\n");
    run_for(6, 6, 9);
    CHECK_TEXT(said(), "REFUSED token=6 reason=stale boot_ns=0\n");
    run_for(8, 6, 9);
    CHECK(find(ACTION_START) != NULL);
}

static void h2_token_that_ended_at_its_deadline_is_stale(void) {
    begin(false, 30);
    start_main(7);
    now += 9 * NS_PER_S; /* nobody said STOP */
    simple(EVENT_TIME);
    main_ended(STATUS_SIGNAL, 9);
    simple(EVENT_EMPTY);
    run_for(7, 6, 9);
    CHECK_TEXT(said(), "REFUSED token=7 reason=stale boot_ns=0\n");
}

static void h3_stop_without_main_is_answered_and_refuses_for_ever(void) {
    begin(false, 30);
    stop_token(7, 3);
    CHECK_TEXT(said(), "ENDED token=7 status=none why=stop next=wait late_ms=0 boot_ns=0\n");
    CHECK(gate_hello(&gate).stopped == 7);
    run_for(7, 6, 9);
    CHECK_TEXT(said(), "REFUSED token=7 reason=stale boot_ns=0\n");
    stop_token(3, 3);
    CHECK(gate_hello(&gate).stopped == 7);
}

static void other_token_is_busy(void) {
    begin(false, 30);
    start_main(7);
    run_for(8, 6, 9);
    CHECK_TEXT(said(), "REFUSED token=8 reason=busy boot_ns=0\n");
    run_for(6, 6, 9);
    CHECK_TEXT(said(), "REFUSED token=6 reason=stale boot_ns=0\n");
}

static void stop_asks_then_kills_then_ends(void) {
    begin(false, 30);
    start_main(7);
    stop_token(7, 3);
    CHECK_TEXT(said(), "STOPPING token=7 why=stop boot_ns=0\n");
    CHECK(find(ACTION_SIGNAL_MAIN)->signal == SIGTERM);
    CHECK(gate_next_time(&gate) == now + 3 * NS_PER_S);
    run_for(7, 6, 9);
    CHECK_TEXT(said(), "STOPPING token=7 why=stop boot_ns=0\n"); /* never REFUSED: it does run */
    now += 3 * NS_PER_S + 5 * NS_PER_MS;
    simple(EVENT_TIME);
    CHECK(find(ACTION_KILL_ALL) != NULL);
    simple(EVENT_EMPTY); /* main not reaped yet */
    CHECK_TEXT(said(), "");
    main_ended(STATUS_SIGNAL, SIGKILL);
    simple(EVENT_EMPTY);
    CHECK_TEXT(said(), "ENDED token=7 status=signal:9 why=stop next=wait late_ms=5 boot_ns=0\n");
    CHECK(gate.phase == PHASE_WAITING && gate.owed);
}

static void rest_is_killed_when_mains_first_process_ends(void) {
    begin(false, 30);
    start_main(7);
    stop_token(7, 3);
    main_ended(STATUS_EXIT, 0);
    CHECK(find(ACTION_KILL_ALL) != NULL);
    CHECK_TEXT(said(), "");
    simple(EVENT_EMPTY);
    CHECK_TEXT(said(), "ENDED token=7 status=exit:0 why=stop next=wait late_ms=0 boot_ns=0\n");
}

static void h1_kill_time_beats_a_long_grace(void) {
    begin(false, 30);
    start_main(7);
    stop_token(7, 60);
    CHECK(gate_next_time(&gate) == now + 9 * NS_PER_S);
    command((struct command){.kind = COMMAND_TIMES, .token = 7, .term_ns = now + 90 * NS_PER_S, .kill_ns = now + 99 * NS_PER_S});
    CHECK(gate_next_time(&gate) == now + 60 * NS_PER_S); /* renewed meanwhile: the grace counts again */
    stop_token(7, 1);
    CHECK(gate_next_time(&gate) == now + 1 * NS_PER_S);
    stop_token(7, 60);
    CHECK(gate_next_time(&gate) == now + 1 * NS_PER_S);
    begin(false, 30);
    start_main(7);
    stop_token(7, 60);
    now += 9 * NS_PER_S;
    simple(EVENT_TIME);
    CHECK(find(ACTION_KILL_ALL) != NULL);
}

static void stop_of_a_higher_token_ends_main_and_answers_both(void) {
    begin(false, 30);
    start_main(7);
    stop_token(9, 0);
    CHECK(find(ACTION_KILL_ALL) != NULL);
    main_ended(STATUS_SIGNAL, 9);
    simple(EVENT_EMPTY);
    CHECK_TEXT(said(), "ENDED token=7 status=signal:9 why=stop next=wait late_ms=0 boot_ns=0\n"
                       "ENDED token=9 status=none why=stop next=wait late_ms=0 boot_ns=0\n");
}

static void stop_of_a_lower_token_leaves_main_alone(void) {
    begin(false, 30);
    start_main(7);
    stop_token(6, 0);
    CHECK_TEXT(said(), "ENDED token=6 status=none why=stop next=wait late_ms=0 boot_ns=0\n");
    CHECK(gate.phase == PHASE_RUNNING);
}

static void stop_of_what_has_ended_says_the_same_again(void) {
    begin(false, 30);
    start_main(7);
    now += 6 * NS_PER_S;
    simple(EVENT_TIME);
    main_ended(STATUS_EXIT, 4);
    simple(EVENT_EMPTY);
    stop_token(7, 0);
    CHECK_TEXT(said(), "ENDED token=7 status=exit:4 why=deadline next=wait late_ms=0 boot_ns=0\n");
}

static void c1_h1_deadline_terms_and_kills_without_a_sidecar(void) {
    begin(false, 30);
    start_main(7);
    now += 6 * NS_PER_S;
    simple(EVENT_TIME);
    CHECK_TEXT(said(), "STOPPING token=7 why=deadline boot_ns=0\n");
    CHECK(find(ACTION_SIGNAL_MAIN)->signal == SIGTERM);
    CHECK(gate_next_time(&gate) == now + 3 * NS_PER_S);
    command((struct command){.kind = COMMAND_TIMES, .token = 7, .term_ns = now + 90 * NS_PER_S, .kill_ns = now + 99 * NS_PER_S});
    CHECK(gate_next_time(&gate) == now + 3 * NS_PER_S); /* a stop is not taken back, nor its end put off */
    now += 3 * NS_PER_S;
    simple(EVENT_TIME);
    CHECK(find(ACTION_KILL_ALL) != NULL);
}

static void h14_frozen_past_both_times_kills_at_once_and_says_how_late(void) {
    begin(false, 30);
    start_main(7);
    now += 11 * NS_PER_S;
    simple(EVENT_TIME);
    CHECK(find(ACTION_KILL_ALL) != NULL);
    main_ended(STATUS_SIGNAL, 9);
    simple(EVENT_EMPTY);
    CHECK_TEXT(said(), "ENDED token=7 status=signal:9 why=deadline next=wait late_ms=2000 boot_ns=0\n");
}

static void deadline_comes_while_execve_is_under_way(void) {
    begin(false, 30);
    run_for(7, 6, 9);
    now += 6 * NS_PER_S;
    simple(EVENT_TIME);
    CHECK_TEXT(said(), "STOPPING token=7 why=deadline boot_ns=0\n");
    simple(EVENT_NOT_STARTED);
    CHECK(actions.count == 0);
    main_ended(STATUS_EXIT, 127);
    simple(EVENT_EMPTY);
    CHECK_TEXT(said(), "ENDED token=7 status=exit:127 why=deadline next=wait late_ms=0 boot_ns=0\n");
}

static void times_only_go_forward_and_only_for_the_running_token(void) {
    begin(false, 30);
    start_main(7);
    int64_t base = now;
    command((struct command){.kind = COMMAND_TIMES, .token = 7, .term_ns = base + NS_PER_S, .kill_ns = base + NS_PER_S});
    CHECK_TEXT(said(), "BEAT token=7 boot_ns=0\n");
    CHECK(gate.term_ns == base + 6 * NS_PER_S && gate.kill_ns == base + 9 * NS_PER_S);
    command((struct command){
        .kind = COMMAND_TIMES, .token = 8, .term_ns = base + 60 * NS_PER_S, .kill_ns = base + 60 * NS_PER_S});
    CHECK_TEXT(said(), "BEAT token=7 boot_ns=0\n");
    CHECK(gate.term_ns == base + 6 * NS_PER_S);
    command((struct command){.kind = COMMAND_TIMES, .token = 7, .term_ns = base + 8 * NS_PER_S, .kill_ns = base + 11 * NS_PER_S});
    CHECK(gate.term_ns == base + 8 * NS_PER_S && gate.kill_ns == base + 11 * NS_PER_S);
}

static void new_run_may_have_earlier_times_than_the_last(void) {
    begin(false, 30);
    run_for(7, 600, 900);
    simple(EVENT_EXECUTED);
    stop_token(7, 0);
    main_ended(STATUS_SIGNAL, 9);
    simple(EVENT_EMPTY);
    run_for(8, 1, 2);
    CHECK(gate_next_time(&gate) == now + NS_PER_S);
}

static void main_that_exits_takes_the_gate_with_it(void) {
    begin(false, 30);
    start_main(7);
    main_ended(STATUS_EXIT, 3);
    CHECK_TEXT(said(), "STOPPING token=7 why=exited boot_ns=0\n");
    CHECK(find(ACTION_KILL_ALL) != NULL);
    simple(EVENT_EMPTY);
    CHECK_TEXT(said(), "ENDED token=7 status=exit:3 why=exited next=exit late_ms=0 boot_ns=0\n");
    run_for(8, 6, 9);
    CHECK_TEXT(said(), "REFUSED token=8 reason=stopping boot_ns=0\n");
    run_for(7, 6, 9);
    CHECK_TEXT(said(), "REFUSED token=7 reason=stale boot_ns=0\n");
    CHECK(gate_next_time(&gate) == now + 5 * NS_PER_S);
    simple(EVENT_DELIVERED);
    CHECK(find(ACTION_EXIT)->exit_code == 3);
}

static void status_of_a_signal_is_128_more(void) {
    begin(false, 30);
    start_main(7);
    main_ended(STATUS_SIGNAL, SIGSEGV);
    simple(EVENT_EMPTY);
    CHECK_TEXT(said(), "ENDED token=7 status=signal:11 why=exited next=exit late_ms=0 boot_ns=0\n");
    now += 5 * NS_PER_S;
    simple(EVENT_TIME); /* nobody has read it: leave all the same */
    CHECK(find(ACTION_EXIT)->exit_code == 139);
}

static void kill_from_elsewhere_is_named(void) {
    begin(false, 30);
    start_main(7);
    main_ended(STATUS_SIGNAL, SIGKILL);
    simple(EVENT_EMPTY);
    CHECK_TEXT(said(), "ENDED token=7 status=signal:9 why=killed next=exit late_ms=0 boot_ns=0\n");
}

static void not_executable_is_refused_and_leaves(void) {
    begin(false, 30);
    run_for(7, 6, 9);
    happen((struct event){.kind = EVENT_NOT_STARTED, .exit_code = 127});
    CHECK_TEXT(said(), "REFUSED token=7 reason=exec boot_ns=0\n");
    simple(EVENT_DELIVERED);
    CHECK(find(ACTION_EXIT)->exit_code == 127);
}

static void loss_with_restart_leaves_with_its_own_code(void) {
    begin(true, 30);
    start_main(7);
    stop_token(7, 3);
    main_ended(STATUS_EXIT, 0);
    simple(EVENT_EMPTY);
    CHECK_TEXT(said(), "ENDED token=7 status=exit:0 why=stop next=exit late_ms=0 boot_ns=0\n");
    simple(EVENT_DELIVERED);
    CHECK(find(ACTION_EXIT)->exit_code == EXIT_LOCK_LOST);
}

static void own_end_with_restart_keeps_mains_status(void) {
    begin(true, 30);
    start_main(7);
    main_ended(STATUS_EXIT, 0);
    simple(EVENT_EMPTY);
    simple(EVENT_DELIVERED);
    CHECK(find(ACTION_EXIT)->exit_code == 0);
}

static void signals_without_main(void) {
    static const int ignored[] = {SIGHUP, SIGUSR1, SIGWINCH, SIGCONT};
    static const int ending[] = {SIGTERM, SIGINT, SIGQUIT};
    for (size_t i = 0; i < 4; i++) {
        begin(false, 30);
        get_signal(ignored[i]);
        CHECK(actions.count == 0 && gate.phase == PHASE_WAITING);
    }
    for (size_t i = 0; i < 3; i++) {
        begin(false, 30);
        get_signal(ending[i]);
        CHECK_TEXT(said(), "ENDED token=0 status=none why=term next=exit late_ms=0 boot_ns=0\n");
        run_for(7, 6, 9);
        CHECK_TEXT(said(), "REFUSED token=7 reason=stopping boot_ns=0\n");
        simple(EVENT_DELIVERED);
        CHECK(find(ACTION_EXIT)->exit_code == 128 + ending[i]);
    }
}

static void signals_with_main(void) {
    begin(false, 30);
    start_main(7);
    get_signal(SIGHUP);
    CHECK(actions.count == 1 && find(ACTION_SIGNAL_MAIN)->signal == SIGHUP);
    get_signal(SIGQUIT); /* a thread dump, to Java */
    CHECK(actions.count == 1 && find(ACTION_SIGNAL_MAIN)->signal == SIGQUIT);
    get_signal(SIGINT);
    CHECK_TEXT(said(), "STOPPING token=7 why=term boot_ns=0\n");
    CHECK(find(ACTION_SIGNAL_MAIN)->signal == SIGINT);
    main_ended(STATUS_SIGNAL, SIGINT);
    simple(EVENT_EMPTY);
    CHECK_TEXT(said(), "ENDED token=7 status=signal:2 why=term next=exit late_ms=0 boot_ns=0\n");
    simple(EVENT_DELIVERED);
    CHECK(find(ACTION_EXIT)->exit_code == 130);
}

static void own_stop_signal_is_used_and_understood(void) {
    begin(false, 30);
    gate.config.stop_signal = SIGUSR1;
    start_main(7);
    stop_token(7, 3);
    CHECK(find(ACTION_SIGNAL_MAIN)->signal == SIGUSR1);
    begin(false, 30);
    gate.config.stop_signal = SIGUSR1;
    get_signal(SIGUSR1);
    CHECK(gate.phase == PHASE_LEAVING);
}

static void h4_term_kills_three_seconds_before_the_kubelet(void) {
    static const int64_t expected_ms[][2] = {{30, 27000}, {6, 3000}, {5, 2500}, {2, 1000}, {1, 500}};
    for (size_t i = 0; i < 5; i++) {
        begin(false, expected_ms[i][0]);
        run_for(7, 600, 900);
        simple(EVENT_EXECUTED);
        get_signal(SIGTERM);
        CHECK(gate_next_time(&gate) == now + expected_ms[i][1] * NS_PER_MS);
    }
    begin(false, 0);
    start_main(7);
    get_signal(SIGTERM);
    CHECK(find(ACTION_KILL_ALL) != NULL);
}

static void a_stop_grace_is_neither_shortened_nor_stretched(void) {
    for (int64_t grace_s = 0; grace_s < 8; grace_s++) {
        begin(false, grace_s + GATE_REPORT_RESERVE_NS / NS_PER_S);
        gate.config.whole_reserve = true;
        run_for(7, 600, 900);
        simple(EVENT_EXECUTED);
        get_signal(SIGTERM);
        if (grace_s > 0) {
            CHECK(find(ACTION_KILL_ALL) == NULL);
            CHECK(gate_next_time(&gate) == now + grace_s * NS_PER_S);
            now += grace_s * NS_PER_S;
            simple(EVENT_TIME);
        }
        CHECK(find(ACTION_KILL_ALL) != NULL);
        main_ended(STATUS_SIGNAL, 9);
        simple(EVENT_EMPTY);
        CHECK(gate.leave_by_ns == now + 2500 * NS_PER_MS); /* the reserve but for its last half second */
    }
}

static void term_during_a_stop_makes_it_the_last(void) {
    begin(false, 30);
    start_main(7);
    stop_token(7, 3);
    get_signal(SIGTERM);
    CHECK_TEXT(said(), "STOPPING token=7 why=term boot_ns=0\n");
    CHECK(find(ACTION_SIGNAL_MAIN) != NULL);
    CHECK(gate_next_time(&gate) == now + 3 * NS_PER_S);
    main_ended(STATUS_EXIT, 5);
    simple(EVENT_EMPTY);
    CHECK_TEXT(said(), "ENDED token=7 status=exit:5 why=stop next=exit late_ms=0 boot_ns=0\n");
    simple(EVENT_DELIVERED);
    CHECK(find(ACTION_EXIT)->exit_code == 5);
}

static void term_while_an_end_is_owed_says_it_again(void) {
    begin(false, 30);
    start_main(7);
    stop_token(7, 0);
    main_ended(STATUS_SIGNAL, 9);
    simple(EVENT_EMPTY);
    get_signal(SIGTERM);
    CHECK_TEXT(said(), "ENDED token=7 status=signal:9 why=stop next=exit late_ms=0 boot_ns=0\n");
    CHECK(gate.owed && gate_next_time(&gate) == now + 5 * NS_PER_S);
    get_signal(SIGTERM); /* asked twice: do not wait for the sidecar */
    CHECK(find(ACTION_EXIT)->exit_code == 143);
}

static void h9_jump_takes_the_missed_time_off(void) {
    begin(false, 30);
    start_main(7);
    happen((struct event){.kind = EVENT_JUMP, .ahead_ns = 4 * NS_PER_S});
    CHECK_TEXT(said(), "STOPPING token=7 why=deadline boot_ns=0\n");
    CHECK(gate_next_time(&gate) == now + 5 * NS_PER_S);
    happen((struct event){.kind = EVENT_JUMP, .ahead_ns = 3600 * NS_PER_S});
    CHECK(find(ACTION_KILL_ALL) != NULL);
    main_ended(STATUS_SIGNAL, 9);
    simple(EVENT_EMPTY);
    CHECK_TEXT(said(), "ENDED token=7 status=signal:9 why=deadline next=wait late_ms=0 boot_ns=0\n");
}

static void h9_run_right_after_a_jump_is_late(void) {
    begin(false, 30);
    happen((struct event){.kind = EVENT_JUMP, .ahead_ns = 4 * NS_PER_S});
    run_for(7, 6, 9);
    CHECK_TEXT(said(), "REFUSED token=7 reason=late boot_ns=0\n");
    now += NS_PER_S;
    run_for(7, 6, 9);
    CHECK(find(ACTION_START) != NULL);
}

static void hello_tells_the_state(void) {
    begin(false, 30);
    CHECK(gate_hello(&gate).mode == MODE_WAITING && gate_hello(&gate).token == 0);
    run_for(7, 6, 9);
    CHECK(gate_hello(&gate).mode == MODE_RUNNING && gate_hello(&gate).token == 7 && gate_active(&gate));
    simple(EVENT_EXECUTED);
    CHECK(gate_hello(&gate).mode == MODE_RUNNING && gate_active(&gate));
    stop_token(7, 3);
    CHECK(gate_hello(&gate).mode == MODE_STOPPING && gate_hello(&gate).token == 7 && !gate_active(&gate));
    get_signal(SIGTERM);
    main_ended(STATUS_EXIT, 0);
    simple(EVENT_EMPTY);
    CHECK(gate_hello(&gate).mode == MODE_STOPPING && gate_hello(&gate).token == 0 && !gate_active(&gate));
}

/* ---- the world that judges ---- */

struct world {
    struct gate gate;
    int64_t now_ns;
    bool process;    /* main's first process exists */
    bool others;     /* other processes of main exist */
    bool pending;    /* outcome of execve not told yet */
    uint64_t token;  /* of them */
    uint64_t highest_started;
    uint64_t highest_stopped;
    uint64_t owed_stop; /* highest STOP not answered yet */
    int64_t kill_ns; /* latest moment at which they may be left alone */
    bool killed;     /* KILL_ALL has been ordered */
    bool told_to_leave;
    bool gone;
};

static bool world_ok;

#define MUST(condition)                                                \
    do {                                                               \
        if (!(condition) && world_ok) {                                \
            world_ok = false;                                          \
            printf("     %s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
        }                                                              \
    } while (0)

static void judge_said(struct world *world, const struct message *message, const struct event *event) {
    bool of_existing = (world->process || world->others) && message->token == world->token;
    switch (message->kind) {
    case MESSAGE_ENDED:
        MUST(!of_existing);
        if (message->token == world->owed_stop) {
            world->owed_stop = 0;
        }
        break;
    case MESSAGE_REFUSED:
        MUST(!of_existing || message->reason == REASON_EXEC);
        MUST(message->token > world->highest_started || message->reason == REASON_STALE || message->reason == REASON_EXEC);
        break;
    case MESSAGE_STARTED:
    case MESSAGE_STOPPING:
        MUST(message->token == world->token);
        break;
    case MESSAGE_BEAT:
        MUST(event->kind == EVENT_COMMAND);
        break;
    case MESSAGE_HELLO:
    case MESSAGE_ERROR:
        MUST(false); /* not the state machine's business */
        break;
    }
}

static void judge(struct world *world, const struct event *event, const struct actions *done) {
    int answers = 0;
    bool started = false;
    MUST(done->count <= ACTIONS_MAX);
    for (size_t i = 0; i < done->count; i++) {
        const struct action *action = &done->list[i];
        switch (action->kind) {
        case ACTION_SAY:
            judge_said(world, &action->message, event);
            answers++;
            break;
        case ACTION_START:
            MUST(event->kind == EVENT_COMMAND && event->command->kind == COMMAND_RUN);
            MUST(!world->process && !world->others && !world->told_to_leave && !world->gone);
            MUST(action->token > world->highest_started && action->token > world->highest_stopped);
            MUST(event->now_ns < event->command->term_ns);
            world->process = world->others = world->pending = true;
            world->killed = false;
            world->token = world->highest_started = action->token;
            world->kill_ns = event->command->kill_ns;
            started = true;
            break;
        case ACTION_SIGNAL_MAIN:
            MUST(world->token != 0);
            break;
        case ACTION_KILL_ALL:
            MUST(world->token != 0);
            world->killed = true;
            break;
        case ACTION_EXIT:
            MUST(!world->others || world->gate.phase == PHASE_LEAVING);
            world->gone = true;
            break;
        }
    }
    if (event->kind == EVENT_COMMAND && event->command->kind == COMMAND_RUN) {
        /* answered now, or started, or its own start is still under way */
        MUST(answers == 1 || started || (world->pending && event->command->token == world->token));
    }
    if (event->kind == EVENT_COMMAND && event->command->kind != COMMAND_RUN) {
        MUST(answers >= 1 || event->command->kind == COMMAND_STOP);
    }
    if (event->kind == EVENT_TIME && (world->process || world->others)) {
        MUST(event->now_ns < world->kill_ns || world->killed || world->gate.phase == PHASE_LEAVING);
    }
    if (event->kind == EVENT_TIME) {
        MUST(gate_next_time(&world->gate) > event->now_ns || world->gone); /* or the loop would spin */
    }
    if (!world->process && !world->others) {
        MUST(world->owed_stop == 0);
    }
}

static void world_step(struct world *world, struct event event) {
    struct actions done;
    event.now_ns = world->now_ns;
    gate_step(&world->gate, &event, &done);
    judge(world, &event, &done);
}

enum { CHOICES = 20 };

/* One of the things that can happen next. False: it cannot happen now. */
static bool world_choose(struct world *world, int choice) {
    struct command told = {0};
    struct event event = {.kind = EVENT_COMMAND, .command = &told};
    const int64_t second = NS_PER_S;
    switch (choice) {
    case 0:
    case 1:
    case 2:
        told = (struct command){.kind = COMMAND_RUN, .token = (uint64_t)choice + 1, .term_ns = world->now_ns + 2 * second,
                                .kill_ns = world->now_ns + 3 * second};
        break;
    case 3:
        told = (struct command){.kind = COMMAND_RUN, .token = 3, .term_ns = world->now_ns, .kill_ns = world->now_ns + second};
        break;
    case 4:
    case 5:
    case 6:
        told = (struct command){.kind = COMMAND_STOP, .token = (uint64_t)(choice - 3), .grace_ns = second};
        if (told.token > world->highest_stopped) {
            world->highest_stopped = told.token;
        }
        world->owed_stop = told.token > world->owed_stop ? told.token : world->owed_stop;
        break;
    case 7:
        told = (struct command){.kind = COMMAND_TIMES, .token = world->token == 0 ? 1 : world->token,
                                .term_ns = world->now_ns + 2 * second, .kill_ns = world->now_ns + 3 * second};
        if (told.kill_ns > world->kill_ns) {
            world->kill_ns = told.kill_ns;
        }
        break;
    case 8:
        told = (struct command){.kind = COMMAND_PING};
        break;
    case 9:
        if (!world->pending) {
            return false;
        }
        world->pending = false;
        event = (struct event){.kind = EVENT_EXECUTED};
        break;
    case 10:
        if (!world->pending) {
            return false;
        }
        world->pending = false;
        if (world->gate.phase == PHASE_STARTING) { /* else its end is told like any other */
            world->process = world->others = false;
            world->told_to_leave = true;
        }
        event = (struct event){.kind = EVENT_NOT_STARTED, .exit_code = 127};
        break;
    case 11:
    case 12:
        if (!world->process || world->pending) {
            return false;
        }
        world->process = false;
        event = (struct event){.kind = EVENT_MAIN_ENDED,
                               .status = choice == 11 ? (struct status){STATUS_EXIT, 0} : (struct status){STATUS_SIGNAL, 9}};
        world->told_to_leave = world->told_to_leave || world->gate.phase == PHASE_RUNNING;
        break;
    case 13:
        if (world->process || world->gate.phase != PHASE_KILLING) {
            return false;
        }
        world->others = false;
        event = (struct event){.kind = EVENT_EMPTY};
        break;
    case 14:
        world->told_to_leave = true;
        event = (struct event){.kind = EVENT_SIGNAL, .signal = SIGTERM};
        break;
    case 15:
        event = (struct event){.kind = EVENT_SIGNAL, .signal = SIGHUP};
        break;
    case 16:
        event = (struct event){.kind = EVENT_JUMP, .ahead_ns = 2 * second};
        break;
    case 17:
        event = (struct event){.kind = EVENT_DELIVERED};
        break;
    case 18:
        world->now_ns += second;
        event = (struct event){.kind = EVENT_TIME};
        break;
    default: {
        int64_t next = gate_next_time(&world->gate);
        if (next == INT64_MAX || next < world->now_ns) {
            return false;
        }
        world->now_ns = next;
        event = (struct event){.kind = EVENT_TIME};
        break;
    }
    }
    world_step(world, event);
    return true;
}

static struct world world_begin(bool restart_on_loss) {
    struct world world = {.now_ns = 100 * NS_PER_S};
    const struct gate_config config = {
        .restart_on_loss = restart_on_loss, .termination_grace_ns = 5 * NS_PER_S, .stop_signal = SIGTERM};
    gate_begin(&world.gate, &config);
    return world;
}

static long explored;

static void explore(const struct world *world, int depth, int *path, int length) {
    for (int choice = 0; choice < CHOICES && world_ok; choice++) {
        struct world next = *world;
        if (!world_choose(&next, choice)) {
            continue;
        }
        explored++;
        path[length] = choice;
        if (!world_ok) {
            printf("     after the choices");
            for (int i = 0; i <= length; i++) {
                printf(" %d", path[i]);
            }
            printf("\n");
            return;
        }
        if (depth > 1 && !next.gone) {
            explore(&next, depth - 1, path, length + 1);
        }
    }
}

enum { DEPTH = 6 };

static void every_short_history_holds(void) {
    int path[DEPTH];
    world_ok = true;
    explored = 0;
    for (int restart = 0; restart <= 1; restart++) {
        struct world world = world_begin(restart == 1);
        explore(&world, DEPTH, path, 0);
    }
    printf("     %ld steps\n", explored);
    CHECK(world_ok);
}

static uint64_t random_state = 88172645463325252;

static int random_choice(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (int)(random_state % CHOICES);
}

static void long_random_histories_hold(void) {
    world_ok = true;
    for (int walk = 0; walk < 30000 && world_ok; walk++) {
        struct world world = world_begin(walk % 2 == 1);
        for (int i = 0; i < 60 && !world.gone && world_ok; i++) {
            world_choose(&world, random_choice());
        }
    }
    CHECK(world_ok);
}

int main(void) {
    RUN_TEST(run_starts_and_is_answered_when_executed);
    RUN_TEST(c14_l1_late_run_is_refused_and_its_token_not_used_up);
    RUN_TEST(h2_used_token_and_lower_ones_are_stale);
    RUN_TEST(h2_token_that_ended_at_its_deadline_is_stale);
    RUN_TEST(h3_stop_without_main_is_answered_and_refuses_for_ever);
    RUN_TEST(other_token_is_busy);
    RUN_TEST(stop_asks_then_kills_then_ends);
    RUN_TEST(rest_is_killed_when_mains_first_process_ends);
    RUN_TEST(h1_kill_time_beats_a_long_grace);
    RUN_TEST(stop_of_a_higher_token_ends_main_and_answers_both);
    RUN_TEST(stop_of_a_lower_token_leaves_main_alone);
    RUN_TEST(stop_of_what_has_ended_says_the_same_again);
    RUN_TEST(c1_h1_deadline_terms_and_kills_without_a_sidecar);
    RUN_TEST(h14_frozen_past_both_times_kills_at_once_and_says_how_late);
    RUN_TEST(deadline_comes_while_execve_is_under_way);
    RUN_TEST(times_only_go_forward_and_only_for_the_running_token);
    RUN_TEST(new_run_may_have_earlier_times_than_the_last);
    RUN_TEST(main_that_exits_takes_the_gate_with_it);
    RUN_TEST(status_of_a_signal_is_128_more);
    RUN_TEST(kill_from_elsewhere_is_named);
    RUN_TEST(not_executable_is_refused_and_leaves);
    RUN_TEST(loss_with_restart_leaves_with_its_own_code);
    RUN_TEST(own_end_with_restart_keeps_mains_status);
    RUN_TEST(signals_without_main);
    RUN_TEST(signals_with_main);
    RUN_TEST(own_stop_signal_is_used_and_understood);
    RUN_TEST(h4_term_kills_three_seconds_before_the_kubelet);
    RUN_TEST(a_stop_grace_is_neither_shortened_nor_stretched);
    RUN_TEST(term_during_a_stop_makes_it_the_last);
    RUN_TEST(term_while_an_end_is_owed_says_it_again);
    RUN_TEST(h9_jump_takes_the_missed_time_off);
    RUN_TEST(h9_run_right_after_a_jump_is_late);
    RUN_TEST(hello_tells_the_state);
    RUN_TEST(every_short_history_holds);
    RUN_TEST(long_random_histories_hold);
    return check_summary();
}

#include "loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"
#include "link.h"
#include "log.h"
#include "pidns.h"
#include "signals.h"

/* How soon to look again whether the namespace is empty, or the last words have been read: doubling between these. */
static const int64_t LOOK_AGAIN_FIRST_NS = NS_PER_MS / 2;
static const int64_t LOOK_AGAIN_LAST_NS = 50 * NS_PER_MS;

/* The same on a standby whose last ENDED nobody has read yet: no hurry, and no CPU for it. */
static const int64_t LOOK_AGAIN_WAITING_NS = 1 * NS_PER_S;

/* Processes that do not end (stuck in the kernel, or another user's) are named in the log after this. */
static const int64_t STUCK_NS = 5 * NS_PER_S;

struct loop {
    const struct options *options;
    struct gate gate;
    struct link link;
    struct child child;
    int signals;
    int timer;     /* CLOCK_BOOTTIME: the dead-man's switch, and all other times */
    int wall_step; /* readable when the wall clock is set */
    bool wall_known;
    int64_t wall_offset_ns;
    int64_t look_again_ns; /* INT64_MAX: nothing to look at */
    int64_t look_pause_ns;
    int64_t stuck_at_ns;
    bool exiting;
    int exit_code;
    char instance[INSTANCE_DIGITS + 1];
};

static void step(struct loop *loop, struct event event);

/* ---- what the state machine wants done ---- */

static void send_message(struct connection *connection, const struct message *message) {
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

static void log_about_token(const char *before, uint64_t token, const char *after) {
    char buffer[256];
    struct text line = log_begin(buffer, sizeof buffer);
    text_add(&line, before);
    text_add_number(&line, token);
    text_add(&line, after);
    log_end(&line);
}

static const char *why_sentence(enum why why) {
    switch (why) {
    case WHY_STOP:
        return ": the lock is being given away";
    case WHY_TERM:
        return ": the container is asked to end";
    case WHY_DEADLINE:
        return ": the lock was not renewed in time, or the wall clock jumped ahead";
    case WHY_EXITED:
    case WHY_KILLED:
        break;
    }
    return ": its first process has ended";
}

static void log_message(const struct message *message) {
    if (message->kind == MESSAGE_STARTED) {
        log_about_token("active: main started with token ", message->token, "");
    } else if (message->kind == MESSAGE_STOPPING) {
        log_about_token("stopping main with token ", message->token, why_sentence(message->why));
    } else if (message->kind == MESSAGE_ENDED && message->status.kind != STATUS_NONE) {
        log_about_token("all processes of token ", message->token,
                        message->exits ? " have ended" : " have ended; standby, waiting for the lock");
    }
}

static void log_not_started(const struct loop *loop, int error) {
    char buffer[512];
    struct text line = log_begin(buffer, sizeof buffer);
    text_add(&line, "cannot execute \"");
    text_add(&line, loop->options->command[0]);
    text_add(&line, "\": ");
    text_add(&line, strerror(error));
    log_end(&line);
}

static void not_started(struct loop *loop, int error) {
    log_not_started(loop, error);
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
        log_message(&action->message);
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

static void step(struct loop *loop, struct event event) {
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
    for (size_t i = 0; i < actions.count; i++) {
        carry_out(loop, &actions.list[i]);
    }
}

/* ---- events ---- */

static void step_kind(struct loop *loop, enum event_kind kind) {
    step(loop, (struct event){.kind = kind, .now_ns = clock_boot_ns()});
}

static void executed(struct loop *loop) {
    int error;
    switch (child_outcome(&loop->child, &error)) {
    case CHILD_PENDING:
        break;
    case CHILD_EXECUTED:
        step_kind(loop, EVENT_EXECUTED);
        break;
    case CHILD_FAILED:
        not_started(loop, error);
        break;
    }
}

static void reap(struct loop *loop) {
    struct status status;
    if (!child_reap(&loop->child, &status)) {
        return;
    }
    if (loop->child.executed >= 0) {
        executed(loop); /* it has ended, so the outcome is there: it comes before the end */
    }
    step(loop, (struct event){.kind = EVENT_MAIN_ENDED, .now_ns = clock_boot_ns(), .status = status});
}

static void someone_ended(struct loop *loop) {
    reap(loop);
    if (loop->gate.phase == PHASE_KILLING) {
        loop->look_again_ns = 0; /* perhaps the last one */
    }
}

static void take_signals(struct loop *loop) {
    struct signalfd_siginfo signal;
    while (signals_next(loop->signals, &signal)) {
        if (signal.ssi_signo == SIGCHLD) {
            someone_ended(loop);
        } else {
            step(loop, (struct event){.kind = EVENT_SIGNAL,
                                      .now_ns = clock_boot_ns(),
                                      .signal = (int)signal.ssi_signo,
                                      .from_terminal = signals_from_terminal(&signal)});
        }
    }
}

static void look_at_wall_clock(struct loop *loop) {
    int64_t offset_ns;
    uint64_t expirations;
    (void)!read(loop->wall_step, &expirations, sizeof expirations); /* ECANCELED: it was set */
    if (!clock_wall_offset_ns(&offset_ns)) {
        return;
    }
    int64_t ahead_ns = loop->wall_known ? clock_jump_ahead_ns(loop->wall_offset_ns, offset_ns) : 0;
    loop->wall_known = true;
    loop->wall_offset_ns = offset_ns;
    if (ahead_ns > 0) {
        log_about_token("the wall clock jumped ahead by ", (uint64_t)(ahead_ns / NS_PER_MS),
                        " ms against CLOCK_BOOTTIME: times told before are not believed");
        step(loop, (struct event){.kind = EVENT_JUMP, .now_ns = clock_boot_ns(), .ahead_ns = ahead_ns});
    }
}

static void connected(struct loop *loop, struct connection *connection) {
    struct message hello = gate_hello(&loop->gate);
    hello.container = loop->options->container;
    hello.instance = loop->instance;
    send_message(connection, &hello);
    if (loop->gate.owed) {
        send_message(connection, &loop->gate.last_ended);
    }
}

static void take_line(struct loop *loop, struct connection *from, char *line) {
    struct command command;
    const char *wrong = protocol_read(line, &command);
    if (wrong == NULL && command.kind == COMMAND_HELLO) {
        link_hello(&loop->link, from, &command);
        return;
    }
    if (wrong == NULL && from != loop->link.obeyed) {
        wrong = "HELLO comes first";
    }
    if (wrong != NULL) {
        send_message(from, &(struct message){.kind = MESSAGE_ERROR, .error = wrong});
        return;
    }
    step(loop, (struct event){.kind = EVENT_COMMAND, .now_ns = clock_boot_ns(), .command = &command});
}

static void take_lines(struct loop *loop, struct connection *from) {
    char *line;
    connection_receive(from);
    while (connection_is_open(from)) {
        switch (lines_next(&from->input, &line)) {
        case LINE_NONE:
            return;
        case LINE_GOOD:
            take_line(loop, from, line);
            break;
        case LINE_TOO_LONG:
            send_message(from, &(struct message){.kind = MESSAGE_ERROR, .error = "a line is longer than 512 bytes"});
            break;
        case LINE_BAD_BYTE:
            send_message(from, &(struct message){.kind = MESSAGE_ERROR, .error = "a line has a byte that is not ASCII text"});
            break;
        }
    }
}

/* ---- what has no event of its own and must be looked at ---- */

static void look_whether_empty(struct loop *loop, int64_t now_ns) {
    int example = 0;
    int count = pidns_count(&example);
    if (count == 0) {
        step_kind(loop, EVENT_EMPTY);
        return;
    }
    if (now_ns >= loop->stuck_at_ns) {
        loop->stuck_at_ns = INT64_MAX;
        if (count < 0) {
            log_line("cannot read /proc, so nobody knows whether main has ended: the lock is not given away");
        } else {
            log_about_token("a process does not end although it was killed: PID ", (uint64_t)example,
                            " in the container; the lock is not given away before it has");
        }
    }
    pidns_kill_all(); /* somebody may have entered from outside */
}

static void look_whether_delivered(struct loop *loop) {
    bool connected = connection_is_open(loop->link.obeyed);
    if (connection_all_read(loop->link.obeyed) || (!connected && loop->gate.phase == PHASE_LEAVING && !loop->gate.owed)) {
        step_kind(loop, EVENT_DELIVERED);
    }
}

static void look(struct loop *loop) {
    int64_t now_ns = clock_boot_ns();
    bool killing = loop->gate.phase == PHASE_KILLING;
    bool speaking = loop->gate.phase == PHASE_LEAVING || loop->gate.owed;
    if (!killing && !speaking) {
        loop->look_again_ns = INT64_MAX;
        return;
    }
    if (now_ns < loop->look_again_ns) {
        return;
    }
    loop->look_again_ns = now_ns + loop->look_pause_ns;
    int64_t longest_ns = loop->gate.phase == PHASE_WAITING ? LOOK_AGAIN_WAITING_NS : LOOK_AGAIN_LAST_NS;
    if (loop->look_pause_ns < longest_ns) {
        loop->look_pause_ns *= 2;
    }
    if (killing) {
        look_whether_empty(loop, now_ns);
    } else {
        look_whether_delivered(loop);
    }
}

/* ---- the loop itself ---- */

static void arm_timer(const struct loop *loop) {
    int64_t next_ns = gate_next_time(&loop->gate);
    int64_t link_ns = link_next_time(&loop->link);
    next_ns = link_ns < next_ns ? link_ns : next_ns;
    next_ns = loop->look_again_ns < next_ns ? loop->look_again_ns : next_ns;
    next_ns = next_ns < 1 ? 1 : next_ns; /* 0 would switch it off; a time that is over fires at once */
    const struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(next_ns / NS_PER_S), .tv_nsec = (long)(next_ns % NS_PER_S)}};
    timerfd_settime(loop->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void watch_wall_clock(struct loop *loop) {
    const struct itimerspec never = {.it_value = {.tv_sec = INT64_C(1) << 33}}; /* in the year 2242 */
    loop->wall_step = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (loop->wall_step >= 0) {
        timerfd_settime(loop->wall_step, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
    }
}

static void choose_instance(char *instance) {
    unsigned char random[INSTANCE_DIGITS / 2];
    if (getrandom(random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random) {
        int64_t now_ns = clock_boot_ns(); /* very early in the life of a machine: two gates never begin in one nanosecond */
        memcpy(random, &now_ns, sizeof random);
    }
    for (size_t i = 0; i < sizeof random; i++) {
        instance[2 * i] = "0123456789abcdef"[random[i] >> 4];
        instance[2 * i + 1] = "0123456789abcdef"[random[i] & 15];
    }
    instance[INSTANCE_DIGITS] = '\0';
}

enum { POLL_SIGNALS, POLL_TIMER, POLL_WALL, POLL_FOLDER, POLL_EXECUTED, POLL_CANDIDATE, POLL_OBEYED, POLL_COUNT };

static short wanted(const struct connection *connection) {
    return connection->output_length > 0 ? POLLIN | POLLOUT : POLLIN;
}

static void wait_for_something(struct loop *loop, struct pollfd *polled) {
    polled[POLL_SIGNALS] = (struct pollfd){.fd = loop->signals, .events = POLLIN};
    polled[POLL_TIMER] = (struct pollfd){.fd = loop->timer, .events = POLLIN};
    polled[POLL_WALL] = (struct pollfd){.fd = loop->wall_step, .events = POLLIN};
    polled[POLL_FOLDER] = (struct pollfd){.fd = loop->link.inotify, .events = POLLIN};
    polled[POLL_EXECUTED] = (struct pollfd){.fd = loop->child.executed, .events = POLLIN};
    polled[POLL_CANDIDATE] = (struct pollfd){.fd = loop->link.candidate->fd, .events = wanted(loop->link.candidate)};
    polled[POLL_OBEYED] = (struct pollfd){.fd = loop->link.obeyed->fd, .events = wanted(loop->link.obeyed)};
    while (poll(polled, POLL_COUNT, -1) < 0 && errno == EINTR) { /* numbers below 0 are left out by poll */
    }
}

static void serve(struct loop *loop, struct connection *connection, const struct pollfd *polled) {
    if (polled->revents == 0 || polled->fd != connection->fd) {
        return; /* exchanged or closed earlier in this turn */
    }
    connection_flush(connection);
    take_lines(loop, connection);
}

/* Sockets before time: a later KILL time that is already there counts; one read per turn, so a flood cannot hold up time.
   The candidate before the obeyed: a newer sidecar's HELLO leaves the older one's lines unread. */
static void turn(struct loop *loop, const struct pollfd *polled) {
    uint64_t expirations;
    struct connection *candidate = loop->link.candidate;
    struct connection *obeyed = loop->link.obeyed;
    (void)!read(loop->timer, &expirations, sizeof expirations);
    look_at_wall_clock(loop);
    take_signals(loop);
    if (loop->child.executed >= 0) {
        executed(loop);
    }
    if (polled[POLL_FOLDER].revents != 0) {
        link_folder_changed(&loop->link);
    }
    serve(loop, candidate, &polled[POLL_CANDIDATE]);
    serve(loop, obeyed, &polled[POLL_OBEYED]);
    step_kind(loop, EVENT_TIME);
    look(loop);
    struct connection *fresh = link_connect(&loop->link, clock_boot_ns());
    if (fresh != NULL) {
        connected(loop, fresh);
    }
}

int loop_run(const struct options *options, int signals) {
    static struct loop loop; /* tens of kilobytes of buffers, once */
    struct pollfd polled[POLL_COUNT];
    loop.options = options;
    loop.signals = signals;
    loop.child.executed = -1;
    loop.look_again_ns = INT64_MAX;
    loop.timer = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (loop.timer < 0) {
        log_line("this kernel has no timerfd on CLOCK_BOOTTIME: Linux 3.15 or later is needed");
        return EXIT_GATE_FAILED;
    }
    gate_begin(&loop.gate, &options->gate);
    link_init(&loop.link, options->socket);
    watch_wall_clock(&loop);
    choose_instance(loop.instance);
    mlockall(MCL_CURRENT); /* where allowed: a node short of memory must not have to read the dead-man's switch back in */
    log_line("standby, waiting for the lock");
    memset(polled, 0, sizeof polled);
    turn(&loop, polled);
    while (!loop.exiting) {
        arm_timer(&loop);
        wait_for_something(&loop, polled);
        turn(&loop, polled);
    }
    return loop.exit_code;
}

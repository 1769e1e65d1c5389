#include "loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "clock.h"
#include "instance.h"
#include "log.h"
#include "loop_parts.h"
#include "pidns.h"
#include "report.h"
#include "signals.h"

/* How soon at the latest to look again whether the namespace is empty, or the last words have been read. */
static const int64_t LOOK_AGAIN_LAST_NS = 50 * NS_PER_MS;

/* The same on a standby whose last ENDED nobody has read yet: no hurry, and no CPU for it. */
static const int64_t LOOK_AGAIN_WAITING_NS = 1 * NS_PER_S;

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
        report_jump(ahead_ns);
        step(loop, (struct event){.kind = EVENT_JUMP, .now_ns = clock_boot_ns(), .ahead_ns = ahead_ns});
    }
}

static void look_whether_delivered(struct loop *loop) {
    bool connected = connection_is_open(loop->link.obeyed);
    if (connection_all_read(loop->link.obeyed) || (!connected && loop->gate.phase == PHASE_LEAVING && !loop->gate.owed)) {
        step_kind(loop, EVENT_DELIVERED);
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
        report_stuck(count, example);
    }
    pidns_kill_all(); /* somebody may have entered from outside */
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
    if (loop->gate.phase == PHASE_WAITING && loop->gate.owed) {
        look_whether_delivered(loop); /* before the answers to new lines: a peer that speaks has often read all so far */
    }
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
    instance_choose(loop.instance);
    mlockall(MCL_CURRENT); /* where allowed: a node short of memory must not have to read the dead-man's switch back in */
    report_standby();
    memset(polled, 0, sizeof polled);
    turn(&loop, polled);
    while (!loop.exiting) {
        arm_timer(&loop);
        wait_for_something(&loop, polled);
        turn(&loop, polled);
    }
    return loop.exit_code;
}

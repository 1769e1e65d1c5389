#include "protocol.h"

#include "check.h"
#include "lines.h"

static struct command command;

static const char *read_line(const char *line) {
    static char copy[1024];
    memset(&command, 0, sizeof command);
    snprintf(copy, sizeof copy, "%s", line);
    return protocol_read(copy, &command);
}

static void run_is_read(void) {
    CHECK(read_line("RUN token=48211 slot=2 term_ns=6350000000 kill_ns=9350000000") == NULL);
    CHECK(command.kind == COMMAND_RUN && command.token == 48211 && command.slot == 2);
    CHECK(command.term_ns == 6350000000 && command.kill_ns == 9350000000);
}

static void keys_come_in_any_order_and_unknown_ones_are_ignored(void) {
    CHECK(read_line("RUN kill_ns=2 future=a=b,c token=1 term_ns=2 more= slot=0") == NULL);
    CHECK(command.token == 1 && command.kill_ns == 2);
}

static void hello_is_read(void) {
    CHECK(read_line("HELLO v=1 sidecar=7 lock=payments/billing boot_ns=5") == NULL);
    CHECK(command.kind == COMMAND_HELLO && command.version == 1 && command.sidecar == 7);
    CHECK_TEXT(command.lock, "payments/billing");
}

static void longest_lock_name_fits_and_one_more_does_not(void) {
    char line[600];
    char name[400];
    memset(name, 'a', sizeof name);
    name[LOCK_NAME_MAX] = '\0';
    snprintf(line, sizeof line, "HELLO v=1 sidecar=1 lock=%s", name);
    CHECK(read_line(line) == NULL && strlen(command.lock) == LOCK_NAME_MAX);
    snprintf(line, sizeof line, "HELLO v=1 sidecar=1 lock=%sa", name);
    CHECK(read_line(line) != NULL);
    CHECK(read_line("HELLO v=1 sidecar=1 lock=") != NULL);
}

static void times_stop_and_ping_are_read(void) {
    CHECK(read_line("TIMES token=9 term_ns=1 kill_ns=1") == NULL && command.kind == COMMAND_TIMES);
    CHECK(read_line("STOP token=9 grace_ms=3000") == NULL && command.kind == COMMAND_STOP);
    CHECK(command.grace_ns == 3000000000);
    CHECK(read_line("PING") == NULL && command.kind == COMMAND_PING);
    CHECK(read_line("PING boot_ns=1") == NULL);
}

static void malformed_lines_are_named(void) {
    static const char *const lines[] = {
        "", " ", "PING ", " PING", "ping", "PONG", "RUN", "RUN ", "RUN token", "RUN =1",
        "RUN token=1 slot=0 term_ns=2 kill_ns=1",                    /* KILL before TERM */
        "RUN token=0 slot=0 term_ns=1 kill_ns=1",                    /* 0 is no token */
        "RUN token=-1 slot=0 term_ns=1 kill_ns=1",
        "RUN token=+1 slot=0 term_ns=1 kill_ns=1",
        "RUN token=0x1 slot=0 term_ns=1 kill_ns=1",
        "RUN token=1e3 slot=0 term_ns=1 kill_ns=1",
        "RUN token= slot=0 term_ns=1 kill_ns=1",
        "RUN token=9223372036854775808 slot=0 term_ns=1 kill_ns=1",  /* 2^63 */
        "RUN token=99999999999999999999999 slot=0 term_ns=1 kill_ns=1",
        "RUN token=1 slot=4294967296 term_ns=1 kill_ns=1",
        "RUN token=1 slot=0 term_ns=1",
        "RUN token=1 token=2 slot=0 term_ns=1 kill_ns=1",
        "RUN  token=1 slot=0 term_ns=1 kill_ns=1",                   /* two blanks */
        "RUN token=1 slot=0 term_ns=1 kill_ns=1 ",
        "RUN Token=1 slot=0 term_ns=1 kill_ns=1",
        "TIMES token=1 term_ns=1", "STOP token=1", "STOP grace_ms=1", "STOP token=1 grace_ms=4294967296",
        "HELLO", "HELLO v=1 sidecar=1", "HELLO v=x sidecar=1 lock=a/b", "HELLO v=1 lock=a/b",
        "PING a=1 b=1 c=1 d=1 e=1 f=1 g=1 h=1 i=1 j=1 k=1 l=1 m=1 n=1 o=1 p=1 q=1 r=1 s=1 t=1 u=1 v=1 w=1 x=1 y=1 z=1 aa=1 "
        "bb=1 cc=1 dd=1 ee=1 ff=1 gg=1",                             /* 33 fields */
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (read_line(lines[i]) == NULL) {
            printf("     taken: \"%s\"\n", lines[i]);
            CHECK(false);
        }
    }
}

static void largest_numbers_are_read(void) {
    CHECK(read_line("RUN token=9223372036854775807 slot=4294967295 term_ns=0 kill_ns=9223372036854775807") == NULL);
    CHECK(command.token == PROTOCOL_NUMBER_MAX && command.kill_ns == INT64_MAX && command.slot == UINT32_MAX);
}

static char written[LINE_MAX_BYTES + 1];

static const char *write_line(struct message message) {
    struct text line = text_over(written, sizeof written);
    protocol_write(&line, &message, 77);
    return line.truncated ? "truncated" : written;
}

static void each_line_of_the_gate_is_written_as_documented(void) {
    CHECK_TEXT(write_line((struct message){.kind = MESSAGE_HELLO, .container = "worker", .instance = "5b54b0c38240da36",
                                           .mode = MODE_STOPPING, .token = 3, .stopped = 2}),
               "HELLO v=1 container=worker instance=5b54b0c38240da36 state=stopping token=3 stopped=2 boot_ns=77\n");
    CHECK_TEXT(write_line((struct message){.kind = MESSAGE_STARTED, .token = 3}), "STARTED token=3 boot_ns=77\n");
    CHECK_TEXT(write_line((struct message){.kind = MESSAGE_REFUSED, .token = 3, .reason = REASON_EXEC}),
               "REFUSED token=3 reason=exec boot_ns=77\n");
    CHECK_TEXT(write_line((struct message){.kind = MESSAGE_STOPPING, .token = 3, .why = WHY_DEADLINE}),
               "STOPPING token=3 why=deadline boot_ns=77\n");
    CHECK_TEXT(write_line((struct message){.kind = MESSAGE_ENDED, .token = 3, .status = {STATUS_SIGNAL, 9}, .why = WHY_STOP,
                                           .exits = true, .late_ms = 12}),
               "ENDED token=3 status=signal:9 why=stop next=exit late_ms=12 boot_ns=77\n");
    CHECK_TEXT(write_line((struct message){.kind = MESSAGE_ENDED, .token = 3, .status = {STATUS_EXIT, 0}, .why = WHY_KILLED}),
               "ENDED token=3 status=exit:0 why=killed next=wait late_ms=0 boot_ns=77\n");
    CHECK_TEXT(write_line((struct message){.kind = MESSAGE_ENDED, .token = 3, .why = WHY_TERM}),
               "ENDED token=3 status=none why=term next=wait late_ms=0 boot_ns=77\n");
    CHECK_TEXT(write_line((struct message){.kind = MESSAGE_BEAT, .token = 0}), "BEAT token=0 boot_ns=77\n");
    CHECK_TEXT(write_line((struct message){.kind = MESSAGE_ERROR, .error = "unknown verb"}), "ERROR text=unknown verb\n");
}

static void longest_lines_of_the_gate_fit(void) {
    char container[CONTAINER_NAME_MAX + 1];
    memset(container, 'c', sizeof container);
    container[CONTAINER_NAME_MAX] = '\0';
    CHECK(strcmp(write_line((struct message){.kind = MESSAGE_HELLO, .container = container, .instance = "5b54b0c38240da36",
                                             .mode = MODE_STOPPING, .token = UINT64_MAX, .stopped = UINT64_MAX}),
                 "truncated") != 0);
    CHECK(strcmp(write_line((struct message){.kind = MESSAGE_ENDED, .token = UINT64_MAX, .status = {STATUS_SIGNAL, 64},
                                             .why = WHY_DEADLINE, .exits = true, .late_ms = UINT64_MAX}),
                 "truncated") != 0);
}

int main(void) {
    RUN_TEST(run_is_read);
    RUN_TEST(keys_come_in_any_order_and_unknown_ones_are_ignored);
    RUN_TEST(hello_is_read);
    RUN_TEST(longest_lock_name_fits_and_one_more_does_not);
    RUN_TEST(times_stop_and_ping_are_read);
    RUN_TEST(malformed_lines_are_named);
    RUN_TEST(largest_numbers_are_read);
    RUN_TEST(each_line_of_the_gate_is_written_as_documented);
    RUN_TEST(longest_lines_of_the_gate_fit);
    return check_summary();
}

/* The small pure parts: lines, text, clock's jump, the reading of /proc/PID/stat, graces on the command line. */
#include <stdint.h>

#include "check.h"
#include "clock.h"
#include "lines.h"
#include "options.h"
#include "pidns.h"
#include "text.h"

static struct lines lines;
static char *line;

static void receive(const char *bytes, size_t length) {
    size_t room;
    char *space = lines_space(&lines, &room);
    CHECK(length <= room);
    memcpy(space, bytes, length);
    lines_received(&lines, length);
}

static void receive_text(const char *text) {
    receive(text, strlen(text));
}

static void lines_are_cut(void) {
    lines_reset(&lines);
    receive_text("PING\nST");
    CHECK(lines_next(&lines, &line) == LINE_GOOD);
    CHECK_TEXT(line, "PING");
    CHECK(lines_next(&lines, &line) == LINE_NONE);
    receive_text("OP\n\n");
    CHECK(lines_next(&lines, &line) == LINE_GOOD);
    CHECK_TEXT(line, "STOP");
    CHECK(lines_next(&lines, &line) == LINE_GOOD);
    CHECK_TEXT(line, "");
    CHECK(lines_next(&lines, &line) == LINE_NONE);
}

static void line_of_512_bytes_is_taken_and_513_is_not(void) {
    char long_line[LINE_MAX_BYTES + 1];
    memset(long_line, 'a', sizeof long_line);
    lines_reset(&lines);
    receive(long_line, LINE_MAX_BYTES - 1);
    CHECK(lines_next(&lines, &line) == LINE_NONE);
    receive_text("\nPING\n");
    CHECK(lines_next(&lines, &line) == LINE_GOOD && strlen(line) == LINE_MAX_BYTES - 1);
    CHECK(lines_next(&lines, &line) == LINE_GOOD);
    CHECK(lines_next(&lines, &line) == LINE_NONE);
    receive(long_line, LINE_MAX_BYTES);
    receive_text("\nPING\n");
    CHECK(lines_next(&lines, &line) == LINE_TOO_LONG);
    CHECK(lines_next(&lines, &line) == LINE_GOOD);
    CHECK_TEXT(line, "PING");
}

static void endless_line_is_said_once_and_dropped(void) {
    char many[1000];
    memset(many, 'a', sizeof many);
    lines_reset(&lines);
    receive(many, sizeof many);
    CHECK(lines_next(&lines, &line) == LINE_TOO_LONG);
    for (int i = 0; i < 10000; i++) {
        CHECK(lines_next(&lines, &line) == LINE_NONE);
        receive(many, sizeof many);
    }
    receive_text("\nPING\n");
    CHECK(lines_next(&lines, &line) == LINE_GOOD);
    CHECK_TEXT(line, "PING");
}

static void every_byte_but_printable_ascii_is_bad(void) {
    for (int byte = 0; byte < 256; byte++) {
        char text[] = {'a', (char)byte, 'b', '\n'};
        lines_reset(&lines);
        receive(text, sizeof text);
        enum line_kind expected = byte == '\n' || (byte >= ' ' && byte <= '~') ? LINE_GOOD : LINE_BAD_BYTE;
        CHECK(lines_next(&lines, &line) == expected);
    }
}

static void full_buffer_always_makes_room(void) {
    char newlines[LINES_CAPACITY];
    memset(newlines, '\n', sizeof newlines);
    lines_reset(&lines);
    receive(newlines, sizeof newlines);
    for (int i = 0; i < LINES_CAPACITY; i++) {
        CHECK(lines_next(&lines, &line) == LINE_GOOD);
    }
    CHECK(lines_next(&lines, &line) == LINE_NONE);
    receive(newlines, sizeof newlines);
}

static void text_is_bounded(void) {
    char buffer[8];
    struct text text = text_over(buffer, sizeof buffer);
    text_add(&text, "abc");
    text_add_number(&text, UINT64_MAX);
    CHECK_TEXT(buffer, "abc1844");
    CHECK(text.truncated);
    text_add(&text, "x");
    CHECK(text.length == 7);
}

static void numbers_are_read_up_to_their_bound(void) {
    uint64_t number = 5;
    CHECK(text_read_number("0", 0, &number) && number == 0);
    CHECK(!text_read_number("1", 0, &number) && number == 0);
    CHECK(text_read_number("18446744073709551615", UINT64_MAX, &number) && number == UINT64_MAX);
    CHECK(!text_read_number("18446744073709551616", UINT64_MAX, &number));
    CHECK(!text_read_number("", 9, &number) && !text_read_number(" 1", 9, &number) && !text_read_number("1 ", 9, &number));
    CHECK(text_read_number("0007", 9, &number) && number == 7);
}

static void jump_is_only_a_step_ahead_of_more_than_a_second(void) {
    const int64_t base = INT64_C(1700000000) * NS_PER_S;
    CHECK(clock_jump_ahead_ns(base, base) == 0);
    CHECK(clock_jump_ahead_ns(base, base + NS_PER_S) == 0); /* a deleted leap second */
    CHECK(clock_jump_ahead_ns(base, base + NS_PER_S + 50 * NS_PER_MS) == 0); /* the same, badly read */
    CHECK(clock_jump_ahead_ns(base, base + NS_PER_S + 51 * NS_PER_MS) == NS_PER_S + 51 * NS_PER_MS);
    CHECK(clock_jump_ahead_ns(base, base - 3600 * NS_PER_S) == 0);
    CHECK(clock_jump_ahead_ns(-base, base) == 2 * base);
    CHECK(clock_jump_ahead_ns(base, base + 10 * NS_PER_S * 83333 / 1000000) == 0); /* chrony's fastest slew, beats 10 s apart */
}

static void clocks_can_be_read(void) {
    int64_t offset;
    CHECK(clock_boot_ns() > 0);
    CHECK(clock_wall_offset_ns(&offset));
}

static const char *stat_line(const char *comm, char state, const char *threads) {
    static char stat[512];
    snprintf(stat, sizeof stat, "12 (%s) %c 1 1 1 0 -1 4194316 1 2 3 4 5 6 7 8 20 0 %s 0 555 0 0 1844\n", comm, state, threads);
    return stat;
}

static void zombie_is_dead_and_everything_else_lives(void) {
    CHECK(!pidns_stat_says_alive(stat_line("sh", 'Z', "1")));
    CHECK(!pidns_stat_says_alive(stat_line("sh", 'Z', "0")));
    CHECK(!pidns_stat_says_alive(stat_line("sh", 'X', "0")));
    for (const char *state = "RSDTtIPKW"; *state != '\0'; state++) {
        CHECK(pidns_stat_says_alive(stat_line("sh", *state, "1")));
    }
}

static void zombie_leader_with_living_threads_lives(void) {
    CHECK(pidns_stat_says_alive(stat_line("java", 'Z', "2")));
    CHECK(pidns_stat_says_alive(stat_line("java", 'Z', "10")));
}

static void names_cannot_fake_a_zombie(void) {
    CHECK(pidns_stat_says_alive(stat_line("x) Z 1 1 1 1", 'S', "1")));
    CHECK(!pidns_stat_says_alive(stat_line("x) S 1 (", 'Z', "1")));
    CHECK(pidns_stat_says_alive("") && pidns_stat_says_alive("12 (sh)") && pidns_stat_says_alive("12 (sh) Z 1 1"));
}

static bool read_graces(char *first, char *second, struct options *options) {
    char end[] = "--", program[] = "true";
    char *arguments[] = {first, second, end, program, NULL};
    return options_read(arguments, options);
}

static void of_two_graces_the_last_one_counts(void) {
    char pods[] = "--termination-grace-seconds=9", own[] = "--stop-grace-seconds=1";
    char longest[] = "--stop-grace-seconds=4294967295", longer[] = "--stop-grace-seconds=4294967296";
    char none[] = "--stop-grace-seconds=";
    struct options options;
    CHECK(read_graces(pods, own, &options));
    CHECK(options.gate.termination_grace_ns == 4 * NS_PER_S && options.gate.whole_reserve);
    CHECK(read_graces(own, pods, &options));
    CHECK(options.gate.termination_grace_ns == 9 * NS_PER_S && !options.gate.whole_reserve);
    CHECK(read_graces(pods, longest, &options));
    CHECK(options.gate.termination_grace_ns == INT64_C(4294967298) * NS_PER_S);
    CHECK(!read_graces(pods, longer, &options) && !read_graces(pods, none, &options));
}

int main(void) {
    RUN_TEST(lines_are_cut);
    RUN_TEST(line_of_512_bytes_is_taken_and_513_is_not);
    RUN_TEST(endless_line_is_said_once_and_dropped);
    RUN_TEST(every_byte_but_printable_ascii_is_bad);
    RUN_TEST(full_buffer_always_makes_room);
    RUN_TEST(text_is_bounded);
    RUN_TEST(numbers_are_read_up_to_their_bound);
    RUN_TEST(jump_is_only_a_step_ahead_of_more_than_a_second);
    RUN_TEST(clocks_can_be_read);
    RUN_TEST(of_two_graces_the_last_one_counts);
    RUN_TEST(zombie_is_dead_and_everything_else_lives);
    RUN_TEST(zombie_leader_with_living_threads_lives);
    RUN_TEST(names_cannot_fake_a_zombie);
    return check_summary();
}

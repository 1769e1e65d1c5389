/* The main of the fault test: writes a record every few milliseconds, from its first instruction to its last, in all of its
   processes. usage: writer RECORDS NAME [children] [deaf] [store=SOCKET]
   children: two more processes write too and ignore SIGTERM, one of them in a session of its own, its parent gone.
   deaf: the first process ignores SIGTERM as well. store: each record is also offered to the store at SOCKET, with the token. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_FAILED = 9 };

static const struct timespec pause_between = {.tv_nsec = 5 * 1000 * 1000};

static int records;
static int store = -1;
static const char *name;
static const char *token;
static char start[17];

static void fail(const char *what) {
    perror(what);
    exit(EXIT_FAILED);
}

/* One write() per record: O_APPEND keeps those of several processes apart. */
static void say(const char *kind) {
    char line[256];
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    int length = snprintf(line, sizeof line, "%s %lld.%09ld %s %s %s\n", kind, (long long)now.tv_sec, now.tv_nsec, name,
                          token, start);
    if (length <= 0 || length >= (int)sizeof line || write(records, line, (size_t)length) != length) {
        fail("writer: cannot write a record");
    }
}

/* The answer does not matter to main: it goes on, as a main would that has not noticed yet. */
static void offer(void) {
    char line[64];
    char answer;
    if (store < 0) {
        return;
    }
    int length = snprintf(line, sizeof line, "%s\n", token);
    if (write(store, line, (size_t)length) != length || read(store, &answer, 1) != 1) {
        close(store);
        store = -1;
    }
}

static void write_for_ever(void) {
    for (;;) {
        offer();
        say("beat");
        nanosleep(&pause_between, NULL);
    }
}

static void connect_store(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        fprintf(stderr, "writer: the path of the store is too long: %s\n", path);
        exit(EXIT_FAILED);
    }
    strcpy(address.sun_path, path);
    store = socket(AF_UNIX, SOCK_STREAM, 0);
    if (store < 0 || connect(store, (struct sockaddr *)&address, sizeof address) != 0) {
        fail("writer: cannot reach the store");
    }
}

static void fork_children(void) {
    signal(SIGTERM, SIG_IGN);
    if (fork() == 0) {
        write_for_ever();
    }
    if (fork() == 0) {
        setsid();
        if (fork() == 0) {
            write_for_ever();
        }
        _exit(0);
    }
    signal(SIGTERM, SIG_DFL);
}

int main(int argc, char **argv) {
    unsigned long long random;
    token = getenv("LOCKCLAIM_TOKEN");
    if (argc < 3 || token == NULL) {
        fprintf(stderr, "usage: writer RECORDS NAME [children] [deaf] [store=SOCKET], with LOCKCLAIM_TOKEN set\n");
        return 2;
    }
    records = open(argv[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    name = argv[2];
    if (records < 0) {
        fail(argv[1]);
    }
    if (getrandom(&random, sizeof random, 0) != sizeof random) {
        fail("writer: no random numbers");
    }
    snprintf(start, sizeof start, "%016llx", random);
    say("start");
    for (int i = 3; i < argc; i++) {
        if (strcmp(argv[i], "children") == 0) {
            fork_children();
        } else if (strcmp(argv[i], "deaf") == 0) {
            signal(SIGTERM, SIG_IGN);
        } else if (strncmp(argv[i], "store=", 6) == 0) {
            connect_store(argv[i] + 6);
        }
    }
    signal(SIGPIPE, SIG_IGN);
    write_for_ever();
}

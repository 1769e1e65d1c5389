// A main that writes when it began and when it ends: a line "start NANOS POD TOKEN WALL" as its first act, "end NANOS POD TOKEN WALL"
// as its last one after SIGTERM. NANOS is CLOCK_BOOTTIME, one clock for all pods of a machine; WALL is the wall clock, in nanoseconds
// as well, to be compared with logs. Usage: recorder FILE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int file;

static long long nanos_of(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void record(const char *kind, long long boot, long long wall) {
  const char *pod = getenv("HOSTNAME");
  const char *token = getenv("LOCKCLAIM_TOKEN");
  char line[512];
  int length = snprintf(line, sizeof line, "%s %lld %s %s %lld\n", kind, boot, pod ? pod : "?", token ? token : "?", wall);
  // One write to a file opened for appending: lines of two pods do not mix.
  if (length <= 0 || length >= (int)sizeof line || write(file, line, (size_t)length) != length) {
    perror("recorder: the record could not be written");
    exit(1);
  }
}

int main(int count, char **arguments) {
  long long boot = nanos_of(CLOCK_BOOTTIME);
  long long wall = nanos_of(CLOCK_REALTIME);
  if (count != 2) {
    fputs("usage: recorder FILE\n", stderr);
    return 2;
  }
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigprocmask(SIG_BLOCK, &term, NULL);
  file = open(arguments[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) {
    perror(arguments[1]);
    return 1;
  }
  record("start", boot, wall);
  int caught;
  sigwait(&term, &caught);
  record("end", nanos_of(CLOCK_BOOTTIME), nanos_of(CLOCK_REALTIME));
  return 0;
}

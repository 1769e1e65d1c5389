/*
 * The process of a pod's sandbox: it holds the pod's namespaces open, buries the orphans of the pod when the pod
 * shares one PID namespace, and ends when asked to.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  sigset_t handled;
  sigemptyset(&handled);
  sigaddset(&handled, SIGCHLD);
  sigaddset(&handled, SIGINT);
  sigaddset(&handled, SIGTERM);
  if (sigprocmask(SIG_BLOCK, &handled, NULL) != 0) {
    perror("pause: sigprocmask");
    return 1;
  }
  if (getpid() != 1) {
    fputs("pause: not process 1: orphans of the pod are not buried\n", stderr);
  }
  for (;;) {
    int received = sigwaitinfo(&handled, NULL);
    if (received == SIGINT || received == SIGTERM) {
      return 0;
    }
    if (received < 0 && errno != EINTR) {
      perror("pause: sigwaitinfo");
      return 1;
    }
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
  }
}

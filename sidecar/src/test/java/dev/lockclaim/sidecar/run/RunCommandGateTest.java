package dev.lockclaim.sidecar.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lockclaim.sidecar.TestingProgram;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of {@code lockclaim run} when its gate is killed, inside or outside. */
@Timeout(180)
class RunCommandGateTest extends TestingRuns {
  /** So long that what is seen here does not come from a lease that has run out. */
  private static final String TTL = "120";

  /** The kernel has ended all that ran there: nobody needs to wait for the lease. */
  @Test
  void aGateThatIsKilledInItsNamespaceGivesTheLockBack() throws Exception {
    TestingProgram first = run("--ttl", TTL, "--", "sh", "-c", "sleep " + longTime + " & wait");
    await().atMost(LONG).until(this::somebodySleeps);
    inner(first).destroyForcibly();
    assertThat(first.status()).as(first.output()).isEqualTo(125);
    assertThat(first.output()).contains("ended by signal 9, and with it all that ran there");
    assertThat(somebodySleeps()).isFalse();
    assertThat(keys()).doesNotContain("/holder/").doesNotContain("/ledger/");
    TestingProgram second = run("--wait", "30", "--", "true");
    assertThat(second.status()).as(second.output()).isZero();
  }

  /** The command may run on: the lease is left to run out. */
  @Test
  void h5AGateThatIsKilledOutsideGivesNothingBack() throws Exception {
    String script = "trap '' TERM; sleep " + longTime + " & wait; wait";
    TestingProgram first = run("--ttl", TTL, "--", "sh", "-c", script);
    await().atMost(LONG).until(this::somebodySleeps);
    ProcessHandle inner = inner(first);
    List<ProcessHandle> inside = inner.descendants().toList();
    try {
      outer(first).destroyForcibly();
      assertThat(first.status()).as(first.output()).isEqualTo(137);
      assertThat(inside).as("what TERM does not end").anyMatch(ProcessHandle::isAlive);
      assertThat(keys()).contains("/holder/0");
    } finally {
      inner.destroyForcibly();
    }
  }

  private String keys() throws Exception {
    return etcd.ctl("get", "--prefix", "/");
  }

  private static ProcessHandle outer(TestingProgram program) {
    return onlyChild(program.process().toHandle());
  }

  private static ProcessHandle inner(TestingProgram program) {
    return onlyChild(outer(program));
  }

  private static ProcessHandle onlyChild(ProcessHandle parent) {
    List<ProcessHandle> children = parent.children().toList();
    assertThat(children).hasSize(1);
    return children.getFirst();
  }
}

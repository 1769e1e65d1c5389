package dev.lockclaim.sidecar.gates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The wording of gate/PROTOCOL.md; a change here is a change of an interface. */
class GateLineTest {
  @Test
  void readsEveryVerb() throws Exception {
    assertThat(
            GateLine.parse(
                "HELLO v=1 container=worker instance=5b54b0c38240da36 state=running token=48211 stopped=7 boot_ns=5 new=key"))
        .isEqualTo(
            new GateLine.Hello("worker", "5b54b0c38240da36", GateLine.State.RUNNING, 48211, 7, 5));
    assertThat(GateLine.parse("STARTED token=1 boot_ns=2")).isEqualTo(new GateLine.Started(1, 2));
    assertThat(GateLine.parse("REFUSED token=1 reason=late boot_ns=2"))
        .isEqualTo(new GateLine.Refused(1, Refusal.LATE, 2));
    assertThat(GateLine.parse("STOPPING boot_ns=2 why=term token=1"))
        .isEqualTo(new GateLine.Stopping(1, GateLine.Why.TERM, 2));
    assertThat(
            GateLine.parse("ENDED token=1 status=exit:3 why=exited next=exit late_ms=4 boot_ns=2"))
        .isEqualTo(new GateLine.Ended(1, new ExitStatus.Exit(3), GateLine.Why.EXITED, true, 4, 2));
    assertThat(
            GateLine.parse(
                "ENDED token=1 status=signal:9 why=killed next=wait late_ms=0 boot_ns=2"))
        .isEqualTo(
            new GateLine.Ended(1, new ExitStatus.Signal(9), GateLine.Why.KILLED, false, 0, 2));
    assertThat(GateLine.parse("BEAT token=0 boot_ns=9")).isEqualTo(new GateLine.Beat(0, 9));
    assertThat(GateLine.parse("ERROR text=no such verb"))
        .isEqualTo(new GateLine.Complaint("no such verb"));
  }

  @Test
  void takesAnUnknownRefusalForAStaleToken() throws Exception {
    assertThat(GateLine.parse("REFUSED token=1 reason=moonphase boot_ns=2"))
        .isEqualTo(new GateLine.Refused(1, Refusal.STALE, 2));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "HELLO",
        "NOISE token=1",
        "STARTED",
        "STARTED token= boot_ns=1",
        "STARTED token=x boot_ns=1",
        "STARTED token=-1 boot_ns=1",
        "STARTED token=99999999999999999999 boot_ns=1",
        "STARTED token=1 token=2 boot_ns=1",
        "STARTED token=1\tboot_ns=1",
        "STARTED token=1 boot_ns=\u00e9",
        "HELLO v=2 container=a instance=b state=waiting token=0 stopped=0 boot_ns=1",
        "HELLO v=1 container=a instance=b state=asleep token=0 stopped=0 boot_ns=1",
        "ENDED token=1 status=exit why=stop next=wait late_ms=0 boot_ns=1",
        "ENDED token=1 status=exit:x why=stop next=wait late_ms=0 boot_ns=1",
      })
  void saysWhatIsWrongWithALine(String line) {
    assertThatThrownBy(() -> GateLine.parse(line))
        .isInstanceOf(GateLine.MalformedLine.class)
        .message()
        .isNotBlank();
  }

  @Test
  void refusesALineThatIsTooLong() {
    assertThatThrownBy(() -> GateLine.parse("STARTED token=1 boot_ns=1 x=" + "y".repeat(500)))
        .isInstanceOf(GateLine.MalformedLine.class);
  }

  @Test
  void writesWhatThePageSays() {
    assertThat(new SidecarLine.Hello(3, "payments/billing", 9).text())
        .isEqualTo("HELLO v=1 sidecar=3 lock=payments/billing boot_ns=9");
    assertThat(new SidecarLine.Run(48211, 0, new Times(1, 2)).text())
        .isEqualTo("RUN token=48211 slot=0 term_ns=1 kill_ns=2");
    assertThat(new SidecarLine.Later(48211, new Times(1, 2)).text())
        .isEqualTo("TIMES token=48211 term_ns=1 kill_ns=2");
    assertThat(new SidecarLine.Stop(48211, 3000).text())
        .isEqualTo("STOP token=48211 grace_ms=3000");
    assertThat(new SidecarLine.Ping().text()).isEqualTo("PING");
  }
}

package dev.lockclaim.sidecar.gates;

/** A line that the sidecar sends (gate/PROTOCOL.md). */
sealed interface SidecarLine {

  /** The line without its newline. */
  String text();

  /**
   * First line of each connection, the answer to the gate's hello.
   *
   * @param sidecar rises with each sidecar process of the pod; a gate obeys the highest
   */
  record Hello(int sidecar, String lock, long bootNanos) implements SidecarLine {
    @Override
    public String text() {
      return "HELLO v=" + GateLine.VERSION + " sidecar=" + sidecar + " lock=" + lock + boot();
    }

    private String boot() {
      return " boot_ns=" + bootNanos;
    }
  }

  /** Start main. */
  record Run(long token, int slot, Times times) implements SidecarLine {
    @Override
    public String text() {
      return "RUN token=" + token + " slot=" + slot + times.fields();
    }
  }

  /** Later times for the main that runs. */
  record Later(long token, Times times) implements SidecarLine {
    @Override
    public String text() {
      return "TIMES token=" + token + times.fields();
    }
  }

  /** Stop main, and never run a token up to this one again. */
  record Stop(long token, long graceMillis) implements SidecarLine {
    @Override
    public String text() {
      return "STOP token=" + token + " grace_ms=" + graceMillis;
    }
  }

  /** Asks for a beat. */
  record Ping() implements SidecarLine {
    @Override
    public String text() {
      return "PING";
    }
  }

  /** Says what was wrong with a line. */
  record Complaint(String what) implements SidecarLine {
    @Override
    public String text() {
      return "ERROR text=" + what;
    }
  }
}

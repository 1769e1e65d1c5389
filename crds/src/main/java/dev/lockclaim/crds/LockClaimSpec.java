package dev.lockclaim.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** What the user asks for. Every part may be null (left out); the defaults are in the schema. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record LockClaimSpec(
    @JsonPropertyDescription("How many pods may be active at a time.")
        @Default("1")
        @Min(1)
        @Max(32)
        Integer slots,
    @JsonPropertyDescription("Times of the lock.") @Default("{\"durationSeconds\":10}") Lease lease,
    @JsonPropertyDescription("How main is held back and stopped.") @Default("{}") Gate gate,
    @JsonPropertyDescription("Who is next when the lock is handed over.") @Default("{}")
        Handover handover,
    @JsonPropertyDescription(
            "Stop main everywhere and grant the lock to nobody, until it is false again.")
        @Default("false")
        Boolean suspend) {

  /** A spec in which everything has its default, as the API server would fill it in. */
  public static LockClaimSpec defaults() {
    return new LockClaimSpec(
        1,
        new Lease(10, null, 0),
        new Gate(GateMode.Process, null, OnLoss.Hold),
        new Handover(Prefer.NewestRevision),
        false);
  }

  /**
   * Times of the lock, in whole seconds.
   *
   * @param stopGraceSeconds null means a default that depends on the duration: see {@link
   *     #effectiveStopGraceSeconds()}
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @ValidationRule(
      value = Lease.OUTAGE_MILLIS + " >= 2000",
      message =
          "spec.lease leaves less than 2 s of an etcd outage to ride out: raise durationSeconds or lower stopGraceSeconds",
      // format, not a sum of strings: the API server takes the length of string(int) for unbounded
      // and refuses the sum as too costly.
      messageExpression =
          "'spec.lease rides out an etcd outage of only %d ms, at least 2000 ms are needed: durationSeconds %d s - margin (50 ms + 1 %%)"
              + " - kill 500 ms - stopGraceSeconds %d s - renewal (a fifth of durationSeconds) - retry (a twentieth of it);"
              + " set durationSeconds to %d or more, or lower stopGraceSeconds'.format(["
              + Lease.OUTAGE_MILLIS
              + ", self.durationSeconds, "
              + Lease.GRACE
              + ", (2550 + 1000 * "
              + Lease.GRACE
              + " + 739) / 740])")
  public record Lease(
      @JsonPropertyDescription(
              "Time to live of the lease in seconds: after a crash of the holder or its node the next pod is granted the lock when it has run out.")
          @Default("10")
          @Min(5)
          @Max(600)
          Integer durationSeconds,
      @JsonPropertyDescription(
              "How many seconds main has between SIGTERM and SIGKILL when the lock is about to be lost. Default: 3 from a"
                  + " durationSeconds of 10 on, 2 at 7 to 9, 1 at 5 and 6.")
          @Min(0)
          @Max(300)
          Integer stopGraceSeconds,
      @JsonPropertyDescription(
              "How many seconds the next pod waits after a holder has vanished without giving the lock back, for work of"
                  + " the old holder that is still under way elsewhere.")
          @Default("0")
          @Min(0)
          @Max(3600)
          Integer delaySeconds) {

    // CEL: the grace that is in force, and what is left of the lease for an outage. The rules of
    // dev.lockclaim.lock's Timing, in
    // milliseconds: 1000 d - (50 + 10 d) - 500 - 1000 g - 200 d - max(200, 50 d), and from d = 4 on
    // the last is 50 d.
    static final String GRACE =
        "(has(self.stopGraceSeconds) ? self.stopGraceSeconds : self.durationSeconds >= 10 ? 3 : self.durationSeconds >= 7 ? 2 : 1)";

    static final String OUTAGE_MILLIS = "(740 * self.durationSeconds - 550 - 1000 * " + GRACE + ")";

    /** The grace in force: what the user set, else the default for the duration. */
    public int effectiveStopGraceSeconds() {
      if (stopGraceSeconds != null) {
        return stopGraceSeconds;
      }
      return durationSeconds >= 10 ? 3 : durationSeconds >= 7 ? 2 : 1;
    }
  }

  /**
   * How main is held back and stopped.
   *
   * @param containers null or empty means all containers of the pod
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @ValidationRule(
      value =
          "!has(self.containers) || self.containers.all(c, self.containers.exists_one(d, d == c))",
      fieldPath = ".containers",
      message = "spec.gate.containers names a container twice: name each once")
  public record Gate(
      @JsonPropertyDescription(
              "Process: every container starts, main is held back before its first instruction; needs an explicit command in the pod"
                  + " template.")
          @Default("Process")
          GateMode mode,
      @JsonPropertyDescription(
              "Names of the containers that are held back; all containers of the pod if left out.")
          @Size(max = 16)
          List<@Size(min = 1, max = 63) String> containers,
      @JsonPropertyDescription(
              "What happens to main's container after the lock was lost. Hold: main is stopped and held back again in place."
                  + " Restart: the container ends, the kubelet starts a fresh one.")
          @Default("Hold")
          OnLoss onLoss) {
    /** Copies the list. */
    public Gate {
      containers = containers == null ? null : List.copyOf(containers);
    }
  }

  /** Who is next when the lock is handed over. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Handover(
      @JsonPropertyDescription(
              "NewestRevision: the first pod in line of the workload's newest revision, so that a roll-out costs one hand-over;"
                  + " if there is none, the first in line. FirstInLine: always the first in line.")
          @Default("NewestRevision")
          Prefer prefer) {}

  /** How main is held back on a standby. The names are those of the API. */
  public enum GateMode {
    /** Containers run, main does not. */
    Process
  }

  /** What happens to main's container after the lock was lost. The names are those of the API. */
  public enum OnLoss {
    /** Main is held back again in place. */
    Hold,
    /** The container ends and is started afresh. */
    Restart
  }

  /** Who is next. The names are those of the API. */
  public enum Prefer {
    /** The first in line of the newest revision, else the first in line. */
    NewestRevision,
    /** The first in line. */
    FirstInLine
  }
}

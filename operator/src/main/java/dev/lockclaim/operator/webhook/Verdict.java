package dev.lockclaim.operator.webhook;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.List;

/** What the webhook answers for one pod. */
public sealed interface Verdict {
  /**
   * The pod is let in after this JSON Patch, which is empty for a pod that has everything already.
   *
   * @param warnings shown to whoever created the pod
   */
  record Injected(ArrayNode patch, List<String> warnings) implements Verdict {
    /** Copies the list. */
    public Injected {
      warnings = List.copyOf(warnings);
    }
  }

  /** The pod is let in as it is: it names no LockClaim. */
  record NotAsked() implements Verdict {}

  /**
   * The pod is refused.
   *
   * @param message one sentence: what is wrong, where, and what to do about it
   */
  record Rejected(RejectionReason reason, String message) implements Verdict {}
}

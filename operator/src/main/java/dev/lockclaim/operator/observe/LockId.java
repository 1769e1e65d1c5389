package dev.lockclaim.operator.observe;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Optional;

/** A lock, by its namespace and name: those of its LockClaim. */
public record LockId(String namespace, String name) {
  /** The lock of this LockClaim. */
  public static LockId of(HasMetadata claim) {
    return new LockId(claim.getMetadata().getNamespace(), claim.getMetadata().getName());
  }

  /** The lock that a key belongs to, if it is one of a lock's. */
  public static Optional<LockId> ofKey(String keyBelowPrefix) {
    String[] parts = keyBelowPrefix.split("/", 3);
    return parts.length == 3 ? Optional.of(new LockId(parts[0], parts[1])) : Optional.empty();
  }

  /** Where the lock's keys are below the prefix of all. */
  public String folder() {
    return namespace + "/" + name + "/";
  }

  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}

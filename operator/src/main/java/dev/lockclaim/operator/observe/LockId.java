package dev.lockclaim.operator.observe;

import io.fabric8.kubernetes.api.model.HasMetadata;

/** A lock, by its namespace and name: those of its LockClaim. */
public record LockId(String namespace, String name) implements Comparable<LockId> {
  /** The lock of this LockClaim. */
  public static LockId of(HasMetadata claim) {
    return new LockId(claim.getMetadata().getNamespace(), claim.getMetadata().getName());
  }

  @Override
  public int compareTo(LockId other) {
    int byNamespace = namespace.compareTo(other.namespace);
    return byNamespace != 0 ? byNamespace : name.compareTo(other.name);
  }

  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}

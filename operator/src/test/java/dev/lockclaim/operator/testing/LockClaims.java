package dev.lockclaim.operator.testing;

import dev.lockclaim.crds.LockClaim;
import dev.lockclaim.crds.LockClaimSpec;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;

/** LockClaims for tests. */
public final class LockClaims {
  private LockClaims() {}

  /** With everything at its default. */
  public static LockClaim named(String namespace, String name) {
    LockClaim claim = new LockClaim();
    claim.setMetadata(new ObjectMetaBuilder().withNamespace(namespace).withName(name).build());
    claim.setSpec(LockClaimSpec.defaults());
    return claim;
  }

  /** With this spec. */
  public static LockClaim with(String namespace, String name, LockClaimSpec spec) {
    LockClaim claim = named(namespace, name);
    claim.setSpec(spec);
    return claim;
  }
}

package dev.lockclaim.operator.apply;

import dev.lockclaim.crds.LockClaim;
import dev.lockclaim.crds.LockClaimStatus;
import dev.lockclaim.operator.observe.LockId;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one writer of statuses, by server-side apply of nothing but the status. It remembers what it
 * wrote: a claim read from the cache may be older, and what happened since would then be told
 * twice.
 */
public final class StatusWriter {
  private static final Logger LOG = LoggerFactory.getLogger(StatusWriter.class);

  private static final String FIELD_MANAGER = "lockclaim-operator";

  private final KubernetesClient client;
  private final Map<String, LockClaimStatus> written = new ConcurrentHashMap<>(); // by UID

  public StatusWriter(KubernetesClient client) {
    this.client = client;
  }

  /** The status that was written last, by this process or an earlier one. */
  public Optional<LockClaimStatus> last(LockClaim claim) {
    return Optional.ofNullable(
        written.getOrDefault(claim.getMetadata().getUid(), claim.getStatus()));
  }

  /** Writes the status unless it is there already. */
  public void write(LockClaim claim, LockClaimStatus status) {
    if (last(claim).filter(status::equals).isPresent()) {
      return;
    }
    LockClaim patch = new LockClaim();
    patch.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace(claim.getMetadata().getNamespace())
            .withName(claim.getMetadata().getName())
            .withUid(
                claim
                    .getMetadata()
                    .getUid()) // not of a claim that was deleted and made anew meanwhile
            .build());
    patch.setStatus(status);
    try {
      client
          .resource(patch)
          .subresource("status")
          .patch(
              new PatchContext.Builder()
                  .withPatchType(PatchType.SERVER_SIDE_APPLY)
                  .withFieldManager(FIELD_MANAGER)
                  .withForce(true)
                  .build());
    } catch (KubernetesClientException e) {
      if (e.getCode() != 404 && e.getCode() != 409) {
        throw e;
      }
      LOG.info("Status of LockClaim {} not written, it was deleted meanwhile", LockId.of(claim));
      written.remove(claim.getMetadata().getUid());
      return;
    }
    written.put(claim.getMetadata().getUid(), status);
  }
}

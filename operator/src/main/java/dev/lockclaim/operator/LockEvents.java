package dev.lockclaim.operator;

import dev.lockclaim.crds.LockClaim;
import dev.lockclaim.operator.etcd.LockStore;
import dev.lockclaim.operator.observe.LockId;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;

/**
 * Turns what the lock store tells into reconciliations. Begins to listen when it is started: what
 * is told before would be dropped.
 */
final class LockEvents extends SimpleInboundEventSource<LockClaim> implements LockStore.Listener {
  private final LockStore locks;
  private final EventSourceContext<LockClaim> context;

  LockEvents(LockStore locks, EventSourceContext<LockClaim> context) {
    super("etcd");
    this.locks = locks;
    this.context = context;
  }

  @Override
  public void start() {
    super.start();
    locks.listen(this);
  }

  @Override
  public void lockChanged(LockId lock) {
    propagateEvent(new ResourceID(lock.name(), lock.namespace()));
  }

  @Override
  public void etcdChanged() {
    context.getPrimaryCache().keys().forEach(this::propagateEvent);
  }
}

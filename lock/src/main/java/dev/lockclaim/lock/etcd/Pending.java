package dev.lockclaim.lock.etcd;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/** A request that is on its way. To be awaited once, unless it has been {@link #answered}. */
public interface Pending<T> {
  /** Waits for the answer, for the deadline at most. */
  T await(Duration deadline) throws EtcdFailure, InterruptedException;

  /**
   * Has something called once there is no more to wait for: an answer has come, the request has
   * failed, or it could not be sent yet and is to be awaited for that. Called by the thread that
   * answers come on, or at once; it must not block.
   */
  void whenSettled(Runnable then);

  /** The answer, if it has come: then there is nothing to await. */
  Optional<T> answered();

  /** The same request, its answer read. */
  default <R> Pending<R> map(Function<T, R> reader) {
    Pending<T> raw = this;
    return new Pending<>() {
      @Override
      public R await(Duration deadline) throws EtcdFailure, InterruptedException {
        return reader.apply(raw.await(deadline));
      }

      @Override
      public void whenSettled(Runnable then) {
        raw.whenSettled(then);
      }

      @Override
      public Optional<R> answered() {
        return raw.answered().map(reader);
      }
    };
  }
}

package dev.lockclaim.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * The operator's process. Ends with 2 and one line on standard error when its environment is wrong.
 */
public final class OperatorMain {
  // So long an orderly end may take: well below the 30 s after which the kubelet kills.
  private static final int END_SECONDS = 15;

  private OperatorMain() {}

  /** Runs until it is told to end. */
  public static void main(String[] arguments) throws InterruptedException {
    // How is said in simplelogger.properties; what others log by java.util.logging goes the same
    // way.
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    if (arguments.length > 0) {
      refuse(
          "unknown argument "
              + arguments[0]
              + ": the operator takes none, it is configured by its environment");
    }
    OperatorConfig config = null;
    try {
      config = OperatorConfig.from(System.getenv());
    } catch (OperatorConfig.WrongEnvironment e) {
      refuse(e.getMessage());
    }
    run(config);
  }

  private static void run(OperatorConfig config) throws InterruptedException {
    Logger log = LoggerFactory.getLogger(OperatorMain.class);
    CountDownLatch toldToEnd = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    AtomicBoolean leadershipLost = new AtomicBoolean();
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  toldToEnd.countDown();
                  awaitQuietly(ended);
                }));
    Runnable onLeadershipLost =
        () -> {
          leadershipLost.set(true);
          toldToEnd.countDown();
        };
    boolean failed = false;
    try (KubernetesClient client = new KubernetesClientBuilder().build();
        LockclaimOperator operator = new LockclaimOperator(config, client, onLeadershipLost)) {
      log.info(
          "Operator of release {} in namespace {} starts", config.release(), config.namespace());
      operator.start();
      toldToEnd.await();
      log.info("Operator ends");
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      log.error("Operator cannot go on: {}", e.getMessage(), e);
      failed = true;
    } finally {
      ended.countDown();
    }
    if (failed || leadershipLost.get()) {
      System.exit(1); // the kubelet starts it anew
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      // Without an API server a start cannot be broken off; the process ends all the same.
      latch.await(END_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void refuse(String message) {
    System.err.println("lockclaim operator: " + message);
    System.exit(2);
  }
}

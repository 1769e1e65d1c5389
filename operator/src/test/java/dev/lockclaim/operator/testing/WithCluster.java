package dev.lockclaim.operator.testing;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests the one {@link TestingCluster} of this JVM as a parameter; started by the first that
 * asks, stopped after the last.
 */
public final class WithCluster implements ParameterResolver {
  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == TestingCluster.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return context
        .getRoot()
        .getStore(Namespace.create(WithCluster.class))
        .computeIfAbsent("cluster", key -> new Attempt(), Attempt.class)
        .cluster();
  }

  // A cluster that did not come up is not tried again for each test.
  private static final class Attempt implements AutoCloseable {
    private TestingCluster cluster;
    private RuntimeException failure;

    Attempt() {
      try {
        cluster = new TestingCluster();
      } catch (RuntimeException e) {
        failure = e;
      }
    }

    TestingCluster cluster() {
      if (failure != null) {
        throw new IllegalStateException("The cluster for tests did not come up", failure);
      }
      return cluster;
    }

    @Override
    public void close() {
      if (cluster != null) {
        cluster.close();
      }
    }
  }
}

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs methods of one test class, and says of each whether it passed. */
final class RunTests {
  private static final class Count implements TestExecutionListener {
    int run;
    int failed;

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      if (test.isTest()) {
        run++;
      }
      if (result.getStatus() != TestExecutionResult.Status.SUCCESSFUL) {
        failed++;
        result.getThrowable().ifPresent(why -> System.out.println(test.getDisplayName() + ": " + why));
      }
    }
  }

  public static void main(String[] arguments) throws Exception {
    Class<?> unit = Class.forName(nameOf(arguments[0]));
    Launcher launcher = LauncherFactory.create();
    for (String name : List.of(arguments).subList(1, arguments.length)) {
      LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request();
      for (Method method : unit.getDeclaredMethods()) {
        if (method.getName().equals(name)) {
          request.selectors(selectMethod(unit, method));
        }
      }
      Count count = new Count();
      LauncherDiscoveryRequest methods = request.build();
      launcher.execute(methods, count);
      if (count.run + count.failed > 0) {
        System.out.println("RunTests: " + name + (count.failed == 0 ? " passed" : " failed"));
      }
    }
    System.exit(0); // whatever threads a test has left
  }

  /** The class of that simple name among the module's test classes. */
  private static String nameOf(String simple) throws Exception {
    Path root = Path.of("target/test-classes");
    try (Stream<Path> files = Files.walk(root)) {
      Path file = files.filter(path -> path.endsWith(simple + ".class")).findFirst().orElseThrow();
      String name = root.relativize(file).toString().replace('/', '.');
      return name.substring(0, name.length() - ".class".length());
    }
  }
}

package dev.lockclaim.systemtest;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/**
 * Dependencies point one way: systemtest, bench → operator, sidecar → lock, crds; chaos →
 * systemtest.
 */
class ModulesTest {
  private static final JavaClasses PRODUCT =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.lockclaim");

  @Test
  void lockKnowsNothingOfTheRest() {
    forbid("lock", "crds", "sidecar", "operator", "systemtest", "bench", "chaos");
    noClasses()
        .that()
        .resideInAPackage("dev.lockclaim.lock..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.fabric8..", "io.javaoperatorsdk..", "com.sun.net..", "java.net.http..")
        .because("the lock knows neither Kubernetes nor HTTP")
        .check(PRODUCT);
  }

  @Test
  void crdsKnowNothingOfTheRest() {
    forbid("crds", "lock", "sidecar", "operator", "systemtest", "bench", "chaos");
  }

  @Test
  void theSidecarKnowsNoKubernetes() {
    forbid("sidecar", "operator", "systemtest", "bench", "chaos");
    noClasses()
        .that()
        .resideInAPackage("dev.lockclaim.sidecar..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.fabric8..", "io.javaoperatorsdk..")
        .because("pods that claim a lock need no rights in the Kubernetes API")
        .check(PRODUCT);
  }

  @Test
  void theOperatorDoesNotKnowTheSidecar() {
    forbid("operator", "sidecar", "systemtest", "bench", "chaos");
  }

  @Test
  void theSpanCheckerKnowsNothingOfTheProduct() {
    forbid("systemtest", "lock", "crds", "sidecar", "operator", "bench", "chaos");
  }

  /** Their deadlines, callbacks and deletions are not those that the lock rests on. */
  @Test
  void t1T3T7T9NothingOfJetcdsKeepAliveLockAndElectionIsUsed() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "dev.lockclaim.lock..", "dev.lockclaim.sidecar..", "dev.lockclaim.operator..")
        .should()
        .dependOnClassesThat()
        .haveNameMatching("io\\.etcd\\.jetcd\\..*(Lock|Election|KeepAliveListener)\\w*")
        .orShould()
        .callMethodWhere(
            target(name("keepAlive")).and(target(owner(nameMatching("io\\.etcd\\.jetcd\\..*")))))
        .because("the lock has a session of its own, on single calls, transactions and one watch")
        .check(PRODUCT);
  }

  private static void forbid(String module, String... others) {
    String[] packages = new String[others.length];
    for (int i = 0; i < others.length; i++) {
      packages[i] = "dev.lockclaim." + others[i] + "..";
    }
    noClasses()
        .that()
        .resideInAPackage("dev.lockclaim." + module + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(packages)
        .because("systemtest, bench -> operator, sidecar -> lock, crds; chaos -> systemtest")
        .check(PRODUCT);
  }
}

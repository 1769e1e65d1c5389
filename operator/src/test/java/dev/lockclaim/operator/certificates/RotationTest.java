package dev.lockclaim.operator.certificates;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.operator.certificates.Rotation.Step;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RotationTest {
  private static final List<String> NAMES = List.of("lockclaim-webhook.lockclaim-system.svc");
  private static final Instant MADE = Instant.parse("2026-01-01T00:00:00Z");

  @ParameterizedTest
  @CsvSource({
    // days since all was made, what is next
    "0, KEEP",
    "59, KEEP",
    "61, NEW_LEAF",
    "89, NEW_LEAF",
    "91, CREATE",
  })
  void theLeafIsRenewedAtAThirdLeft(int days, Step expected) throws GeneralSecurityException {
    var certificates = WebhookCertificates.create(NAMES, MADE);
    assertThat(Rotation.decide(Optional.of(certificates), NAMES, MADE.plus(Duration.ofDays(days))))
        .isEqualTo(expected);
  }

  @Test
  void nothingThereIsMade() {
    assertThat(Rotation.decide(Optional.empty(), NAMES, MADE)).isEqualTo(Step.CREATE);
  }

  @Test
  void anotherNameNeedsAnotherLeaf() throws GeneralSecurityException {
    var certificates = WebhookCertificates.create(NAMES, MADE);
    assertThat(Rotation.decide(Optional.of(certificates), List.of("other"), MADE))
        .isEqualTo(Step.NEW_LEAF);
  }

  @Test
  void aNewAuthorityIsTrustedBeforeItsLeafIsServed() throws GeneralSecurityException {
    Instant due = MADE.plus(Duration.ofDays(500));
    var old = WebhookCertificates.create(NAMES, MADE).withNewLeaf(NAMES, due);
    assertThat(Rotation.decide(Optional.of(old), NAMES, due)).isEqualTo(Step.NEW_AUTHORITY);

    var both = old.withNewAuthority(due);
    assertThat(both.authorities()).hasSize(2);
    assertThat(both.leaf()).isEqualTo(old.leaf());
    assertThat(both.bundle()).contains(Pem.of(old.authorities().getFirst()));
    assertThat(Rotation.decide(Optional.of(both), NAMES, due.plusSeconds(59))).isEqualTo(Step.KEEP);
    assertThat(Rotation.decide(Optional.of(both), NAMES, due.plusSeconds(61)))
        .isEqualTo(Step.NEW_LEAF);

    var done = both.withNewLeaf(NAMES, due.plusSeconds(61));
    done.leaf().verify(done.authorities().getFirst().getPublicKey());
    assertThat(Rotation.decide(Optional.of(done), NAMES, due.plusSeconds(62))).isEqualTo(Step.KEEP);
  }

  @Test
  void theSecretBringsBackWhatWasPutIn() throws GeneralSecurityException {
    var certificates = WebhookCertificates.create(NAMES, MADE);
    assertThat(WebhookCertificates.fromSecretData(certificates.toSecretData()))
        .contains(certificates);
    var damaged = certificates.toSecretData();
    damaged.put("tls.key", "AAAA");
    assertThat(WebhookCertificates.fromSecretData(damaged)).isEmpty();
  }
}

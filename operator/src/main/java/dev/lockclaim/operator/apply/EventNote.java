package dev.lockclaim.operator.apply;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;

/**
 * A Kubernetes Event to be written.
 *
 * @param about the object that it is shown with
 * @param warning whether its type is Warning rather than Normal
 * @param reason one of the event names in dev.lockclaim.crds.Names
 * @param message one sentence
 */
public record EventNote(ObjectReference about, boolean warning, String reason, String message) {

  /** A Normal event about this object. */
  public static EventNote normal(HasMetadata about, String reason, String message) {
    return new EventNote(reference(about), false, reason, message);
  }

  /** A Warning about this object. */
  public static EventNote warning(HasMetadata about, String reason, String message) {
    return new EventNote(reference(about), true, reason, message);
  }

  private static ObjectReference reference(HasMetadata object) {
    return new ObjectReferenceBuilder()
        .withApiVersion(object.getApiVersion())
        .withKind(object.getKind())
        .withNamespace(object.getMetadata().getNamespace())
        .withName(object.getMetadata().getName())
        .withUid(object.getMetadata().getUid())
        .build();
  }
}

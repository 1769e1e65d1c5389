/**
 * The admission webhook: puts the sidecar and the gate into pods that name a LockClaim, or refuses
 * them with a sentence that says why.
 *
 * <p>{@link dev.lockclaim.operator.webhook.Injector} decides, and is a pure function over the raw
 * JSON of the pod: the pod is never read into a typed model, so that fields newer than our
 * libraries pass through untouched.
 */
package dev.lockclaim.operator.webhook;

/**
 * The webhook's certificates: made, kept in one Secret, rotated and published without anybody's
 * help.
 *
 * <p>The leader writes the Secret and the webhook configuration; every replica watches the Secret
 * and serves what is in it.
 */
package dev.lockclaim.operator.certificates;

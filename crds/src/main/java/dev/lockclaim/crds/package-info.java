/** The LockClaim API: types, generated CRD, names that others depend on. */
package dev.lockclaim.crds;

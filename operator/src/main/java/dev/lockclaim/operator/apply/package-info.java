/**
 * Carries out what was decided: writes to the API server and to etcd. Each kind of object has one
 * writer here.
 */
package dev.lockclaim.operator.apply;

/**
 * The operator's side of etcd: the connection, all locks as one watched map, users, and the
 * transactions that the operator may make.
 */
package dev.lockclaim.operator.etcd;

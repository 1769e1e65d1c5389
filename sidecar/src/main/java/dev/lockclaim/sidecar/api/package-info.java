/**
 * The API on lock.sock, for main and for anybody in the pod; docs/reference/socket.openapi.yaml.
 */
package dev.lockclaim.sidecar.api;

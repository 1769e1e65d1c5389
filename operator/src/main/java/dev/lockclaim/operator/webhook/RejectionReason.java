package dev.lockclaim.operator.webhook;

/**
 * Why a pod is refused. The names are used in messages, as the label of the metric and in events:
 * an interface.
 */
public enum RejectionReason {
  /** The label names a LockClaim that is not in the namespace. */
  NoSuchClaim,
  /** The LockClaim is being deleted. */
  ClaimBeingDeleted,
  /** The LockClaim has no usable spec. */
  ClaimInvalid,
  /** A gated container has no command, and the image's own cannot be seen from the API. */
  NoCommand,
  /** The LockClaim names a container that the pod does not have. */
  NoSuchContainer,
  /** The pod uses the network of its node. */
  HostNetwork,
  /** The pod uses the process IDs of its node. */
  HostPid,
  /** The containers of the pod share one process namespace. */
  SharedProcessNamespace,
  /** The pod is for Windows nodes. */
  Windows,
  /** A container or volume of the pod has a name that the sidecar needs. */
  NameTaken,
  /** A container mounts something where the shared volume goes. */
  PathTaken,
  /** A container uses the sidecar's port. */
  PortTaken,
  /** A probe names a port that its container does not have. */
  UnknownPort,
  /** A hook that cannot work while main is held back. */
  UnsupportedHook,
  /** The request is not a pod that can be read. */
  Unreadable
}

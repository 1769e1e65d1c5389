package dev.lockclaim.crds;

/**
 * Names that users, dashboards and the other parts of Lockclaim depend on: labels, annotations,
 * event reasons, metrics, and what the webhook puts into a pod. All are compile-time constants, so
 * whoever only uses them needs no Kubernetes library at run time.
 *
 * <p>They are an interface: a name here is added, never changed.
 */
public final class Names {
  private Names() {}

  /** API group of LockClaim; also the prefix of all labels and annotations. */
  public static final String GROUP = "lockclaim.dev";

  /** The version of the API that is served and stored. */
  public static final String VERSION = "v1alpha1";

  /**
   * Set by the user on the pod template: the name of the LockClaim in the pod's namespace. Opts the
   * pod in.
   */
  public static final String LABEL_CLAIM = "lockclaim.dev/claim";

  /**
   * Whether a pod holds the lock: {@link #ROLE_ACTIVE} or {@link #ROLE_STANDBY}. A Service may
   * select on it.
   */
  public static final String LABEL_ROLE = "lockclaim.dev/role";

  /** {@link #LABEL_ROLE} of a pod that holds the lock. */
  public static final String ROLE_ACTIVE = "active";

  /** {@link #LABEL_ROLE} of a pod that does not. */
  public static final String ROLE_STANDBY = "standby";

  /**
   * Set by the webhook on each pod that it has patched, with the value {@link #STATUS_INJECTED}.
   */
  public static final String ANNOTATION_STATUS = "lockclaim.dev/status";

  /** {@link #ANNOTATION_STATUS} of a pod that has its sidecar. */
  public static final String STATUS_INJECTED = "injected";

  /** On pods: the fencing token (decimal) that the role label was last written for. */
  public static final String ANNOTATION_TOKEN = "lockclaim.dev/token";

  /**
   * On a LockClaim: the name of the pod to hand over to, or {@link #HANDOVER_TO_ANY}. Removed when
   * it is done.
   */
  public static final String ANNOTATION_HANDOVER_TO = "lockclaim.dev/handover-to";

  /** {@link #ANNOTATION_HANDOVER_TO} when the lock may choose the pod. */
  public static final String HANDOVER_TO_ANY = "any";

  /**
   * The Secret with what pods need to reach etcd, in every namespace with a LockClaim. Made by the
   * operator.
   */
  public static final String ETCD_SECRET = "lockclaim-etcd";

  /** Name of the container that the webhook adds. */
  public static final String SIDECAR_CONTAINER = "lockclaim";

  /** Name of the sidecar's port for probes and metrics. */
  public static final String SIDECAR_PORT_NAME = "lockclaim";

  /** Number of the sidecar's port for probes and metrics. */
  public static final int SIDECAR_PORT = 9808;

  /** The user that the sidecar runs as. */
  public static final int SIDECAR_UID = 65532;

  /** Name of the memory-backed volume that sidecar and gates share. */
  public static final String VOLUME = "lockclaim";

  /** Where {@link #VOLUME} is mounted. */
  public static final String VOLUME_PATH = "/lockclaim";

  /** Name of the volume with {@link #ETCD_SECRET}. */
  public static final String ETCD_VOLUME = "lockclaim-etcd";

  /** Where {@link #ETCD_VOLUME} is mounted, in the sidecar only. */
  public static final String ETCD_PATH = "/lockclaim-etcd";

  /** The program that holds main back, as seen in a gated container. */
  public static final String GATE_PATH = "/lockclaim/gate";

  /** Environment of the sidecar: namespace of the lock. */
  public static final String ENV_NAMESPACE = "LOCKCLAIM_NAMESPACE";

  /** Environment of the sidecar: name of the LockClaim. */
  public static final String ENV_NAME = "LOCKCLAIM_NAME";

  /** Environment of the sidecar: name of its pod. */
  public static final String ENV_POD_NAME = "LOCKCLAIM_POD_NAME";

  /** Environment of the sidecar: UID of its pod. */
  public static final String ENV_POD_UID = "LOCKCLAIM_POD_UID";

  /** Environment of the sidecar: node that its pod runs on. */
  public static final String ENV_NODE_NAME = "LOCKCLAIM_NODE_NAME";

  /** Environment of the sidecar: pod-template-hash or controller-revision-hash; may be empty. */
  public static final String ENV_POD_REVISION = "LOCKCLAIM_POD_REVISION";

  /** Environment of the sidecar: gated containers, separated by commas. */
  public static final String ENV_CONTAINERS = "LOCKCLAIM_CONTAINERS";

  /** Environment of the sidecar: the lease's time to live. */
  public static final String ENV_TTL_SECONDS = "LOCKCLAIM_TTL_SECONDS";

  /**
   * Environment of the sidecar: time that main has between SIGTERM and SIGKILL when the lock is
   * lost.
   */
  public static final String ENV_STOP_GRACE_SECONDS = "LOCKCLAIM_STOP_GRACE_SECONDS";

  /** Environment of the sidecar: the pod's restartPolicy. */
  public static final String ENV_RESTART_POLICY = "LOCKCLAIM_RESTART_POLICY";

  /** Environment of sidecar and operator: folder with endpoints, prefix and credentials of etcd. */
  public static final String ENV_ETCD_DIR = "LOCKCLAIM_ETCD_DIR";

  /** Environment of the sidecar: folder that it shares with the gates. */
  public static final String ENV_VOLUME = "LOCKCLAIM_VOLUME";

  /** Environment of sidecar and operator: port for probes and metrics. */
  public static final String ENV_HTTP_PORT = "LOCKCLAIM_HTTP_PORT";

  /** Environment of the sidecar: JSON with the original probes of the gated containers. */
  public static final String ENV_PROBES = "LOCKCLAIM_PROBES";

  /** Environment of main: the fencing token, decimal. */
  public static final String ENV_TOKEN = "LOCKCLAIM_TOKEN";

  /** Environment of main: namespace/name of the lock. */
  public static final String ENV_LOCK = "LOCKCLAIM_LOCK";

  /** Environment of main: the slot that it holds. */
  public static final String ENV_SLOT = "LOCKCLAIM_SLOT";

  /** Environment of main: path of the socket to ask about the lock. */
  public static final String ENV_SOCKET = "LOCKCLAIM_SOCKET";

  /** Event: a pod was granted the lock. Also on the pod. */
  public static final String EVENT_LOCK_ACQUIRED = "LockAcquired";

  /** Event: a pod gave the lock back, its main having ended. */
  public static final String EVENT_LOCK_RELEASED = "LockReleased";

  /** Event (Warning): a holder vanished: its lease ran out. Also on the pod. */
  public static final String EVENT_LOCK_LOST = "LockLost";

  /** Event: a hand-over was asked for. */
  public static final String EVENT_HANDOVER_STARTED = "HandoverStarted";

  /** Event: the hand-over that was asked for is done. */
  public static final String EVENT_HANDOVER_COMPLETED = "HandoverCompleted";

  /** Event (Warning): a slot is free and nobody stands in line. */
  public static final String EVENT_NO_CANDIDATE = "NoCandidate";

  /** Event (Warning): the operator cannot use etcd. */
  public static final String EVENT_ETCD_UNREACHABLE = "EtcdUnreachable";

  /** Event: the webhook added the sidecar to pods of this owner. */
  public static final String EVENT_SIDECAR_INJECTED = "SidecarInjected";

  /** Event (Warning): the webhook refused a pod. */
  public static final String EVENT_INJECTION_REJECTED = "InjectionRejected";

  /** Event (Warning): a pod carries the label of a LockClaim, but has no sidecar. */
  public static final String EVENT_UNINJECTED_POD_FOUND = "UninjectedPodFound";

  /** Sidecar, gauge 0/1 by namespace and lockclaim: this pod holds the lock. */
  public static final String METRIC_LOCK_HELD = "lockclaim_lock_held";

  /** Sidecar, state set by state. */
  public static final String METRIC_SIDECAR_STATE = "lockclaim_sidecar_state";

  /** Sidecar, gauge: when the lock was granted. */
  public static final String METRIC_LOCK_ACQUIRED_TIMESTAMP_SECONDS =
      "lockclaim_lock_acquired_timestamp_seconds";

  /** Sidecar, gauge: when the lease runs out if it is not renewed. */
  public static final String METRIC_LEASE_DEADLINE_TIMESTAMP_SECONDS =
      "lockclaim_lease_deadline_timestamp_seconds";

  /** Sidecar, counter by reason: grants, releases and losses of this pod. */
  public static final String METRIC_LOCK_TRANSITIONS_TOTAL = "lockclaim_lock_transitions_total";

  /** Sidecar, counter by reason: losses of this pod. */
  public static final String METRIC_LOCK_LOST_TOTAL = "lockclaim_lock_lost_total";

  /** Sidecar, histogram: from joining the queue to the grant. */
  public static final String METRIC_LOCK_ACQUIRE_DURATION_SECONDS =
      "lockclaim_lock_acquire_duration_seconds";

  /** Sidecar, histogram: round trip of a renewal. */
  public static final String METRIC_LEASE_KEEPALIVE_DURATION_SECONDS =
      "lockclaim_lease_keepalive_duration_seconds";

  /** Sidecar, gauge: the token of this pod, 0 when it holds nothing. */
  public static final String METRIC_FENCING_TOKEN = "lockclaim_fencing_token";

  /** Sidecar, histogram by action: from the loss to the last process of main gone. */
  public static final String METRIC_FENCE_DURATION_SECONDS = "lockclaim_fence_duration_seconds";

  /** Sidecar, histogram: how late a gate sent SIGKILL after its time. */
  public static final String METRIC_GATE_KILL_LATE_SECONDS = "lockclaim_gate_kill_late_seconds";

  /** Operator, gauge by namespace and lockclaim: pods that hold or stand in line. */
  public static final String METRIC_LOCKCLAIM_CANDIDATES = "lockclaim_lockclaim_candidates";

  /** Operator, gauge by namespace and lockclaim: slots that are held. */
  public static final String METRIC_LOCKCLAIM_HELD = "lockclaim_lockclaim_held";

  /** Operator, counter by result and reason: answers of the webhook. */
  public static final String METRIC_WEBHOOK_REQUESTS_TOTAL = "lockclaim_webhook_requests_total";

  /** Operator, gauge: end of the certificate that the webhook serves. */
  public static final String METRIC_WEBHOOK_CERTIFICATE_EXPIRY_TIMESTAMP_SECONDS =
      "lockclaim_webhook_certificate_expiry_timestamp_seconds";

  /** Operator, gauge by namespace and lockclaim: pods with the label and without the sidecar. */
  public static final String METRIC_UNINJECTED_PODS = "lockclaim_uninjected_pods";

  /** Operator, gauge 0/1: the operator's last exchange with etcd went well. */
  public static final String METRIC_ETCD_REACHABLE = "lockclaim_etcd_reachable";

  /** Operator, gauge 0/1: this replica reconciles. */
  public static final String METRIC_OPERATOR_LEADER = "lockclaim_operator_leader";

  /** Sidecar and operator, always 1, by version. */
  public static final String METRIC_BUILD_INFO = "lockclaim_build_info";
}

#!/usr/bin/env bash
# Checks a testbed that is up as its users use it: a Deployment, DNS, services from pods and from the machine, exec,
# logs, limits, a daemon that dies. Leaves the testbed up, and nothing of its own in it.
#
# Usage: testbed/test/cluster-works.sh
set -euo pipefail
# shellcheck source=../lib/all.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/all.sh"
# shellcheck source=checks.sh
. "$(dirname "${BASH_SOURCE[0]}")/checks.sh"

case ${1-} in
  -h | --help)
    show_help
    exit 0
    ;;
esac
(($# == 0)) || wrong_use "unknown argument $1; see testbed/test/cluster-works.sh --help"

namespace=testbed-check
image=localhost/lockclaim-testbed/busybox:1
work=$(mktemp -d)
trap 'admin delete namespace "$namespace" --ignore-not-found >/dev/null 2>&1 || true; rm -rf "$work"' EXIT

make_image "$(command -v busybox)" "$image" "$work/busybox.tar"
check 'load puts an image on every node' "$testbed_dir/load" "$work/busybox.tar"

admin delete namespace "$namespace" --ignore-not-found >/dev/null
admin create namespace "$namespace" >/dev/null
nodes=$(made_nodes | wc -l)
admin apply --server-side -f - >/dev/null <<END
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: $namespace}
spec:
  replicas: $((2 * nodes))
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 0
      topologySpreadConstraints:
        - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}
      containers:
        - name: web
          image: $image
          command: [/busybox, sh, -c, '/busybox mkdir -p /tmp/www && echo hello from \$(/busybox hostname) >/tmp/www/index.html && echo serving && exec /busybox httpd -f -p 8080 -h /tmp/www']
          ports: [{name: http, containerPort: 8080}]
          readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 1}
          resources: {limits: {memory: 32Mi}}
          securityContext: {allowPrivilegeEscalation: false, runAsNonRoot: true, runAsUser: 65532, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}
          volumeMounts: [{name: tmp, mountPath: /tmp}]
      volumes: [{name: tmp, emptyDir: {medium: Memory}}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: $namespace}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
END
check 'a Deployment becomes Available' admin -n "$namespace" rollout status deployment/web --timeout=90s

mapfile -t pods < <(admin -n "$namespace" get pods -o name)
first=${pods[0]#pod/}
address=$(admin -n "$namespace" get service web -o 'jsonpath={.spec.clusterIP}')
in_pod() { # POD COMMAND...
  local pod=$1
  shift
  admin -n "$namespace" exec "$pod" -- /busybox "$@"
}
prints() { # TEXT COMMAND...
  local text=$1 output
  shift
  output=$("$@" 2>&1) || true
  [[ $output == *"$text"* ]] || {
    echo "'$text' is not in: $output"
    return 1
  }
}
get_from_pod() { in_pod "$1" sh -c "printf 'GET / HTTP/1.0\r\n\r\n' | /busybox nc -w 5 $2 80"; }
get_from_machine() { bash -c "exec 3<>/dev/tcp/$1/$2 && printf 'GET / HTTP/1.0\r\n\r\n' >&3 && cat <&3"; }

check 'logs' prints serving admin -n "$namespace" logs "$first"
check 'the service answers on the machine' prints 'hello from web' get_from_machine "$address" 80
for pod in "${pods[@]}"; do
  pod=${pod#pod/}
  node=$(admin -n "$namespace" get pod "$pod" -o 'jsonpath={.spec.nodeName}')
  ip=$(admin -n "$namespace" get pod "$pod" -o 'jsonpath={.status.podIP}')
  check "exec in $pod on $node" prints "$pod" in_pod "$pod" hostname
  check "DNS lookup in $pod on $node" prints "$address" in_pod "$pod" nslookup "web.$namespace.svc.cluster.local"
  check "$pod answers on the machine" prints "hello from $pod" get_from_machine "$ip" 8080
  # Several times, so that each pod, itself included, is reached through the service once or more.
  for _ in 1 2 3 4; do
    check "the service answers in $pod" prints 'hello from web' get_from_pod "$pod" web
  done
done

one_httpd() {
  local pid
  pid=$("$testbed_dir/pod-pids" "$@" "$namespace" "$first")
  [[ $(tr '\0' ' ' <"/proc/$pid/cmdline") == '/busybox httpd -f'* ]]
}
check 'pod-pids finds the process of a pod' one_httpd
check 'pod-pids finds the process of a container' one_httpd --container web
check 'pod-pids says when there is none' prints 'no process of pod nobody' "$testbed_dir/pod-pids" "$namespace" nobody
check 'node-exec runs in the node' prints 10.99.0.2 "$testbed_dir/node-exec" node-1 -- ip -4 address

kill_and_restart() { # DAEMON
  kill -KILL "$(recorded_pid "$(node_dir node-1)/daemons/$1")"
  "$testbed_dir/up" && recorded_pid "$(node_dir node-1)/daemons/$1"
}
for daemon in kubelet containerd kube-apiserver; do
  check "up starts a killed $daemon again" kill_and_restart "$daemon"
done
check 'the pods ran on' one_httpd
check 'status says that all is well' "$testbed_dir/status"
finish

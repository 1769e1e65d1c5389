# shellcheck shell=bash
# Certificates of the cluster: one authority, made anew with each cluster, and a kubeconfig for each client.

pki_dir=$state_dir/pki

make_authority() {
  mkdir -p "$pki_dir"
  chmod 700 "$pki_dir"
  cat >"$pki_dir/openssl.cnf" <<'END'
[req]
distinguished_name = name
prompt = no
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth, serverAuth
END
  openssl_request ca /CN=lockclaim-testbed -extensions authority
  openssl ecparam -name prime256v1 -genkey -noout -out "$pki_dir/service-accounts.key"
  openssl ec -in "$pki_dir/service-accounts.key" -pubout -out "$pki_dir/service-accounts.pub" 2>/dev/null
}

# The kind of key that openssl_request makes.
key_kind=(ec -pkeyopt ec_paramgen_curve:prime256v1)

# openssl_request NAME SUBJECT OPTION...: NAME.crt and NAME.key.
openssl_request() {
  local name=$1 subject=$2
  shift 2
  openssl req -x509 -config "$pki_dir/openssl.cnf" -newkey "${key_kind[@]}" -nodes \
    -days 3650 -subj "$subject" -keyout "$pki_dir/$name.key" -out "$pki_dir/$name.crt" "$@" 2>"$pki_dir/openssl.log" ||
    die "openssl could not make the certificate $name (version 3 or later is needed): $(tail -n 1 "$pki_dir/openssl.log")"
}

# make_certificate NAME SUBJECT [ALTERNATIVE_NAMES]
make_certificate() {
  local names=()
  [[ -z ${3-} ]] || names=(-addext "subjectAltName=$3")
  openssl_request "$1" "$2" -extensions leaf -CA "$pki_dir/ca.crt" -CAkey "$pki_dir/ca.key" "${names[@]}"
}

# make_kubeconfig CERTIFICATE_NAME FILE
make_kubeconfig() {
  (
    umask 077
    cat >"$2.new" <<END
apiVersion: v1
kind: Config
clusters:
  - name: testbed
    cluster:
      server: $api_server
      certificate-authority-data: $(base64 -w0 "$pki_dir/ca.crt")
users:
  - name: $1
    user:
      client-certificate-data: $(base64 -w0 "$pki_dir/$1.crt")
      client-key-data: $(base64 -w0 "$pki_dir/$1.key")
contexts:
  - name: testbed
    context: {cluster: testbed, user: $1}
current-context: testbed
END
  )
  mv "$2.new" "$2"
}

make_control_plane_certificates() {
  local service=kubernetes.default.svc
  make_certificate apiserver /CN=kube-apiserver \
    "IP:$api_address,IP:10.96.0.1,IP:127.0.0.1,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:$service,DNS:$service.cluster.local"
  make_certificate apiserver-kubelet /O=system:masters/CN=kube-apiserver
  # Read by whatever client the user has: some know RSA only.
  (
    key_kind=(rsa:2048)
    make_certificate admin /O=system:masters/CN=admin
  )
  make_kubeconfig admin "$kubeconfig"
  local client
  for client in kube-controller-manager kube-scheduler kube-proxy; do
    make_certificate "$client" "/CN=system:$client"
    make_kubeconfig "$client" "$pki_dir/$client.kubeconfig"
  done
}

# make_node_certificate NODE: the kubelet's, as server and as client.
make_node_certificate() {
  make_certificate "kubelet-$1" "/O=system:nodes/CN=system:node:$1" "IP:$(node_address "$1"),DNS:$1"
  make_kubeconfig "kubelet-$1" "$pki_dir/kubelet-$1.kubeconfig"
}

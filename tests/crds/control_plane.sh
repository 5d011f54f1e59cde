# Sourced: a kube-apiserver with its etcd on loopback, and nothing else, in a folder of its own.
#
#   start_control_plane DIR BIN    writes DIR/kubeconfig; ports are free ones
#   stop_control_plane             ends both

# Certificates of an authority of our own: the server's, and an administrator's.
make_certificates() { # DIR
  local dir=$1
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout "$dir/ca.key" -out "$dir/ca.crt" -subj /CN=ca
  local name subject extension
  while IFS='|' read -r name subject extension; do
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/$name.key" -out "$dir/$name.csr" -subj "$subject"
    openssl x509 -req -in "$dir/$name.csr" -CA "$dir/ca.crt" -CAkey "$dir/ca.key" -CAcreateserial -days 2 -out "$dir/$name.crt" \
      -extfile <(echo "$extension")
  done <<'L'
server|/CN=server|subjectAltName=IP:127.0.0.1
admin|/O=system:masters/CN=admin|extendedKeyUsage=clientAuth
L
  openssl genrsa -out "$dir/accounts.key" 2048
}

# Three ports that nobody holds. (Another process may take one before we do: start_control_plane tries again.)
pick_ports() {
  local port picked=()
  while [ ${#picked[@]} -lt 3 ]; do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || picked+=("$port")
  done
  echo "${picked[@]}"
}

start_once() { # DIR BIN PORT PORT PORT
  local dir=$1 bin=$2 api=$3 client=$4 peer=$5
  rm -rf "$dir/etcd"
  "$bin/etcd" --data-dir="$dir/etcd" --unsafe-no-fsync --listen-client-urls="http://127.0.0.1:$client" \
    --advertise-client-urls="http://127.0.0.1:$client" --listen-peer-urls="http://127.0.0.1:$peer" \
    --initial-advertise-peer-urls="http://127.0.0.1:$peer" --initial-cluster="default=http://127.0.0.1:$peer" >"$dir/etcd.log" 2>&1 &
  control_plane=$!
  "$bin/kube-apiserver" --etcd-servers="http://127.0.0.1:$client" --bind-address=127.0.0.1 --advertise-address=127.0.0.1 \
    --secure-port="$api" --endpoint-reconciler-type=none --tls-cert-file="$dir/server.crt" --tls-private-key-file="$dir/server.key" \
    --client-ca-file="$dir/ca.crt" --authorization-mode=RBAC --service-cluster-ip-range=10.0.0.0/24 \
    --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$dir/accounts.key" \
    --service-account-signing-key-file="$dir/accounts.key" >"$dir/kube-apiserver.log" 2>&1 &
  control_plane="$control_plane $!"
  cat >"$dir/kubeconfig" <<K
apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "https://127.0.0.1:$api", certificate-authority: "$dir/ca.crt"}}]
users: [{name: admin, user: {client-certificate: "$dir/admin.crt", client-key: "$dir/admin.key"}}]
contexts: [{name: test, context: {cluster: test, user: admin}}]
current-context: test
K
  local end=$((SECONDS + 90)) pid
  until "$bin/kubectl" --kubeconfig="$dir/kubeconfig" get --raw /readyz >/dev/null 2>&1; do
    for pid in $control_plane; do kill -0 "$pid" 2>/dev/null || return 1; done
    [ $SECONDS -lt $end ] || return 1
    sleep 0.2
  done
}

start_control_plane() { # DIR BIN
  mkdir -p "$1"
  make_certificates "$1" >"$1/certificates.log" 2>&1 || { cat "$1/certificates.log" >&2; return 1; }
  local try
  for try in 1 2 3; do
    # shellcheck disable=SC2046
    start_once "$1" "$2" $(pick_ports) && return
    stop_control_plane
  done
  echo "kube-apiserver does not come up; its last words:" >&2
  tail -5 "$1/etcd.log" "$1/kube-apiserver.log" >&2
  return 1
}

stop_control_plane() {
  # shellcheck disable=SC2086
  [ -z "${control_plane:-}" ] || { kill $control_plane; wait $control_plane; } 2>/dev/null || true
  control_plane=
}

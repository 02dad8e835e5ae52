#!/usr/bin/env bash
# TLS of the MCP server: what it shows, what it refuses to start with, and a certificate that is renewed.
. "$(dirname "$0")/lib.sh"

# make NAME: a certificate and its key
make() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -days 2 \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$1.key" -out "$1.pem" 2>/dev/null
}
shown() { curl -sSv --cacert "$1" "$url/livez" 2>&1 >/dev/null | grep -q "issuer: CN=$2"; }
up() { "$mahavishnu" up --detach --port 0 --set mcp.tls_certificate="$work/cert.pem" "$@"; }

make first
make second
cp first.pem cert.pem
cp second.key key.pem

# What it cannot use, it does not start with.
refused 2 "mcp.tls_key" up --detach --port 0 --set mcp.tls_certificate="$work/cert.pem"
refused 2 "cannot use the key of the HTTP server in '$work/key.pem': it does not belong" \
  up --detach --port 0 --set mcp.tls_certificate="$work/cert.pem" --set mcp.tls_key="$work/key.pem"
refused 2 "cannot use the certificate of the HTTP server in '$work/none.pem': No such file" \
  up --detach --port 0 --set mcp.tls_certificate="$work/none.pem" --set mcp.tls_key="$work/key.pem"

cp first.key key.pem
up --set mcp.tls_key="$work/key.pem" --set mcp.max_body_bytes=1024 --set mcp.max_headers=8 \
  --set mcp.max_url_bytes=50 --set mcp.max_header_bytes=600 >/dev/null
url=$("$mahavishnu" status -o json | jq -r .mcp.url)
contains "$url" "https://127.0.0.1:"
endpoint=$url
url=${url%/mcp}

# Real clients: 1.3 and 1.2, not older; HTTP/1.1 for one that would speak HTTP/2; trust.
is 200 "$(curl -sS --cacert first.pem -o /dev/null -w '%{http_code}' "$url/livez")" "answer over TLS"
is "200 1.1" "$(curl -sS --http2 --tls-max 1.2 --cacert first.pem -o /dev/null -w '%{http_code} %{http_version}' "$url/livez")" \
  "answer over TLS 1.2"
curl -sS --cacert second.pem "$url/livez" >/dev/null 2>&1 && fail "a client must not trust what it does not know"
contains "$(openssl s_client -connect "${url#https://}" </dev/null 2>/dev/null)" "TLSv1.3"
openssl s_client -connect "${url#https://}" -tls1_1 -cipher ALL:@SECLEVEL=0 </dev/null >/dev/null 2>&1 &&
  fail "TLS 1.1 must not be spoken"
is 400 "$(curl -sS -o /dev/null -w '%{http_code}' "http://${url#https://}/livez")" "answer to plain HTTP"

# MCP over it.
is 2025-11-25 "$(curl -sS --cacert first.pem "$endpoint" -H 'Content-Type: application/json' \
  -H 'Accept: application/json, text/event-stream' \
  -d '{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}' |
  jq -r .result.protocolVersion)" "answer of the endpoint"

# Our own clients trust it when they are given it, or have the settings of the server; nobody else's.
own=(--set mcp.tls_certificate="$work/cert.pem" --set mcp.tls_key="$work/key.pem")
hello='{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}'
asked() { echo "$hello" | "$mahavishnu" mcp stdio --connect "$@" | jq -r '.result.protocolVersion // .error.message'; }
run "$mahavishnu" mcp health
is 1 "$exit_code" "health of a server that is not to be trusted"
contains "$out" "not to be trusted"
contains "$(asked)" "not to be trusted"
for trust in "--ca-file=$work/first.pem" "${own[0]}=${own[1]} ${own[2]}=${own[3]}"; do
  # shellcheck disable=SC2086
  run "$mahavishnu" mcp health $trust
  is 0 "$exit_code" "health with $trust ($out)"
  # shellcheck disable=SC2086
  is 2025-11-25 "$(asked $trust)" "answer by way of stdio with $trust"
done
run "$mahavishnu" mcp health "${own[@]}" --ca-file "$work/second.pem"
is 1 "$exit_code" "health with the file that was given before that of the settings"
refused 2 "none.pem" mcp health --ca-file none.pem

# The limits are those of the settings.
code() { curl -sS --cacert first.pem -o /dev/null -w '%{http_code}' "$@"; }
is 413 "$(code "$endpoint" -H 'Content-Type: application/json' -d "$(printf '%1025s' x)")" "a large body"
is 414 "$(code "$url/$(printf '%050d' 0)")" "a long URL"
is 431 "$(code "$url/livez" -H a:1 -H b:1 -H c:1 -H d:1 -H e:1 -H f:1)" "many headers"
is 431 "$(code "$url/livez" -H "a: $(printf '%0600d' 0)")" "large headers"

# A renewed certificate is shown without a restart; one without its key is not.
shown first.pem first || fail "the first certificate should be shown"
cp second.pem cert.pem
refuses() {
  curl -sS --cacert first.pem "$url/livez" >/dev/null && grep -q "does not belong" "$MAHAVISHNU_STATE_DIR/server.log"
}
soon refuses || fail "the first certificate should still be shown, and the log should say why"
cp second.key key.pem
soon shown second.pem second || fail "the second certificate should be shown"

#!/usr/bin/env bash
# Tokens through the command line: made, checked, refused.
. "$(dirname "$0")/lib.sh"

run "$mahavishnu" auth secret
is 0 "$exit_code" "exit code of auth secret ($err)"
is 64 "${#out}" "length of a secret"
secret=$out
run "$mahavishnu" auth secret -o json
[ "$(json .secret)" != "$secret" ] || fail "the same secret twice"

refused 2 "mahavishnu auth secret" auth token create --user alice
refused 2 "nothing to check tokens with" auth token verify x
refused 2 "at least 32 characters" auth token create --user alice --set auth.secret=short

export MAHAVISHNU_AUTH__SECRET=$secret
run "$mahavishnu" auth token create --user alice --scope execute,read --expire 30
is 0 "$exit_code" "exit code of create ($err)"
token=$out
run "$mahavishnu" auth token verify "$token" -o json
is 0 "$exit_code" "exit code of verify ($err)"
is "true jwt alice" "$(json '"\(.valid) \(.method) \(.user_id)"')" "what the token says"
is '["read","execute"]' "$(json '.scopes | tojson')" "scopes in their order"
run bash -c '"$1" auth token verify - <<<"$2"' _ "$mahavishnu" "$token"
contains "$out" "User: alice"
contains "$out" "Scopes: read execute"

run "$mahavishnu" auth token create --user bob -o json
is '["read","write","execute"]' "$(json '.scopes | tojson')" "usual scopes"
[[ $out != *"$secret"* && $err != *"$secret"* ]] || fail "the secret was printed"

# Refused, with a reason and nothing of the token or the secret.
run "$mahavishnu" auth token verify "${token}x" -o json
is 1 "$exit_code" "exit code of verify with a changed token"
is "failed bad_signature unauthorized" "$(json '"\(.status) \(.kind) \(.code)"')" "a changed token"
[[ $out$err != *"$secret"* && $out$err != *"$token"* ]] || fail "too much was printed"
run env MAHAVISHNU_AUTH__SECRET="other-$secret" "$mahavishnu" auth token verify "$token" -o json
is "1 bad_signature" "$exit_code $(json .kind)" "a token of another secret"
refused 1 "three parts" auth token verify hello

refused 2 "there is no scope 'run'" auth token create --user alice --scope run
refused 2 "names none" auth token create --user alice --scope ''
refused 2 "" auth token create
refused 2 "" auth token create --user alice --expire 0
refused 2 "" auth token create --user alice --subscription qwen_free

# Audience and issuer.
run "$mahavishnu" auth token create --user alice --audience us --issuer me
token=$out
run "$mahavishnu" auth token verify "$token" -o json
is "1 wrong_audience" "$exit_code $(json .kind)" "a token for somebody, without auth.audience"
run "$mahavishnu" auth token verify "$token" --set auth.audience=us --set auth.issuer=me -o json
is '0 me ["us"]' "$exit_code $(json '"\(.issuer) \(.audience | tojson)"')" "a token for us"
run "$mahavishnu" auth token verify "$token" --set auth.audience=us --set auth.issuer=you -o json
is "1 wrong_issuer" "$exit_code $(json .kind)" "a token of somebody else"

# Subscriptions have a secret of their own.
refused 2 "subscription_auth.secret" auth token create --user alice --subscription codex
export MAHAVISHNU_SUBSCRIPTION_AUTH__SECRET=subscription-$secret MAHAVISHNU_SUBSCRIPTION_AUTH__ENABLED=true
run "$mahavishnu" auth token create --user alice --subscription codex
is 0 "$exit_code" "exit code of create for a subscription ($err)"
subscribed=$out
run "$mahavishnu" auth token verify "$subscribed" -o json
is "codex_subscription codex" "$(json '"\(.method) \(.subscription_type)"')" "a subscription"
is '["read","execute"]' "$(json '.scopes | tojson')" "scopes of a subscription"
run env MAHAVISHNU_SUBSCRIPTION_AUTH__ENABLED=false "$mahavishnu" auth token verify "$subscribed" -o json
is "1 bad_signature" "$exit_code $(json .kind)" "a subscription where none are accepted"
run env -u MAHAVISHNU_SUBSCRIPTION_AUTH__SECRET -u MAHAVISHNU_SUBSCRIPTION_AUTH__ENABLED "$mahavishnu" auth token verify "$subscribed" -o json
is "1 bad_signature" "$exit_code $(json .kind)" "a subscription without its secret"
refused 2 "set it to HS256" auth token create --user alice --subscription codex \
  --set subscription_auth.algorithm=RS256
unset MAHAVISHNU_SUBSCRIPTION_AUTH__SECRET MAHAVISHNU_SUBSCRIPTION_AUTH__ENABLED

# Pairs of keys, where the machine can make some.
if command -v openssl >/dev/null; then
  openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.key 2>/dev/null ||
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.key 2>/dev/null
  chmod 600 ec.key
  openssl pkey -in ec.key -pubout -out ec.pub
  export MAHAVISHNU_AUTH__ALGORITHM=ES256
  refused 2 "auth.private_key is not set" auth token create --user alice
  refused 2 "cannot be read" auth token create --user alice --set auth.private_key=nowhere
  export MAHAVISHNU_AUTH__PRIVATE_KEY=ec.key MAHAVISHNU_AUTH__PUBLIC_KEY=ec.pub
  run "$mahavishnu" auth token create --user carol
  is "0 " "$exit_code $err" "create with a private key"
  signed=$out
  run "$mahavishnu" auth token verify "$signed" -o json
  is "0 carol" "$exit_code $(json .user_id)" "verify with a public key"
  run "$mahavishnu" auth token create --user carol --set auth.key_id=mine
  contains "$(cut -d. -f1 <<<"$out" | tr '_-' '/+' | base64 -d 2>/dev/null)" '"kid":"mine"'
  run "$mahavishnu" auth token verify "$out" -o json
  is "0 carol" "$exit_code $(json .user_id)" "verify a token whose key has a name"
  refused 2 "set auth.public_key" auth token verify "$signed" --set auth.public_key= \
    --set auth.jwks_url=https://issuer.example/keys
  # The public key is no secret, and the secret is of no use here.
  run env MAHAVISHNU_AUTH__ALGORITHM=HS256 "$mahavishnu" auth token create --user mallory
  run "$mahavishnu" auth token verify "$out" -o json
  is "1 wrong_algorithm" "$exit_code $(json .kind)" "a token with the secret"
  refused 2 "openssl pkey" auth token verify "$signed" --set auth.public_key=ec.key
  chmod 644 ec.key
  run "$mahavishnu" auth token create --user carol
  contains "$err" "others can read the private key"
fi

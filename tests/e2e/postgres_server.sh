# A PostgreSQL of a test's own behind a UNIX socket, for tests that have sourced lib.sh. Without one
# to be found the test is skipped; with MAHAVISHNU_TEST_POSTGRES=required it fails.

# Where Debian has them, which is in no path; and where others have them.
postgres_programs=
for place in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV) /usr/local/pgsql/bin /usr/local/bin /usr/bin; do
  if [ -x "$place/initdb" ] && [ -x "$place/postgres" ]; then
    postgres_programs=$place
    break
  fi
done
# It does not run as root.
as_postgres=()
if [ "$(id -u)" = 0 ]; then
  as_postgres=(setpriv --reuid postgres --regid postgres --init-groups --)
  id postgres >/dev/null 2>&1 || postgres_programs=
fi
if [ -z "$postgres_programs" ]; then
  [ "${MAHAVISHNU_TEST_POSTGRES:-}" != required ] ||
    fail "PostgreSQL is not installed, and MAHAVISHNU_TEST_POSTGRES says that it has to be"
  echo "SKIPPED: PostgreSQL is not installed (scripts/setup test)"
  exit 77
fi

# In memory if there is room: it is killed, and its machine is not. After a crash it syncs a thousand
# files one by one, and a disk may be slow.
postgres_place=${TMPDIR:-/tmp}
if [ -d /dev/shm ] && [ "$(df --output=avail -k /dev/shm | tail -n 1)" -gt 2000000 ]; then
  postgres_place=/dev/shm
fi
postgres_dir=$(mktemp -d -p "$postgres_place")
postgres_pid=
after_all() {
  [ -z "$postgres_pid" ] || stop_postgres QUIT
  rm -rf "$postgres_dir"
}

# It goes with the test, however that ends.
# Who it is comes first: that takes the signal away.
postgres_command=("${as_postgres[@]}" setpriv --pdeathsig QUIT "$postgres_programs/postgres"
  -D "$postgres_dir/data" -k "$postgres_dir" -c listen_addresses= -c shared_buffers=16MB)
start_postgres() {
  (cd / && exec "${postgres_command[@]}" </dev/null >>"$postgres_dir/log" 2>&1) &
  postgres_pid=$!
  local tries
  for tries in {1..1200}; do
    ! "$postgres_programs/pg_isready" -q -h "$postgres_dir" || return 0
    runs "$postgres_pid" || break
    read -rt 0.05 <> <(:) || true
  done
  fail "PostgreSQL does not start: $(cat "$postgres_dir/log")"
}

# stop_postgres SIGNAL: INT ends it in order, whoever is connected; QUIT as in a crash
stop_postgres() {
  kill "-$1" "$postgres_pid"
  wait "$postgres_pid" || true
  postgres_pid=
}

if [ "$(id -u)" = 0 ]; then
  chown postgres "$postgres_dir"
fi
(cd / && "${as_postgres[@]}" "$postgres_programs/initdb" -N --no-instructions -D "$postgres_dir/data" \
  -U mahavishnu -A trust -E UTF8 --locale=C) >"$postgres_dir/initdb.log" 2>&1 || fail "$(cat "$postgres_dir/initdb.log")"

# The password is of no use there, and must be seen nowhere.
postgres_password=n0t-to-be-seen
# postgres_url SCHEMA
postgres_url() {
  echo "postgresql://mahavishnu:$postgres_password@/postgres?host=$postgres_dir&options=-csearch_path%3D$1"
}

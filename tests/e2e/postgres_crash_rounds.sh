#!/usr/bin/env bash
# Servers that are killed at random moments, with their journal in PostgreSQL.
#
#   postgres_crash_rounds.sh MAHAVISHNU [ROUNDS [SEED]]
. "$(dirname "$0")/lib.sh"
. "$here/postgres_server.sh"

start_postgres
MAHAVISHNU_STORAGE__URL=$(postgres_url crash) python3 "$here/crash_rounds.py" "$@"

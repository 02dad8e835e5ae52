#!/usr/bin/env bash
# Servers that are killed at random moments, and their PostgreSQL with them or without them.
#
#   postgres_crash_rounds.sh MAHAVISHNU [ROUNDS [SEED]]
. "$(dirname "$0")/lib.sh"
. "$here/postgres_server.sh"

# The rounds start it, since they kill it.
export POSTGRES_COMMAND="${postgres_command[*]}" POSTGRES_READY="$postgres_programs/pg_isready -q -h $postgres_dir"
MAHAVISHNU_STORAGE__URL=$(postgres_url crash) python3 "$here/crash_rounds.py" "$@"

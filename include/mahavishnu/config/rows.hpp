// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/config/row.hpp"

#include <array>

namespace mahavishnu::config {

namespace words {

constexpr row plain(kind of, std::string_view group, std::string_view name, std::string_view value,
                    std::string_view doc) {
  row made;
  made.group = group;
  made.name = name;
  made.kind = of;
  made.default_text = value;
  made.doc = doc;
  return made;
}
constexpr row boolean(std::string_view group, std::string_view name, std::string_view value,
                      std::string_view doc) {
  return plain(kind::boolean, group, name, value, doc);
}
constexpr row integer(std::string_view group, std::string_view name, std::string_view value,
                      double min, double max, std::string_view doc) {
  return plain(kind::integer, group, name, value, doc).between(min, max);
}
constexpr row number(std::string_view group, std::string_view name, std::string_view value,
                     double min, double max, std::string_view doc) {
  return plain(kind::number, group, name, value, doc).between(min, max);
}
constexpr row text(std::string_view group, std::string_view name, std::string_view value,
                   std::string_view doc) {
  return plain(kind::text, group, name, value, doc);
}
constexpr row choice(std::string_view group, std::string_view name, std::string_view value,
                     name_list choices, std::string_view doc) {
  return plain(kind::choice, group, name, value, doc).of(choices);
}
constexpr row list(std::string_view group, std::string_view name, std::string_view value,
                   std::string_view doc) {
  return plain(kind::text_list, group, name, value, doc);
}

} // namespace words

/// Every group, in the order in which people read about them.
inline constexpr auto groups = std::to_array<group>({
    {"mcp", "The MCP server: where it listens and what one request may cost."},
    {"pools", "Pools of workers and how tasks find one."},
    {"workers", "What a single worker runs, and for how long."},
    {"feed", "The notices that pools send, for those who listen."},
    {"exec", "The processes that tasks run in."},
    {"storage", "The journal: what outlives the server."},
    {"actors", "The threads that the actors share."},
    {"control", "The socket through which commands reach their server."},
    {"auth", "Tokens that callers have to show."},
    {"subscription_auth", "Tokens of Claude and Codex subscriptions."},
    {"terminal", "Terminal sessions."},
    {"otel_storage", "Traces in PostgreSQL, and search in them."},
    {"otel_ingester", "Traces in a local store, and search in them."},
    {"session_buddy_polling", "Reading metrics from Session-Buddy."},
    {"qc", "Quality checks."},
    {"session", "Checkpoints of a session."},
    {"resilience", "Retries and circuit breakers."},
    {"observability", "Metrics and traces about the server itself."},
    {"adapters", "Engines that can run a workflow."},
    {"llm", "The model for embeddings."},
    {"opensearch", "The search index."},
    {"oneiric_mcp", "The registry of Oneiric adapters."},
});

/// Every setting, declared once. Rows of one group stand together, the top level first.
inline constexpr auto rows = std::to_array<row>({
    words::text("", "server_name", "Mahavishnu Orchestrator",
                "Name that the server gives to its clients.")
        .used(),
    words::boolean("", "debug", "false", "Log everything: the same as log_level DEBUG.").used(),
    words::text("", "state_dir", "",
                "Where the server keeps its state; empty: $XDG_STATE_HOME/mahavishnu or "
                "~/.local/state/mahavishnu.")
        .used(),
    words::choice("", "log_level", "INFO", {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"},
                  "The least important kind of message that is logged.")
        .used(),
    words::text("", "log_file", "", "File that gets the log as well as stderr; empty: stderr only.")
        .used(),
    words::choice("", "log_format", "text", {"text", "json"},
                  "Log lines for people, or one JSON object a line.")
        .used(),
    words::text("", "repos_path", "settings/repos.yaml", "File that lists the repositories."),
    words::list("", "allowed_repo_paths", "",
                "Directories that may hold repositories; empty: any."),
    words::integer("", "max_concurrent_workflows", "10", 1, 100, "Workflows that run at a time."),
    words::boolean("", "shell_enabled", "true", "Allow the interactive shell."),
    words::text("", "cross_project_auth_secret", "", "Secret that signs messages between projects.")
        .masked(),
    words::text("", "cache_root", ".oneiric_cache", "Directory for things that can be made again."),
    words::number("", "health_ttl_seconds", "60", 0, 86400,
                  "How long a health answer counts as fresh.")
        .in("seconds"),

    words::text("mcp", "host", "127.0.0.1", "Address to listen on.").used(),
    words::integer("mcp", "port", "8680", 0, 65535, "Port to listen on; 0: a free one.").used(),
    words::text("mcp", "path", "/mcp", "Path of the MCP endpoint.").used(),
    words::boolean("mcp", "conformance_fixtures", "false",
                   "Offer the tools, prompts and resources of the official conformance suite too.")
        .used(),
    words::integer("mcp", "max_connections", "1024", 1, 10000,
                   "Connections that are open at a time.")
        .used(),
    words::integer("mcp", "max_body_bytes", "4194304", 1024, 67108864,
                   "Largest request that is read.")
        .in("bytes")
        .used(),
    words::integer("mcp", "max_header_bytes", "16384", 256, 1048576,
                   "Largest head of a request: its first line and its headers.")
        .in("bytes")
        .used(),
    words::integer("mcp", "max_headers", "100", 1, 10000, "Headers that a request may have.")
        .used(),
    words::integer("mcp", "max_url_bytes", "8192", 16, 1048576, "Longest URL of a request.")
        .in("bytes")
        .used(),
    words::integer("mcp", "max_stream_bytes", "8388608", 65536, 1073741824,
                   "What may wait for the client of a stream before it counts as gone.")
        .in("bytes")
        .used(),
    words::integer("mcp", "request_timeout_seconds", "30", 1, 3600,
                   "Time in which a request has to arrive, and an answer has to be taken.")
        .in("seconds")
        .used(),
    words::integer("mcp", "idle_timeout_seconds", "60", 1, 86400,
                   "How long a connection is kept on which nothing is asked.")
        .in("seconds")
        .used(),
    words::text("mcp", "tls_certificate", "",
                "File with the certificate of the server and those that it was signed with, in "
                "PEM; with it and a key, the server speaks TLS only.")
        .used(),
    words::text("mcp", "tls_key", "",
                "File with the private key of the certificate, in PEM without a passphrase.")
        .used(),
    words::list("mcp", "allowed_hosts", "",
                "Names under which clients may reach the server, besides localhost, 127.0.0.1, "
                "[::1] and mcp.host; pages of these may call it too.")
        .used(),
    words::integer("mcp", "rate_limit_per_minute", "0", 0, 10000000,
                   "Requests that a caller may send in the long run; 0: as many as it likes.")
        .used(),
    words::integer("mcp", "rate_limit_burst", "20", 1, 1000000,
                   "Requests that a caller may send at once after a pause, when there is a rate "
                   "limit.")
        .used(),
    words::integer("mcp", "max_requests_per_caller", "512", 0, 10000,
                   "Requests of one caller that are answered at a time; 0: as many as there are "
                   "connections.")
        .used(),

    words::boolean("pools", "enabled", "true", "Offer pools at all.").was({"pools_enabled"}).used(),
    words::choice("pools", "default_type", "mahavishnu",
                  {"mahavishnu", "session-buddy", "kubernetes"},
                  "Type of a pool that is spawned without one.")
        .was({"default_pool_type"})
        .used(),
    words::choice("pools", "routing_strategy", "least_loaded",
                  {"round_robin", "least_loaded", "random", "affinity"},
                  "How a task finds its pool when it names none.")
        .was({"pool_routing_strategy"})
        .used(),
    words::integer("pools", "min_workers", "1", 1, 10, "Workers that a new pool starts with.")
        .was({"pool_default_min_workers"})
        .used(),
    words::integer("pools", "max_workers", "10", 1, 100, "Workers that a new pool may grow to.")
        .was({"pool_default_max_workers"})
        .used(),
    words::integer("pools", "queue_limit", "1000", 1, 1000000,
                   "Tasks that may wait in one pool; more are refused.")
        .used(),
    words::number("pools", "wait_limit", "30", 0.001, 2592000,
                  "How long a task may wait for room in a pool whose when_full is wait.")
        .in("seconds")
        .used(),
    words::number("pools", "idle_limit", "60", 0.001, 2592000,
                  "How long a worker idles before a pool with auto_scale lets it go.")
        .in("seconds")
        .used(),
    words::integer("pools", "retry_max_attempts", "1", 1, 100,
                   "How often a task is tried when it fails; 1: once.")
        .used(),
    words::number("pools", "retry_delay", "1", 0.001, 86400, "Pause before the second try.")
        .in("seconds")
        .used(),
    words::number("pools", "retry_factor", "2", 1, 100, "How much longer each further pause is.")
        .used(),
    words::number("pools", "retry_max_delay", "60", 0.001, 2592000, "The longest pause.")
        .in("seconds")
        .used(),
    words::integer("pools", "retry_jitter", "20", 0, 100,
                   "By how much chance makes a pause shorter or longer.")
        .in("percent")
        .used(),
    words::list("pools", "retry_on", "failed, timeout, lost",
                "Which ends of a task are tried again.")
        .used(),
    words::integer("pools", "restart_limit", "10", -1, 100000,
                   "Workers that a pool replaces within its restart_window; -1: none.")
        .used(),
    words::number("pools", "restart_window", "60", 0.001, 2592000,
                  "The time in which those restarts count.")
        .in("seconds")
        .used(),
    words::integer("pools", "history_limit", "1000", 1, 1000000,
                   "Ended tasks that a pool remembers.")
        .used(),
    words::integer("pools", "history_bytes", "67108864", 0, 17179869184,
                   "Output of ended tasks that a pool keeps.")
        .in("bytes")
        .used(),
    words::boolean("pools", "delegation", "true",
                   "Let a pool whose tasks wait give some to one that idles.")
        .used(),
    words::integer("pools", "batch_in_flight", "1000", 1, 1000000,
                   "Tasks of one batch that are in pools at a time.")
        .used(),
    words::integer("pools", "idempotency_keys", "10000", 1, 10000000,
                   "Idempotency keys of ended tasks that are remembered.")
        .used(),
    words::number("pools", "heartbeat", "30", 1, 86400,
                  "Pause between two signs of life of a pool.")
        .in("seconds")
        .used(),
    words::boolean("pools", "memory_aggregation_enabled", "true",
                   "Remember what ended tasks were asked and have said, so that it can be "
                   "searched; needs storage.enabled.")
        .was({"memory_aggregation_enabled"})
        .used(),
    words::integer("pools", "memory_sync_interval", "60", 10, 600,
                   "Pause between two turns of sending records to Session-Buddy and Akosha.")
        .in("seconds")
        .was({"memory_sync_interval"})
        .used(),
    words::text("pools", "session_buddy_url", "http://localhost:8678/mcp",
                "MCP endpoint of Session-Buddy, which gets the records; empty: it gets none.")
        .was({"session_buddy_pool_url"})
        .used(),
    words::text("pools", "akosha_url", "http://localhost:8682/mcp",
                "MCP endpoint of Akosha, which gets the records; empty: it gets none.")
        .was({"akosha_url"})
        .used(),
    words::text("pools", "session_buddy_token", "", "Bearer token for Session-Buddy.")
        .masked()
        .used(),
    words::text("pools", "akosha_token", "", "Bearer token for Akosha.").masked().used(),

    words::boolean("workers", "enabled", "true", "Offer single workers, outside of pools.")
        .was({"workers_enabled"})
        .used(),
    words::integer("workers", "max_concurrent", "10", 1, 100,
                   "Tasks that run at a time on all single workers together.")
        .was({"max_concurrent_workers"})
        .used(),
    words::text("workers", "default_type", "terminal-qwen",
                "Type of a worker that is started without one.")
        .was({"worker_default_type"})
        .used(),
    words::integer("workers", "timeout_seconds", "300", 30, 3600,
                   "Time that a task gets when it names none.")
        .in("seconds")
        .was({"worker_timeout_seconds"})
        .used(),
    words::boolean("workers", "session_buddy_integration", "true",
                   "Send results of workers to Session-Buddy."),

    words::integer("feed", "max_subscribers", "1000", 1, 100000,
                   "Subscriptions to notices that exist at a time.")
        .used(),
    words::integer("feed", "idle_limit", "300", 1, 86400,
                   "Time after which a subscription that nobody reads ends.")
        .in("seconds")
        .used(),

    words::integer("exec", "output_limit_bytes", "1048576", 1024, 8388608,
                   "Output that is kept, for each stream of each task.")
        .in("bytes")
        .used(),
    words::boolean("exec", "keepers", "true",
                   "Whether the processes of a pool have a parent of their own, which outlives the "
                   "server; without, they end with it.")
        .used(),
    words::integer("exec", "grace_seconds", "5", 0, 300, "Time between SIGTERM and SIGKILL.")
        .in("seconds")
        .used(),

    words::boolean("storage", "enabled", "true",
                   "Keep a journal: pools, tasks and results outlive the server.")
        .used(),
    words::text("storage", "url", "",
                "Where the journal is: postgresql://user:password@host/database, in the schema "
                "mahavishnu or another one with ?options=-csearch_path%3DNAME; empty: in the state "
                "directory.")
        .masked()
        .used(),
    words::choice("storage", "durability", "sync", {"sync", "async", "none"},
                  "What of the tasks of a pool outlives the server, where the pool does not say: "
                  "all, what is a moment old, or nothing.")
        .used(),
    words::integer("storage", "keep_days", "30", 0, 36500,
                   "How long a task that has ended is kept; 0: for ever.")
        .in("days")
        .used(),
    words::integer("storage", "keep_tasks", "1000000", 0, 1e12,
                   "How many tasks that have ended are kept; 0: all.")
        .used(),
    words::integer("storage", "output_bytes", "10737418240", 0, 1e15,
                   "How much is kept of outputs that are longer than exec.output_limit_bytes, each "
                   "whole up to 64 MiB; the oldest go first; 0: none.")
        .in("bytes")
        .used(),

    words::choice("actors", "scheduler", "sharing", {"sharing", "stealing"},
                  "How threads share the work: one queue, or one each.")
        .used(),
    words::integer("actors", "threads", "0", 0, 256,
                   "Threads for actors; 0: as many as cores, at least 2.")
        .used(),
    words::integer("actors", "max_throughput", "100", 1, 10000,
                   "Messages that an actor handles before it lets others run.")
        .used(),
    words::integer("actors", "shutdown_timeout_seconds", "10", 1, 300,
                   "Time after which a shutdown that hangs is cut short.")
        .in("seconds")
        .used(),

    words::integer("control", "max_connections", "256", 1, 4096,
                   "Commands that are connected at a time.")
        .used(),
    words::integer("control", "max_message_bytes", "16777216", 65536, 268435456,
                   "Largest message that is read.")
        .in("bytes")
        .used(),
    words::integer("control", "handshake_timeout_seconds", "2", 1, 60,
                   "Time in which a new connection has to introduce itself.")
        .in("seconds")
        .used(),
    words::integer("control", "heartbeat_seconds", "2", 1, 60, "Pause between two signs of life.")
        .in("seconds")
        .used(),
    words::integer("control", "peer_timeout_seconds", "10", 2, 600,
                   "Silence after which a peer counts as gone.")
        .in("seconds")
        .used(),

    words::boolean("auth", "enabled", "false",
                   "Ask callers for a token; else only the own user may call, on this machine.")
        .used(),
    words::text("auth", "secret", "", "Secret that signs tokens, at least 32 characters.")
        .masked()
        .was({"auth_secret"})
        .used(),
    words::choice("auth", "algorithm", "HS256", {"HS256", "RS256", "ES256"},
                  "How tokens are signed: with the secret, or with a pair of keys.")
        .used(),
    words::integer("auth", "expire_minutes", "60", 5, 1440, "How long a token is valid.")
        .in("minutes")
        .used(),
    words::text("auth", "public_key", "",
                "File with the public keys, PEM or JWKS, for RS256 and ES256.")
        .used(),
    words::text("auth", "private_key", "",
                "File with the private key in PEM, for RS256 and ES256; only to make tokens.")
        .used(),
    words::text("auth", "key_id", "",
                "Name of the private key (kid), which new tokens bear; a JWKS with names needs it.")
        .used(),
    words::text("auth", "jwks_url", "",
                "Where the public keys are fetched as a JWKS, instead of a file: https, or http on "
                "this machine.")
        .used(),
    words::integer("auth", "jwks_refresh_seconds", "600", 30, 86400,
                   "Age at which keys from auth.jwks_url are fetched again.")
        .in("seconds")
        .used(),
    words::text("auth", "issuer", "",
                "Who must have made a token (iss); empty: anybody with a key.")
        .used(),
    words::text("auth", "audience", "",
                "Whom a token must be for (aud); empty: only tokens without any are accepted, or, "
                "with authorization servers, those for auth.resource.")
        .used(),
    words::integer("auth", "leeway_seconds", "0", 0, 300,
                   "How far the clock of whoever makes tokens may be off.")
        .in("seconds")
        .used(),
    words::boolean("auth", "trust_roles", "false",
                   "With public keys: roles in a token that says nothing of scopes allow what they "
                   "allowed before there were scopes; with a secret they always do.")
        .used(),
    words::text(
        "auth",
        "resource", "",
        "Address of the MCP endpoint as clients know it; empty: http, mcp.host, mcp.port and "
        "mcp.path.")
        .used(),
    words::list("auth", "authorization_servers", "",
                "Where clients get tokens, which the server tells them (RFC 9728); empty: it does "
                "not.")
        .used(),
    words::text(
        "auth",
        "audit_log", "",
        "File that gets a line for each call of a tool and each refusal; empty: audit.log in "
        "the state directory when auth is enabled, else none; off: none.")
        .used(),
    words::integer("auth", "audit_log_bytes", "268435456", 65536, 1099511627776,
                   "Length at which the audit log is put aside, as its name with .1, and a new one "
                   "begun.")
        .in("bytes")
        .used(),

    words::boolean("subscription_auth", "enabled", "false", "Accept subscription tokens.").used(),
    words::text("subscription_auth", "secret", "",
                "Secret that signs subscription tokens, at least 32 characters.")
        .masked()
        .used(),
    words::choice(
        "subscription_auth", "algorithm", "HS256", {"HS256", "RS256"},
        "How subscription tokens are signed; only HS256 can be used, as there are no keys "
        "for them.")
        .used(),
    words::integer("subscription_auth", "expire_minutes", "60", 5, 1440,
                   "How long a subscription token is valid.")
        .in("minutes")
        .used(),

    words::boolean("terminal", "enabled", "false", "Offer terminal sessions.").used(),
    words::integer("terminal", "default_columns", "120", 40, 300, "Width of a new terminal.")
        .used(),
    words::integer("terminal", "default_rows", "40", 10, 200, "Height of a new terminal.").used(),
    words::integer("terminal", "capture_lines", "100", 1, 10000, "Lines that a capture returns.")
        .used(),
    words::number("terminal", "poll_interval", "0.5", 0.1, 10,
                  "Pause between two looks at a terminal.")
        .in("seconds"),
    words::integer("terminal", "max_concurrent_sessions", "20", 1, 100,
                   "Terminals that are open at a time.")
        .used(),
    words::text("terminal", "adapter_preference", "auto", "Program that provides terminals."),
    words::boolean("terminal", "iterm2_pooling_enabled", "true", "Keep iTerm2 connections open."),
    words::integer("terminal", "iterm2_pool_max_size", "3", 1, 10,
                   "iTerm2 connections that are kept."),
    words::number("terminal", "iterm2_pool_idle_timeout", "300", 30, 3600,
                  "Time after which an idle iTerm2 connection is closed.")
        .in("seconds"),
    words::text("terminal", "iterm2_default_profile", "", "iTerm2 profile; empty: its default."),

    words::boolean("otel_storage", "enabled", "false", "Keep traces in PostgreSQL.")
        .was({"otel_storage_enabled"}),
    words::text("otel_storage", "connection_string", "",
                "postgresql://user:password@host/database.")
        .masked()
        .was({"otel_storage_connection_string"}),
    words::text("otel_storage", "embedding_model", "all-MiniLM-L6-v2", "Model for embeddings."),
    words::integer("otel_storage", "embedding_dimension", "384", 128, 1024,
                   "Length of an embedding."),
    words::integer("otel_storage", "cache_size", "1000", 100, 10000, "Embeddings that are cached."),
    words::number("otel_storage", "similarity_threshold", "0.85", 0, 1,
                  "How alike two traces must be to count as a hit."),
    words::integer("otel_storage", "batch_size", "100", 10, 1000, "Traces that one write holds."),
    words::integer("otel_storage", "batch_interval_seconds", "5", 1, 60,
                   "Time after which a smaller batch is written too.")
        .in("seconds"),
    words::integer("otel_storage", "max_retries", "3", 1, 10, "Tries for one write."),
    words::integer("otel_storage", "circuit_breaker_threshold", "5", 3, 20,
                   "Failures after which writing pauses."),

    words::boolean("otel_ingester", "enabled", "false", "Keep traces in a local store."),
    words::text("otel_ingester", "hot_store_path", ":memory:", "File of the local store."),
    words::text("otel_ingester", "embedding_model", "all-MiniLM-L6-v2", "Model for embeddings."),
    words::integer("otel_ingester", "cache_size", "1000", 100, 10000,
                   "Embeddings that are cached."),
    words::number("otel_ingester", "similarity_threshold", "0.7", 0, 1,
                  "How alike two traces must be to count as a hit."),

    words::boolean("session_buddy_polling", "enabled", "false", "Read metrics regularly."),
    words::text("session_buddy_polling", "endpoint", "http://localhost:8678/mcp",
                "MCP endpoint of Session-Buddy."),
    words::integer("session_buddy_polling", "interval_seconds", "30", 5, 600,
                   "Pause between two readings.")
        .in("seconds"),
    words::integer("session_buddy_polling", "timeout_seconds", "10", 1, 60,
                   "Time that one reading may take.")
        .in("seconds"),
    words::integer("session_buddy_polling", "max_retries", "3", 0, 10, "Tries for one reading."),
    words::integer("session_buddy_polling", "retry_delay_seconds", "5", 1, 60,
                   "Pause before the next try.")
        .in("seconds"),
    words::integer("session_buddy_polling", "circuit_breaker_threshold", "5", 1, 20,
                   "Failures after which reading pauses."),
    words::list("session_buddy_polling", "metrics_to_collect",
                "get_activity_summary, get_workflow_metrics, get_session_analytics, "
                "get_performance_metrics",
                "Tools that are asked."),

    words::boolean("qc", "enabled", "true", "Run quality checks."),
    words::integer("qc", "min_score", "80", 0, 100, "Score that counts as passed."),
    words::list("qc", "checks", "linting, type_checking, security_scan", "Checks that are run."),

    words::boolean("session", "enabled", "true", "Make checkpoints."),
    words::integer("session", "checkpoint_interval", "60", 10, 600,
                   "Pause between two checkpoints.")
        .in("seconds"),

    words::integer("resilience", "retry_max_attempts", "3", 1, 10, "Tries for one operation."),
    words::number("resilience", "retry_base_delay", "1", 0.1, 60, "Pause before the second try.")
        .in("seconds"),
    words::integer("resilience", "circuit_breaker_threshold", "5", 1, 100,
                   "Failures after which an operation pauses."),
    words::integer("resilience", "timeout_per_repo", "300", 30, 3600,
                   "Time that the work on one repository may take.")
        .in("seconds"),

    words::boolean("observability", "metrics_enabled", "true", "Offer metrics."),
    words::boolean("observability", "tracing_enabled", "true", "Send traces."),
    words::text("observability", "otlp_endpoint", "http://localhost:4317", "Where traces go."),

    words::boolean("adapters", "prefect_enabled", "true", "Offer Prefect."),
    words::boolean("adapters", "llamaindex_enabled", "true", "Offer LlamaIndex."),
    words::boolean("adapters", "agno_enabled", "true", "Offer Agno."),

    words::text("llm", "model", "nomic-embed-text", "Name of the model."),
    words::text("llm", "ollama_base_url", "http://localhost:11434", "Where Ollama answers."),

    words::text("opensearch", "endpoint", "https://localhost:9200", "Where OpenSearch answers."),
    words::text("opensearch", "index_name", "mahavishnu_code", "Name of the index."),
    words::boolean("opensearch", "verify_certs", "true", "Check the certificate of the server."),
    words::text("opensearch", "ca_certs", "", "File with certificates that are trusted."),
    words::boolean("opensearch", "use_ssl", "true", "Speak TLS."),
    words::boolean("opensearch", "ssl_assert_hostname", "true",
                   "Check that the certificate names the host."),
    words::boolean("opensearch", "ssl_show_warn", "true", "Warn about certificates not checked."),

    words::boolean("oneiric_mcp", "enabled", "false", "Ask the registry."),
    words::text("oneiric_mcp", "grpc_host", "localhost", "Host of the registry."),
    words::integer("oneiric_mcp", "grpc_port", "8679", 1, 65535, "Port of the registry."),
    words::boolean("oneiric_mcp", "use_tls", "false", "Speak TLS."),
    words::integer("oneiric_mcp", "timeout_sec", "30", 5, 120, "Time that one question may take.")
        .in("seconds"),
    words::integer("oneiric_mcp", "cache_ttl_sec", "300", 0, 86400,
                   "How long an answer counts as fresh.")
        .in("seconds"),
    words::boolean("oneiric_mcp", "jwt_enabled", "false", "Show a token to the registry."),
    words::text("oneiric_mcp", "jwt_secret", "", "Secret that signs that token.").masked(),
    words::text("oneiric_mcp", "jwt_project", "mahavishnu", "Project that the token names."),
    words::text("oneiric_mcp", "tls_cert_path", "", "File with our certificate."),
    words::text("oneiric_mcp", "tls_key_path", "", "File with our key."),
    words::text("oneiric_mcp", "tls_ca_path", "", "File with certificates that are trusted."),
    words::integer("oneiric_mcp", "circuit_breaker_threshold", "5", 1, 100,
                   "Failures after which questions pause."),
    words::integer("oneiric_mcp", "circuit_breaker_duration_sec", "60", 1, 3600,
                   "How long they pause.")
        .in("seconds"),
});

} // namespace mahavishnu::config

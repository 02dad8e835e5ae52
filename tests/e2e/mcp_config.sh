#!/usr/bin/env bash
# What clients are told of the server, and what becomes of their files.
. "$(dirname "$0")/lib.sh"

export HOME=$work/home
unset XDG_CONFIG_HOME CODEX_HOME CLAUDE_CONFIG_DIR
mkdir -p "$HOME"
config() { run "$mahavishnu" mcp config "$@"; }

# Printed; nothing is written.
config --client claude
is '{"type":"http","url":"http://127.0.0.1:8680/mcp"}' "$(jq -c .mcpServers.mahavishnu out)" "configuration of claude"
contains "$err" "$HOME/.claude.json"
[ ! -e "$HOME/.claude.json" ] || fail "nothing should be written"
config --client codex --stdio
contains "$out" '"mcp", "stdio", "--state-dir", "'"$MAHAVISHNU_STATE_DIR"'"]'
refused 2 "nobody" mcp config --client nobody
refused 2 "letters" mcp config --client claude --name 'a b'
refused 2 "scope" mcp config --client claude-desktop --scope project
refused 3 "mcp.port is 0" mcp config --client claude --set mcp.port=0

# Written, once, beside what there was.
mkdir -p "$HOME/.codex" "$HOME/.gemini"
printf '{\n  "theme": "dark",\n  "mcpServers": {\n    "other": {"command": "x"}\n  }\n}\n' >"$HOME/.gemini/settings.json"
chmod 640 "$HOME/.gemini/settings.json"
config --client gemini --write -o json
is "0 true" "$exit_code $(json .changed)" "first write"
is '"dark"' "$(jq -c .theme "$HOME/.gemini/settings.json")" "what there was"
is other,mahavishnu "$(jq -r '.mcpServers | keys_unsorted | join(",")' "$HOME/.gemini/settings.json")" "servers"
is 640 "$(stat -c %a "$HOME/.gemini/settings.json")" "rights"
is null "$(jq -c .mcpServers.mahavishnu "$(json .backup)")" "the server in the copy of before"
config --client gemini --write -o json
is "0 false" "$exit_code $(json .changed)" "second write"
printf '# mine\nmodel = "m"\n\n[mcp_servers.other]\ncommand = "x"\n' >"$HOME/.codex/config.toml"
config --client codex --write
config --client codex --write
is 1 "$(grep -c '^\[mcp_servers.mahavishnu\]' "$HOME/.codex/config.toml")" "number of our tables"
is 1 "$(grep -c '^\[mcp_servers.other\]' "$HOME/.codex/config.toml")" "number of other tables"
config --client codex --write --stdio
is 0 "$(grep -c '^url' "$HOME/.codex/config.toml" || true)" "what was said before"
for client in claude claude-desktop cursor qwen; do
  config --client "$client" --write
  is 0 "$exit_code" "exit code for $client ($err)"
done
is 600 "$(stat -c %a "$HOME/.claude.json")" "rights of a new file"
is stdio "$(jq -r '.mcpServers.mahavishnu.args[1]' "$HOME/.config/Claude/claude_desktop_config.json")" "what Claude Desktop starts"

# A file that is linked to stays where it is.
mkdir -p dotfiles .cursor
mv "$HOME/.cursor/mcp.json" dotfiles/cursor.json
ln -s "$work/dotfiles/cursor.json" "$HOME/.cursor/mcp.json"
config --client cursor --write --name another
[ -L "$HOME/.cursor/mcp.json" ] || fail "the link should stay"
is another "$(jq -r '.mcpServers | keys[0]' dotfiles/cursor.json)" "name of the server"

# In a project; and what cannot be read is left alone.
config --client vscode --write
is http "$(jq -r .servers.mahavishnu.type .vscode/mcp.json)" "type in .vscode/mcp.json"
printf '// mine\n{}\n' >.mcp.json
refused 2 "left alone" mcp config --client claude --scope project --write
is '// mine' "$(head -n 1 .mcp.json)" "a file that cannot be read"

# The address is that of the server that runs.
"$mahavishnu" up --detach --port 0 >/dev/null
config --client cursor --set auth.enabled=false
is "$("$mahavishnu" status -o json | jq -r .mcp.url)" "$(jq -r .mcpServers.mahavishnu.url out)" "address"

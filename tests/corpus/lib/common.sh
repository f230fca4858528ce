# shellcheck shell=bash
# Sourced by every target's `start PORT`: runs the target in the foreground and ends all of it on SIGTERM.
#
#   helper COMMAND...   a process beside the server: a store, an upstream
#   server COMMAND...   the server itself; returns when it ends
#   wait_for PORT       until something listens there
#   node_app FILE, wsgi_app MODULE:NAME [GUNICORN OPTIONS], redis, dynamodb   the usual ones
#
# Gives PORT, STORE (PORT + 1), UPSTREAM (PORT + 2), TARGET (the target's folder), LIB and RUN (scratch, removed at the end).
set -euo pipefail
export PORT=${1:?usage: start PORT}
export STORE=$((PORT + 1)) UPSTREAM=$((PORT + 2))
TARGET=$(dirname "$(readlink -f "${BASH_SOURCE[1]}")")
LIB=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
REPOSITORY=$(readlink -f "$LIB/../../..")
INSTALLED=$REPOSITORY/.cache/corpus
RUN=$(mktemp -d)
chmod 755 "$RUN"
export TARGET LIB RUN NODE_PATH=$INSTALLED/node/node_modules NODE_ENV=production PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$LIB
export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=eu-west-1 AWS_REGION=eu-west-1
export AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:$STORE
children=()

end_all() {
  trap '' TERM INT EXIT
  local child
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  for child in "${children[@]}"; do wait "$child" 2>/dev/null || true; done
  rm -rf "$RUN"
  exit 0
}
trap end_all TERM INT EXIT

helper() { setpriv --pdeathsig TERM "$@" & children+=($!); }
server() { helper "$@"; wait "${children[-1]}" || true; }
wait_for() {
  local _
  for _ in $(seq 200); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return; fi
    sleep 0.05
  done
  echo "nothing listens on port $1" >&2
  exit 1
}

redis() { helper redis-server --port "$STORE" --bind 127.0.0.1 --save '' --appendonly no --dir "$RUN" --loglevel warning; wait_for "$STORE"; }
dynamodb() { helper "$REPOSITORY/scripts/emulator" dynoxide "$STORE"; wait_for "$STORE"; }
upstream() { helper node "$LIB/upstream.cjs" "$UPSTREAM"; wait_for "$UPSTREAM"; }
fill_in() { sed -e "s|@PORT@|$PORT|g" -e "s|@UPSTREAM@|$UPSTREAM|g" -e "s|@RUN@|$RUN|g" "$1"; }
node_app() { server node "$TARGET/$1"; }
wsgi_app() {
  local app=$1; shift
  server "$INSTALLED/python/bin/python" -m gunicorn --chdir "$TARGET" --bind "127.0.0.1:$PORT" --log-level error \
    --worker-tmp-dir /dev/shm --no-control-socket "$@" "$app"
}
asgi_app() {
  server "$INSTALLED/python/bin/python" -m uvicorn --app-dir "$TARGET" --host 127.0.0.1 --port "$PORT" --log-level error --no-proxy-headers "$1"
}
nginx_server() {
  fill_in "$TARGET/nginx.conf" > "$RUN/nginx.conf"
  server nginx -p "$RUN" -c "$RUN/nginx.conf" -e "$RUN/error.log" -g 'daemon off;'
}

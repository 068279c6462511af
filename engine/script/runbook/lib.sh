# ---- How the statements are done. Nothing below here needs to be read to follow the story. ----

here=$(cd "$(dirname "$0")" && pwd)
mode=${1:-local}
[[ $mode == local || $mode == docker ]] || { echo "usage: $0 [local|docker]" >&2; exit 2; }
[[ -n ${EPOCHREALTIME-} ]] || { echo "$0: this bash is too old: it needs version 5" >&2; exit 2; }
case $mode in
local) needs="redis-server redis-cli socat setsid" ;;
docker) needs="docker" ;;
esac
for tool in $needs; do
	command -v "$tool" >/dev/null || { echo "$0: there is no $tool here; it is needed to run with '$mode'" >&2; exit 2; }
done
if [[ $mode == docker ]]; then
	if ! docker compose version >/dev/null 2>&1; then
		echo "$0: docker has no compose here: install its compose plugin, until 'docker compose version' works" >&2
		exit 2
	fi
	if ! docker info >/dev/null 2>&1; then
		echo "$0: docker does not reach its daemon: start it, or become one who may use it, until 'docker info' works" >&2
		exit 2
	fi
fi
if [[ $mode == local && -n ${ERAS-} ]]; then
	echo "$0: this run has servers of other generations ($ERAS): run '$0 docker'" >&2
	exit 2
fi

work=$(mktemp -d)
declare -A PID STATE INPUT LOADING
declare -i failed=0

compose_files=(-f "$here/docker-compose.yml")
compose() { docker compose "${compose_files[@]}" "$@"; }

# signal is for a process and its children. One that has just begun is not yet the head of a group.
signal() { kill "-$1" -- "-$2" 2>/dev/null || kill "-$1" "$2" 2>/dev/null; } # SIGNAL PID

finish() {
	local status=$?
	trap - EXIT INT TERM
	for name in "${!LOADING[@]}"; do unload "$name"; done
	if [[ $mode == docker ]]; then
		compose down -v -t 1 >/dev/null 2>&1
	else
		for name in "${!PID[@]}"; do
			signal CONT "${PID[$name]}"
			signal KILL "${PID[$name]}"
		done
	fi
	if [[ -n ${KEEP-} ]]; then echo "kept: $work"; else rm -rf "$work"; fi
	exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Here a port may belong to somebody else, and nothing of this story is for them. A port is free when it refuses; one that
# says nothing at all is not.
taken() { ! LC_ALL=C socat -u OPEN:/dev/null "TCP:127.0.0.1:$1,connect-timeout=1" 2>&1 | grep -q 'Connection refused'; }
refuse_port() { # PART
	local parts=("${!PORT[@]}" "${!ROAD[@]}")
	echo "$0: $1 needs port ${PORT[$1]-${ROAD[$1]-}}, and somebody else has it: end that, or set RESYNC_PORT to the first of ${#parts[@]} free ports" >&2
	exit 2
}
lives() { [[ -n ${PID[$1]-} ]] && kill -0 "${PID[$1]}" 2>/dev/null; }

# gone waits until a part has ended.
gone() { # PART
	for _ in {1..200}; do
		lives "$1" || return 0
		sleep 0.05
	done
	return 1
}

# need_port makes sure that a part's port is free. The part itself may have had it a moment ago.
need_port() { # PART
	if ! gone "$1"; then
		tell "FAILED: $1 is up already"
		exit 1
	fi
	for _ in {1..10}; do
		taken "${PORT[$1]-${ROAD[$1]-}}" || return 0
		[[ -n ${PID[$1]-} ]] || break
		sleep 0.1
	done
	refuse_port "$1"
}

# need_own makes sure that the server that answers is the process that was started, and not one that was quicker to
# take the port. One that cannot be asked, because it wants a password, is ours when ours has not given up. A server
# that has ended for another reason is the story's own affair.
need_own() { # NODE ANSWER, to INFO
	if lives "$1"; then
		if [[ $2 =~ process_id:([0-9]+) ]]; then
			[[ ${BASH_REMATCH[1]} == "${PID[$1]}" ]] && return
			refuse_port "$1"
		fi
		sleep 0.1
		lives "$1" && return
	fi
	if taken "${PORT[$1]}" || tail -n 5 "$work/$1.log" | grep -q 'Address already in use'; then refuse_port "$1"; fi
}

# A part is a server or a road: a process group of this shell, or a container. A road is a relay on the way from one
# server to another, so that there is something to cut.
part_up() {
	local name=$1
	if [[ $mode == docker ]]; then
		compose up -d "$name" >/dev/null 2>&1
		return
	fi
	need_port "$name"
	if [[ -n ${PORT[$name]-} ]]; then
		mkdir -p "$work/$name"
		local follow=()
		[[ -n ${FOLLOWS[$name]-} ]] && follow=(--replicaof 127.0.0.1 "${ROAD[$name:${FOLLOWS[$name]}]}" --replica-announce-port "${ROAD[${FOLLOWS[$name]}:$name]}")
		# The file lets everybody in, as containers need it. Here only this machine is let in.
		setsid redis-server "$here/conf/$name.conf" --dir "$work/$name" --port "${PORT[$name]}" --bind 127.0.0.1 --protected-mode yes --daemonize no "${follow[@]}" >>"$work/$name.log" 2>&1 &
	else
		setsid socat "TCP-LISTEN:${ROAD[$name]},bind=127.0.0.1,reuseaddr,fork" "TCP:127.0.0.1:${PORT[${name#*:}]}" 2>/dev/null &
	fi
	PID[$name]=$!
	disown
}

part_signal() { # NAME SIGNAL: KILL, STOP or CONT
	if [[ $mode == docker ]]; then
		local service=${1/:/-to-}
		case $2 in
		KILL) compose kill "$service" ;;
		STOP) compose pause "$service" ;;
		CONT) compose unpause "$service" ;;
		esac >/dev/null 2>&1
	elif [[ -n ${PID[$1]-} ]]; then
		signal "$2" "${PID[$1]}"
	fi
}

part_begin() { if [[ $mode == docker ]]; then part_up "${1/:/-to-}"; else part_up "$1"; fi; }

cli() { # NODE ARGUMENT…
	local name=$1
	shift
	local auth=()
	[[ -n ${PASSWORD[$name]-} ]] && auth=(--no-auth-warning -a "${PASSWORD[$name]}")
	if [[ $mode == docker ]]; then
		compose exec -T "$name" redis-cli -p "${PORT[$name]}" "${auth[@]}" "$@"
	else
		redis-cli -p "${PORT[$name]}" "${auth[@]}" "$@"
	fi
}

# way says where FROM has to go to reach TO: "host port".
way() { if [[ $mode == docker ]]; then echo "$1-to-$2 ${ROAD[$1:$2]}"; else echo "127.0.0.1 ${ROAD[$1:$2]}"; fi; }

server_log() {
	cat "$work/$1.log" 2>/dev/null
	[[ $mode == local ]] || compose logs --no-log-prefix --no-color "$1" 2>/dev/null
}
# keep_log is for a container that goes, with its log.
keep_log() { [[ $mode == local ]] || compose logs --no-log-prefix --no-color "$1" >>"$work/$1.log" 2>/dev/null; }

# now puts the time into micros. On a machine that is busy every process costs, so that what is done often does without.
declare -i micros began
now() { micros=${EPOCHREALTIME/[^0-9]/}; }
now
began=micros
tell() { now; printf '%4d.%03d  %s\n' $(((micros - began) / 1000000)) $(((micros - began) / 1000 % 1000)) "$*"; }

# ---- The statements. ----

# Before anything begins it is known that every port is free.
begin_roads() {
	if [[ $mode == local ]]; then
		for part in "${NODES[@]}" "${!ROAD[@]}"; do need_port "$part"; done
	fi
	for road in "${!ROAD[@]}"; do part_begin "$road"; STATE[$road]=up; done
	if [[ $mode == local ]]; then
		sleep 0.1 # a relay that does not get its port has ended by then
		for road in "${!ROAD[@]}"; do lives "$road" || refuse_port "$road"; done
	fi
}

start() {
	local answer
	part_begin "$1"
	for _ in {1..200}; do
		answer=$(cli "$1" INFO server 2>&1)
		[[ $answer =~ process_id:|NOAUTH|NOPERM|ERR ]] && break
		[[ $mode == docker ]] || lives "$1" || break
		sleep 0.05
	done
	[[ $mode == docker ]] || need_own "$1" "$answer"
	STATE[$1]=up
}

# Another version takes the place of the one before, with the files that it has. Only containers can have several.
start_as() { # NODE ERA
	keep_log "$1"
	compose_files+=(-f "$here/docker-compose.$1-$2.yml")
	start "$1"
}

freeze() { part_signal "$1" STOP; STATE[$1]=frozen; }
thaw() { part_signal "$1" CONT; STATE[$1]=up; }
# A process that has been killed or shut down is gone before anything else happens.
kill_node() { part_signal "$1" KILL; down "$1"; }
shutdown_node() { cli "$1" SHUTDOWN $2 >/dev/null 2>&1; down "$1"; }
down() { STATE[$1]=down; if [[ $mode == docker ]]; then sleep 0.2; else gone "$1"; fi; }
wipe() { if [[ $mode == docker ]]; then compose run --rm -T --entrypoint sh "$1" -c 'rm -f /data/*' >/dev/null 2>&1; else rm -f "$work/$1"/*.rdb; fi; }
# A machine that is gone answers nobody, and refuses nobody: its roads are silent from now on.
remove_node() { # NODE
	keep_log "$1"
	if [[ $mode == docker ]]; then compose rm -fsv "$1" >/dev/null 2>&1; else rm -rf "${work:?}/$1"; fi
	for_roads_of "$1" lose_road
}
restore() { if [[ $mode == docker ]]; then echo "$2" | compose run --rm -T --entrypoint sh "$1" -c "base64 -d >/data/dump.rdb"; else mkdir -p "$work/$1"; echo "$2" | base64 -d >"$work/$1/dump.rdb"; fi; }

cut_road() { # a cut resets what is there and refuses what comes
	[[ -n ${ROAD[$1]-} && ${STATE[$1]} != severed ]] || return 0
	part_signal "$1" KILL
	STATE[$1]=severed
}
silence_road() { # what goes into silence is neither reset nor refused
	[[ -n ${ROAD[$1]-} && ${STATE[$1]} == up ]] || return 0
	part_signal "$1" STOP
	STATE[$1]=silent
}
heal_road() {
	[[ -n ${ROAD[$1]-} ]] || return 0
	case ${STATE[$1]} in
	severed) part_begin "$1" ;;
	silent) part_signal "$1" CONT ;;
	esac
	STATE[$1]=up
}
lose_road() {
	heal_road "$1"
	silence_road "$1"
	STATE[$1]=lost
}
sever() { cut_road "$1:$2"; cut_road "$2:$1"; }
blackhole() { silence_road "$1:$2"; silence_road "$2:$1"; }
heal() { heal_road "$1:$2"; heal_road "$2:$1"; }
for_roads_of() { for road in "${!ROAD[@]}"; do [[ $road == "$1:"* || $road == *":$1" ]] && [[ ${STATE[$road]} != lost ]] && "$2" "$road"; done; return 0; }
isolate() { for_roads_of "$1" cut_road; }
isolate_silently() { for_roads_of "$1" silence_road; }
rejoin() { for_roads_of "$1" heal_road; }

# command_at gives a line to a client of its own, as a terminal that stays open. A client whose server has been away
# connects again. A reply that does not come does not hold up the story.
command_at() { # NODE CLIENT LINE
	local key=$1.$2 fd before
	for _ in 1 2; do
		if [[ -z ${INPUT[$key]-} ]]; then
			rm -f "$work/$key.in"
			mkfifo "$work/$key.in"
			: >"$work/$key.out"
			cli "$1" --no-raw <"$work/$key.in" >>"$work/$key.out" 2>&1 &
			disown
			exec {fd}>"$work/$key.in"
			INPUT[$key]=$fd
		fi
		before=$(stat -c %s "$work/$key.out")
		printf '%s\n' "$3" >&"${INPUT[$key]}" 2>/dev/null
		for _ in {1..50}; do
			sleep 0.02
			(($(stat -c %s "$work/$key.out") > before)) && break
		done
		tail -c "+$((before + 1))" "$work/$key.out" >"$work/reply"
		grep -q '^Error: Server closed the connection' "$work/reply" || break
		fd=${INPUT[$key]}
		exec {fd}>&-
		unset "INPUT[$key]"
	done
	sed 's/^/              /' "$work/reply"
}

# follow is REPLICAOF: the road to the new master, and the one on which that would reach this server.
follow() { # NODE CLIENT MASTER
	local to
	read -r host port < <(way "$3" "$1")
	cli "$1" CONFIG SET replica-announce-ip "$host" replica-announce-port "$port" >/dev/null
	to=$(way "$1" "$3")
	command_at "$1" "$2" "REPLICAOF $to"
}

load() { # NODE RATE SIZE KEYS MIX
	[[ -n ${LOADING[$1]-} ]] && unload "$1"
	(
		trap - EXIT
		exec 2>/dev/null # that it was ended is no news
		declare -i batch pause next
		value=$(head -c "$3" /dev/zero | tr '\0' x)
		# A tenth of a second's worth at a time, or one command at a time when there are fewer than ten a second.
		batch=$(($2 / 10 > 0 ? $2 / 10 : 1))
		pause=batch*1000000/$2
		now
		next=micros
		while :; do
			for ((i = 0; i < batch; i++)); do
				key=$(((RANDOM * 32768 + RANDOM) % $4))
				case $5 in
				incr) echo "INCR counter:key:$key" ;;
				expire) echo "SET key:$key $value PX $((1000 + RANDOM % 10000))" ;;
				list | all) echo "LPUSH list:$key $value" && echo "LTRIM list:$key 0 20" ;;
				*) echo "SET key:$key $value" ;;
				esac
			done
			next+=pause
			now
			if ((next > micros)); then sleep "$(printf '%d.%06d' $(((next - micros) / 1000000)) $(((next - micros) % 1000000)))"; fi
		done | cli "$1" >/dev/null 2>&1
	) &
	LOADING[$1]=$!
	disown
}
unload() {
	[[ -n ${LOADING[$1]-} ]] || return 0
	pkill -P "${LOADING[$1]}" 2>/dev/null
	kill "${LOADING[$1]}" 2>/dev/null
	unset "LOADING[$1]"
}

# resyncs are those that a replica went through so far, from its log.
resyncs() {
	server_log "$1" | awk '
		/sync: Finished with success/ { printf "full " }
		/accepted a Partial Resynchronization/ { printf "partial " }'
}

# field is a field of INFO, or one of the three that a script knows beside. "?" stands for none.
field() { # NODE FIELD
	local v
	case $2 in
	state)
		if [[ ${STATE[$1]} == up ]] && ! cli "$1" PING >/dev/null 2>&1; then v=down; else v=${STATE[$1]}; fi ;;
	last_resync) v=$(resyncs "$1"); v=${v% }; v=${v##* }; v=${v:-none} ;;
	*)
		[[ ${STATE[$1]} == up ]] || { echo "?"; return; }
		if [[ $2 == digest ]]; then
			v=$(cli "$1" DEBUG DIGEST 2>/dev/null)
		else
			v=$'\n'$(cli "$1" INFO everything 2>/dev/null)
			[[ $v == *$'\n'"$2":* ]] || { echo "?"; return; }
			v=${v#*$'\n'"$2":}
			v=${v%%$'\r'*}
		fi ;;
	esac
	echo "${v:-?}"
}

reply() { # NODE ARGUMENT…
	local v
	[[ ${STATE[$1]} == up ]] || { echo "?"; return; }
	v=$(cli "$1" --no-raw "${@:2}" 2>/dev/null)
	case $v in
	'(integer) '*) v=${v#(integer) } ;;
	'"'*'"') v=${v#\"}; v=${v%\"}; v=${v//\\\"/\"}; v=${v//\\\\/\\} ;;
	esac
	printf '%s\n' "$v"
}

is() { # LEFT OPERATOR RIGHT
	[[ $1 != "?" && $3 != "?" ]] || return 1
	local digits='^-?[0-9]+(\.[0-9]+)?$'
	if [[ $2 == "=" && $1 == "$3" ]]; then
		return 0
	elif [[ $1 =~ $digits && $3 =~ $digits ]]; then
		awk -v a="$1" -v op="$2" -v b="$3" 'BEGIN {
			a += 0; b += 0
			exit !(op == "=" ? a == b : op == "!=" ? a != b : op == "<" ? a < b : op == "<=" ? a <= b : op == ">" ? a > b : a >= b)
		}'
	elif [[ $2 == "!=" ]]; then
		[[ $1 != "$3" ]]
	else
		[[ $2 == "=" && $1 == "$3" ]]
	fi
}

# until_true waits for a condition, but no longer than that. A look that takes long, since the machine does something else, counts
# as one that does not.
until_true() { # SECONDS CONDITION TEXT
	local -i left spent last
	left=$(awk -v d="$1" 'BEGIN { printf "%d", d * 1000000 }')
	now
	last=micros
	until "$2"; do
		if ((left < 0)); then
			tell "FAILED: waited $1 s in vain for $3"
			exit 1
		fi
		sleep 0.05
		now
		((spent = micros - last, last = micros, left -= spent < 200000 ? spent : 200000))
	done
}

expect() { # CONDITION TEXT
	if "$1"; then
		tell "ok      $2"
	else
		tell "FAILED  $2"
		failed=failed+1
	fi
}

verdicts() {
	echo
	echo "How each replica came back, in order:"
	for name in "${NODES[@]}"; do
		printf '  %-16s %s\n' "$name" "$(resyncs "$name")"
	done
	((failed == 0)) || { echo "$failed expectations failed"; exit 1; }
}

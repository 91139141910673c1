#!/usr/bin/env bash
# A real SLURM of one node for tests, on a Debian machine: `ALLOW_SYSTEM_SLURM=1 cluster.sh start`,
# then `cluster.sh stop`, which ends the daemons and removes all but Debian's packages. `check`
# says what would keep it from starting.
#
# The configuration has to lie in /etc/slurm: jobs start srun without the variables that could name
# another place. Processors, memory and GPUs are as many as stated below, whatever the machine has.
set -euo pipefail

state=/var/lib/whysgd-test-slurm # of the daemons: sockets, spool, logs, process ids
etc=/etc/slurm
mark="# Made by tests/slurm/cluster.sh of whysgd"
daemons=(munged slurmctld slurmd)
node=$(hostname -s)

fail() {
    echo "error: $*" >&2
    exit 1
}

# Process id of one of our daemons, while it runs.
running() {
    local pid
    pid=$(cat "$state/$1.pid" 2>/dev/null) && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$1" ] &&
        echo "$pid"
}

ours() { head -n 1 "$etc/slurm.conf" 2>/dev/null | grep -qxF "$mark"; }

refuse_where_it_would_harm() {
    [ "${ALLOW_SYSTEM_SLURM:-}" = 1 ] ||
        fail "this installs SLURM and writes $etc; set ALLOW_SYSTEM_SLURM=1 to allow it"
    [ ! -e "$etc/slurm.conf" ] || ours || fail "SLURM is configured here: $etc/slurm.conf"
    for daemon in slurmctld slurmd; do
        running $daemon >/dev/null || ! pidof $daemon >/dev/null || fail "a $daemon runs here"
    done
    [ "$(id -u)" = 0 ] || fail "SLURM's daemons need root here"
    command -v apt-get >/dev/null || fail "SLURM is installed by apt-get, which is not here"
}

# Installs what is missing; with --download-only, nothing.
install_packages() {
    local packages=(slurmctld slurmd slurm-client munge) said
    dpkg --status "${packages[@]}" >/dev/null 2>&1 && return
    export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 # 1: packages start no services
    said=$({ apt-get update && apt-get install --yes --no-install-recommends "$@" "${packages[@]}"; } \
        2>&1 </dev/null) || fail "apt-get: $(tail -n 3 <<<"$said")"
}

configure() {
    mkdir -p "$etc" "$state"/{spool,controller}
    chmod 755 "$state"
    cat >"$etc/slurm.conf" <<CONF
$mark
ClusterName=whysgd
SlurmctldHost=$node(127.0.0.1)
SlurmUser=root
AuthInfo=socket=$state/munge.socket
StateSaveLocation=$state/controller
SlurmdSpoolDir=$state/spool
SlurmctldPidFile=$state/slurmctld.pid
SlurmdPidFile=$state/slurmd.pid
SlurmctldLogFile=$state/slurmctld.log
SlurmdLogFile=$state/slurmd.log
# No control groups and no database; what is stated about the node is believed.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SlurmdParameters=config_overrides
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
MinJobAge=3600
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0
EnforcePartLimits=ALL
GresTypes=gpu
NodeName=$node NodeAddr=127.0.0.1 CPUs=4 RealMemory=16000 Gres=gpu:pretended:2
# Jobs of the second partition preempt those of the first.
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
PartitionName=main Nodes=$node Default=YES MaxTime=60 PriorityTier=1
PartitionName=urgent Nodes=$node MaxTime=60 PriorityTier=2
CONF
    # SLURM wants a device for each GPU, and never touches it.
    cat >"$etc/gres.conf" <<CONF
AutoDetect=off
NodeName=$node Name=gpu Type=pretended File=/dev/zero
NodeName=$node Name=gpu Type=pretended File=/dev/full
CONF
}

start_daemons() {
    # A socket and a key of our own, whether or not the machine's munged runs.
    head -c 128 /dev/urandom >"$state/munge.key"
    chmod 400 "$state/munge.key"
    munged --force --socket="$state/munge.socket" --key-file="$state/munge.key" \
        --pid-file="$state/munged.pid" --log-file="$state/munged.log" \
        --seed-file="$state/munged.seed" >"$state/munged.out" 2>&1 </dev/null
    cd /
    slurmctld -c >"$state/slurmctld.out" 2>&1 </dev/null
    slurmd >"$state/slurmd.out" 2>&1 </dev/null
    for _ in $(seq 60); do
        [ "$(timeout 5 sinfo --noheader --format=%T 2>/dev/null)" = idle ] && return
        sleep 0.5
    done
    tail -n 5 "$state"/*.{out,log} >&2
    fail "the node does not become idle"
}

stop() {
    if running slurmctld >/dev/null; then
        timeout 10 scancel --user=root || true
        for _ in $(seq 80); do
            [ -n "$(timeout 5 squeue --noheader || true)" ] || break
            sleep 0.5
        done
    fi
    for daemon in slurmd slurmctld munged; do
        pid=$(running $daemon) || continue
        kill "$pid"
        for _ in $(seq 40); do
            [ -e "/proc/$pid" ] || break
            sleep 0.25
        done
        [ ! -e "/proc/$pid" ] || kill -KILL "$pid"
    done
    if ours; then rm -f "$etc"/{slurm,gres}.conf; fi
    rmdir --ignore-fail-on-non-empty "$etc" 2>/dev/null || true
    rm -rf "$state"
}

case "${1:-}" in
    check)
        refuse_where_it_would_harm
        install_packages --download-only
        ;;
    start)
        refuse_where_it_would_harm
        stop
        install_packages
        configure
        start_daemons
        ;;
    stop) stop ;;
    *) fail "usage: $0 check|start|stop" ;;
esac

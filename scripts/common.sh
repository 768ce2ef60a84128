# SPDX-License-Identifier: Apache-2.0
# common: what the scripts share. Sourced, never run.
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '\n== %s\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }

# How many compilers fit at once: one per core, but each with 2 GiB of what is free (kernels of many layers cost that).
# COLLAB_JOBS=n overrides it.
jobs() {
    if [ -n "${COLLAB_JOBS:-}" ]; then printf '%s\n' "$COLLAB_JOBS"; return; fi
    local cores free limit
    cores=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
    free=$(awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo 2>/dev/null || true)
    limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || true)   # a container may have less than its machine
    if [[ $limit =~ ^[0-9]+$ ]] && [ $((limit >> 30)) -lt "${free:-$((limit >> 30))}" ]; then free=$((limit >> 30)); fi
    local fit=$(( ${free:-2} / 2 ))
    [ "$fit" -lt "$cores" ] || fit=$cores
    [ "$fit" -ge 1 ] || fit=1
    printf '%s\n' "$fit"
}

# configure FOLDER OPTION...: a Release build with Ninja in build/FOLDER.
configure() {
    local folder=$1
    shift
    cmake -S "$top" -B "$top/build/$folder" -G Ninja -DCMAKE_BUILD_TYPE=Release "$@"
}

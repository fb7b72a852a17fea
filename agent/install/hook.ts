/**
 * libvirt's QEMU hook: refuses to start a protected VM on a host that does not hold its token. libvirt waits for it
 * inside the start, so that it is POSIX sh without a single process of its own on the way to "allowed".
 */

/** Folders that the hook reads and writes; a test puts temporary ones there. */
export interface HookFolders {
  readonly runDir: string;
  readonly libDir: string;
  readonly etcDir: string;
  readonly bootIdFile: string;
  readonly uptimeFile: string;
}

const hostFolders: HookFolders = {
  runDir: '/run/understudy',
  libDir: '/var/lib/understudy',
  etcDir: '/etc/understudy',
  bootIdFile: '/proc/sys/kernel/random/boot_id',
  uptimeFile: '/proc/uptime',
};

/** Where libvirt 6.5 and newer looks for hooks of several products side by side. */
export const HOOK_PATH = '/etc/libvirt/hooks/qemu.d/understudy';
/** The only place that older ones know. */
export const ONLY_HOOK_PATH = '/etc/libvirt/hooks/qemu';
/** Where the installer moves a hook of the user's that it found at ONLY_HOOK_PATH; it is called after ours. */
export const CHAINED_HOOK_PATH = '/etc/libvirt/hooks/qemu.understudy-original';

const gateRules = (folders: HookFolders): string => `
run='${folders.runDir}'
lib='${folders.libDir}'
etc='${folders.etcDir}'
name=\${1:-} operation=\${2:-} phase=\${3:-}

# The gate of one VM is open, for a start ('') or for an incoming migration, only if the keeper said so in this boot and
# its time has not run out. Every doubt (no file, another boot, a number that is none) ends in "closed".
gate_is_open() {
  [ -r "$run/gate/open" ] || return 1
  read -r now rest <'${folders.uptimeFile}' || return 1
  now=\${now%.*}\${now#*.}0
  read -r boot <'${folders.bootIdFile}' || return 1
  {
    read -r gate_boot || return 1
    [ "$gate_boot" = "$boot" ] || return 1
    # The epoch in between is for people.
    while read -r vm _ generation until kind; do
      [ "$vm" = "$1" ] && [ "$kind" = "$2" ] || continue
      case $until in '' | *[!0-9]*) return 1 ;; esac
      # shellcheck disable=SC2034
      expected=$generation
      [ "$now" -lt "$until" ]
      return
    done
  } <"$run/gate/open"
  return 1
}

# The list of protected VMs outlives reboots. If it is gone, the copy of the configuration is asked instead.
is_protected() {
  if [ -d "$lib/protected" ]; then
    [ -e "$lib/protected/$1" ]
  else
    [ -e "$etc/group.json" ] && grep -qF "$1" "$etc/group.json"
  fi
}

`;

const startRules = `
refuse() {
  printf 'understudy: %s is protected and may not start on this host now: %s.' "$name" "$1" >&2
  printf ' Start it in Understudy, or with: understudy start %s\\n' "$name" >&2
  exit 1
}

# libvirt's daemon, named so that a later process of the same number is not taken for it.
daemon_id() {
  read -r stat <"/proc/$PPID/stat" || return 1
  stat=\${stat##*) }
  # shellcheck disable=SC2086
  set -- $stat
  printf '%s %s\\n' "$PPID" "\${20}"
}

# The marker comes first and the look at the gate second: a keeper closes the gate first and looks for markers second,
# so that one of the two always sees the other.
prepare() {
  { daemon_id >"$run/starts/$1"; } 2>/dev/null || {
    rm -f "$run/starts/$1"
    refuse 'its start can not be registered'
  }
  gate_is_open "$1" '' && return
  gate_is_open "$1" incoming && is_incoming && return
  rm -f "$run/starts/$1"
  refuse 'this host does not hold it'
}

receive() {
  gate_is_open "$1" incoming && return
  refuse 'an incoming migration needs a grant of its own'
}

decide() {
  case $1 in
    ????????-????-????-????-????????????) ;;
    *)
      printf 'understudy: the domain description of %s has no uuid\\n' "$name" >&2
      exit 1
      ;;
  esac
  is_protected "$1" || return 0
  case $operation/$phase in
    prepare/begin) prepare "$1" ;;
    migrate/begin) receive "$1" ;;
    *) rm -f "$run/starts/$1" ;;
  esac
}

# The first uuid of a domain description is the domain's own: libvirt writes it right after the name.
uuid_of() {
  uuid=\${1#*<uuid>}
  uuid=\${uuid%%</uuid>*}
}
`;

const header = `#!/bin/sh
# Understudy's hook for libvirt's QEMU domains. Installed and removed by Understudy; do not edit.
set -eu
`;

/** Operations in which the hook has a say; the others pass at once, without a look at the description. */
const relevant = 'prepare/begin | migrate/begin | started/begin | stopped/end | release/end';

/** The hook for libvirt 6.5 and newer, which calls every program in `qemu.d`. */
export function hookScript(folders: HookFolders = hostFolders): string {
  return `${header}${gateRules(folders)}${startRules}
# The agent that receives a VM marks its description with the generation of the grant: a start by hand has no such mark.
is_incoming() {
  while IFS= read -r line; do
    case $line in *'<understudy:incoming '*' generation="'"$expected"'"'*) return 0 ;; esac
  done
  return 1
}
case $operation/$phase in
  ${relevant}) ;;
  *) exit 0 ;;
esac
while IFS= read -r line; do
  case $line in
    *'<uuid>'*)
      uuid_of "$line"
      decide "$uuid"
      exit 0
      ;;
  esac
done
decide ''
`;
}

/** The hook for an older libvirt, which calls one program only: it hands over to the user's own, if there was one. */
export function hookChainScript(
  folders: HookFolders = hostFolders,
  chained: string = CHAINED_HOOK_PATH,
): string {
  return `${header}${gateRules(folders)}${startRules}
description=$(cat)
is_incoming() {
  case $description in *'<understudy:incoming '*' generation="'"$expected"'"'*) return 0 ;; esac
  return 1
}
case $operation/$phase in
  ${relevant})
    uuid_of "$description"
    decide "$uuid"
    ;;
esac
[ -x '${chained}' ] || exit 0
printf '%s\\n' "$description" | '${chained}' "$@"
`;
}

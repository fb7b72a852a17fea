/**
 * Gathers what the checks, the installer and the storage search want to know of a host, in one run, reading only.
 * `key=value` lines; `@key` begins a list whose lines start with `|`. Whatever might hang has its own time limit.
 */
export const factsScript = String.raw`
set +e
one() { printf '%s=%s\n' "$1" "$(printf '%s' "$2" | tr -d '\r\n' | head -c 3000)"; }
many() { printf '@%s\n' "$1"; head -n 600 | cut -c1-1500 | sed 's/^/|/'; }
soon() { timeout -k 1 8 "$@" 2>/dev/null; }
one time "$(date +%s.%N)"
one arch "$(uname -m)"
one kernel "$(uname -r)"
one hostname "$(uname -n)"
one os "$(. /etc/os-release 2>/dev/null; printf '%s' "$PRETTY_NAME")"
one glibc "$(getconf GNU_LIBC_VERSION 2>/dev/null || ldd --version 2>&1 | head -n 1)"
one init "$(cat /proc/1/comm)"
one systemd "$(systemctl --version 2>/dev/null | head -n 1)"
one machineId "$(cat /etc/machine-id 2>/dev/null)"
one dmiUuid "$(cat /sys/class/dmi/id/product_uuid 2>/dev/null)"
one bootId "$(cat /proc/sys/kernel/random/boot_id)"
one virtualization "$(soon systemd-detect-virt)"
one cpuModel "$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)"
one memoryKiB "$(sed -n 's/^MemTotal: *\([0-9]*\).*/\1/p' /proc/meminfo)"
one clockSynchronized "$(soon timedatectl show -p NTPSynchronized --value)"
for socket in virtqemud libvirt; do
  # A socket's name stays behind when nobody listens any more; the kernel's list has only those that live.
  if grep -qE " 00010000 0001 01 +[0-9]+ (/var)?/run/libvirt/$socket-sock\$" /proc/net/unix; then one libvirtSocket "/run/libvirt/$socket-sock"; break; fi
done
for daemon in virtqemud libvirtd; do
  if soon sh -c 'command -v "$1"' sh "/usr/sbin/$daemon" >/dev/null; then
    one libvirtDaemon "$daemon"; one libvirtVersion "$(soon "/usr/sbin/$daemon" --version)"; break
  fi
done
for qemu in "/usr/bin/qemu-system-$(uname -m)" /usr/libexec/qemu-kvm /usr/bin/kvm; do
  if [ -x "$qemu" ]; then one qemu "$(soon "$qemu" --version | head -n 1)"; break; fi
done
if [ -c /dev/kvm ]; then one kvm yes; else one kvm no; fi
for tool in wdctl sha256sum gzip timeout sync getent groupadd; do
  if command -v "$tool" >/dev/null 2>&1; then echo "$tool"; fi
done | many tools
for device in /sys/class/watchdog/watchdog*; do
  [ -e "$device" ] || continue
  printf '%s %s %s %s\n' "\${device##*/}" "$(cat "$device/timeout" 2>/dev/null || echo -)" \
    "$(cat "$device/nowayout" 2>/dev/null || echo -)" "$(cat "$device/identity" 2>/dev/null)"
done | many watchdogs
for device in /dev/watchdog /dev/watchdog[0-9]*; do [ -e "$device" ] && echo "$device"; done | many watchdogDevices
find /proc/[0-9]*/fd -lname '/dev/watchdog*' 2>/dev/null | while IFS= read -r descriptor; do
  holder=\${descriptor#/proc/}; holder=\${holder%%/*}
  printf '%s %s\n' "$holder" "$(cat "/proc/$holder/comm" 2>/dev/null)"
done | many watchdogHolders
one runtimeWatchdog "$(soon systemctl show -p RuntimeWatchdogUSec --value)"
soon systemctl show -p Id -p LoadState -p ActiveState -p UnitFileState pacemaker.service corosync.service \
  sanlock.service wdmd.service pve-ha-lrm.service pve-ha-crm.service ovirt-ha-agent.service vdsmd.service \
  heartbeat.service xo-server.service keepalived.service understudy-keeper.service understudy-agent.service \
  understudy-step-down.service \
  sleep.target suspend.target hibernate.target hybrid-sleep.target | many units
cat /proc/[0-9]*/comm 2>/dev/null | grep -xE 'pacemakerd|corosync|sanlock|wdmd|pve-ha-lrm|pve-ha-crm|ovirt-ha-agent|vdsmd|heartbeat' \
  | sort -u | many processes
for folder in /opt /etc /var/lib; do
  [ -d "$folder" ] || continue
  soon df -Pk "$folder" | awk -v folder="$folder" 'NR == 2 { print folder, $4 }'
done | many space
soon ip -o addr show scope global | awk '{ print $2, $3, $4 }' | many addresses
cat /proc/self/mountinfo | many mounts
soon lsblk -b -n -P -o KNAME,SIZE,TYPE,FSTYPE,MOUNTPOINT,RO | many blocks
find /dev/disk/by-id -type l -printf '%f %l\n' 2>/dev/null | many blockIds
for pool in /etc/libvirt/storage/*.xml; do
  [ -f "$pool" ] && sed -n 's/.*<path>\(.*\)<\/path>.*/\1/p' "$pool" | head -n 1
done | many pools
cat /etc/exports /etc/exports.d/*.exports 2>/dev/null | sed 's/#.*//' | many exports
if command -v gluster >/dev/null 2>&1; then soon gluster --mode=script volume info; fi | many gluster
for hook in /etc/libvirt/hooks/qemu /etc/libvirt/hooks/qemu.d/*; do [ -e "$hook" ] && echo "$hook"; done | many hooks
one installed "$(readlink /opt/understudy/current 2>/dev/null)"
one hostSettings "$(cat /etc/understudy/host.json 2>/dev/null)"
one finished yes
`.replaceAll(String.raw`\${`, '${');

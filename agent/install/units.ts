/** systemd's units on a host. The wrapper and the programs are found through the `current` link. */

export const KEEPER_UNIT = 'understudy-keeper.service';
export const AGENT_UNIT = 'understudy-agent.service';
/** Does nothing until the host is shut down. */
export const STEP_DOWN_UNIT = 'understudy-step-down.service';
/** To be enabled and started, in this order. */
export const UNITS: readonly string[] = [KEEPER_UNIT, AGENT_UNIT, STEP_DOWN_UNIT];

/**
 * To be masked on a protected host: a host that sleeps stops renewing its lease, loses its VMs to the other hosts and
 * wakes up with the old ones in memory (docs/safety.md, rule 2).
 */
export const SLEEP_TARGETS: readonly string[] = [
  'sleep.target',
  'suspend.target',
  'hibernate.target',
  'hybrid-sleep.target',
  'suspend-then-hibernate.target',
];

/**
 * A stop by hand would, with VMs running, end in a reset of the host: it is refused, `understudy` leaves instead.
 * KillMode=mixed: at shutdown only the wrapper gets the signal, and what it leaves behind is killed before the next
 * start. The run directory stays: it holds what must not be forgotten within a boot. The keeper starts before libvirt
 * and ends after it, so that guests which are shut down with the host are gone when it leaves.
 */
export function keeperUnit(programDir: string): string {
  return `[Unit]
Description=Understudy keeper: this host's lease on the shared store, and its watchdog
Documentation=file:${programDir}/README
ConditionPathExists=/etc/understudy/host.json
After=remote-fs.target local-fs.target
Before=libvirtd.service virtqemud.service libvirt-guests.service understudy-agent.service
RefuseManualStop=yes
StartLimitIntervalSec=0

[Service]
Type=simple
ExecStart=${programDir}/understudy-keeper
Restart=on-failure
RestartSec=200ms
KillMode=mixed
TimeoutStopSec=180
RuntimeDirectory=understudy
RuntimeDirectoryMode=0755
RuntimeDirectoryPreserve=yes
OOMScoreAdjust=-1000
MemoryMin=128M
MemorySwapMax=0
CPUWeight=1000
IOWeight=1000
LimitCORE=0
NoNewPrivileges=yes
RestrictAddressFamilies=AF_UNIX

[Install]
WantedBy=multi-user.target
`;
}

/** The agent ends before libvirt-guests shuts guests down: such stops would look like the administrator's will. */
export function agentUnit(programDir: string): string {
  return `[Unit]
Description=Understudy agent: heartbeats, decisions and the control socket
Documentation=file:${programDir}/README
ConditionPathExists=/etc/understudy/host.json
Wants=network-online.target understudy-keeper.service
After=network-online.target understudy-keeper.service libvirtd.service virtqemud.service libvirt-guests.service
StartLimitIntervalSec=0

[Service]
Type=simple
ExecStart=${programDir}/node ${programDir}/agent.cjs agent
Restart=always
RestartSec=1
RuntimeDirectory=understudy
RuntimeDirectoryMode=0755
RuntimeDirectoryPreserve=yes
StateDirectory=understudy
OOMScoreAdjust=-500
MemoryMin=64M
MemoryMax=512M
LimitCORE=0
NoNewPrivileges=yes

[Install]
WantedBy=multi-user.target
`;
}

/** How long a shutdown is held up at most, in seconds: somewhat longer than the command itself waits. */
const STEP_DOWN_TIMEOUT_S = 330;

/**
 * Holds a shutdown or reboot up until this host's VMs are moved or shut down, and their tokens released. A unit that is
 * stopped before everything that VMs need, and no inhibitor: a delay lock of logind lasts 5 s on a stock host
 * (InhibitDelayMaxSec), and `systemctl isolate`, Ctrl+Alt+Del or a host without logind never ask for it. The target of
 * libvirt comes before this unit, so that at a shutdown the scopes of the VMs wait for it. Stopping it by hand, or with
 * an update, moves nothing: only a system that says "stopping" does.
 */
export function stepDownUnit(programDir: string): string {
  return `[Unit]
Description=Understudy: gives this host's VMs away before it is shut down
Documentation=file:${programDir}/README
ConditionPathExists=/etc/understudy/host.json
Wants=virt-guest-shutdown.target
After=network-online.target remote-fs.target dbus.service ${KEEPER_UNIT} ${AGENT_UNIT}
After=libvirtd.service virtqemud.service virtlogd.service libvirt-guests.service virt-guest-shutdown.target
After=systemd-machined.service machine.slice

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
ExecStop=-/bin/sh -c 'case "$(systemctl is-system-running)" in stopping) exec ${programDir}/node ${programDir}/agent.cjs step-down ;; esac'
TimeoutStopSec=${STEP_DOWN_TIMEOUT_S}

[Install]
WantedBy=multi-user.target
`;
}

import type { TestServerOptions } from '../ssh/testing/sshServer.ts';

type Channel = Parameters<NonNullable<TestServerOptions['onExec']>>[0];

/** A host that a test made up: what it says of itself, and whether the steps of an installation are done on it. */
export interface FakeHost {
  readonly name: string;
  /** What its sudo wants to hear; null: nothing. */
  sudoPassword: string | null;
  /** Lines of the facts script that differ from those of a good host; null takes a line away. */
  readonly facts: Map<string, string | null>;
  /** The agent is there, and every step of its installation is done. */
  installed: boolean;
  /** Scripts that changed something, in order. */
  readonly changes: string[];
  /** What the probe of the store answers, by action. */
  readonly probes: Map<string, (request: Readonly<Record<string, unknown>>) => object>;
  /** Definitions of VMs by name, as the listing prints them. */
  readonly domains: Map<string, string>;
  /** Answers first, in place of all else; null: goes on as usual. */
  intercept:
    | ((
        script: string,
      ) => { readonly exitCode: number; readonly stdout?: string; readonly stderr?: string } | null)
    | null;
}

export const fakeHost = (name: string): FakeHost => ({
  name,
  sudoPassword: null,
  facts: new Map(),
  installed: false,
  changes: [],
  probes: new Map(),
  domains: new Map(),
  intercept: null,
});

/** How a test's SSH server plays this host: everything runs as root, whoever runs the tests. */
export function playing(host: FakeHost): Pick<TestServerOptions, 'onExec'> {
  return {
    onExec: (channel, command) => {
      const ready = /understudy-runs-[0-9a-f]+/.exec(command)?.[0] ?? '';
      const prompt = /understudy-asks-[0-9a-f]+:/.exec(command)?.[0] ?? '';
      let isRoot = host.sudoPassword === null || prompt === '';
      let stdin = '';
      channel.stderr.write(isRoot ? `${ready}\n` : prompt);
      channel.on('data', (chunk: Buffer) => {
        stdin += chunk.toString('utf8');
        const end = stdin.indexOf('\n');
        if (isRoot || end < 0) return;
        isRoot = stdin.slice(0, end) === host.sudoPassword;
        stdin = stdin.slice(end + 1);
        channel.stderr.write(isRoot ? `${ready}\n` : prompt);
      });
      channel.on('error', () => undefined);
      channel.on('end', () => answer(host, channel, command, stdin));
    },
  };
}

function answer(host: FakeHost, channel: Channel, command: string, stdin: string): void {
  const { exitCode, stdout = '', stderr = '' } = host.intercept?.(command) ?? usual(host, command, stdin);
  // Cut off meanwhile by the test.
  if (!channel.writable || !channel.stderr.writable) return;
  channel.stderr.write(stderr);
  channel.write(stdout, () => {
    channel.exit(exitCode);
    channel.end();
  });
}

function usual(
  host: FakeHost,
  script: string,
  stdin: string,
): { exitCode: number; stdout?: string; stderr?: string } {
  if (script.includes('one finished yes')) return { exitCode: 0, stdout: factsText(host) };
  if (script.includes('uname -n')) return { exitCode: 0, stdout: `${host.name}.example, Linux 6.1 x86_64` };
  if (script.includes('@memory')) return { exitCode: 0, stdout: vmsText(host) };
  if (script.includes('for other in')) return { exitCode: 0, stdout: 'no' };
  if (script.includes('look() {')) return { exitCode: 0, stdout: isDone(host, script) ? 'yes' : 'no' };
  if (script.includes('store-probe') || script.includes('net-probe')) return probe(host, stdin);
  if (script.includes('self-check')) return { exitCode: 0, stdout: fitFor(script) };
  host.changes.push(script);
  return { exitCode: 0 };
}

/** What a version says that passes its own check. */
function fitFor(script: string): string {
  const version = (argumentsOf(script).at(-1) ?? '').replaceAll("'", '');
  return `${JSON.stringify({ selfCheck: 1, version, ok: true, parts: [] })}\n`;
}

/** What stands after the script in a command line: its arguments. */
const argumentsOf = (script: string): readonly string[] =>
  (script.split("' understudy ").at(-1) ?? '').split(' ').filter((word) => word.length > 6);

/** A step counts as done once something was changed with an argument of its look. */
function isDone(host: FakeHost, script: string): boolean {
  const words = argumentsOf(script);
  return (
    host.installed || host.changes.some((change) => argumentsOf(change).some((word) => words.includes(word)))
  );
}

function probe(host: FakeHost, stdin: string): { exitCode: number; stdout: string } {
  const request = JSON.parse(stdin) as Record<string, unknown>;
  const reply = host.probes.get(String(request['action']));
  if (reply === undefined) return { exitCode: 1, stdout: '' };
  return { exitCode: 0, stdout: JSON.stringify({ ok: true, ...reply(request) }) };
}

function factsText(host: FakeHost): string {
  const digit = (host.name.codePointAt(0) ?? 0).toString(16).padStart(2, '0');
  const lines = new Map<string, string | null>([
    ['time', String(Date.now() / 1000)],
    ['arch', 'x86_64'],
    ['hostname', host.name],
    ['os', 'Debian GNU/Linux 12 (bookworm)'],
    ['glibc', 'glibc 2.36'],
    ['init', 'systemd'],
    ['systemd', 'systemd 252 (252)'],
    ['machineId', digit.repeat(16)],
    ['dmiUuid', `${digit.repeat(4)}-0000-4000-8000-000000000000`],
    ['bootId', `boot-of-${host.name}`],
    ['virtualization', 'none'],
    ['cpuModel', 'AMD EPYC'],
    ['memoryKiB', '67108864'],
    ['clockSynchronized', 'yes'],
    ['libvirtSocket', '/run/libvirt/libvirt-sock'],
    ['libvirtDaemon', 'libvirtd'],
    ['libvirtVersion', 'libvirtd (libvirt) 9.0.0'],
    ['qemu', 'QEMU emulator version 7.2.22'],
    ['kvm', 'yes'],
    ['runtimeWatchdog', '0'],
    ['@tools', ['wdctl', 'sha256sum', 'gzip', 'timeout', 'sync', 'getent', 'groupadd'].join('\n|')],
    ['@watchdogs', 'watchdog0 30 0 iTCO_wdt'],
    ['@watchdogDevices', '/dev/watchdog0'],
    ['@space', '/opt 9000000\n|/etc 9000000\n|/var/lib 9000000'],
    ['@addresses', `eth0 inet 192.0.2.${Number.parseInt(digit, 16)}/24`],
    ['@mounts', '36 35 98:0 / /srv/vms rw,relatime shared:1 - nfs4 nas:/vms rw,vers=4.2,hard'],
    ...(host.installed ? ([['installed', '/opt/understudy/9.9.9']] as const) : []),
    ...host.facts,
    ['finished', 'yes'],
  ]);
  const text = [...lines].flatMap(([key, value]) => {
    if (value === null) return [];
    return [key.startsWith('@') ? `${key}\n|${value}` : `${key}=${value}`];
  });
  return `${text.join('\n')}\n`;
}

function vmsText(host: FakeHost): string {
  const domains = [...host.domains].map(([name, xml]) => `@xml ${name}\n${xml.replaceAll(/^/gm, '|')}`);
  return [
    '@memory\n|MemTotal 67108864\n|MemAvailable 33554432',
    '@mounts\n|36 35 98:0 / /srv/vms rw shared:1 - nfs4 nas:/vms rw\n|1 1 8:1 / / rw - ext4 /dev/sda1 rw',
    '@bridges\n|br0 1',
    '@networks\n|default',
    '@started\n|default',
    `@running\n${[...host.domains.keys()].map((name) => `|${name}`).join('\n')}`,
    '@autostart',
    '@snapshots',
    ...domains,
    '@end\n',
  ].join('\n');
}

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** libvirtd probes QEMU on its first start, which takes seconds on a busy machine. */
const START_DEADLINE_MS = 60_000;

const STOP_DEADLINE_MS = 15_000;
const RETRY_MS = 50;

/** The last words of the daemon's log that go into an error. */
const LOG_TAIL_CHARACTERS = 2000;

/** Where libvirt keeps things when it runs as root. Each daemon gets its own in place of them. */
const PRIVATE_DIRECTORIES = [
  '/run/libvirt',
  '/etc/libvirt',
  '/var/lib/libvirt',
  '/var/cache/libvirt',
  '/var/log/libvirt',
];

/** No systemd, no virtlogd, no cgroups, no other user: only QEMU. */
const QEMU_CONFIGURATION = `user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
`;

/** A libvirtd of one's own, with its own directories, host name and QEMU processes. */
export interface PrivateDaemon {
  readonly socketPath: string;
  /** A directory of the daemon's that is the same path inside and outside. */
  readonly directory: string;
  readonly pid: number;
  /** Ends the daemon and its QEMU processes, and removes its directory. */
  stop(): Promise<void>;
}

/**
 * Starts a libvirtd in its own mount and UTS namespaces, so that nothing of it is seen by, or sees, another libvirt on
 * this machine. Needs root, libvirtd and unshare. Rejects with the daemon's own words when it does not start.
 * `name` becomes the host name: two daemons that migrate to each other must differ in it.
 */
export async function startPrivateDaemon(name: string): Promise<PrivateDaemon> {
  const directory = mkdtempSync(join(tmpdir(), `node-libvirt-${name}-`));
  const mounts = PRIVATE_DIRECTORIES.map((path) => {
    const own = join(directory, path.replaceAll('/', '-').slice(1));
    mkdirSync(own, { recursive: true });
    return { path, own };
  });
  const socketPath = join(directory, 'run-libvirt', 'libvirt-sock');
  const logPath = join(directory, 'libvirtd.log');
  mkdirSync(join(directory, 'etc-libvirt', 'qemu', 'networks'), { recursive: true });
  writeFileSync(join(directory, 'etc-libvirt', 'qemu.conf'), QEMU_CONFIGURATION);
  writeFileSync(join(directory, 'etc-libvirt', 'libvirtd.conf'), daemonConfiguration(logPath));
  // libvirt looks its own host name up again and again, and must not wait for a name server.
  writeFileSync(join(directory, 'hosts'), `127.0.0.1 localhost ${name}\n`);
  const lines = [
    'set -e',
    `mount --bind ${directory}/hosts /etc/hosts`,
    ...mounts.flatMap(({ path, own }) => [`mkdir -p ${path}`, `mount --bind ${own} ${path}`]),
    `hostname ${name}`,
    `exec libvirtd -f /etc/libvirt/libvirtd.conf -p ${directory}/libvirtd.pid`,
  ];
  const child = spawn('unshare', ['--mount', '--uts', 'sh', '-c', lines.join('\n')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => {
    if (errors.length < 64) errors.push(chunk);
  });
  try {
    await reachable(child, socketPath);
  } catch (error) {
    const log = logTail(logPath) + Buffer.concat(errors).toString('utf8');
    await stopDaemon(child, directory);
    throw new Error(`libvirtd did not start: ${String(error)}\n${log}`, { cause: error });
  }
  return { socketPath, directory, pid: child.pid ?? 0, stop: () => stopDaemon(child, directory) };
}

const daemonConfiguration = (logPath: string): string => `auth_unix_rw = "none"
auth_unix_ro = "none"
host_uuid = "${randomUUID()}"
log_outputs = "3:file:${logPath}"
`;

function logTail(path: string): string {
  try {
    return readFileSync(path, 'utf8').slice(-LOG_TAIL_CHARACTERS);
  } catch {
    return '';
  }
}

async function reachable(child: ChildProcess, socketPath: string): Promise<void> {
  const endsAt = performance.now() + START_DEADLINE_MS;
  while (!(await canConnect(socketPath))) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('it exited');
    if (performance.now() > endsAt) throw new Error(`no socket within ${START_DEADLINE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

function canConnect(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ path }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function stopDaemon(child: ChildProcess, directory: string): Promise<void> {
  killProcesses(directory, 'qemu-system');
  const gone =
    child.exitCode !== null || child.signalCode !== null
      ? Promise.resolve()
      : new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  // A stopped daemon keeps SIGTERM pending for ever.
  child.kill('SIGCONT');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await gone;
  clearTimeout(timer);
  killProcesses(directory, 'qemu-system');
  rmSync(directory, { recursive: true, force: true });
}

/** Kills the QEMU processes of this daemon: they outlive it. Its directory's own mount tells them from all others. */
function killProcesses(directory: string, command: string): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(command)) continue;
      if (!readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes(`${directory}/run-libvirt `)) continue;
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended while it was looked at.
    }
  }
}

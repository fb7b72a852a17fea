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

/** Of what a daemon that fails prints, the beginning tells why. */
const MAXIMUM_ERROR_CHUNKS = 64;

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

/**
 * Starts a libvirtd of one's own, in its own mount and UTS namespaces, so that nothing of it is seen by, or sees, another
 * libvirt on this machine. Needs root, libvirtd and unshare. Rejects with the daemon's own words when it does not start.
 * `name` becomes the host name: two daemons that migrate to each other must differ in it.
 */
export async function startPrivateDaemon(name: string): Promise<PrivateDaemon> {
  const daemon = new PrivateDaemon(name);
  await daemon.start();
  return daemon;
}

/** A libvirtd with its own directories, host name and QEMU processes. */
export class PrivateDaemon {
  /** A directory of the daemon's that has the same path inside and outside. */
  readonly directory: string;
  readonly socketPath: string;
  readonly #name: string;
  readonly #logPath: string;
  #child: ChildProcess | null = null;

  constructor(name: string) {
    this.#name = name;
    this.directory = mkdtempSync(join(tmpdir(), `node-libvirt-${name}-`));
    this.socketPath = join(this.directory, 'run-libvirt', 'libvirt-sock');
    this.#logPath = join(this.directory, 'libvirtd.log');
    for (const { own } of this.#mounts()) mkdirSync(own);
    mkdirSync(join(this.directory, 'etc-libvirt', 'qemu', 'networks'), { recursive: true });
    writeFileSync(join(this.directory, 'etc-libvirt', 'qemu.conf'), QEMU_CONFIGURATION);
    writeFileSync(join(this.directory, 'etc-libvirt', 'libvirtd.conf'), daemonConfiguration(this.#logPath));
    // libvirt looks its own host name up again and again, and must not wait for a name server.
    writeFileSync(join(this.directory, 'hosts'), `127.0.0.1 localhost ${name}\n`);
  }

  /** Starts the daemon: the first time, or again after `kill`, when it finds its domains again. */
  async start(): Promise<void> {
    rmSync(this.socketPath, { force: true });
    const lines = [
      'set -e',
      `mount --bind ${this.directory}/hosts /etc/hosts`,
      ...this.#mounts().flatMap(({ path, own }) => [`mkdir -p ${path}`, `mount --bind ${own} ${path}`]),
      `hostname ${this.#name}`,
      `exec libvirtd -f /etc/libvirt/libvirtd.conf -p ${this.directory}/libvirtd.pid`,
    ];
    const child = spawn('/usr/bin/unshare', ['--mount', '--uts', 'sh', '-c', lines.join('\n')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    const errors: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => {
      if (errors.length < MAXIMUM_ERROR_CHUNKS) errors.push(chunk);
    });
    try {
      await reachable(child, this.socketPath);
    } catch (error) {
      const words = logTail(this.#logPath) + Buffer.concat(errors).toString('utf8');
      await this.stop();
      throw new Error(`libvirtd did not start: ${String(error)}\n${words}`, { cause: error });
    }
  }

  /** Kills the daemon. Its QEMU processes go on, as they would on a host. */
  async kill(): Promise<void> {
    await end(this.#child, 'SIGKILL');
  }

  /** Stops the daemon's process as it is, or lets it go on. */
  setFrozen(isFrozen: boolean): void {
    this.#child?.kill(isFrozen ? 'SIGSTOP' : 'SIGCONT');
  }

  /** Ends the daemon and its QEMU processes, and removes its directory. */
  async stop(): Promise<void> {
    killProcesses(this.directory);
    this.setFrozen(false);
    await end(this.#child, 'SIGTERM');
    killProcesses(this.directory);
    rmSync(this.directory, { recursive: true, force: true });
  }

  #mounts(): readonly { readonly path: string; readonly own: string }[] {
    return PRIVATE_DIRECTORIES.map((path) => ({
      path,
      own: join(this.directory, path.replaceAll('/', '-').slice(1)),
    }));
  }
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

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

async function reachable(child: ChildProcess, socketPath: string): Promise<void> {
  let failure: Error | null = null;
  child.once('error', (error) => {
    failure = error;
  });
  const endsAt = performance.now() + START_DEADLINE_MS;
  while (!(await canConnect(socketPath))) {
    if (failure !== null) throw failure;
    if (hasEnded(child)) throw new Error('it exited');
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

async function end(child: ChildProcess | null, signal: NodeJS.Signals): Promise<void> {
  if (child?.pid === undefined || hasEnded(child)) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await exited;
  clearTimeout(timer);
}

/** Kills the QEMU processes of this daemon: they outlive it. Its directory in their mounts tells them from all others. */
function killProcesses(directory: string): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('qemu-system')) continue;
      if (!readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes(`${directory}/run-libvirt `)) continue;
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended while it was looked at.
    }
  }
}

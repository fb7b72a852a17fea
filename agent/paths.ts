import { join, resolve } from 'node:path';

/** Where keeper and agent of one host keep their files. A demo host has the same files under a root of its own. */
export interface Paths {
  /** Root of a demo host; null on a real host. */
  readonly root: string | null;
  /** Forgotten at each boot (tmpfs). */
  readonly runDir: string;
  readonly etcDir: string;
  readonly libDir: string;
  readonly bootIdFile: string;
  readonly keeperRunFile: string;
  readonly keeperSocket: string;
  readonly agentSocket: string;
  /** What the libvirt hook may let pass: first line the boot id, then `uuid epoch generation notAfterMs`. */
  readonly gateFile: string;
  /** Starts in flight that the hook has let pass: one file a VM, named by its uuid. */
  readonly startsDir: string;
  /** Results of writes that came back after their keeper was gone. */
  readonly ioDir: string;
  /** Boot-clock ms until when opening the watchdog device (which pets it) is still allowed. */
  readonly watchdogUntilFile: string;
  /** Only a demo host has it: the stand-in for a watchdog device. */
  readonly demoWatchdogSocket: string;
  readonly demoWatchdogFired: string;
  readonly groupConfig: string;
  readonly hostSettings: string;
  readonly groupKey: string;
  /** How people are told, with the secrets for it: mode 0600, and never read by anything but the agent. */
  readonly notifySettings: string;
  readonly notifyMemory: string;
  /** One empty file per protected VM, named by its uuid: what the hook guards, also before the keeper runs. */
  readonly protectedDir: string;
}

function layout(root: string | null, runDir: string, etcDir: string, libDir: string, boot: string): Paths {
  return {
    root,
    runDir,
    etcDir,
    libDir,
    bootIdFile: boot,
    keeperRunFile: join(runDir, 'keeper.json'),
    keeperSocket: join(runDir, 'keeper.sock'),
    agentSocket: join(runDir, 'agent.sock'),
    gateFile: join(runDir, 'gate', 'open'),
    startsDir: join(runDir, 'starts'),
    ioDir: join(runDir, 'io'),
    watchdogUntilFile: join(runDir, 'watchdog-until'),
    demoWatchdogSocket: join(runDir, 'watchdog.sock'),
    demoWatchdogFired: join(runDir, 'watchdog-fired'),
    groupConfig: join(etcDir, 'group.json'),
    hostSettings: join(etcDir, 'host.json'),
    groupKey: join(etcDir, 'group.key'),
    notifySettings: join(etcDir, 'notify.json'),
    notifyMemory: join(libDir, 'notify.json'),
    protectedDir: join(libDir, 'protected'),
  };
}

/** The paths of a real host. */
export function hostPaths(): Paths {
  return layout(
    null,
    '/run/understudy',
    '/etc/understudy',
    '/var/lib/understudy',
    '/proc/sys/kernel/random/boot_id',
  );
}

/** The paths of a demo host, all under `root`. Keep it short: a unix socket's path has room for 107 bytes. */
export function pathsUnder(root: string): Paths {
  const top = resolve(root);
  return layout(top, join(top, 'run'), join(top, 'etc'), join(top, 'lib'), join(top, 'boot_id'));
}

/** Every role takes `--root DIR` for a demo host; without it the paths are the real host's. */
export function pathsFromArguments(argv: readonly string[]): Paths {
  const at = argv.indexOf('--root');
  const root = at < 0 ? undefined : argv[at + 1];
  if (at >= 0 && root === undefined) throw new Error('--root needs a directory');
  return root === undefined ? hostPaths() : pathsUnder(root);
}

/** The inverse: what to put on the command line of another role of the same host. */
export function rootArguments(paths: Paths): readonly string[] {
  return paths.root === null ? [] : ['--root', paths.root];
}

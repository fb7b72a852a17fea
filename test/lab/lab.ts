import { appendFileSync, copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onConsole, ssh, waitForBoot } from './access.ts';
import { buildBaseImage, labPassword, labUsers } from './baseImage.ts';
import { bmcSystemUuid, setBmcMode, startBmc, type BmcMode } from './bmc.ts';
import { describeMissing, findMissing } from './doctor.ts';
import { buildGuestImage, guestImageDir } from './guestImage.ts';
import { bmcAddress, hostAddress, hostPaths, labDir, runDir, type HostName } from './layout.ts';
import { claimLab, labOwner, takeLab } from './lock.ts';
import { makeNetwork, networkFaults, runInLabNetwork } from './network.ts';
import { buildPrograms } from './native.ts';
import { isFrozen, isOn, makeCgroup, power, powerEvents, type PowerCause } from './power.ts';
import { machineId, makeSshKey, sshKey } from './provision.ts';
import { LabError, type RunOptions, type RunResult } from './run.ts';
import { makeStore, setStoreFault, snapshotStore, storeFiles, storeState, type StoreFault } from './store.ts';
import { sweep } from './sweep.ts';
import { setWatchdogFails, watchdogState } from './watchdog.ts';

/** Another session may take this long to finish its tests. */
const defaultWaitMs = 20 * 60_000;

export interface UpOptions {
  readonly hosts?: readonly HostName[];
  /** Keeps the hosts' disks and the store of a lab that is up in this folder; otherwise everything starts empty. */
  readonly keep?: boolean;
  /** How long to wait for another user of the lab, milliseconds. */
  readonly waitMs?: number;
  readonly log?: (line: string) => void;
}

/** One host of the lab, and everything that can happen to it. */
export interface LabHost {
  readonly name: HostName;
  readonly address: string;
  readonly cableAddress: string;
  readonly bmcAddress: string;
  readonly bmcSystemUuid: string;
  readonly machineId: string;
  /** The host's whole root file system as this machine sees it, while the host is on. */
  readonly rootDir: string;
  on(): Promise<void>;
  off(): Promise<void>;
  reset(): Promise<void>;
  freeze(): Promise<void>;
  thaw(): void;
  /** Switches the host off and empties its disk. */
  wipe(): Promise<void>;
  isOn(): boolean;
  isFrozen(): boolean;
  waitForBoot(): Promise<void>;
  /** How often the host's power went away, by cause, since `up`. */
  resets(cause?: PowerCause): number;
  ssh(command: string, options?: RunOptions & { readonly user?: string }): Promise<RunResult>;
  /** A command at the host's keyboard: works without network, and is killed and frozen with the host. */
  run(command: string, options?: RunOptions): Promise<RunResult>;
  /** Like `run`, and an exit status other than 0 is an error. Resolves to its output, trimmed. */
  must(command: string, options?: RunOptions): Promise<string>;
  setStore(fault: StoreFault): Promise<void>;
  storeState(): ReturnType<typeof storeState>;
  watchdog(): ReturnType<typeof watchdogState>;
  setWatchdogFails(fails: boolean): void;
  setBmc(mode: BmcMode): Promise<void>;
  consoleLog(): string;
}

export interface Lab {
  readonly hosts: readonly LabHost[];
  host(name: HostName): LabHost;
  readonly net: typeof networkFaults;
  /** Runs a program in the lab's own network namespace. */
  runInNetwork: typeof runInLabNetwork;
  /** The shared directory, without any host's faults in the way. */
  readonly storeDir: string;
  /** Copies the store; what it resolves to brings the copy back under running hosts. */
  snapshotStore: typeof snapshotStore;
  readonly sshKey: string;
  readonly users: typeof labUsers;
  readonly password: string;
  /** Lets the next user in; the hosts stay up. */
  release(): Promise<void>;
  /** Removes the hosts, their disks and the store, and lets the next user in. */
  down(): Promise<void>;
}

export function openHost(name: HostName): LabHost {
  return {
    name,
    address: hostAddress(name),
    cableAddress: hostAddress(name, 'cable'),
    bmcAddress: bmcAddress(name),
    bmcSystemUuid: bmcSystemUuid(name),
    machineId: machineId(name),
    rootDir: hostPaths(name).root,
    on: () => power.on(name),
    off: () => power.off(name),
    reset: () => power.reset(name),
    freeze: () => power.freeze(name),
    thaw: () => power.thaw(name),
    wipe: () => power.wipe(name),
    isOn: () => isOn(name),
    isFrozen: () => isFrozen(name),
    waitForBoot: () => waitForBoot(name),
    resets: (cause) =>
      powerEvents(name).filter(
        (event) => event.what !== 'on' && (cause === undefined || event.cause === cause),
      ).length,
    ssh: (command, options) => ssh(name, command, options),
    run: (command, options) => onConsole(name, command, options),
    async must(command, options) {
      const result = await onConsole(name, command, options);
      if (result.code === 0) return result.stdout.trim();
      throw new LabError(
        'command-failed',
        `\`${command}\` on ${name} ended with ${result.code}: ${result.stderr.trim()}`,
      );
    },
    setStore: (fault) => setStoreFault(name, fault),
    storeState: () => storeState(name),
    watchdog: () => watchdogState(name),
    setWatchdogFails: (fails) => setWatchdogFails(name, fails),
    setBmc: (mode) => setBmcMode(name, mode),
    consoleLog: () =>
      existsSync(hostPaths(name).consoleLog) ? readFileSync(hostPaths(name).consoleLog, 'utf8') : '',
  };
}

async function buildEverything(log: (line: string) => void): Promise<void> {
  await buildPrograms();
  await makeSshKey();
  await buildBaseImage(log);
  await buildGuestImage(log);
}

async function makeMachine(): Promise<void> {
  mkdirSync(runDir, { recursive: true });
  appendFileSync(join(runDir, 'README'), 'Made by test/lab; `npm run lab -- down` removes it.\n');
  claimLab();
  await makeCgroup();
  await makeNetwork();
  makeStore();
  for (const name of ['vmlinux', 'vmlinuz', 'initrd.img']) {
    copyFileSync(join(guestImageDir, name), join(storeFiles, 'boot', name));
  }
}

async function bringUp(hosts: readonly HostName[], options: UpOptions): Promise<void> {
  const log = options.log ?? (() => undefined);
  const owner = labOwner();
  if (owner !== null && owner !== labDir) {
    throw new LabError(
      'lab-elsewhere',
      `A lab is up in ${owner}.`,
      `Take it down first: UNDERSTUDY_LAB_DIR=${owner} npm run lab -- down`,
    );
  }
  if (options.keep !== true) await sweep();
  await buildEverything(log);
  await makeMachine();
  await Promise.all(
    hosts.map(async (host) => {
      await power.on(host);
      await startBmc(host);
      await waitForBoot(host);
      log(`${host} is up: ssh root@${hostAddress(host)} (key ${sshKey}, password ${labPassword})`);
    }),
  );
}

/**
 * Brings hosts up, two unless told otherwise, and takes the lab for this process until `release` or `down`, or its end.
 * @throws LabError `lab-missing` when the machine can't run it, `lab-in-use`, `lab-elsewhere`, `subnet-in-use`.
 */
export async function openLab(options: UpOptions = {}): Promise<Lab> {
  const missing = findMissing();
  if (missing.length > 0) throw new LabError('lab-missing', describeMissing(missing).join('\n'));
  const names = options.hosts ?? ['h1', 'h2'];
  const release = await takeLab(options.waitMs ?? defaultWaitMs);
  try {
    await bringUp(names, options);
  } catch (error) {
    await release();
    throw error;
  }
  return {
    hosts: names.map(openHost),
    host: openHost,
    net: networkFaults,
    runInNetwork: runInLabNetwork,
    storeDir: storeFiles,
    snapshotStore,
    sshKey,
    users: labUsers,
    password: labPassword,
    release,
    async down() {
      await sweep();
      await release();
    },
  };
}

/** Removes the lab of this folder, after waiting for its user. */
export async function takeDown(waitMs = defaultWaitMs): Promise<void> {
  const release = await takeLab(waitMs);
  try {
    await sweep();
  } finally {
    await release();
  }
}

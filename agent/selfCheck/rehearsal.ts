import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  realpathSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AREA_BYTES, areaHeaderBlocks, firstConfigBlock } from '../core/area.ts';
import { BLOCK_BYTES } from '../core/record.ts';
import { type Paths, pathsUnder, rootArguments } from '../paths.ts';
import type { GroupConfig, HostSettings } from '../protocol/group.ts';
import { MAX_HOSTS, MAX_VMS } from '../protocol/ids.ts';
import type { KeeperView } from '../protocol/keeperLink.ts';
import { KeeperLink } from '../service/keeperLink.ts';

/** An idle machine needs 3 s: it watches its slot for three periods first, then renews. */
const ALIVE_MS = 40_000;
/** Ends the rehearsal's processes even when this one was killed: nobody else would. */
const LIFE_S = 60;

/**
 * The keeper of this version as real processes, in a folder of its own: its own lease area, the stand-in for a watchdog,
 * no VM, no device and no file of the host in service. Resolves once it has renewed its lease, been armed and renewed
 * again. Throws how it ended, or that it did not get there.
 */
export async function rehearseKeeper(self: readonly string[]): Promise<number> {
  const paths = pathsUnder(realpathSync(mkdtempSync(join(tmpdir(), 'understudy-check-'))));
  const startedMs = performance.now();
  let keeper: ChildProcess | null = null;
  try {
    layOut(paths);
    // A group of its own, led by `timeout`: the stand-in for a watchdog ends its whole group when the pets stop.
    const command = ['-s', 'KILL', `${LIFE_S}`, ...self, 'keeper', ...rootArguments(paths)];
    keeper = spawn('timeout', command, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
    await untilItRenews(paths, keeper);
    return Math.round(performance.now() - startedMs);
  } finally {
    endGroup(keeper);
    rmSync(paths.root ?? '', { recursive: true, force: true });
  }
}

function layOut(paths: Paths): void {
  for (const dir of [paths.etcDir, paths.libDir]) mkdirSync(dir, { recursive: true, mode: 0o700 });
  const ids = { groupId: randomUUID(), areaId: randomUUID() };
  const hardwareId = randomBytes(32).toString('hex');
  const links = [{ link: 0, address: '127.0.0.1', port: 7000 }];
  const config: GroupConfig = {
    ...ids,
    groupName: 'rehearsal',
    generation: 1,
    profile: 'swift',
    disarmed: false,
    hosts: [{ slot: 0, name: 'rehearsal', hardwareId, links, acceptSoftwareWatchdog: false }],
    vms: [],
  };
  const settings: HostSettings = {
    ...ids,
    version: 1,
    slot: 0,
    hostName: 'rehearsal',
    hardwareId,
    areaPath: join(paths.libDir, 'area'),
    hypervisor: 'demo',
    watchdogDevice: null,
    watchdogAttributes: null,
  };
  const fd = openSync(settings.areaPath, 'wx', 0o600);
  try {
    ftruncateSync(fd, AREA_BYTES);
    const header = areaHeaderBlocks({
      ...ids,
      blockBytes: BLOCK_BYTES,
      hostSlots: MAX_HOSTS,
      tokenSlots: MAX_VMS,
    });
    writeSync(fd, header, 0, header.byteLength, 0);
    const first = firstConfigBlock(config);
    writeSync(fd, first.data, 0, first.data.byteLength, first.block * BLOCK_BYTES);
  } finally {
    closeSync(fd);
  }
  writeFileSync(paths.bootIdFile, `${randomUUID()}\n`);
  writeFileSync(paths.hostSettings, JSON.stringify(settings));
  writeFileSync(paths.groupConfig, JSON.stringify(config));
}

/** How much of what a failing keeper says is looked through for the line that tells why. */
const SAID_CHARS = 8000;

/** The line that names the error; a crash prints the source before it and the stack after it. */
function whatItSaid(said: string): string {
  const lines = said.split('\n').map((line) => line.trim());
  return (
    lines.find((line) => /^\w*Error\b/.test(line)) ??
    lines.findLast((line) => line !== '') ??
    'it said nothing'
  );
}

async function untilItRenews(paths: Paths, keeper: ChildProcess): Promise<void> {
  let said = '';
  keeper.stderr?.setEncoding('utf8').on('data', (piece: string) => {
    said = `${said}${piece}`.slice(0, SAID_CHARS);
  });
  let firstGoodMs: number | null = null;
  let seen = 'it did not say how it is';
  let link: KeeperLink | null = null;
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const failed = (how: string): void => {
        reject(new Error(`the keeper ${how}: ${whatItSaid(said)}`));
      };
      const look = (view: KeeperView): void => {
        seen = `its phase is ${view.phase}, its watchdog ${view.watchdog}`;
        if (view.phase !== 'alive' || view.watchdog !== 'armed' || view.lastGoodMs === null) return;
        firstGoodMs ??= view.lastGoodMs;
        if (view.lastGoodMs > firstGoodMs) resolve();
      };
      keeper.once('error', (error) => failed(`could not be started (${error.message})`));
      keeper.once('close', (code, signal) => failed(`ended with ${code ?? signal ?? 'nothing'}`));
      const late = (): void => failed(`did not renew a lease within ${ALIVE_MS / 1000} s, ${seen}`);
      timer = setTimeout(late, ALIVE_MS);
      const nothing = (): void => undefined;
      const events = { connected: nothing, lost: nothing, toPeer: nothing, event: nothing };
      link = new KeeperLink(paths.keeperSocket, 'self-check', { ...events, view: look });
      link.start();
    });
  } finally {
    clearTimeout(timer);
    (link as KeeperLink | null)?.stop();
  }
}

function endGroup(keeper: ChildProcess | null): void {
  if (keeper?.pid === undefined) return;
  try {
    process.kill(-keeper.pid, 'SIGKILL');
  } catch {
    // Everything in it has ended already.
  }
}

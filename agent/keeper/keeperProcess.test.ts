import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ByteLines } from '../byteLines.ts';
import { firstConfigBlock } from '../core/area.ts';
import { BLOCK_BYTES } from '../core/record.ts';
import { type Paths, rootArguments } from '../paths.ts';
import type { GroupConfig } from '../protocol/group.ts';
import { KeeperLine, type KeeperView, MAX_KEEPER_LINE_BYTES } from '../protocol/keeperLink.ts';
import { KEEPER_EXIT } from './loopTypes.ts';
import { loadRunFile } from './runFiles.ts';
import { AREA_ID, GROUP_ID, hostSettings, makeArea, temporaryPaths, until } from './testSupport.ts';

/** The keeper as a process: real machine, real store-io children, the demo's watchdog, one host alone in its group. */

const BOOT = 'bbbbbbbb-0000-4000-8000-000000000001';

/** Generous: these tests start a dozen processes beside all other tests. */
const WAIT_MS = 40_000;
const TEST_MS = 90_000;

const config: GroupConfig = {
  groupId: GROUP_ID,
  groupName: 'test',
  areaId: AREA_ID,
  generation: 1,
  profile: 'swift',
  disarmed: false,
  hosts: [
    {
      slot: 0,
      name: 'a',
      hardwareId: hostSettings('/').hardwareId,
      links: [{ link: 0, address: '127.0.0.1', port: 7000 }],
      acceptSoftwareWatchdog: false,
    },
  ],
  vms: [],
};

/** A demo host: a folder with an area, and one process group. */
class Host {
  readonly paths: Paths = temporaryPaths();
  readonly keepers: ChildProcess[] = [];
  readonly #script = join(this.paths.root ?? '', 'roles.mjs');

  constructor(profile: GroupConfig['profile']) {
    for (const dir of [this.paths.etcDir, this.paths.libDir]) mkdirSync(dir, { recursive: true });
    const area = join(this.paths.libDir, 'area');
    makeArea(area);
    const group = { ...config, profile };
    const first = firstConfigBlock(group);
    const fd = openSync(area, 'r+');
    writeSync(fd, first.data, 0, first.data.byteLength, first.block * BLOCK_BYTES);
    closeSync(fd);
    writeFileSync(this.paths.bootIdFile, `${BOOT}\n`);
    writeFileSync(this.paths.hostSettings, JSON.stringify({ ...hostSettings(area), hypervisor: 'demo' }));
    writeFileSync(this.paths.groupConfig, JSON.stringify(group));
    writeFileSync(this.#script, roles());
  }

  start(): ChildProcess {
    const keeper = spawn(process.execPath, [this.#script, 'keeper', ...rootArguments(this.paths)], {
      detached: true,
      stdio: 'ignore',
    });
    this.keepers.push(keeper);
    return keeper;
  }

  /** The first view of an armed, alive keeper whose lease is newer than that. */
  async alive(afterMs = 0): Promise<KeeperView> {
    const link = new Link(this.paths.keeperSocket);
    try {
      return await until(() => fresh(link.view, afterMs), WAIT_MS);
    } finally {
      link.close();
    }
  }

  remove(): void {
    for (const keeper of this.keepers) killGroup(keeper);
    rmSync(this.paths.root ?? '', { recursive: true, force: true });
  }
}

/** An agent that only listens. It connects again until it is heard: the socket's file is there before it listens. */
class Link {
  view: KeeperView | null = null;
  #closed = false;
  #socket: Socket | null = null;

  constructor(path: string) {
    const reader = new ByteLines(MAX_KEEPER_LINE_BYTES);
    const open = (): void => {
      if (this.#closed) return;
      const socket = connect(path, () => {
        socket.write('{"id":1,"body":{"kind":"hello","agentVersion":"test"}}\n');
      });
      this.#socket = socket;
      socket.on('error', () => undefined);
      socket.on('close', () => setTimeout(open, 50));
      socket.on('data', (piece) => {
        for (const text of reader.push(piece).lines) {
          const line = KeeperLine.parse(JSON.parse(text.toString()));
          if (line.kind === 'view') this.view = line.view;
        }
      });
    };
    open();
  }

  close(): void {
    this.#closed = true;
    this.#socket?.destroy();
  }
}

function fresh(view: KeeperView | null, afterMs: number): KeeperView | null {
  const good = view?.phase === 'alive' && view.watchdog === 'armed' && (view.lastGoodMs ?? 0) > afterMs;
  return good ? view : null;
}

/** Dispatches by role, as agent/main.ts does. */
function roles(): string {
  const url = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);
  return `const [role, ...argv] = process.argv.slice(2);
const mains = {
  keeper: async () => (await import(${url('./main.ts')})).keeperMain,
  'store-io': async () => (await import(${url('./storeIoMain.ts')})).storeIoMain,
  'demo-watchdog': async () => (await import(${url('./demoWatchdogMain.ts')})).demoWatchdogMain,
};
process.exit(await (await mains[role]())(argv));
`;
}

function killGroup(keeper: ChildProcess): void {
  try {
    process.kill(-(keeper.pid ?? 0), 'SIGKILL');
  } catch {
    // Everything in it has ended already.
  }
}

async function exitOf(keeper: ChildProcess): Promise<number | string | null> {
  return await new Promise((resolve) => {
    keeper.once('exit', (code, signal) => {
      resolve(code ?? signal);
    });
  });
}

const hosts: Host[] = [];

function newHost(profile: GroupConfig['profile']): Host {
  const host = new Host(profile);
  hosts.push(host);
  return host;
}

afterAll(() => {
  for (const host of hosts) host.remove();
});

describe.concurrent('a keeper that is killed', () => {
  test(
    'goes on from its run file: same epoch, no new start of L, watchdog still petted',
    async () => {
      const host = newHost('steady');
      const first = host.start();
      const before = await host.alive();
      expect(before.epoch).toBe(1);
      const gone = exitOf(first);
      first.kill('SIGKILL');
      expect(await gone).toBe('SIGKILL');
      const saved = loadRunFile(host.paths, BOOT);
      rmSync(host.paths.keeperSocket);
      host.start();
      const after = await host.alive(saved.kind === 'loaded' ? (saved.file.lastGoodMs ?? 0) : 0);
      expect(saved).toMatchObject({ kind: 'loaded', file: { epoch: 1 } });
      expect(after.epoch).toBe(before.epoch);
      expect(existsSync(host.paths.demoWatchdogFired)).toBe(false);
    },
    TEST_MS,
  );

  test(
    'takes its whole host along when nobody starts it again',
    async () => {
      const host = newHost('swift');
      const keeper = host.start();
      await host.alive();
      keeper.kill('SIGKILL');
      await until(() => existsSync(host.paths.demoWatchdogFired), WAIT_MS);
      expect(readFileSync(host.paths.demoWatchdogFired, 'utf8')).toContain('pets stopped');
    },
    TEST_MS,
  );
});

describe.concurrent('a keeper that runs', () => {
  test(
    'lets no second one in, and leaves for good when it is told to end',
    async () => {
      const host = newHost('steady');
      const keeper = host.start();
      await host.alive();
      expect(await exitOf(host.start())).toBe(KEEPER_EXIT.alreadyRunning);
      const gone = exitOf(keeper);
      keeper.kill('SIGTERM');
      expect(await gone).toBe(KEEPER_EXIT.left);
    },
    TEST_MS,
  );
});

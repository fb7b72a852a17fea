import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Status, VmStatus } from '../../../agent/protocol/control.ts';
import { openAckLog, type AckLog } from '../ackLog.ts';
import { guestDiskFile, startGuest, waitForGuest } from '../guests.ts';
import { guestName, type GuestOptions } from '../guestXml.ts';
import { openLab, type Lab, type LabHost } from '../lab.ts';
import { sourceDir, storePath } from '../layout.ts';
import { judge, type Verdict } from '../oracle.ts';
import { LabError, run, waitFor } from '../run.ts';

/**
 * A small shop on the lab: Understudy installed over SSH by its console from empty hosts, one group, protected guests.
 * The console is closed after each command; whatever happens afterwards, the agents do alone.
 */

const root = join(sourceDir, '..', '..');
const consoleDeadlineMs = 240_000;
/** Everybody protected again: both hosts back, a new lease each, definitions in step. */
const healthyDeadlineMs = 120_000;

export interface Shop {
  readonly lab: Lab;
  readonly hosts: readonly LabHost[];
  readonly acks: AckLog;
  /** Where the console keeps its hosts and groups; an app may start with a copy. */
  readonly inventory: string;
  /** How long the console's installation of all hosts took, seconds. */
  readonly installS: number;
  /** Runs the console; its JSON answer. A refusal is an answer with `ok: false`. */
  console(...args: readonly string[]): Promise<Record<string, unknown> & { readonly ok: boolean }>;
  status(host: LabHost): Promise<Status | null>;
  vm(host: LabHost, name: string): Promise<VmStatus | null>;
  /** The host on which the guest's witness writes. */
  activeHost(guest: GuestOptions): Promise<LabHost>;
  other(host: LabHost): LabHost;
  /** Starts the guest on a host and protects it; `policy`: further options of the console's `protect`. */
  protect(host: LabHost, guest: GuestOptions, ...policy: readonly string[]): Promise<void>;
  /** Both hosts see the guest protected. */
  untilProtected(guest: GuestOptions): Promise<void>;
  /** What the guest's disk and its acknowledgements prove. */
  verdict(guest: GuestOptions): Verdict;
  close(): Promise<void>;
}

export interface ShopOptions {
  readonly profile: 'swift' | 'steady';
  readonly links?: 1 | 2;
}

export async function openShop(options: ShopOptions): Promise<Shop> {
  const lab = await openLab();
  const folder = mkdtempSync(join(tmpdir(), 'understudy-shop-'));
  const acks = await openAckLog();
  const inventory = join(folder, 'inventory.json');
  const understudy: Shop['console'] = async (...args) => {
    const result = await run(
      'npm',
      ['run', '--silent', 'console', '--', ...args, '--json', '--inventory', inventory],
      {
        cwd: root,
        deadlineMs: consoleDeadlineMs,
      },
    );
    const line = result.stdout.trim().split('\n').at(-1) ?? '';
    if (!line.startsWith('{'))
      throw new LabError('console', `console ${args.join(' ')}: ${result.stdout}${result.stderr}`);
    return JSON.parse(line) as Record<string, unknown> & { ok: boolean };
  };
  const done = async (...args: readonly string[]): Promise<void> => {
    const answer = await understudy(...args);
    if (!answer.ok) throw new LabError('console', `console ${args.join(' ')}: ${JSON.stringify(answer)}`);
  };
  let installS = 0;
  try {
    installS = await installEverywhere(lab, options, done);
  } catch (error) {
    acks.close();
    await lab.down();
    throw error;
  }
  return {
    ...viewsOf(lab),
    lab,
    hosts: lab.hosts,
    acks,
    inventory,
    installS,
    console: understudy,
    async protect(host, guest, ...policy) {
      await startGuest(host, guest);
      await done('protect', guestName(guest), ...policy);
    },
    verdict(guest) {
      const seen = acks.boots(guestName(guest));
      return judge(readFileSync(guestDiskFile(guest)), seen);
    },
    async close() {
      acks.close();
      rmSync(folder, { recursive: true, force: true });
      await lab.down();
    },
  };
}

async function installEverywhere(
  lab: Lab,
  options: ShopOptions,
  done: (...args: readonly string[]) => Promise<void>,
): Promise<number> {
  for (const host of lab.hosts) {
    const print = await host.must('ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub');
    const fingerprint = print.split(' ')[1] ?? '';
    await done(
      'hosts',
      'add',
      host.name,
      host.address,
      '--user',
      'ops',
      '--key',
      lab.sshKey,
      '--accept-key',
      fingerprint,
    );
  }
  const names = lab.hosts.map((host) => host.name);
  const startedMs = performance.now();
  await done('install', ...names);
  const installS = (performance.now() - startedMs) / 1000;
  const links = lab.hosts.flatMap((host) => [
    '--link',
    `${host.name}=${[host.address, host.cableAddress].slice(0, options.links ?? 2).join(',')}`,
  ]);
  const watchdogs = names.flatMap((name) => ['--watchdog', `${name}=/dev/watchdog:/run/labwd`]);
  const place = ['--hosts', names.join(','), '--store', storePath, '--profile', options.profile];
  await done('group', 'create', 'Shop', ...place, ...links, ...watchdogs);
  return installS;
}

type Views = Pick<Shop, 'status' | 'vm' | 'activeHost' | 'other' | 'untilProtected'>;

function viewsOf(lab: Lab): Views {
  const ask = async <Answer>(host: LabHost, command: string): Promise<Answer | null> => {
    const result = await host.run(`understudy ${command} --json`, { deadlineMs: 10_000 });
    return result.code === 0 ? (JSON.parse(result.stdout) as Answer) : null;
  };
  const status: Views['status'] = (host) => ask<Status>(host, 'status');
  const vm: Views['vm'] = async (host, name) =>
    (await status(host))?.vms.find((each) => each.name === name) ?? null;
  const byName = (name: string): LabHost => {
    const found = lab.hosts.find((host) => host.name === name);
    if (found === undefined) throw new LabError('no-such-host', `A guest says that it runs on ${name}.`);
    return found;
  };
  return {
    status,
    vm,
    activeHost: async (guest) => byName((await waitForGuest(guest.number)).host),
    other: (host) => lab.hosts.find((each) => each.name !== host.name) ?? host,
    async untilProtected(guest) {
      const name = guestName(guest);
      let last = '';
      const good = async (): Promise<boolean> => {
        const seen = await Promise.all(lab.hosts.map((host) => vm(host, name)));
        last = JSON.stringify(seen.map((each) => each?.readiness ?? null));
        return seen.every((each) => each?.readiness.level === 'protected' && each.activity === null);
      };
      try {
        await waitFor(`${name} to be protected`, healthyDeadlineMs, good, 250);
      } catch (error) {
        throw new LabError(
          'not-protected',
          `${name} is not protected on every host: ${last} (${String(error)})`,
        );
      }
    },
  };
}

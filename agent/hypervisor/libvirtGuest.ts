import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod/mini';
import {
  type Connection,
  connect,
  type ConnectOptions,
  type Domain,
  getDomainStatistics,
  guestAgentCommand,
  lookupDomainByUuid,
} from '../node-libvirt/index.ts';
import { type GuestAgent, HypervisorError } from './hypervisor.ts';

/** How often a program in the guest is asked for its end: at once at first, for most end soon. */
const FIRST_LOOK_MS = 50;
const LATER_LOOK_MS = 1000;

const Started = z.object({ pid: z.int() });
const State = z.object({ exited: z.boolean(), exitcode: z.optional(z.int()), signal: z.optional(z.int()) });

/**
 * Talks with the agent in a guest, over a connection of its own that ends with the deadline: libvirt serves a client five
 * calls at a time, and a guest that hangs must not hold up a start of another.
 */
async function withGuest<Result>(
  options: ConnectOptions,
  vm: string,
  deadlineMs: number,
  act: (guest: { connection: Connection; domain: Domain; leftMs: () => number }) => Promise<Result>,
): Promise<Result> {
  const endsAt = performance.now() + deadlineMs;
  const leftMs = (): number => Math.max(1, endsAt - performance.now());
  const connection = await connect({ ...options, deadlineMs }).catch(notAsked);
  const timer = setTimeout(() => connection.destroy('no answer in time'), leftMs());
  try {
    const domain = await lookupDomainByUuid(connection, vm, { deadlineMs: leftMs() }).catch(notAsked);
    return await act({ connection, domain, leftMs });
  } finally {
    clearTimeout(timer);
    connection.destroy('it was asked');
  }
}

/** libvirt itself did not answer: that says nothing about the guest. */
function notAsked(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error);
  throw new HypervisorError({ code: 'hypervisor.guest-not-asked', message }, true, error);
}

/** libvirt counts in whole seconds, from 1. */
const secondsOf = (ms: number): number => Math.max(1, Math.floor(ms / 1000));

export function libvirtGuestAgent(options: ConnectOptions): GuestAgent {
  return {
    guestPing: (vm, deadlineMs) => pingGuest(options, vm, deadlineMs),
    guestRun: (vm, path, args, deadlineMs) => runInGuest(options, vm, { path, args }, deadlineMs),
  };
}

async function pingGuest(options: ConnectOptions, vm: string, deadlineMs: number): Promise<void> {
  await withGuest(options, vm, deadlineMs, async ({ connection, domain, leftMs }) => {
    const times = { timeoutSeconds: secondsOf(leftMs()), deadlineMs: leftMs() };
    await guestAgentCommand(connection, domain, { execute: 'guest-ping' }, times);
  });
}

/** Runs a program in the guest and gives its exit status; what it writes is not read. */
function runInGuest(
  options: ConnectOptions,
  vm: string,
  { path, args }: { readonly path: string; readonly args: readonly string[] },
  deadlineMs: number,
): Promise<number> {
  return withGuest(options, vm, deadlineMs, async ({ connection, domain, leftMs }) => {
    const ask = async (execute: string, more: Readonly<Record<string, unknown>>): Promise<unknown> => {
      const times = { timeoutSeconds: secondsOf(leftMs()), deadlineMs: leftMs() };
      return guestAgentCommand(connection, domain, { execute, arguments: more }, times);
    };
    const started = Started.safeParse(await ask('guest-exec', { path, arg: args, 'capture-output': false }));
    if (!started.success) throw nonsense();
    for (let lookMs = FIRST_LOOK_MS; ; lookMs = Math.min(lookMs * 2, LATER_LOOK_MS)) {
      const state = State.safeParse(await ask('guest-exec-status', { pid: started.data.pid }));
      if (!state.success) throw nonsense();
      if (state.data.exited) return statusOf(state.data);
      if (leftMs() <= lookMs) throw new Error(`${path} did not end in time`);
      await pause(lookMs);
    }
  });
}

/** As a shell counts: 128 and the signal that ended it. */
const ENDED_BY_SIGNAL = 128;
const statusOf = ({ exitcode, signal }: z.infer<typeof State>): number =>
  exitcode ?? (signal === undefined ? 0 : ENDED_BY_SIGNAL + signal);

const nonsense = (): HypervisorError =>
  new HypervisorError(
    { code: 'hypervisor.guest-nonsense', message: 'The guest agent answered something that makes no sense.' },
    true,
  );

/** What the disks did, and what the guest sent: packets to it come in however dead it is. */
export async function guestCounters(
  connection: Connection,
  domain: Domain,
  deadlineMs: number,
): Promise<{ readonly disk: number; readonly network: number }> {
  const options = { groups: ['block', 'interface'] as const, domains: [domain], noWait: true, deadlineMs };
  const [statistics] = await getDomainStatistics(connection, options);
  if (statistics === undefined) throw new Error('libvirt told nothing of this domain');
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
  return {
    disk: sum(statistics.disks.map((disk) => disk.readRequests + disk.writeRequests + disk.flushRequests)),
    network: sum(statistics.interfaces.map((one) => one.sentPackets)),
  };
}

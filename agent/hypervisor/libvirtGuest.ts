import {
  type Connection,
  connect,
  type ConnectOptions,
  type Domain,
  domainXml,
  getDomainStatistics,
  guestAgentCommand,
  lookupDomainByUuid,
} from '../node-libvirt/index.ts';
import { beatSocket } from './domainXml.ts';
import { GuestBeats } from './guestBeats.ts';
import { GuestCalls, LIBVIRT_GIVES_UP_MS } from './guestCalls.ts';
import { GuestPrograms, type Program } from './guestPrograms.ts';
import { type GuestAgent, HypervisorError } from './hypervisor.ts';

/**
 * Talks with the agent in a guest, over a connection of its own: libvirt serves a client five calls at a time, and a guest
 * that hangs must not hold up a start of another. The connection stays until libvirt has answered, which may be long after the
 * deadline: closing it would not end what libvirt does.
 */
function withGuest<Result>(
  { options, calls }: Asking,
  vm: string,
  deadlineMs: number,
  act: (guest: { connection: Connection; domain: Domain; leftMs: () => number }) => Promise<Result>,
): Promise<Result> {
  const endsAt = performance.now() + deadlineMs;
  const leftMs = (): number => Math.max(1, endsAt - performance.now());
  return calls.within(vm, deadlineMs, async () => {
    const connection = await connect({ ...options, deadlineMs }).catch(notAsked);
    try {
      const domain = await lookupDomainByUuid(connection, vm, { deadlineMs: leftMs() }).catch(notAsked);
      return await act({ connection, domain, leftMs });
    } finally {
      connection.destroy('it was asked');
    }
  });
}

interface Asking {
  readonly options: ConnectOptions;
  readonly calls: GuestCalls;
}

/** libvirt itself did not answer: that says nothing about the guest. */
function notAsked(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error);
  throw new HypervisorError({ code: 'hypervisor.guest-not-asked', message }, true, error);
}

/** libvirt counts in whole seconds, from 1. */
const secondsOf = (ms: number): number => Math.max(1, Math.floor(ms / 1000));

export function libvirtGuestAgent(options: ConnectOptions): GuestAgent {
  const programs = new GuestPrograms();
  const asking = { options, calls: new GuestCalls() };
  // Calls of their own: a guest agent that hangs must not keep anybody from hearing that its guest beats.
  const looking = { options, calls: new GuestCalls() };
  const beats = new GuestBeats((vm, deadlineMs) => beatSocketOf(looking, vm, deadlineMs));
  return {
    guestBeat: (vm, deadlineMs) => beats.next(vm, deadlineMs),
    guestPing: (vm, deadlineMs) => pingGuest(asking, vm, deadlineMs),
    guestRun: (vm, path, args, deadlineMs) => runInGuest(asking, programs, vm, { path, args }, deadlineMs),
  };
}

async function beatSocketOf(asking: Asking, vm: string, deadlineMs: number): Promise<string | null> {
  const read = withGuest(asking, vm, deadlineMs, async ({ connection, domain, leftMs }) =>
    beatSocket(await domainXml(connection, domain, { deadlineMs: leftMs() })),
  );
  return read.catch(notAsked);
}

async function pingGuest(asking: Asking, vm: string, deadlineMs: number): Promise<void> {
  await withGuest(asking, vm, deadlineMs, async ({ connection, domain, leftMs }) => {
    const times = { timeoutSeconds: secondsOf(leftMs()), deadlineMs: LIBVIRT_GIVES_UP_MS };
    await guestAgentCommand(connection, domain, { execute: 'guest-ping' }, times);
  });
}

/** Runs a program in the guest and gives its exit status. */
function runInGuest(
  asking: Asking,
  programs: GuestPrograms,
  vm: string,
  program: Program,
  deadlineMs: number,
): Promise<number> {
  return withGuest(asking, vm, deadlineMs, ({ connection, domain, leftMs }) => {
    const ask = async (execute: string, more: Readonly<Record<string, unknown>>): Promise<unknown> => {
      const times = { timeoutSeconds: secondsOf(leftMs()), deadlineMs: LIBVIRT_GIVES_UP_MS };
      return guestAgentCommand(connection, domain, { execute, arguments: more }, times);
    };
    return programs.run(vm, program, { ask, leftMs });
  });
}

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

import type { Drills } from '../drill/drills.ts';
import { configOf, type EngineState } from '../core/engine/state.ts';
import type { AdminCommand, CommandReply } from '../core/engine/types.ts';
import type { ScreenPicture } from '../hypervisor/hypervisor.ts';
import { type Failure, FailureError } from '../protocol/failure.ts';
import type { ControlMethod, ControlParams, ControlResult } from '../protocol/control.ts';
import type { NotifyDesk } from '../notify/desk.ts';
import type { EngineShell } from './engineShell.ts';

/** Methods that the control server itself answers from status and journal. */
type OwnMethod = 'status' | 'version' | 'events' | 'subscribe';
type Handlers = {
  readonly [Method in Exclude<ControlMethod, OwnMethod>]: (
    params: ControlParams<Method>,
  ) => Promise<ControlResult<Method>>;
};

export interface HandlerOptions {
  readonly shell: EngineShell;
  readonly screenshot: (vm: string) => Promise<ScreenPicture>;
  /** Null on a host with a real hypervisor. */
  readonly pullPlug: (() => void) | null;
  /** Makes keeper and agent end; rejects with the keeper's refusal. */
  readonly leave: () => Promise<void>;
  /** What would stop a live move to the host in that slot. */
  readonly checkLive: (vm: string, to: number) => Promise<readonly Failure[]>;
  readonly notify: Pick<NotifyDesk, 'show' | 'set' | 'test'>;
  readonly drills: Pick<Drills, 'begin' | 'stop' | 'show' | 'picture'>;
}

/** What consoles may ask for: each method is a command to the engine, whose refusal becomes the method's. */
export function controlHandlers({
  shell,
  screenshot,
  pullPlug,
  leave,
  checkLive,
  notify,
  drills,
}: HandlerOptions): Handlers {
  const run = async (command: AdminCommand): Promise<{ text: string }> => ({
    text: textOf(await shell.command(command)),
  });
  return {
    'group.show': async () => ({ config: shell.engine.view?.config ?? null }),
    'group.profile': ({ profile }) => run({ kind: 'profile', profile }),
    protect: ({ vm, hosts, policy }) =>
      run({ kind: 'protect', vm, hosts: hosts ?? null, policy: defined(policy ?? {}) }),
    unprotect: ({ vm }) => run({ kind: 'unprotect', vm }),
    checkVm: async ({ vm }) => {
      const answer = await shell.command({ kind: 'checkVm', vm });
      if (answer.kind !== 'findings') throw refused(answer);
      return { findings: [...answer.findings] };
    },
    switchover: ({ vm, to, how }) => run({ kind: 'switchover', vm, to: to ?? null, how }),
    'vm.checkLive': async ({ vm, to }) => {
      const host = configOf(shell.engine)?.hosts.find(({ name }) => name === to);
      if (host === undefined) {
        const message = `The group has no host ${to}.`;
        throw new FailureError({ code: 'host.unknown', message, field: 'to' });
      }
      return { against: [...(await checkLive(protectedByName(shell.engine, vm), host.slot))] };
    },
    'vm.start': ({ vm }) => run({ kind: 'vm.start', vm }),
    'vm.stop': ({ vm }) => run({ kind: 'vm.stop', vm }),
    'vm.policy': ({ vm, policy }) => run({ kind: 'policy', vm, policy: defined(policy) }),
    'vm.cancel': ({ vm }) => run({ kind: 'cancel', vm }),
    'vm.screenshot': async ({ vm }) => {
      const known = protectedByName(shell.engine, vm);
      const { png, width, height } = await screenshot(known);
      return { png: png.toString('base64'), width, height };
    },
    'group.disarm': ({ forMs }) => run({ kind: 'disarm', forMs: forMs ?? null }),
    'group.arm': () => run({ kind: 'arm' }),
    'maintenance.on': ({ host, forMs, bringBack = false, how }) =>
      run({ kind: 'maintenance', host, on: true, forMs: forMs ?? null, bringBack, how }),
    'maintenance.off': ({ host }) => run({ kind: 'maintenance', host, on: false }),
    'group.addHost': (host) => run({ kind: 'addHost', host }),
    'group.removeHost': ({ host }) => run({ kind: 'removeHost', host }),
    'group.replaceHost': ({ host, by }) => run({ kind: 'replaceHost', host, by }),
    ...drillHandlers(drills),
    ...notifyHandlers(notify),
    'host.goingDown': ({ reason }) => run({ kind: 'goingDown', reason }),
    'host.stays': () => run({ kind: 'stay' }),
    'host.leave': async () => {
      await leave();
      return { text: 'The keeper has left the group; the agent ends now.' };
    },
    'demo.pullPlug': async () => {
      if (pullPlug === null) {
        throw new FailureError({
          code: 'demo.real-host',
          message: 'This is a real host: its plug is not pulled from here.',
        });
      }
      pullPlug();
      return { text: 'The plug is pulled.' };
    },
  };
}

function notifyHandlers(notify: HandlerOptions['notify']) {
  return {
    'notify.show': async () => notify.show(),
    'notify.set': async ({ revision, settings }) => ({ text: await notify.set(revision, settings) }),
    'notify.test': async ({ channel }) => ({ results: [...(await notify.test(channel ?? null))] }),
  } satisfies Partial<Handlers>;
}

function drillHandlers(drills: HandlerOptions['drills']) {
  return {
    'drill.begin': async ({ vm }) => drills.begin(vm),
    'drill.stop': async () => ({ text: drills.stop() }),
    'drill.show': () => drills.show(),
    'drill.picture': ({ vm }) => drills.picture(vm),
  } satisfies Partial<Handlers>;
}

/** The uuid of a protected VM. Only of those: a console has no business with the screens of others. */
function protectedByName(state: EngineState, name: string): string {
  const vm = configOf(state)?.vms.find((one) => one.name === name || one.vm === name);
  if (vm !== undefined) return vm.vm;
  const message = `${name} is not a protected VM of this group.`;
  throw new FailureError({ code: 'vm.not-protected', message, field: 'vm' });
}

function textOf(answer: CommandReply): string {
  if (answer.kind !== 'text') throw refused(answer);
  return answer.text;
}

function refused(answer: CommandReply): FailureError {
  return new FailureError(
    answer.kind === 'failure'
      ? answer.failure
      : { code: 'engine.wrong-answer', message: 'The engine answered something else than was asked.' },
  );
}

/** Without the fields that are given as undefined. */
function defined<Fields extends object>(
  fields: Fields,
): { [Key in keyof Fields]: Exclude<Fields[Key], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof Fields]: Exclude<Fields[Key], undefined> };
}

import type { AdminCommand, CommandReply } from '../core/engine/types.ts';
import { FailureError } from '../protocol/failure.ts';
import type { ControlMethod, ControlParams, ControlResult } from '../protocol/control.ts';
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
  /** Null on a host with a real hypervisor. */
  readonly pullPlug: (() => void) | null;
  /** Makes keeper and agent end; rejects with the keeper's refusal. */
  readonly leave: () => Promise<void>;
}

/** What consoles may ask for: each method is a command to the engine, whose refusal becomes the method's. */
export function controlHandlers({ shell, pullPlug, leave }: HandlerOptions): Handlers {
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
    switchover: ({ vm, to }) => run({ kind: 'switchover', vm, to: to ?? null }),
    'vm.start': ({ vm }) => run({ kind: 'vm.start', vm }),
    'vm.stop': ({ vm }) => run({ kind: 'vm.stop', vm }),
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

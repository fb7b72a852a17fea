import type { ControlClient } from '../control/connect.ts';
import { ACTION_WITHIN_MS, type RpcNotification } from '../protocol/control.ts';
import { moveProgressText } from '../protocol/moveProgress.ts';
import type { CommandShape, ReadWords } from './commandLine.ts';
import { eventLine } from './eventText.ts';
import type { CliIo } from './io.ts';

export interface CommandRun {
  readonly io: CliIo;
  readonly words: ReadWords;
  readonly json: boolean;
  readonly client: ControlClient;
  /** Called with whatever the agent pushes after `subscribe`. */
  readonly onNotification: (listener: (notification: RpcNotification) => void) => void;
}

export interface Command extends CommandShape {
  /** Refuses words that the agent need not be asked about. */
  readonly check?: (words: ReadWords) => void;
  /** Resolves with the exit status; rejects with a FailureError or a UsageError. */
  readonly run: (run: CommandRun) => Promise<number>;
}

const MINUTE_MS = 60_000;
/** The agent itself answers within `ACTION_WITHIN_MS`; whether it is still there shows at once on a local socket. */
export const WAIT_MS = ACTION_WITHIN_MS + MINUTE_MS;

export const json = (value: unknown): string => `${JSON.stringify(value)}\n`;
export const operand = ({ operands }: ReadWords, index = 0): string => operands[index] ?? '';

/** A line for each step of this size. */
const PROGRESS_STEP_PERCENT = 10;

/** Shows a person what happens to a VM while the command waits for the end of it. */
async function showProgress({ io, client, onNotification }: CommandRun, vm: string): Promise<void> {
  let shown = -PROGRESS_STEP_PERCENT;
  onNotification(({ method, params }) => {
    if (method === 'event' && params.vm === vm) io.err(eventLine(params));
    if (method !== 'status') return;
    const progress = params.vms.find((one) => one.name === vm || one.vm === vm)?.activity?.progress;
    // What the guest writes can take the figure back: then there is nothing new to say.
    if (progress === undefined || progress.percent < shown + PROGRESS_STEP_PERCENT) return;
    shown = progress.percent;
    io.err(`  ${moveProgressText(progress)}\n`);
  });
  await client.call('subscribe', { consoleName: 'understudy' });
}

/** A command that does something and answers in one sentence when it is done. */
export function said(
  operands: readonly string[],
  ask: (client: ControlClient, words: ReadWords) => Promise<{ readonly text: string }>,
  options: readonly string[] = [],
  flags: readonly string[] = [],
): Command {
  return {
    operands,
    flags,
    options,
    run: async (run) => {
      const { io, words, client, json: asJson } = run;
      if (operands[0] === 'VM' && io.interactive && !asJson) await showProgress(run, operand(words));
      const answer = await ask(client, words);
      io.out(asJson ? json(answer) : `${answer.text}\n`);
      return 0;
    },
  };
}

import type { IoOutcome } from '../core/keeper/types.ts';
import type { Paths } from '../paths.ts';
import type { HostSettings } from '../protocol/group.ts';
import { fateByNote } from './ioNotes.ts';
import { storeIoCommand } from './storeIoMain.ts';
import { StoreLane, type StoreLaneOptions } from './storeLane.ts';

/** A lane for callers that wait for one answer at a time, such as the agent with its definitions. */
export interface StoreAccess {
  /** Never rejects; `late` when it did not come back within `timeoutMs`. */
  read(block: number, blocks: number, timeoutMs: number): Promise<IoOutcome>;
  /** Never rejects. After `late` the write may still land at any time. */
  write(block: number, data: Uint8Array, timeoutMs: number): Promise<IoOutcome>;
  close(): void;
}

export interface OpenStoreLaneOptions {
  /** Program and script that dispatches by role, such as `[process.execPath, 'agent.cjs']`. */
  readonly self: readonly string[];
  readonly paths: Paths;
  readonly settings: HostSettings;
  readonly lane: string;
  readonly notice: StoreLaneOptions['notice'];
}

export function openStoreLane(options: OpenStoreLaneOptions): StoreAccess {
  const lane = new StoreLane({
    command: storeIoCommand(options.self, options.paths, options.settings, options.lane),
    name: options.lane,
    fateOf: fateByNote(options.paths.ioDir),
    notice: options.notice,
  });
  let lastId = 0;
  return {
    read: async (block, blocks, timeoutMs) =>
      await new Promise((resolve) => {
        lastId += 1;
        lane.submit({ kind: 'read', id: lastId, block, blocks }, timeoutMs, resolve);
      }),
    write: async (block, data, timeoutMs) =>
      await new Promise((resolve) => {
        lastId += 1;
        lane.submit({ kind: 'write', id: lastId, block, data }, timeoutMs, resolve);
      }),
    close: () => {
      lane.close();
    },
  };
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { EngineMemory } from '../core/engine/types.ts';
import type { Paths } from '../paths.ts';
import { GoingDownReason } from '../protocol/goingDown.ts';
import { MAX_HOSTS, MAX_VMS, Uuid } from '../protocol/ids.ts';
import { NewestSave } from '../wholeFile.ts';

const MemoryFile = z.strictObject({
  bootId: Uuid,
  memory: z.strictObject({
    vms: z
      .array(
        z.strictObject({
          vm: Uuid,
          ranAtGeneration: z.int().check(z.nonnegative()),
          /** Absent in the file of an agent that did not know them. */
          lateStartGeneration: z.optional(z.int().check(z.nonnegative())),
          stoppedGeneration: z.optional(z.int().check(z.nonnegative())),
          failuresMs: z.array(z.number()).check(z.maxLength(32)),
          ownStopUntilMs: z.number().check(z.nonnegative()),
          /** Absent in the file of an agent that moved nothing live. */
          moving: z.optional(z.int().check(z.nonnegative())),
        }),
      )
      .check(z.maxLength(MAX_VMS * 2)),
    /** Absent in the file of an agent that knew no pauses. */
    pauses: z.optional(
      z
        .array(z.strictObject({ since: z.int().check(z.nonnegative()), endsAtMs: z.number() }))
        .check(z.maxLength(MAX_HOSTS + 1)),
    ),
    goingDown: z.optional(
      z.strictObject({ reason: GoingDownReason, sinceMs: z.number(), isEmpty: z.boolean() }),
    ),
  }),
});

/** /run/understudy/agent.json: what the engine goes on from after a restart of the agent. Losing it costs little. */
export class EngineMemoryFile {
  readonly #path: string;
  readonly #bootId: string;
  readonly #saves: NewestSave;

  constructor(paths: Paths, bootId: string) {
    this.#path = join(paths.runDir, 'agent.json');
    this.#bootId = bootId;
    this.#saves = new NewestSave(this.#path);
  }

  /** Null after a boot, and when there is none that can be read. */
  load(): EngineMemory | null {
    try {
      const parsed = MemoryFile.safeParse(JSON.parse(readFileSync(this.#path, 'utf8')));
      if (!parsed.success || parsed.data.bootId !== this.#bootId) return null;
      const { vms, pauses = [], goingDown } = parsed.data.memory;
      const known = vms.map(({ lateStartGeneration = 0, stoppedGeneration = 0, moving = 0, ...vm }) => ({
        ...vm,
        lateStartGeneration,
        stoppedGeneration,
        moving,
      }));
      return { vms: known, pauses, ...(goingDown === undefined ? {} : { goingDown }) };
    } catch {
      return null;
    }
  }

  /** Without the file a restarted agent only knows less of the past. */
  save(memory: EngineMemory): void {
    this.#saves.save(JSON.stringify({ bootId: this.#bootId, memory }));
  }
}

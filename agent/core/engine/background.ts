import type { DefinitionAction } from './types.ts';

/** One definition is fetched, placed or published at a time: it must never compete with guests for the store. */
export interface Background {
  readonly vm: string;
  readonly operation: number;
  readonly action: DefinitionAction;
  readonly deadlineMs: number;
}

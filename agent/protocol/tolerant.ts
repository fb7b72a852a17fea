import type * as z from 'zod/mini';

/** Rounds of taking unknown fields out: each shows the next level inside a union. Deeper than any of our messages. */
const MAX_ROUNDS = 4;

type ReadResult<Output> =
  | { readonly success: true; readonly data: Output }
  | { readonly success: false; readonly error: z.core.$ZodError };

/**
 * Reads an answer of an agent that may be newer: fields that this version does not know are left out instead of refused.
 * Everything else is checked as ever. For what agents say to consoles only: requests to an agent, and records on the
 * store, are read strictly, because there an unknown field may be a condition that one must not overlook.
 */
export function readTolerantly<Output>(
  schema: { safeParse(value: unknown): ReadResult<Output> },
  value: unknown,
): ReadResult<Output> {
  let result = schema.safeParse(value);
  let left = value;
  for (let round = 0; round < MAX_ROUNDS && !result.success; round += 1) {
    const surplus = result.error.issues.filter((issue) => issue.code === 'unrecognized_keys');
    if (surplus.length === 0) return result;
    // What is read here came as JSON, so this is a faithful copy.
    if (left === value) left = JSON.parse(JSON.stringify(value));
    for (const { path, keys } of surplus) drop(left, path, keys);
    result = schema.safeParse(left);
  }
  return result;
}

function drop(root: unknown, path: readonly PropertyKey[], keys: readonly string[]): void {
  let at: unknown = root;
  for (const part of path) {
    if (typeof at !== 'object' || at === null) return;
    at = (at as Record<PropertyKey, unknown>)[part];
  }
  if (typeof at !== 'object' || at === null) return;
  for (const key of keys) delete (at as Record<string, unknown>)[key];
}

import * as z from 'zod/mini';
import { DEFINITION_BLOCKS, definitionBlock, HALVES, type Half } from '../core/area.ts';
import { decodeRecord, encodeRecord, RECORD_KIND } from '../core/record.ts';
import type { StoreAccess } from '../keeper/openStoreLane.ts';
import type { Failure } from '../protocol/failure.ts';
import { FailureError } from '../protocol/failure.ts';
import { TokenIndex, Uuid } from '../protocol/ids.ts';
import { unpackBundle } from './bundle.ts';

const IO_TIMEOUT_MS = 8000;

/** A half of a token's definition region. */
const DefinitionRecord = z.strictObject({
  areaId: Uuid,
  token: TokenIndex,
  digest: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  packed: z.string(),
});

/** The definitions on the store. The holder writes the half that the note does not name; all others only read. */
export class DefinitionRegion {
  readonly #store: StoreAccess;
  readonly #areaId: string;

  constructor(store: StoreAccess, areaId: string) {
    this.#store = store;
    this.#areaId = areaId;
  }

  /** The bundle's text. Rejects with `FailureError` when no half holds it whole. */
  async read(token: number, digest: string): Promise<string> {
    for (const half of HALVES) {
      const text = await this.#readHalf(token, half, digest);
      if (text !== null) return text;
    }
    throw new FailureError({
      code: 'definition.not-on-store',
      message: `The definition ${digest.slice(0, 12)} is not on the store.`,
      meaning: 'It is being rewritten, or was damaged. The host that holds the VM writes it again.',
    });
  }

  /** Writes a bundle and reads it back; `current`, if the store has it, is left in place. */
  async write(token: number, digest: string, packed: string, current: string | null): Promise<void> {
    const half = current === null ? 0 : await this.#otherHalf(token, current);
    const record = { areaId: this.#areaId, token, digest, packed };
    let data: Uint8Array;
    try {
      data = encodeRecord(RECORD_KIND.definition, record, DEFINITION_BLOCKS);
    } catch {
      throw new FailureError({
        code: 'definition.too-large',
        message: `The definition takes ${packed.length} bytes packed; the store has room for ${DEFINITION_BLOCKS * 4096}.`,
        fix: 'Look for something unusual in its UEFI variables or TPM state.',
      });
    }
    const outcome = await this.#store.write(definitionBlock(token, half), data, IO_TIMEOUT_MS);
    if (outcome.kind !== 'written') throw new FailureError(storeFailure('written', outcome));
    if ((await this.#readHalf(token, half, digest)) === null) {
      throw new FailureError({
        code: 'definition.not-written',
        message: 'The store did not give back the definition that was written to it.',
      });
    }
  }

  async #otherHalf(token: number, current: string): Promise<Half> {
    return (await this.#readHalf(token, 0, current)) === null ? 0 : 1;
  }

  async #readHalf(token: number, half: Half, digest: string): Promise<string | null> {
    const outcome = await this.#store.read(definitionBlock(token, half), DEFINITION_BLOCKS, IO_TIMEOUT_MS);
    if (outcome.kind !== 'read') throw new FailureError(storeFailure('read', outcome));
    const decoded = decodeRecord(outcome.data, RECORD_KIND.definition, DefinitionRecord);
    if (decoded.kind !== 'record') return null;
    const { value } = decoded;
    if (value.areaId !== this.#areaId || value.token !== token || value.digest !== digest) return null;
    return unpackBundle(value.packed, digest);
  }
}

function storeFailure(doing: string, outcome: { readonly kind: string; readonly error?: string }): Failure {
  return {
    code: 'definition.store-io',
    message: `The definition could not be ${doing}: ${outcome.error ?? `the store did not answer within ${IO_TIMEOUT_MS} ms`}.`,
  };
}

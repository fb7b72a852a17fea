import type { CallOptions } from './callTable.ts';
import type { Connection } from './connection.ts';
import { errorCode, isLibvirtError } from './errors.ts';
import { nothing, type Procedure } from './procedure.ts';

/**
 * True for the answer to a procedure that this daemon is too old to know. Every failure of the RPC layer has the same
 * code; only this one names the procedure's number, in whatever language the daemon speaks.
 */
export function isUnknownProcedure(error: unknown, procedure: Procedure<never, unknown>): boolean {
  return isLibvirtError(error, errorCode.rpc) && numberIn(error.message, procedure.number);
}

const numberIn = (text: string, number: number): boolean => new RegExp(`\\b${number}\\b`).test(text);

/**
 * Whether the daemon knows a procedure, found out without carrying it out: the question has no arguments, which the
 * daemon can't decode. A procedure that takes none can't be asked about in this way.
 */
export async function knowsProcedure(
  connection: Connection,
  procedure: Procedure<never, unknown>,
  options?: CallOptions,
): Promise<boolean> {
  if (procedure.encode === nothing)
    throw new TypeError(`${procedure.name} takes no arguments, it would be carried out`);
  const question: Procedure<void, void> = { ...procedure, encode: nothing, decode: nothing };
  try {
    await connection.call(question, undefined, options);
    return true;
  } catch (error) {
    if (!isLibvirtError(error, errorCode.rpc)) throw error;
    return !isUnknownProcedure(error, procedure);
  }
}

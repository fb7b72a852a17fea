import type { XdrReader, XdrWriter } from './xdr.ts';

/** One procedure of the protocol: its place on the wire and the codec of its arguments and its result. */
export interface Procedure<Args, Result> {
  /** libvirt's name for it, such as DOMAIN_GET_STATE. */
  readonly name: string;
  readonly program: number;
  readonly number: number;
  readonly encode: (writer: XdrWriter, args: Args) => void;
  readonly decode: (reader: XdrReader) => Result;
}

/** A message that the daemon sends on its own. */
export interface EventMessage<Body> {
  readonly name: string;
  readonly program: number;
  readonly number: number;
  readonly decode: (reader: XdrReader) => Body;
}

/** The codec of "nothing". */
export const nothing = (): void => {};

import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { MAX_DATAGRAM_BYTES } from '../protocol/heartbeat.ts';

/**
 * A heartbeat on the wire: a binary header in the clear, then the sealed text, then the tag.
 *
 *     0  magic 'UH'     2  version     3  from     4  to     5  link     6  two zero bytes
 *     8  session (8 bytes, the sender's)          16  counter (u32, big endian)
 *    20  AES-256-GCM ciphertext of the text       -16  tag over header and text
 */
const MAGIC = 0x5548;
const VERSION = 1;
const HEADER_BYTES = 20;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
/** At one datagram every 25 ms a session would last three years; a sender that gets here is silent, never unsafe. */
const MAX_COUNTER = 0xff_ff_ff_ff;

export const MAX_SEALED_TEXT_BYTES = MAX_DATAGRAM_BYTES - HEADER_BYTES - TAG_BYTES;

export interface Header {
  readonly from: number;
  readonly to: number;
  readonly link: number;
  /** 16 hex digits, fresh random at each start of the sender. */
  readonly session: string;
  /** Counts the datagrams of one session on one link to one host, from 1. */
  readonly counter: number;
}

export interface Envelope {
  /** Null when the text is too long or the counter is used up: such a datagram is never sent. */
  seal(header: Header, text: string): Buffer | null;
  /** The text, or null when the tag is wrong: tampered with, another group's, or another path's. */
  open(header: Header, datagram: Buffer): string | null;
}

/** Reads what stands in the clear, without any cryptography. Null: not a heartbeat of this version. */
export function parseHeader(datagram: Buffer): Header | null {
  if (datagram.length < HEADER_BYTES + TAG_BYTES || datagram.length > MAX_DATAGRAM_BYTES) return null;
  if (datagram.readUInt16BE(0) !== MAGIC || datagram[2] !== VERSION || datagram.readUInt16BE(6) !== 0)
    return null;
  return {
    from: datagram.readUInt8(3),
    to: datagram.readUInt8(4),
    link: datagram.readUInt8(5),
    session: datagram.toString('hex', 8, 16),
    counter: datagram.readUInt32BE(16),
  };
}

/**
 * Each direction of each path has its own key (HKDF-SHA256 of the group key), so a datagram can't be turned around or
 * carried to another host or link. The nonce is session and counter: it never repeats under a key, because a session
 * is 64 fresh random bits and a counter only grows.
 */
export function createEnvelope(groupKey: Uint8Array, groupId: string): Envelope {
  const keys = new Map<number, KeyObject>();
  const keyOf = ({ from, to, link }: Header): KeyObject => {
    const index = (from << 16) | (to << 8) | link;
    const known = keys.get(index);
    if (known !== undefined) return known;
    const info = `understudy heartbeat ${VERSION} from ${from} to ${to} link ${link}`;
    const key = createSecretKey(Buffer.from(hkdfSync('sha256', groupKey, groupId, info, KEY_BYTES)));
    keys.set(index, key);
    return key;
  };
  return {
    seal(header, text) {
      const plain = Buffer.from(text, 'utf8');
      if (plain.length > MAX_SEALED_TEXT_BYTES || header.counter > MAX_COUNTER) return null;
      const head = Buffer.alloc(HEADER_BYTES);
      head.writeUInt16BE(MAGIC, 0);
      head[2] = VERSION;
      head.writeUInt8(header.from, 3);
      head.writeUInt8(header.to, 4);
      head.writeUInt8(header.link, 5);
      head.write(header.session, 8, 'hex');
      head.writeUInt32BE(header.counter, 16);
      const cipher = createCipheriv('aes-256-gcm', keyOf(header), head.subarray(8, HEADER_BYTES), {
        authTagLength: TAG_BYTES,
      });
      cipher.setAAD(head);
      const sealed = cipher.update(plain);
      cipher.final();
      return Buffer.concat([head, sealed, cipher.getAuthTag()]);
    },
    open(header, datagram) {
      const end = datagram.length - TAG_BYTES;
      const decipher = createDecipheriv('aes-256-gcm', keyOf(header), datagram.subarray(8, HEADER_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(datagram.subarray(0, HEADER_BYTES));
      decipher.setAuthTag(datagram.subarray(end));
      const plain = decipher.update(datagram.subarray(HEADER_BYTES, end));
      try {
        decipher.final();
      } catch {
        return null;
      }
      return plain.toString('utf8');
    },
  };
}

import { crc32, deflateSync } from 'node:zlib';
import { MAX_SCREENSHOT_BASE64 } from '../protocol/picture.ts';
import { HypervisorError, type ScreenPicture } from './hypervisor.ts';

/** Enough to read a console's text by; a thumbnail on the VM's page needs less. */
const MAX_WIDTH = 640;
/** QEMU's own limit is far below; a header that says more is damaged. */
const MAX_SIDE = 16_384;
/** What base64 makes of a picture: four characters for three bytes. */
const MAX_PNG_BYTES = Math.floor(MAX_SCREENSHOT_BASE64 / 4) * 3;
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Three bytes a pixel, row by row. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** A screen as the hypervisor gave it (PPM or PNG), as a PNG that fits a control message. Throws a HypervisorError. */
export function pictureOf(bytes: Buffer): ScreenPicture {
  if (bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE)) return carriedPng(bytes);
  let pixels = readPpm(bytes);
  for (let factor = Math.ceil(pixels.width / MAX_WIDTH); ; factor = 2) {
    pixels = shrink(pixels, factor);
    const png = encodePng(pixels);
    if (png.length <= MAX_PNG_BYTES) return { png, width: pixels.width, height: pixels.height };
  }
}

function carriedPng(png: Buffer): ScreenPicture {
  const width = png.length < 24 ? 0 : png.readUInt32BE(16);
  const height = png.length < 24 ? 0 : png.readUInt32BE(20);
  if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE) throw unreadable('no size in it');
  if (png.length > MAX_PNG_BYTES) throw unreadable(`it has ${png.length} bytes`);
  return { png, width, height };
}

/** Binary PPM with 8 bits a colour, as QEMU's `screendump` writes it. */
export function readPpm(bytes: Buffer): Pixels {
  // The header is short: a longer one is no screen's.
  const head = bytes.subarray(0, 64).toString('latin1');
  const match = /^P6\s+(\d{1,5})\s+(\d{1,5})\s+255\s/.exec(head);
  if (match === null) throw unreadable('it is neither PPM nor PNG');
  const [header, width, height] = [match[0], Number(match[1]), Number(match[2])];
  if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE)
    throw unreadable('a size that can not be');
  const rgb = bytes.subarray(header.length);
  if (rgb.length !== width * height * 3) throw unreadable('it is cut off');
  return { width, height, rgb };
}

/** Each pixel of the result is the mean of `factor` by `factor` ones; what is left over at the edges is dropped. */
function shrink(from: Pixels, factor: number): Pixels {
  if (factor <= 1 || from.width < factor || from.height < factor) return from;
  const width = Math.floor(from.width / factor);
  const height = Math.floor(from.height / factor);
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      for (let colour = 0; colour < 3; colour += 1) {
        let sum = 0;
        for (let dy = 0; dy < factor; dy += 1) {
          const row = (y * factor + dy) * from.width + x * factor;
          for (let dx = 0; dx < factor; dx += 1) sum += from.rgb[(row + dx) * 3 + colour] ?? 0;
        }
        rgb[(y * width + x) * 3 + colour] = Math.round(sum / (factor * factor));
      }
    }
  }
  return { width, height, rgb };
}

/** PNG (RFC 2083), 8 bits a colour, rows unfiltered. */
export function encodePng({ width, height, rgb }: Pixels): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.alloc(height * (width * 3 + 1));
  for (let y = 0; y < height; y += 1) {
    rows.set(rgb.subarray(y * width * 3, (y + 1) * width * 3), y * (width * 3 + 1) + 1);
  }
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

const unreadable = (why: string): HypervisorError =>
  new HypervisorError(
    { code: 'hypervisor.no-picture', message: `The screen could not be read: ${why}.` },
    true,
  );

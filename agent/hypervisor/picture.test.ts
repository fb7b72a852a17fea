import { inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { MAX_SCREENSHOT_BASE64 } from '../protocol/picture.ts';
import { encodePng, pictureOf } from './picture.ts';

const ppm = (width: number, height: number, at: (index: number) => number): Buffer =>
  Buffer.concat([
    Buffer.from(`P6\n${width} ${height}\n255\n`),
    Buffer.from(Uint8Array.from({ length: width * height * 3 }, (_, index) => at(index))),
  ]);

/** Rows of a PNG that this product made: one data chunk, no filter. */
function rowsOf(png: Buffer): Buffer {
  const start = png.indexOf('IDAT') + 4;
  return inflateSync(png.subarray(start, start + png.readUInt32BE(start - 8)));
}

test('a screen of QEMU becomes a PNG of the same pixels', () => {
  const picture = pictureOf(ppm(2, 2, (index) => index * 10));
  expect(picture).toMatchObject({ width: 2, height: 2 });
  expect([...rowsOf(picture.png)]).toEqual([0, 0, 10, 20, 30, 40, 50, 0, 60, 70, 80, 90, 100, 110]);
  expect(picture.png.subarray(-12)).toEqual(Buffer.from('0000000049454e44ae426082', 'hex'));
});

test('a wide screen is made smaller by the mean of its pixels', () => {
  const picture = pictureOf(ppm(1280, 2, (index) => (Math.floor(index / 3) % 2 === 0 ? 0 : 100)));
  expect(picture).toMatchObject({ width: 640, height: 1 });
  expect(new Set(rowsOf(picture.png).subarray(1))).toEqual(new Set([50]));
});

test('a picture that does not compress is made smaller until it fits a message', () => {
  let seed = 1;
  const noise = (): number => {
    seed = Math.imul(seed, 1_103_515_245) + 12_345;
    return (seed >>> 16) % 256;
  };
  const { png, width } = pictureOf(ppm(640, 480, noise));
  expect(width).toBeLessThan(640);
  expect(png.toString('base64').length).toBeLessThanOrEqual(MAX_SCREENSHOT_BASE64);
});

test('a PNG is handed on as it is, with its size', () => {
  const png = encodePng({ width: 3, height: 1, rgb: new Uint8Array(9) });
  expect(pictureOf(png)).toEqual({ png, width: 3, height: 1 });
});

test.each<[string, Buffer]>([
  ['nothing', Buffer.alloc(0)],
  ['text', Buffer.from('no signal')],
  ['a screen that is cut off', ppm(4, 4, () => 0).subarray(0, -1)],
  ['a size of nothing', Buffer.from('P6\n0 0\n255\n')],
  ['a size beyond all screens', Buffer.from('P6\n99999 99999\n255\n')],
  ['a PNG without a size', encodePng({ width: 1, height: 1, rgb: new Uint8Array(3) }).subarray(0, 12)],
])('%s is refused', (_name, bytes) => {
  expect(() => pictureOf(bytes)).toThrow('The screen could not be read');
});

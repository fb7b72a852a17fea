import type { ScreenPicture } from './hypervisor.ts';
import { encodePng } from './picture.ts';

const WIDTH = 320;
const HEIGHT = 200;
const LINE_HEIGHT = 10;
const INK = [0x9f, 0xd8, 0xb0] as const;
const PAPER = [0x10, 0x16, 0x1c] as const;
/** A line of "text" a second, so that a second look shows that the guest lives. */
const SCROLL_MS = 1000;

/** A stand-in for a guest's console: lines of blocks that scroll, other ones for each VM. It shows nothing real. */
export function demoScreen(name: string, nowMs: number): ScreenPicture {
  const rgb = new Uint8Array(WIDTH * HEIGHT * 3);
  const first = Math.floor(nowMs / SCROLL_MS);
  for (let y = 0; y < HEIGHT; y += 1) {
    const line = Math.floor(y / LINE_HEIGHT);
    const isGap = y % LINE_HEIGHT < 3;
    for (let x = 0; x < WIDTH; x += 1) {
      const colour = !isGap && isInk(name, first + line, Math.floor(x / 5)) ? INK : PAPER;
      rgb.set(colour, (y * WIDTH + x) * 3);
    }
  }
  return { png: encodePng({ width: WIDTH, height: HEIGHT, rgb }), width: WIDTH, height: HEIGHT };
}

/** Lines of different lengths with gaps between words, decided by a small hash (Fowler, Noll and Vo, 32 bits). */
function isInk(name: string, line: number, column: number): boolean {
  let hash = 0x811c9dc5;
  for (const part of [name, line, column]) {
    for (const letter of String(part)) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
  }
  const length = 12 + (Math.imul(line, 0x9e3779b1) >>> 27);
  return column > 1 && column < length && (hash >>> 8) % 6 !== 0;
}

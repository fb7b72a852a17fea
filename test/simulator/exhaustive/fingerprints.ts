/** Above this load the table doubles. */
const MAX_LOAD = 0.6;
const FIRST_CAPACITY = 1 << 16;

/**
 * States seen before, as 64 bits each: with a million of them the chance that any two different ones meet is below one in
 * ten million. The strings themselves would not fit in memory.
 */
export class Fingerprints {
  size = 0;
  private high = new Uint32Array(FIRST_CAPACITY);
  private low = new Uint32Array(FIRST_CAPACITY);

  /** Whether the text was not there yet; it is from now on. */
  add(text: string): boolean {
    // Two independent multiplicative hashes (FNV-1a's prime, and a constant of Knuth's); 0 marks a free place.
    let high = 0x811c9dc5;
    let low = 0x9e3779b9;
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      high = Math.imul(high ^ unit, 0x01000193);
      low = Math.imul(low ^ unit, 0x9e3779b1);
      low ^= low >>> 15;
    }
    high ^= high >>> 13;
    return this.insert(high >>> 0 === 0 ? 1 : high >>> 0, low >>> 0);
  }

  private insert(high: number, low: number): boolean {
    const mask = this.high.length - 1;
    let place = (low ^ Math.imul(high, 0x85ebca6b)) & mask;
    while (this.high[place] !== 0) {
      if (this.high[place] === high && this.low[place] === low) {
        return false;
      }
      place = (place + 1) & mask;
    }
    this.high[place] = high;
    this.low[place] = low;
    this.size += 1;
    if (this.size > this.high.length * MAX_LOAD) {
      this.grow();
    }
    return true;
  }

  private grow(): void {
    const { high, low } = this;
    this.high = new Uint32Array(high.length * 2);
    this.low = new Uint32Array(low.length * 2);
    this.size = 0;
    for (let place = 0; place < high.length; place += 1) {
      if (high[place] !== 0) {
        this.insert(high[place] ?? 0, low[place] ?? 0);
      }
    }
  }
}

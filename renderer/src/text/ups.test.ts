import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { apcupsdFiles, nutFiles, upsCommands } from './ups.ts';

const guide = readFileSync(new URL('../../../docs/guide.md', import.meta.url), 'utf8');

test('the guide says the same of a UPS as the app', () => {
  for (const { command } of upsCommands) expect(guide).toContain(`\`${command}\``);
  for (const { text } of [...nutFiles, ...apcupsdFiles]) {
    for (const line of text.split('\n')) expect(guide).toContain(line);
  }
});

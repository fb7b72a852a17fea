import { describe, expect, test } from 'vitest';
import { decodeTokenBlock, tokenBlock } from '../area.ts';
import { AGENT_ABSENCE_MS } from './rights.ts';
import { Bench } from './testing/bench.ts';
import { areaId, process } from './testing/fixtures.ts';

const wasReleased = (bench: Bench): boolean =>
  ([0, 1] as const).some((half) => {
    const decoded = decodeTokenBlock(bench.get(tokenBlock(0, 0, half)), areaId, 0, 0);
    return decoded.kind === 'record' && decoded.value.note?.released === true;
  });

describe('starts whose agent is gone for good', () => {
  test.each([false, true])(
    'rule 21: a guest that was created and never allowed to run is ended, for the other host (keeper restarted: %s)',
    (restarts) => {
      const bench = new Bench().running();
      bench.processes = [];
      bench.pass(4000);
      bench.ask({ kind: 'beginStart', token: 0, generation: 1 });
      bench.processes = [process({ pid: 5000, stopped: true })];
      bench.input({ kind: 'agent', nowMs: bench.nowMs, connected: false });
      bench.pass(AGENT_ABSENCE_MS - 2000);
      if (restarts) bench.restart();
      expect(bench.kinds('kill')).toEqual([]);
      bench.pass(restarts ? AGENT_ABSENCE_MS + 2000 : 4000);
      expect(bench.kinds('kill')).not.toEqual([]);
      bench.processes = [];
      bench.pass(6000);
      expect(wasReleased(bench)).toBe(true);
    },
  );

  test.each([false, true])(
    'rule 21: one that was allowed to run is left alone, also when the agent never said so (keeper restarted: %s)',
    (restarts) => {
      const bench = new Bench().running();
      bench.processes = [];
      bench.pass(4000);
      bench.ask({ kind: 'beginStart', token: 0, generation: 1 });
      bench.ask({ kind: 'mayContinue', token: 0, generation: 1 });
      bench.processes = [process({ pid: 5000 })];
      bench.input({ kind: 'agent', nowMs: bench.nowMs, connected: false });
      bench.pass(1000);
      if (restarts) bench.restart();
      bench.pass(2 * AGENT_ABSENCE_MS);
      expect(bench.kinds('kill')).toEqual([]);
      expect(bench.view().tokens[0]?.mine).toBe(true);
    },
  );
});

import type { VmStatus } from '../../agent/protocol/control.ts';
import { DEFAULT_DEEP, DEFAULT_FAST, DEFAULT_HEALTH } from '../../agent/protocol/health.ts';

const PAGE = 'http://192.0.2.80/health';

/** A VM whose guest is alive and whose application has failed. */
export const watched = (vm: VmStatus): VmStatus => ({
  ...vm,
  policy: {
    ...vm.policy,
    health: {
      ...DEFAULT_HEALTH,
      fast: { ...DEFAULT_FAST, probe: 'agent' },
      deep: { ...DEFAULT_DEEP, probe: PAGE },
      restartApp: 'exec:/usr/bin/systemctl restart mail',
    },
  },
  health: {
    state: 'failed',
    because: `${PAGE}: HTTP status 500, 3 times in a row`,
    fast: { probe: 'agent', outcome: 'well', text: 'the guest agent answers', failures: 0, atMs: 9_199_000 },
    deep: { probe: PAGE, outcome: 'failed', text: 'HTTP status 500', failures: 3, atMs: 9_199_500 },
    appRestarts: 1,
    resets: 0,
  },
});

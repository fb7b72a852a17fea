import { FailureError } from '../../../agent/protocol/failure.ts';
import type { CallName, Handlers } from '../../ipc/contract.ts';
import type { dailyInputs } from '../../ipc/daily/inputs.ts';

export type DailyHandlers = Pick<Handlers, keyof typeof dailyInputs & CallName>;

const refused = async (): Promise<never> => {
  throw new FailureError({ code: 'app.not-offered', message: 'This app does not do this.' });
};

export function dailyHandlers(): DailyHandlers {
  return {
    'incidents.export': refused,
    'away.dismiss': refused,
    'vm.setPolicy': refused,
    'vm.start': refused,
    'vm.stop': refused,
    'vm.unprotect': refused,
    'vm.screenshot': refused,
    'switchOver.plan': refused,
    'switchOver.stop': refused,
    'maintenance.preview': refused,
    'maintenance.disarm': refused,
    'maintenance.arm': refused,
    'maintenance.begin': refused,
    'maintenance.end': refused,
    'settings.change': refused,
    'timing.choices': refused,
    'timing.choose': refused,
    'updates.rollOut': refused,
    'updates.stop': refused,
    'diagnostics.preview': refused,
    'diagnostics.save': refused,
    'about.read': refused,
  };
}

import { FailureError } from '../../../agent/protocol/failure.ts';
import type { CallName, Handlers } from '../../ipc/contract.ts';
import type { setupInputs } from '../../ipc/setup/inputs.ts';

export type SetupHandlers = Pick<Handlers, keyof typeof setupInputs & CallName>;

const refused = async (): Promise<never> => {
  throw new FailureError({ code: 'app.not-offered', message: 'This app does not do this.' });
};

export function setupHandlers(): SetupHandlers {
  return {
    'setup.begin': refused,
    'setup.leave': refused,
    'setup.discard': refused,
    'setup.addHost': refused,
    'setup.addKnown': refused,
    'setup.changeHost': refused,
    'setup.removeHost': refused,
    'setup.plan': refused,
    'setup.install': refused,
    'setup.undo': refused,
    'setup.findStores': refused,
    'setup.proveStore': refused,
    'setup.saveDraft': refused,
    'setup.createGroup': refused,
    'prompts.answer': refused,
    'work.stop': refused,
    'checks.run': refused,
    'checks.fix': refused,
    'checks.accept': refused,
    'checks.save': refused,
    'hosts.change': refused,
    'hosts.forgetKey': refused,
    'hosts.forgetSecrets': refused,
    'hosts.forget': refused,
    'hosts.uninstall': refused,
    'hosts.replace': refused,
    'pairs.refresh': refused,
    'pairs.predict': refused,
    'pairs.fix': refused,
    'pairs.protect': refused,
  };
}

import { FailureError, invalidInput, type Failure } from '../../agent/protocol/failure.ts';
import type { CallName, Handlers, InputOf, OutputOf, Reply } from '../ipc/contract.ts';
import { inputs } from '../ipc/inputs.ts';

const isCall = (name: string): name is CallName => Object.hasOwn(inputs, name);

/** Answers one call of a window, by name: checks the input, runs the handler, turns every fault into data. */
export async function dispatch(
  handlers: Handlers,
  name: string,
  raw: unknown,
  onFault: (fault: unknown) => void,
): Promise<Reply<unknown>> {
  if (!isCall(name)) return refuse({ code: 'app.unknown-call', message: 'The app has no such call.' });
  return answer(handlers, name, raw, onFault);
}

async function answer<Name extends CallName>(
  handlers: Handlers,
  name: Name,
  raw: unknown,
  onFault: (fault: unknown) => void,
): Promise<Reply<OutputOf<Name>>> {
  const input = inputs[name].safeParse(raw);
  if (!input.success) return refuse(invalidInput(input.error, ''));
  try {
    return { ok: true, value: await handlers[name](input.data as InputOf<Name>) };
  } catch (fault) {
    if (fault instanceof FailureError) return refuse(fault.failure);
    onFault(fault);
    const message = fault instanceof Error ? fault.message : String(fault);
    return refuse({ code: 'app.internal', message: message.slice(0, 2000) || 'The app failed.' });
  }
}

const refuse = (failure: Failure): { readonly ok: false; readonly failure: Failure } => ({
  ok: false,
  failure,
});

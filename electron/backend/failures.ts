import { type Failure, FailureError } from '../../agent/protocol/failure.ts';

/** An Error that carries the failure; `throw fail({...})` keeps the compiler's control flow. */
export function fail(failure: Failure): FailureError {
  return new FailureError({ ...failure, message: failure.message.slice(0, 2000) });
}

/** Any thrown thing as a failure to show: our own as it is, others under a general code with their message. */
export function asFailure(fault: unknown): Failure {
  if (fault instanceof FailureError) return fault.failure;
  const message = fault instanceof Error ? fault.message : String(fault);
  return {
    code: 'console.unexpected',
    message: message === '' ? 'An unknown error.' : message.slice(0, 2000),
    meaning: 'This is a fault of the app itself, or something it does not know how to name.',
  };
}

/** The last lines of a command's output, printable and short enough for a sentence. */
export function excerpt(text: string, limitChars = 300): string {
  const printable = text.replaceAll(/[^\P{Cc}\n]/gu, '').trim();
  return printable.length <= limitChars ? printable : `...${printable.slice(-limitChars)}`;
}

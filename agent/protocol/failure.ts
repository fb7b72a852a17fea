import * as z from 'zod/mini';

/** A failure as it is shown to people: what happened, what it means, what to do. Codes never change meaning. */
export const Failure = z.strictObject({
  /** Stable code, such as `store.not-shared`; documented in docs/codes.md. */
  code: z.string().check(z.regex(/^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+$/), z.maxLength(80)),
  message: z.string().check(z.minLength(1), z.maxLength(2000)),
  meaning: z.optional(z.string().check(z.maxLength(2000))),
  fix: z.optional(z.string().check(z.maxLength(2000))),
  /** The field or argument that was refused, where there is one: `hosts.1.address`. */
  field: z.optional(z.string().check(z.maxLength(200))),
});
export type Failure = z.infer<typeof Failure>;

/** An Error that carries a `Failure`; thrown inside one process, passed as data between processes. */
export class FailureError extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.name = 'FailureError';
    this.failure = failure;
  }
}

/** The message of the first problem of a failed validation, with the path of the field it is about. */
export function invalidInput(error: z.core.$ZodError, root: string): Failure {
  const issue = error.issues[0];
  const path = [root, ...(issue?.path ?? []).map(String)].filter((part) => part !== '').join('.');
  return {
    code: 'input.invalid',
    message: `${path === '' ? 'The input' : path} is not valid: ${issue?.message ?? 'unknown reason'}`,
    ...(path === '' ? {} : { field: path.slice(0, 200) }),
  };
}

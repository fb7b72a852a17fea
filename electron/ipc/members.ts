/** A question from the window, answered once. Types only: what comes in is checked by `inputs.ts`. */
export interface Call<Input, Output> {
  readonly kind: 'call';
  readonly input?: Input;
  readonly output?: Output;
}
/** State that the app owns and the window mirrors: the present value at once, then every later one. */
export interface Feed<Value> {
  readonly kind: 'feed';
  readonly value?: Value;
}
export const call = <Input, Output>(): Call<Input, Output> => ({ kind: 'call' });
export const feed = <Value>(): Feed<Value> => ({ kind: 'feed' });

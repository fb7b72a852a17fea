import type { TypedParam } from './codec.generated.ts';

/** A value of libvirt's typed parameters. 64-bit integers are `bigint`, so that none is rounded. */
export type TypedValue = number | bigint | boolean | string;

export type TypedParameters = ReadonlyMap<string, TypedValue>;

/** `VIR_TYPED_PARAM_BOOLEAN` */
const BOOLEAN = 6;

/** Parameters by name. When a name comes twice, the later one counts. */
export function typedParameters(list: readonly TypedParam[]): TypedParameters {
  return new Map(
    list.map(({ field, value }) => [field, value.type === BOOLEAN ? value.value !== 0 : value.value]),
  );
}

/** A parameter as a number; above 2^53 it is rounded. Undefined when it is missing or is no number. */
export function numberParameter(parameters: TypedParameters, name: string): number | undefined {
  const value = parameters.get(name);
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}

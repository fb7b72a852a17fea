import type * as z from 'zod/mini';

/**
 * Schemas made into plain functions: what arrives several times a second is nearly always as it should be, and going
 * through its schema costs more than all else that is done with it. The schema keeps the last word: whatever does not
 * surely fit, or is made of parts that are not known here, is put to it.
 */

type Check = (value: unknown) => boolean;

const unsure: Check = () => false;
const made = new WeakMap<z.core.$ZodType, Check>();

/** Whether a value that JSON.parse has just made is what the schema would make of it. False: ask the schema. */
export function surelyFits<Value>(schema: z.ZodMiniType<Value>, json: unknown): json is Value {
  let check = made.get(schema);
  if (check === undefined) {
    check = checkOf(schema);
    made.set(schema, check);
  }
  return check(json);
}

function checkOf(schema: z.core.$ZodType): Check {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'object') return objectCheck(def);
  if (def.type === 'number') return both(numberCheck(def), rulesOf(def.checks));
  if (def.type === 'string') return both((value) => typeof value === 'string', rulesOf(def.checks));
  if (def.type === 'boolean') return (value) => typeof value === 'boolean';
  if (def.type === 'enum') return oneOf(Object.values(def.entries));
  if (def.type === 'literal') return oneOf(def.values);
  if (def.type === 'nullable') {
    const inner = checkOf(def.innerType);
    return (value) => value === null || inner(value);
  }
  if (def.type === 'array') {
    const element = checkOf(def.element);
    return both((value) => Array.isArray(value) && value.every(element), rulesOf(def.checks));
  }
  if (def.type === 'union') {
    const options = def.options.map(checkOf);
    return (value) => options.some((option) => option(value));
  }
  return unsure;
}

function oneOf(values: readonly unknown[]): Check {
  const known = new Set(values);
  return (value) => known.has(value);
}

/** Only of those that refuse what they do not know. */
function objectCheck({ shape, catchall }: z.core.$ZodObjectDef): Check {
  if (catchall?._zod.def.type !== 'never') return unsure;
  const fields = Object.entries(shape).map(([key, field]) => {
    const { def } = (field as z.core.$ZodTypes)._zod;
    const isOptional = def.type === 'optional';
    return { key, isOptional, check: checkOf(isOptional ? def.innerType : field) };
  });
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    const object = value as Readonly<Record<string, unknown>>;
    let present = 0;
    for (const { key, isOptional, check } of fields) {
      if (Object.hasOwn(object, key)) {
        if (!check(object[key])) return false;
        present += 1;
      } else if (!isOptional) {
        return false;
      }
    }
    return Object.keys(value).length === present;
  };
}

function numberCheck(def: z.core.$ZodNumberDef | z.core.$ZodNumberFormatDef): Check {
  if (!('format' in def)) return Number.isFinite;
  return def.format === 'safeint' ? Number.isSafeInteger : unsure;
}

function both(one: Check, rules: readonly Check[]): Check {
  const [rule, ...more] = rules;
  if (rule === undefined) return one;
  const [second] = more;
  if (second === undefined) return (value) => one(value) && rule(value);
  return (value) => one(value) && rules.every((each) => each(value));
}

/** Called with values of the right type only. */
function rulesOf(checks: readonly z.core.$ZodCheck<never>[] | undefined): readonly Check[] {
  return (checks ?? []).map((check) => ruleOf((check as unknown as z.core.$ZodChecks)._zod.def));
}

function ruleOf(def: z.core.$ZodChecks['_zod']['def']): Check {
  if (def.check === 'greater_than') {
    const least = Number(def.value);
    return def.inclusive ? (value) => (value as number) >= least : (value) => (value as number) > least;
  }
  if (def.check === 'less_than') {
    const most = Number(def.value);
    return def.inclusive ? (value) => (value as number) <= most : (value) => (value as number) < most;
  }
  if (def.check === 'max_length') return (value) => (value as string).length <= def.maximum;
  if (def.check === 'min_length') return (value) => (value as string).length >= def.minimum;
  if (def.check !== 'string_format' || def.format !== 'regex') return unsure;
  const { pattern } = def;
  // A pattern that remembers where it stopped would answer differently the next time.
  if (pattern === undefined || pattern.global || pattern.sticky) return unsure;
  return (value) => pattern.test(value as string);
}

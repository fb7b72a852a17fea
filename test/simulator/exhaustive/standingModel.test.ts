import { expect, test } from 'vitest';
import { evaluateToken } from '../../../agent/core/token.ts';
import { cases, judge } from './standingModel.ts';

type Standing = typeof evaluateToken;

const firstFault = (standing: Standing): string | null => {
  for (const one of cases()) {
    const what = judge(one, standing);
    if (what !== null) {
      return what;
    }
  }
  return null;
};

test('no true knowledge of a token makes it free while a holder may run', () => {
  expect(firstFault(evaluateToken)).toBeNull();
});

test('forgetting the second holder of a token in migration is found', () => {
  const forgetful: Standing = (read, context) => {
    const { decided } = read;
    const alone = decided === null ? null : { ...decided, value: { ...decided.value, target: null } };
    return evaluateToken({ ...read, decided: alone }, context);
  };
  expect(firstFault(forgetful)).toMatch(/^free, and host 1 may run/);
});

test('taking a token by time that is marked as not takeable is found', () => {
  const hasty: Standing = (read, context) =>
    evaluateToken(
      { ...read, note: read.note === null ? null : { ...read.note, notTakeable: false } },
      context,
    );
  expect(firstFault(hasty)).toMatch(/not takeable/);
});

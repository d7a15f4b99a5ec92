import type { Reporter, TestCase, TestResult } from '@playwright/test/reporter';

/** Prints what tests measured on their way: times are reported, not asserted. */
export default class Figures implements Reporter {
  onTestEnd(_test: TestCase, result: TestResult): void {
    for (const { type, description } of result.annotations) {
      if (description && result.status === 'passed') console.log(`      ${type}: ${description}`);
    }
  }
}
